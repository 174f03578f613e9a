"""Improvements on the terminal: a theme goes to a department, closing it drafts a line for all who raised it."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.cli.test_commands import Run, rehearsal, run
from tests.metrics.forest.world import QUEUE, TAUGHT, World
from voc import app as wiring
from voc.campaigns.store.words import told_to
from voc.metrics.run.forest import reading

__all__ = ["rehearsal", "run"]

SAID_AT = datetime(2026, 3, 1, 9, tzinfo=UTC)
PEOPLE = {("con-1", "acc-1"), ("con-2", "acc-2"), ("con-4", "acc-4")}
OPEN = ("improvement", "open", "support_speed", "--title", "Night hotline", "--owner", "Jo Lind", "--due")


@pytest.fixture
def said(rehearsal: str) -> str:
    """Two accounts of two CSMs waited for support, a third was never trained."""
    app = wiring.open_app(Path(rehearsal))
    with app.database.begin() as db:
        world = World(db)
        world.writes(QUEUE, account=1, at=SAID_AT)
        world.writes(QUEUE, account=2, csm="csm-2", at=SAID_AT)
        world.writes(TAUGHT, account=4, at=SAID_AT)
    reading.catch_up(app.database, app.now())
    app.database.close()
    return rehearsal


def lines(folder: str) -> dict[tuple[str, str], list[str]]:
    app = wiring.open_app(Path(folder))
    with app.database.read() as db:
        found = {person: [one.text for one in some] for person, some in told_to(db, PEOPLE, now=app.now()).items()}
    app.database.close()
    return found


def test_closing_one_drafts_a_line_for_every_account_that_raised_its_theme(run: Run, said: str) -> None:
    there = ("--directory", said)
    code, out, _ = run(*OPEN, "2026-04-01", "--json", *there)
    assert code == 0
    number = str(json.loads(out)["improvement"])
    code, out, _ = run("improvement", "list", "--json", *there)
    (listed,) = json.loads(out)["improvements"]
    assert (listed["owner"], listed["department"], listed["state"]) == ("Jo Lind", "Support", "planned")
    assert (listed["accounts"], listed["people"], listed["drafted"]) == (2, 2, 0)
    code, out, _ = run("improvement", "list", *there)
    assert (code, "Night hotline" in out, "2026-04-01" in out) == (0, True, True)
    code, out, _ = run("improvement", "close", number, "--done", "Somebody answers at night.", *there)
    assert (code, "2 people at 2 accounts have a line" in out) == (0, True)
    line = "You told us about waiting for support. What we did: Somebody answers at night."
    drafted = lines(said)
    assert set(drafted) == {("con-1", "acc-1"), ("con-2", "acc-2")}
    assert {text for some in drafted.values() for text in some} == {line}
    code, _, err = run("improvement", "close", number, "--done", "Again", *there)
    assert (code, "not open any more" in err) == (1, True)
    assert lines(said) == drafted


def test_the_line_can_be_said_in_ones_own_words(run: Run, said: str) -> None:
    there = ("--directory", said)
    assert run(*OPEN, "2026-04-01", *there)[0] == 0
    words = ("--done", "A hotline", "--line", "You waited. Now ring at night.", "--json")
    code, out, _ = run("improvement", "close", "1", *words, *there)
    assert (code, json.loads(out)) == (0, {"improvement": 1, "lines": 2, "accounts": 2})
    assert lines(said)["con-2", "acc-2"] == ["You waited. Now ring at night."]


@pytest.mark.parametrize(
    ("words", "code", "said_why"),
    [
        ((*OPEN[:2], "no_such_theme", *OPEN[3:], "2026-04-01"), 1, "voc themes list"),
        ((*OPEN, "2026-02-01"), 1, "The due date is past"),
        ((*OPEN, "soon"), 2, "soon"),
        (("improvement", "close", "77", "--done", "x"), 1, "There is no such improvement"),
    ],
)
def test_a_mistake_is_said_and_nothing_is_written(
    run: Run, rehearsal: str, words: tuple[str, ...], code: int, said_why: str
) -> None:
    ended, _, err = run(*words, "--directory", rehearsal)
    assert (ended, said_why in err) == (code, True)
    assert json.loads(run("improvement", "list", "--json", "--directory", rehearsal)[1]) == {"improvements": []}
