"""What a programme owner may choose for a campaign, and what one contact would get by it."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as some
from sqlalchemy import Connection, select

from tests.campaigns.company import FILES, LAUNCH, add_company, launch, settle_in
from voc.base import preferences, schema
from voc.base.db import Database
from voc.base.errors import NotFound, Refused
from voc.base.preferences import Preferences
from voc.campaigns import choices, run, store
from voc.campaigns.model import CampaignSettings, Step, Why
from voc.campaigns.run import programmes
from voc.campaigns.store.rows import rules_with

COMPANY = Preferences()
NOON = datetime(2026, 3, 5, 12, tzinfo=UTC)  # a Thursday
CLARA = "Clara Wendt"


def wrong(**values: Any) -> dict[str, str]:
    return choices.mistakes(CampaignSettings(**values), opens=COMPANY.opens, closes=COMPANY.closes)


def course(zone: str = "Europe/Berlin", country: str = "DE", **values: Any) -> choices.Course:
    own = CampaignSettings(**values)
    return choices.course(rules_with(own, COMPANY), zone=zone, country=country, heads_up=own.heads_up, now=NOON)


def test_the_defaults_are_fine_and_every_mistake_is_named_at_once() -> None:
    assert wrong() == {}
    found = wrong(invitation_weekdays=[], reminder_1_days=0, heads_up_share=1.5, opens=time(12), due_days=400)
    assert set(found) == {"invitation_weekdays", "reminder_1_days", "heads_up_share", "closes", "due_days"}


def test_by_default_a_contact_gets_four_mails_and_three_weeks() -> None:
    found = course()
    assert [(mail.step, mail.on) for mail in found.mails] == [
        (Step.HEADS_UP, date(2026, 3, 6)),
        (Step.INVITE, date(2026, 3, 10)),
        (Step.REMINDER_1, date(2026, 3, 16)),
        (Step.REMINDER_2, date(2026, 3, 24)),
    ]
    assert (found.dropped, found.closes_on) == ((), date(2026, 3, 31))


def test_a_step_too_near_to_the_closing_date_is_left_out_and_says_why() -> None:
    found = course(last_call=True, last_call_days=5)
    assert [(mail.step, mail.why) for mail in found.dropped] == [(Step.LAST_CALL, Why.TOO_LATE)]


def test_own_days_without_mail_and_own_hours_count_instead_of_the_companys() -> None:
    found = course(heads_up=False, blackout_days=[date(2026, 3, 5)], opens=time(14), closes=time(15))
    first = found.mails[0]
    assert first.at is not None
    assert first.on == date(2026, 3, 10)  # Thursday is taken, Tuesday is the next day for invitations
    assert first.at.astimezone(ZoneInfo("Europe/Berlin")).hour == 14


OPTIONS = some.fixed_dictionaries(
    {
        "heads_up": some.booleans(),
        "heads_up_days": some.integers(1, 6),
        "reminder_1": some.booleans(),
        "reminder_1_days": some.integers(1, 12),
        "reminder_2": some.booleans(),
        "reminder_2_days": some.integers(1, 12),
        "last_call": some.booleans(),
        "last_call_days": some.integers(1, 8),
        "quiet_days": some.integers(0, 8),
        "due_days": some.integers(5, 40),
        "invitation_weekdays": some.sets(some.integers(0, 4), min_size=1).map(sorted),
    }
)


@settings(max_examples=40, deadline=None)
@example(
    # Without quiet days, and the last call's day is the due day.
    values={
        "heads_up": False, "heads_up_days": 1, "reminder_1": True, "reminder_1_days": 1, "reminder_2": True,
        "reminder_2_days": 1, "last_call": True, "last_call_days": 5, "quiet_days": 0, "due_days": 13,
        "invitation_weekdays": [0],
    },
    place=("Asia/Dubai", "AE"),
)  # fmt: skip
@given(OPTIONS, some.sampled_from([("Europe/Berlin", "DE"), ("Asia/Dubai", "AE"), ("America/New_York", "US")]))
def test_whatever_is_chosen_steps_come_in_order_on_working_days_in_the_window(
    values: dict[str, Any], place: tuple[str, str]
) -> None:
    zone, country = place
    if place[1] == "AE":  # where Friday is half a weekend, an invitation only on Fridays would search on
        values = {**values, "invitation_weekdays": [1, 2, 3]}
    found = course(zone, country, **values)
    rules = rules_with(CampaignSettings(**values), COMPANY)
    days = [mail.on for mail in found.mails]
    assert days == sorted(set(days))
    for mail in found.mails:
        assert mail.at is not None
        assert rules.is_on(mail.step)
        assert rules.calendar.is_working(mail.on, country)
        assert time(9, 30) <= mail.at.astimezone(ZoneInfo(zone)).time() < time(11, 30)
        assert mail.step is not Step.INVITE or mail.on.weekday() in values["invitation_weekdays"]
    assert found.closes_on is not None
    assert all(day < found.closes_on for day in days)


# --- kept in the database ---


def test_a_change_is_audited_before_and_after_and_a_running_wave_keeps_its_own(database: Database) -> None:
    with database.begin() as db:
        settle_in(db)
        add_company(db, accounts=1, people=1)
        wave_id = launch(db)
        run.change_settings(db, "relationship", {"reminder_2": False, "opens": "08:00:00"}, by=CLARA, now=LAUNCH)
        log = db.execute(select(schema.audit).where(schema.audit.c.object_kind == "campaign")).one()
        kept = db.execute(select(schema.wave.c.settings).where(schema.wave.c.id == wave_id)).scalar_one()
        after = store.campaign(db, "relationship").settings
    assert (log.actor, log.action) == (CLARA, "campaign changed")
    assert log.detail == {"reminder_2": {"from": True, "to": False}, "opens": {"from": None, "to": "08:00:00"}}
    assert (kept["reminder_2"], kept["opens"]) == (True, None)
    assert (after.reminder_2, after.opens) == (False, time(8))


def test_a_copy_asks_as_its_original_does_and_is_off_until_it_is_switched_on(database: Database) -> None:
    with database.begin() as db:
        settle_in(db)
        add_company(db, accounts=1, people=1)
        programmes.copy(db, "pulse-spring", of="relationship", by=CLARA, now=LAUNCH)
        original, copied = store.campaign(db, "relationship"), store.campaign(db, "pulse-spring")
        assert copied.settings == msgspec.structs.replace(original.settings, on=False)
        assert launch_refused(db, "pulse-spring") is not None
        programmes.switch(db, "pulse-spring", on=True, by=CLARA, now=LAUNCH)
        assert launch_refused(db, "pulse-spring") is None
        for name, match in (("pulse-spring", "already"), ("Pulse Spring", "small letters"), ("../x", "small letters")):
            with pytest.raises(Refused, match=match):
                programmes.copy(db, name, of="relationship", by=CLARA, now=LAUNCH)
        with pytest.raises(NotFound):
            programmes.copy(db, "other", of="nothing", by=CLARA, now=LAUNCH)


def launch_refused(db: Connection, name: str) -> str | None:
    from_files = run.rehearse(db, campaign=name, questionnaire_files=FILES, now=LAUNCH)
    return next((text for text in from_files.refusals if "switched off" in text), None)


def test_a_campaigns_own_limits_count_in_its_claims(database: Database) -> None:
    with database.begin() as db:
        settle_in(db)
        own = {"heads_up": False, "contacts_per_account_day": 1, "invitation_weekdays": [0, 1, 2, 3, 4]}
        run.change_settings(db, "relationship", own, by=CLARA, now=LAUNCH)
        add_company(db, accounts=1, people=3)
        launch(db, now=LAUNCH - timedelta(hours=3))
        preferences.change(db, {"contacts_per_account_day": 3}, actor=CLARA, now=LAUNCH)
        db.execute(schema.invitation.update().values(intended_on=LAUNCH.date(), due_at=LAUNCH + timedelta(hours=1)))
        assert len(store.claim_due(db, now=LAUNCH + timedelta(hours=1), limit=10)) == 1
