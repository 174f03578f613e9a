"""While a CSM is away a colleague sees and moves on their follow-ups; the clocks run on, the owner stays."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from threading import Barrier

import pytest
from sqlalchemy import select

from tests.builders import NOW, add_account, add_contact, add_csm
from voc.base import schema
from voc.base.access import Viewer
from voc.base.db import Database
from voc.base.errors import NotFound, Refused
from voc.base.preferences import Preferences
from voc.base.words import StaffRole
from voc.followup import run, store
from voc.followup.deputies import Csm, Deputy, check
from voc.followup.run import deputies
from voc.followup.store import deputies as kept

DAY = timedelta(days=1)
TODAY = NOW.date()
DANA = Viewer(1, "Dana Whitlock", StaffRole.CSM, "csm-1")
BEN = Viewer(2, "Ben Carver", StaffRole.CSM, "csm-2")
LEAD = Viewer(3, "Ingrid Solheim", StaffRole.LEAD, "lead-1")
OF_DANA, OF_BEN = Csm("csm-1", "Dana"), Csm("csm-2", "Ben")
KNOWN = Preferences()


@pytest.fixture
def silent(database: Database) -> Database:
    """One account of Dana's has fallen silent; Ben is of another team."""
    with database.begin() as db:
        add_csm(db, "lead-1", name="Ingrid Solheim", email="ingrid@vendor.example")
        add_csm(db, manager_id="lead-1", email="dana@vendor.example")
        add_csm(db, "csm-2", name="Ben Carver", manager_id="lead-2", email="ben@vendor.example")
        add_account(db)
        add_contact(db, "con-1")
        run.open_silent(db, account_id="acc-1", spell_on=TODAY, now=NOW, contact_id="con-1")
    return database


def appointed(database: Database, *, from_on: date = TODAY, to_on: date = TODAY + 7 * DAY) -> Deputy:
    with database.begin() as db:
        return deputies.appoint(
            db, csm_id="csm-1", deputy_csm_id="csm-2", from_on=from_on, to_on=to_on, viewer=DANA, now=NOW
        )


def seen(database: Database, viewer: Viewer, *, days: int = 0, mine: bool = False) -> list[tuple[str, bool, str]]:
    with database.read() as db:
        found = store.listing(db, viewer, now=NOW + days * DAY, preferences=KNOWN, mine=mine)
    return [(one.account_name, one.opens_account, one.deputy.name if one.deputy else "") for one in found]


def test_the_deputy_sees_the_case_on_the_days_named_and_on_no_other(silent: Database) -> None:
    assert seen(silent, BEN) == []
    appointed(silent, from_on=TODAY + DAY, to_on=TODAY + 2 * DAY)
    assert [seen(silent, BEN, days=days) for days in range(4)] == [
        [],
        [("Calder & Moss Foods", False, "Ben Carver")],
        [("Calder & Moss Foods", False, "Ben Carver")],
        [],
    ]
    assert seen(silent, BEN, days=1, mine=True) == [("Calder & Moss Foods", False, "Ben Carver")]
    assert seen(silent, DANA, days=1, mine=True) == [("Calder & Moss Foods", True, "Ben Carver")]


def test_the_deputy_moves_it_on_the_clock_runs_and_the_owner_stays(silent: Database) -> None:
    with silent.read() as db:
        before = store.listing(db, DANA, now=NOW, preferences=KNOWN)[0]
    with pytest.raises(NotFound), silent.begin() as db:
        run.contact(db, before.id, viewer=BEN, now=NOW, note="Called Jon")
    appointed(silent)
    with silent.begin() as db:
        run.contact(db, before.id, viewer=BEN, now=NOW, note="Called Jon")
    with silent.read() as db:
        after = store.follow_up(db, before.id, DANA, now=NOW, preferences=KNOWN)
    assert (after.owner_csm_id, after.contact_by, after.resolve_by) == ("csm-1", before.contact_by, before.resolve_by)
    assert after.contacted_at == NOW
    assert after.events[-1].by == "Ben Carver"


