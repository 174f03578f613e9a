"""A word in person, an escalation, consent: the terminal's way."""

import json
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import delete, select, update

from tests.builders import NOW, add_suppression
from tests.cli.test_commands import Run, run
from tests.delivery.world import add_due_wave
from voc import app as wiring
from voc.base import preferences, schema

__all__ = ["run"]


def test_a_nudge_an_escalation_and_consent_from_the_terminal(run: Run, tmp_path: Path) -> None:
    folder = str(tmp_path / "try")
    assert run("init", "--directory", folder, "--yes", "--rehearsal", "--at", "2026-03-13T09:00")[0] == 0
    with wiring.open_app(Path(folder)).database.begin() as db:
        preferences.change(db, {"test_mode": False}, actor="test", now=NOW)
        db.execute(delete(schema.campaign))  # the one that ships: the wave brings its own
        add_due_wave(db)
        asked = {"sent_at": NOW, "closes_at": NOW + timedelta(days=21), "next_step": "reminder_1"}
        planned = {"intended_on": (NOW + timedelta(days=13)).date(), "due_at": NOW + timedelta(days=13)}
        db.execute(update(schema.invitation).values(**asked, **planned))

    def voc(*words: str) -> tuple[int, str, str]:
        return run(*words, "--directory", folder)

    assert json.loads(voc("nudge", "list", "--json")[1])["to_nudge"][0]["contact_id"] == "con-1"
    assert "may I ask you once in person?" in voc("nudge", "send", "1", "--show")[1]
    assert "Mails that move: 1" in voc("account", "escalate", "acc-1", "--until", "2026-03-20", "--reason", "Fire")[1]
    code, _out, err = voc("nudge", "send", "1")
    assert (code, "under escalation. From 20 March 2026" in err) == (1, True)
    assert voc("account", "end-escalation", "acc-1")[0] == 0
    told = json.loads(voc("nudge", "send", "1", "--json")[1])
    assert (told["nudge"], told["next_on"]) == ("nudge:1:1", "2026-03-17")
    assert "They got a message today" in voc("nudge", "by-hand", "1")[2]
    assert voc("person", "consent", "con-1", "--on", "2026-03-01", "--source", "order form")[0] == 0
    assert "withdrawn" in voc("person", "consent", "con-1", "--withdraw")[1]
    assert voc("person", "consent", "con-1")[0] == 2
    assert "No bounce stands" in voc("person", "works-again", "con-1")[2]
    with wiring.open_app(Path(folder)).database.begin() as db:
        add_suppression(db, db.execute(select(schema.contact.c.email)).scalars().first() or "", "bounced")
    assert json.loads(voc("person", "works-again", "con-1", "--json")[1])["bounce_lifted"]


def test_what_was_said_on_the_phone_is_typed_in_at_the_terminal_and_marked(run: Run, tmp_path: Path) -> None:
    folder = str(tmp_path / "try")
    assert run("init", "--directory", folder, "--yes", "--rehearsal", "--at", "2026-03-13T09:00")[0] == 0
    with wiring.open_app(Path(folder)).database.begin() as db:
        db.execute(delete(schema.campaign))
        add_due_wave(db)
        asked = {"sent_at": NOW, "closes_at": NOW + timedelta(days=21), "next_step": None, "due_at": None}
        db.execute(update(schema.invitation).values(**asked))

    def voc(*words: str) -> tuple[int, str, str]:
        return run("answer", *words, "--directory", folder)

    told = json.loads(voc("questions", "1", "--json")[1])
    assert (told["why_not"], told["questions"][0]["key"]) == (None, "recommend")
    assert "recommend Our company" in told["questions"][0]["question"]
    by = ("--asked-by", "Dana Whitlock")
    assert "the name one of" in voc("enter", "1", *by, "score=4")[2]
    code, _out, err = voc("enter", "1", *by, "recommend=44")
    assert (code, "recommend: " in err) == (1, True)
    assert "marked as given on the phone" in voc("enter", "1", *by, "--on", "2026-03-12", "recommend=4", "why=Slow")[1]
    with wiring.open_app(Path(folder)).database.read() as db:
        columns = schema.response.c
        kept = db.execute(select(columns.score, columns.channel, columns.entered_by, columns.state)).one()
    assert tuple(kept) == (4, "phone", "Dana Whitlock (typed in by terminal)", "submitted")


@pytest.mark.parametrize("words", [("nudge", "send", "1"), ("account", "end-escalation", "acc-1")])
def test_there_is_nothing_to_do_in_an_empty_house(run: Run, tmp_path: Path, words: tuple[str, ...]) -> None:
    folder = str(tmp_path / "try")
    run("init", "--directory", folder, "--yes", "--rehearsal", "--at", "2026-03-13T09:00")
    code, _out, err = run(*words, "--directory", folder)
    assert (code, "There is no such" in err) == (1, True)
