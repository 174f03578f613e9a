"""A wrong setting names its key and its mend, and what is relative is meant from the folder of voc.toml."""

from pathlib import Path

import pytest

from voc.base import settings
from voc.base.db import Database
from voc.base.errors import Misconfigured


def parsed(text: str, **environ: str) -> settings.Settings:
    return settings.parse(text, Path("/srv/voc"), environ)


def test_an_empty_file_gives_the_defaults_in_its_own_folder() -> None:
    assert parsed("").database == "sqlite:////srv/voc/voc.db"
    assert parsed("").mail.port == 25


def test_variables_overrule_the_file() -> None:
    chosen = parsed("port = 1\n[mail]\nhost = 'a'", VOC_PORT="8080", VOC_MAIL_HOST="mail.example", VOC_MAIL_PORT="587")
    assert (chosen.port, chosen.mail.host, chosen.mail.port) == (8080, "mail.example", 587)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("port = x\nhost = 1", "line 1"),
        ("prot = 8000", "prot"),
        ("port = 'many'", "port"),
        ("base_url = 'example.com'", "base_url"),
        ("base_url = 'https://example.com/'", "base_url"),
        ("base_url = 'https://example.com/feedback'", "base_url"),
        ("base_url = 'https://example.com?a=b'", "base_url"),
        ("base_url = 'https://'", "base_url"),
        ("base_url = 'https://[::1'", "base_url"),
        ("base_url = 'https://example.com:port'", "base_url"),
        ("base_url = 'https://me@example.com'", "base_url"),
        ("base_url = 'https://exa mple.com'", "base_url"),
        ("[mail]\nport = 70000", "mail.port"),
        ("[mail]\nfrom_address = 'feedback'", "mail.from_address"),
        ("[mail]\nsecurity = 'ssl'", "mail.security"),
        ("[mail]\nfrom_address = '@'", "mail.from_address"),
        ("[mail]\nper_second = nan", "mail.per_second"),
        ("[mail]\nper_second = inf", "mail.per_second"),
        ("[mail]\nper_second = 1e-300", "mail.per_second"),
        ("[mail]\nper_domain = {'*' = 1e-300}", "mail.per_domain"),
        ("[mail]\nbounce_domain = 'x y'", "mail.bounce_domain"),
        ("sync_every_minutes = 0", "sync_every_minutes"),
        ("sync_every_minutes = 999999999999", "sync_every_minutes"),
        ("trusted_proxies = -1", "trusted_proxies"),
        ("host = ''", "host"),
        ("state_file = ''", "state_file"),
        ("[inbound.listener]\nhost = ''", "inbound.listener.host"),
        ("[inbound.imap]\nhost='m'\nusername='u'\nport=0", "inbound.imap.port"),
        ("[inbound.imap]\nhost='m'\nusername='u'\nsecurity='none'", "inbound.imap.security"),
        ("[inbound.imap]\nhost='m'\nusername='u'\nhandled_folder='inbox'", "inbound.imap.handled_folder"),
        ("[inbound.listener]\nport=99999", "inbound.listener.port"),
    ],
)
def test_a_mistake_names_its_place(text: str, place: str) -> None:
    with pytest.raises(Misconfigured, match=r"voc\.toml") as caught:
        parsed(text)
    assert place in str(caught.value)


def test_a_missing_key_file_says_how_to_get_one(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match=r"Put the secret\.key"):
        settings.vault(settings.parse("", tmp_path, {}), {})


def test_a_variable_beside_a_mail_that_is_one_value_names_the_place() -> None:
    with pytest.raises(Misconfigured, match=r"voc\.toml: mail"):
        parsed("mail = 5", VOC_MAIL_HOST="mail.example")


def test_a_key_file_that_is_no_text_or_no_file_names_the_file(tmp_path: Path) -> None:
    key = tmp_path / "secret.key"
    key.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(Misconfigured, match=r"secret\.key"):
        settings.vault(settings.parse("", tmp_path, {}), {})
    key.unlink()
    key.mkdir()
    with pytest.raises(Misconfigured, match=r"secret\.key"):
        settings.vault(settings.parse("", tmp_path, {}), {})


def test_a_folder_in_place_of_the_file_and_a_mark_before_it_are_understood(tmp_path: Path) -> None:
    (tmp_path / "voc.toml").mkdir()
    with pytest.raises(Misconfigured, match=r"voc\.toml"):
        settings.load(tmp_path, {})
    (tmp_path / "voc.toml").rmdir()
    (tmp_path / "voc.toml").write_bytes(b"\xef\xbb\xbfport = 8080")
    assert settings.load(tmp_path, {}).port == 8080


@pytest.mark.parametrize(
    "address", ["postgresql+nodriver://x/y", "sqlite+nodriver:///x", "postgresql+psycopg://u:p@host:abc/x", "x"]
)
def test_an_address_of_no_database_is_refused_with_an_example(address: str) -> None:
    with pytest.raises(Misconfigured, match="postgresql"):
        Database(address)


def test_the_password_of_the_mailbox_comes_from_a_variable_or_a_file_beside_voc_toml(tmp_path: Path) -> None:
    text = "[inbound.imap]\nhost = 'm'\nusername = 'u'\npassword_file = 'secret'"
    imap = settings.parse(text, tmp_path, {}).inbound.imap
    assert imap is not None
    with pytest.raises(Misconfigured, match="VOC_IMAP_PASSWORD"):
        settings.imap_password(imap, {})
    (tmp_path / "secret").write_text("sesame\n")
    assert settings.imap_password(imap, {}) == "sesame"
    assert settings.imap_password(imap, {"VOC_IMAP_PASSWORD": "other"}) == "other"


RELAY = '[[mail.relays]]\nname = "{name}"\nhost = "smtp.example.com"\n'


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (RELAY.format(name="a b"), "no name for a mail server"),
        (RELAY.format(name="one") * 2, "there twice"),
        (RELAY.format(name="one") + "port = 0", "mail.relays one: port"),
        (RELAY.format(name="one") + "connections = 99", "must be 1 to 50"),
        (RELAY.format(name="one") + "per_second = 0", "per_second"),
        ('[mail.per_domain]\n"gmail.com" = 0', "mail.per_domain gmail.com"),
        ('[mail.per_domain]\n"@gmail" = 5', "not a domain"),
    ],
)
def test_mistakes_in_mail_servers_and_limits_name_their_place(text: str, words: str) -> None:
    with pytest.raises(Misconfigured, match=words):
        parsed(text)


def test_each_mail_server_has_a_password_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "two.txt").write_text("from the file\n")
    text = RELAY.format(name="eu-1") + RELAY.format(name="two") + 'password_file = "two.txt"'
    chosen = settings.parse(text, tmp_path, {"VOC_MAIL_PASSWORD_EU_1": "from the variable"})
    one, two = settings.servers(chosen.mail)
    environ = {"VOC_MAIL_PASSWORD_EU_1": "from the variable", "VOC_MAIL_PASSWORD": "of another"}
    assert settings.mail_password(chosen, one, environ) == "from the variable"
    assert settings.mail_password(chosen, two, environ) == "from the file"


def test_the_plain_mail_host_is_the_one_server() -> None:
    (only,) = settings.servers(parsed("[mail]\nhost = 'mx.example'\nport = 2525\nper_second = 7").mail)
    assert (only.name, only.host, only.per_second) == ("mx.example:2525", "mx.example", 7.0)
