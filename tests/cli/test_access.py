"""On the server: a lost phone, passwords when the issuer fails, and whether the audit log was changed."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import delete, select, update

from tests.builders import NOW, add_staff
from voc import app as wiring
from voc.base import audit, codes, preferences, second_steps, settings
from voc.base.errors import Misconfigured
from voc.base.schema import audit as lines
from voc.base.schema import second_step
from voc.cli import main
from voc.web.context import App

Run = Callable[..., tuple[int, str, str]]
CLARA = "clara@vendor.example"


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> App:
    folder = tmp_path_factory.mktemp("access")
    return wiring.make(folder, wiring.Wishes("Kestrel Works"), now=NOW)


@pytest.fixture
def run(installed: App, capsys: pytest.CaptureFixture[str]) -> Run:
    def call(*words: str) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as ended:
            main([*words, "--directory", str(Path(installed.settings.secret_key_file).parent)])
        out, err = capsys.readouterr()
        return int(ended.value.code or 0), out, err

    return call


def test_a_new_installation_asks_its_owner_for_a_second_step_and_a_rehearsal_does_not(
    installed: App, tmp_path: Path
) -> None:
    with installed.database.read() as db:
        assert preferences.load(db).require_second_step
    rehearsal = wiring.make(tmp_path, wiring.Wishes("Kestrel Works"), now=NOW, moment=NOW)
    with rehearsal.database.read() as db:
        assert not preferences.load(db).require_second_step
    rehearsal.database.close()


def test_a_lost_phone_is_forgotten_by_a_command(installed: App, run: Run) -> None:
    secret = b"12345678901234567890"
    with installed.database.begin() as db:
        who = add_staff(db, CLARA, name="Clara Wendt", role="admin")
        typed = codes.code_of(secret, codes.step_of(NOW))
        given = {"tokens": installed.tokens, "by": "Clara", "now": NOW, "wall": NOW}
        second_steps.confirm(db, who, secret, typed, vault=installed.vault, **given)  # type: ignore[arg-type]  # as named
    assert "any more, and is signed out everywhere" in run("staff", "forget-device", CLARA)[1]
    with installed.database.read() as db:
        assert db.execute(select(second_step.c.staff_id)).first() is None
        assert (audit.listing(db)[0].action, audit.listing(db)[0].actor) == ("second step taken off", "terminal")
    assert run("staff", "forget-device", "nobody@vendor.example")[0] == 1


def test_passwords_are_not_switched_off_where_nobody_could_come_in(run: Run) -> None:
    code, _out, err = run("staff", "passwords", "off")
    assert code == 1
    assert "[oidc] in voc.toml" in err
    assert run("staff", "passwords", "on")[0] == 0


def test_the_audit_log_is_followed_and_what_was_kept_is_asked_for(installed: App, run: Run) -> None:
    code, out, _err = run("audit", "verify", "--json")
    told = json.loads(out)
    assert code == 0
    assert told["broken_at"] is None
    assert run("audit", "verify", "--kept", told["last"])[0] == 0
    assert "wants a number" in run("audit", "verify", "--kept", "yesterday")[2]
    newest = int(told["last"].split(":")[0])
    with installed.database.begin() as db:
        db.execute(delete(lines).where(lines.c.id == newest))
    assert run("audit", "verify")[0] == 0
    assert "taken off the end" in run("audit", "verify", "--kept", told["last"])[2]
    with installed.database.begin() as db:
        db.execute(update(lines).where(lines.c.id == 1).values(actor="nobody"))
    code, _out, err = run("audit", "verify")
    assert code == 1
    assert "line 1 does not follow" in err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ('issuer = "http://login.example.com"\nclient_id = "voc"', "not the https address of an issuer"),
        ('issuer = "https://login.example.com"\nclient_id = " "', "client_id: it is empty"),
        ('issuer = "https://login.example.com"\nclient_id = "voc"\nname = ""', "1 to 40 letters"),
        ('issuer = "https://login.example.com"\nclient_id = "voc"\ntimeout_seconds = 0', "above 0"),
        ('issuer = "https://login.example.com"', "client_id"),
    ],
)
def test_settings_of_the_issuer_say_what_to_write_instead(tmp_path: Path, words: str, said: str) -> None:
    with pytest.raises(Misconfigured, match=said):
        settings.parse(f"[oidc]\n{words}\n", tmp_path, {})


def test_the_secret_of_the_issuer_comes_from_a_file_or_a_variable_and_people_only_come_back_by_tls(
    tmp_path: Path,
) -> None:
    text = '[oidc]\nissuer = "https://login.example.com"\nclient_id = "voc"\nclient_secret_file = "oidc.secret"\n'
    oidc = settings.parse(text, tmp_path, {}).oidc
    assert oidc is not None
    with pytest.raises(Misconfigured, match="does not exist"):
        settings.oidc_secret(oidc, {})
    assert settings.oidc_secret(oidc, {"VOC_OIDC_SECRET": "from here"}) == "from here"
    (tmp_path / "oidc.secret").write_text("from the file\n")
    assert settings.oidc_secret(oidc, {}) == "from the file"
    with pytest.raises(Misconfigured, match="without TLS"):
        settings.parse(f'base_url = "http://voc.example.com"\n{text}', tmp_path, {})
