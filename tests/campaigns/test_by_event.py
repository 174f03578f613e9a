"""Campaigns by event: what happened is asked about once, the people it concerns and nobody else."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, insert, select

from tests.builders import add_account, add_contact
from tests.campaigns.company import FILES, LAUNCH, add_exclusion, add_sync, settle_in
from voc.base import schema
from voc.base.access import TERMINAL
from voc.base.clock import SetClock
from voc.base.db import Database
from voc.base.errors import Refused
from voc.campaigns import questionnaire, run
from voc.campaigns.run import by_event, drafts
from voc.campaigns.store import occasions, programmes

FOLDER = Path(__file__).parents[2] / "questionnaires"
DAY = timedelta(days=1)


def files(name: str) -> Mapping[str, str]:
    return questionnaire.read_folder(FOLDER, name)


def happens(db: Connection, id: str, account_id: str = "acc-1", *, days_ago: int = 1, kind: str = "went_live") -> None:
    row = {"id": id, "account_id": account_id, "kind": kind, "on": LAUNCH.date() - days_ago * DAY}
    db.execute(insert(schema.milestone).values(**row, state="live", hash=""))


def met(db: Connection, id: str, kind: str, account_id: str = "acc-1") -> None:
    row = {"id": id, "account_id": account_id, "kind": kind, "on": LAUNCH.date() - DAY, "state": "live", "hash": ""}
    db.execute(insert(schema.activity).values(**row))


@pytest.fixture
def company(database: Database) -> Database:
    """Two customers with a champion and a decision maker each; both campaigns by event are on."""
    with database.begin() as db:
        settle_in(db)
        run.install_by_event(db)
        for name in ("onboarding", "post-review"):
            run.change_settings(db, name, {"on": True}, by="Clara Wendt", now=LAUNCH)
        for account in ("acc-1", "acc-2"):
            add_account(db, account, name=account, renewal_on=date(2027, 1, 1))
            add_contact(db, f"champion-{account}", account_id=account, roles=("champion",))
            add_contact(db, f"decides-{account}", account_id=account, roles=("decision_maker",))
    return database


def catch_up(database: Database, *, now: datetime = LAUNCH) -> int:
    return by_event.catch_up(database, files, clock=SetClock(now), holder="here")


def asked(database: Database) -> list[tuple[str, str]]:
    """(wave's label, contact) of everybody asked."""
    wave, invitation = schema.wave.c, schema.invitation.c
    query = select(wave.label, invitation.contact_id).join(schema.wave, wave.id == invitation.wave_id)
    with database.read() as db:
        return [tuple(row) for row in db.execute(query.order_by(invitation.id))]  # type: ignore[misc]  # two columns


def test_an_onboarding_that_finished_is_asked_about_once_and_of_those_who_were_trained(company: Database) -> None:
    with company.begin() as db:
        happens(db, "m1")
        happens(db, "m2", "acc-2", days_ago=15)  # too long ago
        happens(db, "m3", "acc-2", kind="onboarding_started")
    assert catch_up(company) == 1
    assert asked(company) == [("Onboarding, 5 March 2026", "champion-acc-1")]
    assert catch_up(company, now=LAUNCH + timedelta(hours=1)) == 0
    with company.begin() as db:
        add_sync(db, read_at=LAUNCH + 23 * timedelta(hours=1))
    assert catch_up(company, now=LAUNCH + DAY) == 0
    with company.read() as db:
        found = programmes.campaign_by_name(db, "onboarding")
        (taken,) = occasions.latest(db, TERMINAL, found.id)
        assert (taken.account_id, taken.on, taken.wave_label) == ("acc-1", date(2026, 3, 4), "Onboarding, 5 March 2026")


def test_what_happens_later_the_same_day_waits_for_the_next_and_waves_may_overlap(company: Database) -> None:
    with company.begin() as db:
        happens(db, "m1")
    assert catch_up(company) == 1
    with company.begin() as db:
        happens(db, "m2", "acc-2", days_ago=0)
        add_sync(db, read_at=LAUNCH + 23 * timedelta(hours=1))
    assert catch_up(company, now=LAUNCH + timedelta(hours=2)) == 0
    assert catch_up(company, now=LAUNCH + DAY) == 1
    assert [contact for _, contact in asked(company)] == ["champion-acc-1", "champion-acc-2"]


def test_a_review_is_known_by_the_crms_words_and_goes_to_those_it_was_for(company: Database) -> None:
    with company.begin() as db:
        met(db, "a1", "QBR")
        met(db, "a2", "Call", "acc-2")
    assert catch_up(company) == 1
    assert asked(company) == [
        ("Post review, 5 March 2026", "champion-acc-1"),
        ("Post review, 5 March 2026", "decides-acc-1"),
    ]


def test_a_merged_accounts_event_is_the_winners_and_a_lost_customers_is_none(company: Database) -> None:
    with company.begin() as db:
        add_account(db, "acc-old", state="merged")
        db.execute(insert(schema.alias).values(kind="account", loser_id="acc-old", winner_id="acc-1"))
        add_account(db, "acc-gone", status="churned")
        happens(db, "m1", "acc-old")
        happens(db, "m2", "acc-gone")
    assert catch_up(company) == 1
    assert [contact for _, contact in asked(company)] == ["champion-acc-1"]


def test_where_nobody_may_be_asked_it_is_let_go_and_said(company: Database) -> None:
    with company.begin() as db:
        happens(db, "m1")
        add_exclusion(db, "acc-1", expires_on=date(2026, 6, 1))
    assert catch_up(company) == 0
    with company.read() as db:
        found = programmes.campaign_by_name(db, "onboarding")
        assert [one.wave_id for one in occasions.latest(db, TERMINAL, found.id)] == [None]
        assert db.execute(select(schema.wave.c.id)).all() == []
    assert catch_up(company) == 0


def test_old_data_waits_for_the_next_reading_and_is_not_lost(company: Database) -> None:
    with company.begin() as db:
        happens(db, "m1")
    with pytest.raises(Refused, match="more than 24 hours ago"):
        catch_up(company, now=LAUNCH + 2 * DAY)
    with company.begin() as db:
        add_sync(db, read_at=LAUNCH + 2 * DAY)
    assert catch_up(company, now=LAUNCH + 2 * DAY) == 1


def test_a_launch_that_was_killed_is_taken_back_and_its_event_asked_about_again(company: Database) -> None:
    with company.begin() as db:
        happens(db, "m1")
    assert catch_up(company) == 1
    with company.begin() as db:
        db.execute(schema.wave.update().values(state="planning"))
        for table in (schema.invitation, schema.census_member):
            db.execute(table.delete())
    assert catch_up(company, now=LAUNCH + timedelta(hours=1)) == 0  # one a day, the dead one too
    run.take_back_left(company, clock=SetClock(LAUNCH + timedelta(hours=2)), holder="here")
    assert catch_up(company, now=LAUNCH + timedelta(hours=3)) == 1
    assert [contact for _, contact in asked(company)] == ["champion-acc-1"]


def test_a_renewal_that_comes_near_begins_one_and_switched_off_nothing_does(company: Database) -> None:
    with company.begin() as db:
        changed: dict[str, Any] = {"occasion": "renewal_ahead", "ahead_days": 300}
        run.change_settings(db, "onboarding", changed, by="Clara Wendt", now=LAUNCH)
        add_account(db, "acc-3", renewal_on=LAUNCH.date() + 299 * DAY)
        add_contact(db, "champion-acc-3", account_id="acc-3", roles=("champion",))
        draft = drafts.draft(db, campaign="onboarding", files=files("onboarding"), now=LAUNCH)
        assert draft.accounts == ["acc-3"]
        assert drafts.draft(db, campaign="relationship", files=FILES, now=LAUNCH).accounts is None
        run.change_settings(db, "onboarding", {"on": False}, by="Clara Wendt", now=LAUNCH)
    assert catch_up(company) == 0
    with company.begin() as db:
        run.change_settings(db, "onboarding", {"on": True}, by="Clara Wendt", now=LAUNCH)
    assert catch_up(company) == 1
    assert [contact for _, contact in asked(company)] == ["champion-acc-3"]


def test_the_rehearsal_of_one_asks_whom_the_event_concerns(company: Database) -> None:
    with company.begin() as db:
        happens(db, "m1", "acc-2")
    with company.read() as db:
        rehearsed = run.rehearse(db, campaign="onboarding", questionnaire_files=files("onboarding"), now=LAUNCH)
        assert [one.candidate.contact_id for one in rehearsed.asked] == ["champion-acc-2"]
        quiet = run.rehearse(db, campaign="post-review", questionnaire_files=files("post-review"), now=LAUNCH)
    assert quiet.refusals == (
        "Nothing has happened lately that this campaign asks about, and that it has not taken up yet.",
    )
