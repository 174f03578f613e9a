"""A word in person, an escalation, consent: the terminal's way."""

import json
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import delete, update

from tests.builders import NOW
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


@pytest.mark.parametrize("words", [("nudge", "send", "1"), ("account", "end-escalation", "acc-1")])
def test_there_is_nothing_to_do_in_an_empty_house(run: Run, tmp_path: Path, words: tuple[str, ...]) -> None:
    folder = str(tmp_path / "try")
    run("init", "--directory", folder, "--yes", "--rehearsal", "--at", "2026-03-13T09:00")
    code, _out, err = run(*words, "--directory", folder)
    assert (code, "There is no such" in err) == (1, True)
