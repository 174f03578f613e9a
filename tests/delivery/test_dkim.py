"""A signature that a receiver accepts, over what a reader sees, made once and for our own domain only."""

import base64
import hashlib
from collections.abc import Callable
from functools import cache
from pathlib import Path

import dkim as reference
import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa
from dkim.canonicalization import CanonicalizationPolicy
from dkim.util import parse_tag_value
from msgspec.structs import replace

from tests.builders import NOW
from tests.delivery.desk import Desk
from tests.delivery.test_mail import assembled, rendered
from tests.delivery.world import SETTINGS, add_due_wave, frozen, install, messages, queue_all
from voc.base import schema
from voc.base.db import Database
from voc.base.errors import Misconfigured
from voc.base.secrets import Vault
from voc.base.settings import Dkim, Settings
from voc.base.tokens import RandomTokens
from voc.delivery import dkim, headers, run
from voc.delivery.model import Party


@cache
def key_of(kind: str, bits: int) -> dkim.PrivateKey:
    return ed25519.Ed25519PrivateKey.generate() if kind == "ed25519" else rsa.generate_private_key(65537, bits)


def key_file(folder: Path, kind: str = "rsa", bits: int = 2048) -> Path:
    path = folder / f"{kind}.pem"
    form = serialization.PrivateFormat.PKCS8
    pem = key_of(kind, bits).private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption())
    path.write_bytes(pem)
    path.chmod(0o600)
    return path


def signing_with(path: Path, **dkim_values: str) -> Settings:
    wanted = Dkim(**{"selector": "voc1", "key_file": str(path), **dkim_values})
    return replace(SETTINGS, mail=replace(SETTINGS.mail, dkim=wanted))


def published(settings: Settings) -> Callable[..., bytes | None]:
    """A DNS that knows what we say must be published, and nothing else."""
    record = dkim.signing(settings)
    assert record is not None
    return lambda name, timeout=5: record.record.encode() if name.decode().rstrip(".") == record.name else None


def mail() -> bytes:
    return assembled(
        rendered(first_name="Zoë"),
        to=Party("Zoë Ruiz-Villanueva y Sánchez de la Torre", "zoe@calder.example"),
        reply_to=Party("Dana Whitlock", "dana@other.example"),
        more=(
            *headers.threaded(["<1@k.example>", "<2@k.example>"]),
            *headers.list_unsubscribe("https://v.example/u/x"),
        ),
    )


def test_a_receiver_finds_the_signature_good_and_any_change_bad(tmp_path: Path) -> None:
    settings = signing_with(key_file(tmp_path))
    signer = dkim.signer(settings)
    assert signer is not None
    signed = signer.sign(mail(), now=NOW)
    dns = published(settings)
    assert reference.verify(signed, dnsfunc=dns)
    # Servers fold and space headers anew, and put their own above.
    on_the_way = b"Received: from x\r\n" + signed.replace(b"\r\nTo: ", b"\r\nTO:\r\n   ", 1)
    assert reference.verify(on_the_way, dnsfunc=dns)
    for bad in (
        signed.replace(b"Dana", b"Dora", 1),
        signed.replace(b"/u/", b"/v/", 1),
        signed.replace(b"Calder", b"Moss", 1) + b"x",
        signed.replace(b"every answer", b"some answers", 1),
        signed[:-30] + b"X" + signed[-29:],
        signed.replace(b"\r\nFrom: ", b"\r\nFrom: Eve <eve@evil.example>\r\nFrom: ", 1),
        b"From: Eve <eve@evil.example>\r\n" + signed,
        b"Reply-To: eve@evil.example\r\n" + signed,
        b"Cc: eve@evil.example\r\n" + signed,
        signed.replace(b"\r\nSubject: ", b"\r\nSubject: Pay now\r\nSubject: ", 1),
    ):
        assert bad != signed
        assert not reference.verify(bad, dnsfunc=dns), bad[:900]
    assert max(map(len, signed.partition(b"\r\n\r\n")[0].split(b"\r\n"))) <= 200


