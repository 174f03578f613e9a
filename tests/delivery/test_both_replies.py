"""A reply reaches the CSM and us: through real SMTP out, and the listener in."""

import smtplib
from email.message import EmailMessage
from email.utils import getaddresses
from typing import Any

import msgspec
import pytest
from sqlalchemy import select

from tests.builders import NOW
from tests.delivery.world import (
    SETTINGS,
    Sink,
    add_due_wave,
    free_port,
    install,
    messages,
    queue_all,
    relay_to,
    serving,
)
from voc.base import schema
from voc.base.db import Database
from voc.base.secrets import Vault
from voc.base.settings import Inbound, Listener, Settings, sees_replies
from voc.base.tokens import RandomTokens
from voc.delivery import run

CSM = "dana.whitlock@kestrel.example"
OWN = ["kestrel.example"]


def settings(*, inbound: bool = True, **mail: Any) -> Settings:
    listener = Listener(protocol="smtp", port=0) if inbound else None
    changed = msgspec.structs.replace(SETTINGS.mail, **{"authenticated_domains": OWN, **mail})
    return msgspec.structs.replace(SETTINGS, mail=changed, inbound=Inbound(listener=listener))


def sent(database: Database, vault: Vault, wanted: Settings, *, people: int = 1) -> EmailMessage:
    """The invitation, as a mail server took it."""
    with database.begin() as db:
        install(db)
        add_due_wave(db, people=people)
    queue_all(database, vault, settings=wanted)
    sink = Sink()
    with serving(sink) as port:
        relay = relay_to(port)
        run.send_due(database, relay, now=NOW, vault=vault, worker="one")
        relay.close()
    return sink.letters()[0]


def reply_to(letter: EmailMessage) -> list[str]:
    return [address for _name, address in getaddresses([letter["Reply-To"] or ""])]


def answer(letter: EmailMessage, *to: str) -> EmailMessage:
    mail = EmailMessage()
    mail["From"], mail["To"] = "Ana Ruiz <con-1@calder.example>", ", ".join(to)
    mail["Subject"], mail["Message-ID"] = f"Re: {letter['Subject']}", "<answer-1@calder.example>"
    mail.set_content("Let us speak on Thursday.")
    return mail


def forwarded(database: Database) -> list[str]:
    return [row.address for row in messages(database) if row.kind == "follow_up"]


def handed_in(database: Database, vault: Vault, wanted: Settings, own: Any, mail: EmailMessage) -> None:
    """As the mail server in front hands it over: by SMTP, to the mail's own address."""
    desk = run.Desk(vault, RandomTokens(), wanted)
    listener = Listener(protocol="smtp", port=free_port())
    server = run.listening(listener, database, desk, now=lambda: NOW)
    server.start()
    try:
        with smtplib.SMTP("127.0.0.1", listener.port, timeout=20) as client:
            assert client.sendmail("con-1@calder.example", [own.return_path], mail.as_bytes()) == {}
    finally:
        server.stop()


def test_a_reply_to_both_stops_the_chase_and_is_not_forwarded_to_whom_had_it(database: Database, vault: Vault) -> None:
    wanted = settings()
    letter = sent(database, vault, wanted)
    (own,) = messages(database)
    assert letter["From"] == f"Dana Whitlock <{CSM}>"
    assert reply_to(letter) == [CSM, own.return_path]  # the person first: some programs take only one
    handed_in(database, vault, wanted, own, answer(letter, *reply_to(letter)))
    with database.read() as db:
        found = db.execute(select(schema.invitation)).one()
    assert (found.stopped, found.next_step) == ("replied", None)
    assert forwarded(database) == []


@pytest.mark.parametrize("to", [(), ("colleague@kestrel.example",)])
def test_a_reply_that_the_csm_did_not_get_is_forwarded(sqlite: Database, vault: Vault, to: tuple[str, ...]) -> None:
    wanted = settings()
    letter = sent(sqlite, vault, wanted)
    (own,) = messages(sqlite)
    handed_in(sqlite, vault, wanted, own, answer(letter, own.return_path, *to))
    assert forwarded(sqlite) == [CSM]


def test_a_csm_in_cc_had_it_too(sqlite: Database, vault: Vault) -> None:
    wanted = settings()
    letter = sent(sqlite, vault, wanted)
    (own,) = messages(sqlite)
    mail = answer(letter, own.return_path)
    mail["Cc"] = f"Dana Whitlock <{CSM.upper()}>"
    handed_in(sqlite, vault, wanted, own, mail)
    assert forwarded(sqlite) == []


def test_who_is_named_beside_the_house_gets_replies_too(sqlite: Database, vault: Vault) -> None:
    """A CSM of a domain that is not ours to send for."""
    letter = sent(sqlite, vault, settings(authenticated_domains=[]))
    assert reply_to(letter) == [CSM, messages(sqlite)[0].return_path]


def test_each_mail_has_an_address_of_its_own(sqlite: Database, vault: Vault) -> None:
    sent(sqlite, vault, settings(), people=3)
    assert len({row.return_path for row in messages(sqlite)}) == 3


def test_without_a_way_in_replies_go_to_the_csm_alone(sqlite: Database, vault: Vault) -> None:
    assert sent(sqlite, vault, settings(inbound=False))["Reply-To"] is None


@pytest.mark.parametrize(
    ("wish", "inbound", "comes_here"),
    [("auto", True, True), ("auto", False, False), ("both", False, True), ("csm", True, False)],
)
def test_replies_come_here_where_mail_is_read_unless_the_settings_say_otherwise(
    wish: str, inbound: bool, comes_here: bool
) -> None:
    assert sees_replies(settings(inbound=inbound, reply_to=wish)) is comes_here
