"""How long follow-ups take: open ones at their age, those whose customer left for good, of each team."""

from datetime import UTC, date, datetime, timedelta

from tests.builders import add_account, add_contact, add_csm, add_follow_up
from voc.base.access import TERMINAL
from voc.base.db import Database
from voc.base.preferences import Preferences
from voc.followup.store.times import Duration, durations
from voc.metrics.board import median_days
from voc.metrics.run import kept_pages

PREFERENCES = Preferences(business_country="", default_time_zone="UTC")
MONDAY = datetime(2026, 3, 2, 9, tzinfo=UTC)
DAY = timedelta(days=1)
NOW = MONDAY + 14 * DAY


def _read(database: Database) -> list[Duration]:
    with database.read() as db:
        return durations(db, TERMINAL, since=MONDAY - DAY, now=NOW, preferences=PREFERENCES)


def test_a_customer_who_left_before_it_was_resolved_stays_at_risk_to_the_end(database: Database) -> None:
    """Opened on a Monday at nine, days of eight hours. Three were closed on the Monday after, at nine: 40 hours.

    The first customer stayed, the second left on the Wednesday before, the third on the day after: only what was noted
    of the second resolved nothing, and it is as old as the oldest that is still open: 80 hours.
    """
    with database.begin() as db:
        add_csm(db, time_zone="UTC")
        left = {"b": date(2026, 3, 4), "c": date(2026, 3, 10)}
        for key in "abcd":
            gone = {"status": "churned", "churned_on": left[key]} if key in left else {}
            add_account(db, key, **gone)
            add_contact(db, f"con-{key}", account_id=key)
            done = MONDAY + 7 * DAY if key != "d" else None
            state = "confirmed" if done else "new"
            closed = {"resolved_at": done, "confirmed_at": done, "state": state}
            about = {"account_id": key, "contact_id": f"con-{key}"}
            add_follow_up(db, f"detractor:{key}", **about, opened_at=MONDAY, **closed)
    found = _read(database)
    assert [(one.hours, one.resolved, one.confirmed, one.left) for one in found] == [
        (40, True, True, False),
        (80, False, False, True),
        (40, True, True, False),
        (80, False, False, False),
    ]
    assert median_days([(one.hours / 8, one.resolved) for one in found]) == 5


def test_the_board_of_a_team_has_the_median_of_its_own_follow_ups(database: Database) -> None:
    """Ingrid's team took one day twice, Tomasz's three days: together half are resolved by the first day."""
    with database.begin() as db:
        for lead, csm in (("ingrid", "csm-1"), ("tomasz", "csm-2")):
            add_csm(db, lead, name=lead)
            add_csm(db, csm, name=csm, manager_id=lead, time_zone="UTC")
        for number, (csm, days) in enumerate((("csm-1", 1), ("csm-1", 1), ("csm-2", 3))):
            add_account(db, f"acc-{number}", csm_id=csm)
            add_contact(db, f"con-{number}", account_id=f"acc-{number}")
            done = MONDAY + days * DAY
            about = {"account_id": f"acc-{number}", "contact_id": f"con-{number}", "owner_csm_id": csm}
            add_follow_up(db, f"one:{number}", **about, opened_at=MONDAY, state="resolved", resolved_at=done)
    with database.read() as db:
        medians = [
            median_days(
                [
                    (one.hours / 8, one.resolved)
                    for one in kept_pages.took(
                        db, TERMINAL, None, since=MONDAY - DAY, now=NOW, preferences=PREFERENCES, team_id=team
                    )
                ]
            )
            for team in (None, "ingrid", "tomasz")
        ]
    assert medians == [1, 1, 3]
