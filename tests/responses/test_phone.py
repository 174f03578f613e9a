"""What a CSM was told on the phone: kept as an answer, marked, and never over what the person said themselves."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from tests.builders import NOW
from tests.responses.world import Browser, ask_ana, one, rows
from voc.base import schema
from voc.base.access import Viewer
from voc.base.db import Database
from voc.base.errors import NotFound, Refused
from voc.base.words import StaffRole
from voc.responses import run
from voc.responses.model import Call, Saved, Wrong
from voc.responses.store import heard

DANA = Viewer(staff_id=1, name="Dana Whitlock", role=StaffRole.CSM, csm_id="csm-1")
OTHER = Viewer(staff_id=2, name="Tomas Berg", role=StaffRole.CSM, csm_id="csm-2")
DAY = timedelta(days=1)
LATER = NOW + 3 * DAY
TODAY = Call("Dana Whitlock", LATER.date())


@pytest.fixture
def asked(database: Database) -> int:
    with database.begin() as db:
        return ask_ana(db)


def enter(
    database: Database, id: int, *, call: Call = TODAY, viewer: Any = DANA, **said: str
) -> int | tuple[Wrong, ...]:
    filled = {key: [value] for key, value in said.items()}
    with database.begin() as db:
        return run.enter_by_phone(db, invitation_id=id, filled=filled, call=call, viewer=viewer, now=LATER)


def shown(database: Database) -> list[heard.Heard]:
    with database.read() as db:
        return heard.heard(db, DANA, contact_id="con-1", company="Kestrel", until=LATER + DAY)


def test_it_counts_stops_the_chase_and_says_who_asked(database: Database, asked: int) -> None:
    enter(database, asked, recommend="4", why="Nobody picks up")
    assert one(database, schema.response, "state", "channel", "entered_by", "score", "submitted_at") == (
        "submitted",
        "phone",
        DANA.name,
        4,
        LATER,
    )
    assert one(database, schema.invitation, "stopped", "next_step", "disposition") == ("answered", None, "complete")
    assert rows(database, schema.audit, "action", "actor") == [("answer entered", DANA.name)]
    with database.begin() as db:
        assert db.execute(select(schema.sign_of_life.c.kind)).scalars().all() == ["answered"]


def test_a_call_of_an_earlier_day_counts_from_that_day_and_names_who_made_it(database: Database, asked: int) -> None:
    enter(database, asked, call=Call("Jon Vik", (LATER - DAY).date()), recommend="9")
    by, at = one(database, schema.response, "entered_by", "submitted_at")
    assert by == f"Jon Vik (typed in by {DANA.name})"
    assert at.date() == (LATER - DAY).date()


@pytest.mark.parametrize(
    ("call", "field"),
    [
        (Call("", LATER.date()), "asked_by"),
        (Call("Dana", (LATER + 2 * DAY).date()), "asked_on"),
        (Call("Dana", (NOW - 9 * DAY).date()), "asked_on"),
    ],
)
def test_a_call_of_nobody_or_of_an_impossible_day_is_refused(
    database: Database, asked: int, call: Call, field: str
) -> None:
    with pytest.raises(Refused) as refused:
        enter(database, asked, call=call, recommend="9")
    assert refused.value.field == field
    assert rows(database, schema.response, "id") == []


def test_a_form_without_its_score_is_told_and_nothing_is_kept(database: Database, asked: int) -> None:
    wrong = enter(database, asked, why="Good")
    assert isinstance(wrong, tuple)
    assert [one.field for one in wrong] == ["recommend"]
    assert rows(database, schema.response, "id") == []


def test_only_the_own_accounts(database: Database, asked: int) -> None:
    with pytest.raises(NotFound):
        enter(database, asked, viewer=OTHER, recommend="9")


@pytest.mark.parametrize(
    ("known", "why"), [({"confidential": True}, "in confidence"), ({"sent_at": None}, "not been asked")]
)
def test_where_it_cannot_be_typed_in_the_reason_is_said(sqlite: Database, known: dict[str, Any], why: str) -> None:
    with sqlite.begin() as db:
        id = ask_ana(db, **known)
    with sqlite.read() as db:
        assert why in (run.phone_form(db, id, DANA).why_not or "")
    with pytest.raises(Refused, match=why):
        enter(sqlite, id, recommend="9")


def test_their_own_answer_stays_where_there_is_one(database: Database, asked: int) -> None:
    ana = Browser(database)
    ana.open()
    assert isinstance(ana.wait(10).submit(recommend="8"), Saved)
    with pytest.raises(Refused, match="answered on the page"):
        enter(database, asked, recommend="2")


def test_their_own_later_answer_wins_and_both_are_kept_and_shown(database: Database, asked: int) -> None:
    enter(database, asked, recommend="4", why="Nobody picks up")
    ana = Browser(database, now=LATER + timedelta(hours=2))
    ana.open()
    assert isinstance(ana.wait(10).submit(recommend="8"), Saved)
    assert rows(database, schema.response, "channel", "state", "twice") == [
        ("phone", "superseded", True),
        ("page", "submitted", True),
    ]
    (counted,) = shown(database)
    assert (counted.score, counted.channel) == (8, "page")
    assert [(other.score, other.channel, other.entered_by) for other in counted.others] == [(4, "phone", DANA.name)]


def test_typed_in_again_it_is_corrected_without_a_flag(database: Database, asked: int) -> None:
    enter(database, asked, recommend="4")
    enter(database, asked, recommend="5")
    assert rows(database, schema.response, "state", "score", "twice") == [
        ("superseded", 4, False),
        ("submitted", 5, False),
    ]
    assert shown(database)[0].others == ()