def test_mail_goes_to_whoever_is_there_and_to_the_owner_when_back(silent: Database) -> None:
    appointed(silent)

    def told(days: int) -> list[str]:
        with silent.read() as db:
            owed = run.notices(db, NOW + days * DAY, base_url="https://voc.example")
        return [one.address for one in owed if one.key.split(":")[2] == "opened"]

    assert told(0) == ["ben@vendor.example"]
    assert told(8) == ["dana@vendor.example"]


def test_ending_it_early_takes_the_cases_back_at_once_and_is_in_the_log(silent: Database) -> None:
    made = appointed(silent)
    with pytest.raises(NotFound), silent.begin() as db:
        deputies.end(db, made.id, viewer=BEN, now=NOW)
    with silent.begin() as db:
        deputies.end(db, made.id, viewer=LEAD, now=NOW)
    assert seen(silent, BEN) == []
    with silent.read() as db:
        log = schema.audit.c
        lines = db.execute(select(log.action, log.actor).where(log.object_kind == "csm").order_by(log.id)).all()
    assert [tuple(line) for line in lines] == [
        ("deputy named", "Dana Whitlock"),
        ("deputy ended", "Ingrid Solheim"),
    ]


def test_nobody_names_a_deputy_for_a_csm_they_do_not_see(silent: Database) -> None:
    with pytest.raises(NotFound), silent.begin() as db:
        deputies.appoint(db, csm_id="csm-1", deputy_csm_id="csm-2", from_on=TODAY, to_on=TODAY, viewer=BEN, now=NOW)
    with silent.read() as db:
        assert [one.csm_id for one in kept.may_be_away(db, LEAD)] == ["csm-1", "lead-1"]
        assert kept.listing(db, LEAD, today=TODAY) == []


def test_of_several_who_name_a_deputy_at_once_one_is_taken(silent: Database) -> None:
    together = Barrier(4)

    def name() -> str:
        together.wait(timeout=10)
        try:
            appointed(silent)
        except Refused:
            return "refused"
        return "taken"

    with ThreadPoolExecutor(4) as several:
        said = [one.result() for one in [several.submit(name) for _ in range(4)]]
    assert sorted(said) == ["refused", "refused", "refused", "taken"]
    with silent.read() as db:
        assert len(kept.listing(db, DANA, today=TODAY)) == 1


@pytest.mark.parametrize(
    ("away", "deputy", "first", "last", "field"),
    [
        (OF_DANA, OF_DANA, 0, 1, "deputy"),  # oneself
        (OF_DANA, OF_BEN, 2, 1, "to"),  # backwards
        (OF_DANA, OF_BEN, -3, -1, "to"),  # over
        (OF_DANA, OF_BEN, 0, 400, "to"),  # longer than a year
        (OF_BEN, OF_DANA, 5, 6, "from"),  # has a deputy on one of these days
        (OF_DANA, OF_BEN, 3, 5, "deputy"),  # who is away too
        (Csm("csm-3", "Mei"), OF_DANA, 0, 9, None),  # Mei stands in for Ben, from 5 on
    ],
)
def test_what_cannot_be_is_refused_and_names_the_field(
    away: Csm, deputy: Csm, first: int, last: int, field: str | None
) -> None:
    known = [Deputy(1, OF_BEN, Csm("csm-3", "Mei"), TODAY + 5 * DAY, TODAY + 9 * DAY, "Ben")]
    with pytest.raises(Refused) as refused:
        check(away, deputy, TODAY + first * DAY, TODAY + last * DAY, today=TODAY, known=known)
    assert refused.value.field == (field or "from")


def test_days_that_do_not_touch_are_taken() -> None:
    known = [Deputy(1, OF_DANA, OF_BEN, TODAY, TODAY + DAY, "Dana")]
    check(OF_DANA, OF_BEN, TODAY + 2 * DAY, TODAY + 3 * DAY, today=TODAY, known=known)
    check(OF_BEN, OF_DANA, TODAY + 2 * DAY, TODAY + 3 * DAY, today=TODAY, known=known)
