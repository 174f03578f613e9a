"""A mail of thanks: where the campaign wants it, once, after the second look, and to nobody who must not have it."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import insert, select, update

from tests.builders import NOW
from tests.delivery.world import SETTINGS, Sink, install, relay_to, serving
from tests.responses.world import Browser, ask_ana
from voc.base import schema
from voc.base.db import Database
from voc.base.secrets import Vault
from voc.base.tokens import RandomTokens
from voc.delivery import run as delivery
from voc.followup import run
from voc.responses import run as responses

LOOKED_AT = NOW + timedelta(minutes=5)


def answered(database: Database, *, thanks: bool = True, **typed: str) -> None:
    with database.begin() as db:
        install(db)
        ask_ana(db)
        db.execute(update(schema.wave).values(settings={"thanks": thanks}))
    ana = Browser(database)
    ana.open()
    ana.wait(10)
    ana.submit(**{"recommend": "9", **typed})


def thank(database: Database, vault: Vault, *, now: Any = LOOKED_AT) -> int:
    with database.begin() as db:
        responses.judge_again(db, now)
        run.catch_up(db, now)
    return run.thank(database, now, vault=vault, tokens=RandomTokens(), settings=SETTINGS)


def send(database: Database, vault: Vault) -> Sink:
    sink = Sink()
    with serving(sink) as port:
        relay = relay_to(port)
        delivery.send_due(database, relay, now=LOOKED_AT, vault=vault, worker="one")
        relay.close()
    return sink


def test_an_answer_is_thanked_once_after_the_second_look(database: Database, vault: Vault) -> None:
    answered(database)
    assert thank(database, vault, now=NOW + timedelta(seconds=20)) == 0
    assert thank(database, vault) == 1
    assert thank(database, vault) == 0
    (letter,) = send(database, vault).letters()
    text = letter.get_body(("plain",)).get_content()  # type: ignore[union-attr]  # it has one
    assert letter["Subject"] == "Ana, thank you for your answer"
    assert "Your answer is with me." in " ".join(text.split())
    assert "/q/" in text
    with database.read() as db:
        assert db.execute(select(schema.contact_quota)).all() == []  # they did something: no message of the chase


def test_who_was_unhappy_reads_by_when_the_csm_is_back(database: Database, vault: Vault) -> None:
    answered(database, recommend="3")
    assert thank(database, vault) == 1
    (letter,) = send(database, vault).letters()
    text = letter.get_body(("plain",)).get_content()  # type: ignore[union-attr]  # it has one
    assert "you hear from me by Thursday 5 March" in " ".join(text.split())


def test_nobody_is_thanked_by_mail_unless_the_campaign_says_so(sqlite: Database, vault: Vault) -> None:
    answered(sqlite, thanks=False)
    assert thank(sqlite, vault) == 0


@pytest.mark.parametrize(
    "change",
    [
        update(schema.invitation).values(confidential=True),
        update(schema.response).values(state="suspect"),
        update(schema.response).values(twice=True),
        update(schema.response).values(submitted_at=NOW - timedelta(days=9)),
        update(schema.invitation).values(sent_at=None, closes_at=None),
        update(schema.contact).values(opted_out=True),
        update(schema.contact).values(left_at=NOW),
        insert(schema.suppression).values(address="con-1@calder.example", reason="opt_out", at=NOW, source="page"),
    ],
)
def test_who_must_not_have_it_gets_no_thanks(sqlite: Database, vault: Vault, change: Any) -> None:
    answered(sqlite)
    with sqlite.begin() as db:
        db.execute(change)
    assert thank(sqlite, vault) == 0


def test_never_again_after_the_answer_calls_the_thanks_back(database: Database, vault: Vault) -> None:
    answered(database)
    assert thank(database, vault) == 1
    with database.begin() as db:
        row = {"address": "con-1@calder.example", "reason": "opt_out", "at": NOW, "source": "page"}
        db.execute(insert(schema.suppression).values(**row))
    assert send(database, vault).mails == []