def test_an_ed25519_key_signs_as_rfc_8463_says(tmp_path: Path) -> None:
    """The reference library needs one more package for these keys: its canonical forms, and the key itself, judge."""
    signer = dkim.signer(signing_with(key_file(tmp_path, "ed25519")))
    assert signer is not None
    fields, body = reference.rfc822_parse(signer.sign(mail(), now=NOW))
    tags = parse_tag_value(fields[0][1])
    assert (tags[b"a"], tags[b"d"], tags[b"s"]) == (b"ed25519-sha256", b"kestrel.example", b"voc1")
    policy = CanonicalizationPolicy.from_c_value(tags[b"c"])
    assert base64.b64decode(tags[b"bh"]) == hashlib.sha256(policy.canonicalize_body(body)).digest()
    hasher = hashlib.sha256()
    named = [name.strip().lower() for name in tags[b"h"].split(b":")]
    reference.hash_headers(hasher, policy, policy.canonicalize_headers(fields), named, fields[0], tags)
    signature = base64.b64decode(b"".join(tags[b"b"].split()))
    public = key_of("ed25519", 2048).public_key()
    assert isinstance(public, ed25519.Ed25519PublicKey)
    public.verify(signature, hasher.digest())
    with pytest.raises(InvalidSignature):
        public.verify(signature, hashlib.sha256(b"other").digest())


def test_mail_is_signed_when_it_is_frozen_and_only_for_our_own_domain(
    sqlite: Database, vault: Vault, tmp_path: Path
) -> None:
    settings = signing_with(key_file(tmp_path))
    authenticated = replace(
        settings, mail=replace(settings.mail, authenticated_domains=["kestrel.example", "k.example"])
    )
    with sqlite.begin() as db:
        install(db)
        add_due_wave(db, people=2)
        db.exec_driver_sql("INSERT INTO csm (id, name, email, active, state, hash) VALUES"
                           " ('csm-2', 'Eve', 'eve@k.example', 1, 'live', '')")  # fmt: skip
        db.exec_driver_sql("UPDATE account SET csm_id = 'csm-2' WHERE id = 'acc-2'")
    queue_all(sqlite, vault, settings=authenticated)
    ours, theirs = (frozen(sqlite, row, vault) for row in messages(sqlite))
    assert ours.startswith(b"DKIM-Signature: ")
    assert reference.verify(ours, dnsfunc=published(settings))
    assert b"From: Eve <eve@k.example>" in theirs
    assert b"DKIM-Signature" not in theirs


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"key_file": "/nowhere/dkim.pem"}, "cannot be read"),
        ({"key_file": __file__}, "not a private key in PEM"),
        ({"selector": "voc 1"}, "is not one"),
        ({"domain": "other.example"}, "proves nothing about them"),
    ],
)
def test_a_key_that_cannot_sign_is_told_at_start_with_what_to_do(
    tmp_path: Path, values: dict[str, str], told: str
) -> None:
    with pytest.raises(Misconfigured, match=told):
        dkim.signer(signing_with(key_file(tmp_path), **values))


def test_a_weak_key_is_refused_and_an_open_one_is_told(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="1024 bits"):
        dkim.signer(signing_with(key_file(tmp_path, bits=1024)))
    path = key_file(tmp_path)
    settings = signing_with(path, domain="example")
    assert settings.mail.dkim is not None
    assert dkim.why_open(settings.mail.dkim) is None
    path.chmod(0o640)
    assert dkim.why_open(settings.mail.dkim) == f"chmod 600 {path}"


def test_nothing_is_signed_where_nothing_is_set() -> None:
    assert dkim.signer(SETTINGS) is None
    assert dkim.signing(SETTINGS) is None


def test_while_the_key_cannot_be_read_mail_is_held_and_a_changed_key_signs_at_once(
    database: Database, vault: Vault, tmp_path: Path
) -> None:
    path = key_file(tmp_path)
    settings = signing_with(path)
    with database.begin() as db:
        install(db)
        add_due_wave(db, people=2)
    dkim.signer(settings)
    path.rename(tmp_path / "away.pem")
    with pytest.raises(Misconfigured, match="cannot be read"):
        queue_all(database, vault, settings=settings)
    path.write_bytes(b"half a key")
    with pytest.raises(Misconfigured, match="not a private key"):
        queue_all(database, vault, settings=settings)
    assert messages(database) == []
    key_file(tmp_path, "ed25519").replace(path)
    queue_all(database, vault, settings=settings)
    for row in messages(database):
        assert b"a=ed25519-sha256" in frozen(database, row, vault)


def test_a_complaint_that_comes_while_the_key_cannot_be_read_is_read_again_later(
    database: Database, vault: Vault, tmp_path: Path
) -> None:
    desk = Desk(database, vault)
    settings = signing_with(tmp_path / "gone.pem")
    raw = desk.reply("Stop this.").as_bytes()
    with pytest.raises(Misconfigured):
        run.receive(database, raw, now=NOW, vault=vault, tokens=RandomTokens(), settings=settings)
    assert desk.rows(schema.inbound) == []
    assert desk.receive(raw) is not None
