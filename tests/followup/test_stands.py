"""Where very many cases stand is what their list says of each, on both databases."""

from datetime import timedelta

import pytest
from sqlalchemy import Connection, insert

from tests import builders
from tests.builders import NOW
from voc.base import schema
from voc.base.access import TERMINAL, Viewer
from voc.base.db import Database
from voc.base.narrowed import Narrowed
from voc.base.preferences import Preferences
from voc.base.words import FollowUpState, StaffRole
from voc.followup import rules, store

KNOWN = Preferences()
WAITING = tuple(state for state in FollowUpState if state != FollowUpState.CONFIRMED)
DANA, LEAD = Viewer(1, "Dana", StaffRole.CSM, "csm-1"), Viewer(2, "Ingrid", StaffRole.LEAD, "lead-1")
HOURS = (-90, -30, -5, 5, 30)  # from now to a limit


@pytest.fixture(autouse=True)
def ground(database: Database) -> None:
    """Cases of every kind and state, each limit past, ahead or none, of two CSMs; Dana stands in for the other."""
    with database.begin() as db:
        builders.add_csm(db, "lead-1", name="Ingrid")
        builders.add_csm(db, manager_id="lead-1")
        builders.add_csm(db, "csm-2", name="Ben", manager_id="lead-1")
        builders.add_csm(db, "csm-3", name="Eva")
        for number in (1, 2, 3):
            builders.add_account(db, f"acc-{number}", csm_id=f"csm-{number}", name=f"acc-{number}")
        row = {"csm_id": "csm-2", "deputy_csm_id": "csm-1", "said_by": "Ingrid", "said_at": NOW}
        db.execute(insert(schema.deputy).values(**row, from_on=NOW.date(), to_on=NOW.date()))
        _cases(db)


def _cases(db: Connection) -> None:
    kinds = ("detractor", "silent_account", "promoter_offer")
    for number in range(60):
        at = NOW - timedelta(days=number % 7 + 4)
        state = list(FollowUpState)[number % 5]
        first, second = (timedelta(hours=HOURS[(number // 3 + step) % 5]) for step in (0, 2))
        row = {
            "key": f"case-{number}",
            "kind": kinds[number % 3],
            "state": state,
            "account_id": f"acc-{number % 3 + 1}",
            "owner_csm_id": f"csm-{number % 3 + 1}",
            "opened_at": at,
            "acknowledge_by": NOW + first if number % 3 == 0 else None,
            "contact_by": NOW + second,
            "resolve_by": NOW + second + timedelta(hours=20) if number % 3 != 1 else None,
            "resolved_at": at + timedelta(hours=number) if state in ("resolved", "confirmed") else None,
            "lead_told_at": at if number % 4 == 0 else None,
            "leader_told_at": at if number % 8 == 0 else None,
        }
        db.execute(insert(schema.follow_up).values(**row))


@pytest.mark.parametrize("viewer", [TERMINAL, DANA, LEAD], ids=["everybody", "a CSM", "a lead"])
@pytest.mark.parametrize("late", [False, True])
@pytest.mark.parametrize("mine", [False, True])
def test_where_cases_stand_is_what_their_list_says(database: Database, viewer: Viewer, late: bool, mine: bool) -> None:
    with database.read() as db:
        for part in (Narrowed(), Narrowed(csm_id="csm-2")):
            listed = store.listing(
                db, viewer, now=NOW, preferences=KNOWN, states=WAITING, mine=mine, late=late, part=part
            )
            stood = store.stands(
                db, viewer, now=NOW, preferences=KNOWN, states=WAITING, mine=mine, late=late, part=part
            )
            assert stood == [rules.stand_of(case) for case in listed]
            shown = store.some(db, viewer, [one.id for one in stood[:7]], now=NOW, preferences=KNOWN)
            assert [shown[one.id] for one in stood[:7]] == listed[:7]


def test_they_are_late_and_in_time_waiting_and_resolved(database: Database) -> None:
    with database.read() as db:
        everybodys = store.stands(db, TERMINAL, now=NOW, preferences=KNOWN, states=WAITING)
        danas = store.stands(db, DANA, now=NOW, preferences=KNOWN, states=WAITING)
    assert (len(everybodys), len(danas)) == (48, 32)
    assert {one.late for one in everybodys if one.due_at is not None} == {True, False}
    assert any(one.due_at is None for one in everybodys)


def test_a_foreign_case_is_not_among_some(database: Database) -> None:
    with database.read() as db:
        every = [one.id for one in store.stands(db, TERMINAL, now=NOW, preferences=KNOWN, states=WAITING)]
        seen = store.some(db, DANA, every, now=NOW, preferences=KNOWN)
    assert {one.owner_csm_id for one in seen.values()} == {"csm-1", "csm-2"}
