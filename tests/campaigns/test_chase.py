"""Which step is next, when, and why it is moved, dropped or held."""

import dataclasses
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from voc.campaigns import chase
from voc.campaigns.calendar import Calendar
from voc.campaigns.chase import Held, Rules, Send, decide, next_step
from voc.campaigns.model import CampaignSettings, Chased, Dropped, Limits, Plan, Step, Why
from voc.campaigns.quarantine import NUDGE, Ledger, Reserved

DAY = timedelta(days=1)
TUESDAY = date(2026, 3, 10)
NOW = datetime(2026, 3, 10, 9, 0, tzinfo=UTC)  # 10:00 in Berlin
RULES = Rules(CampaignSettings(), Calendar(), Limits(), due_days=21)
ANA = Chased(
    key="ana",
    address="ana@calder.example",
    account_id="acc-1",
    time_zone="Europe/Berlin",
    country="DE",
    heads_up=True,
    priority=3,
    since_on=date(2026, 3, 5),
)
INVITED = replace(ANA, closes_at=NOW + 21 * DAY)
INVITE = Plan(Step.INVITE, TUESDAY, NOW - timedelta(minutes=5))
REMINDER = replace(INVITE, step=Step.REMINDER_1)


def rules(**values: Any) -> Rules:
    return dataclasses.replace(RULES, settings=CampaignSettings(**values))


def sent(step: str, on: date, *, who: str = "ana@calder.example", priority: int = 3) -> Reserved:
    return Reserved(who, "acc-1", step, priority, on)


def days(*plans: Plan | Dropped | None) -> list[tuple[Step, date]]:
    return [(plan.step, plan.on) for plan in plans if plan is not None]


# --- the course of a chase ---


def test_the_default_chase_from_heads_up_to_the_last_reminder() -> None:
    invite = next_step(RULES, ANA, after=Step.HEADS_UP, sent_at=datetime(2026, 3, 6, 9, tzinfo=UTC))
    first = next_step(RULES, INVITED, after=Step.INVITE, sent_at=NOW)
    second = next_step(RULES, INVITED, after=Step.REMINDER_1, sent_at=datetime(2026, 3, 16, 9, tzinfo=UTC))
    assert days(invite, first, second) == [
        (Step.INVITE, date(2026, 3, 10)),
        (Step.REMINDER_1, date(2026, 3, 16)),
        (Step.REMINDER_2, date(2026, 3, 24)),
    ]
    assert next_step(RULES, INVITED, after=Step.REMINDER_2, sent_at=NOW) is None


def test_an_invitation_waits_for_tuesday_to_thursday() -> None:
    plan = next_step(RULES, ANA, after=Step.HEADS_UP, sent_at=datetime(2026, 3, 11, 9, tzinfo=UTC))
    assert days(plan) == [(Step.INVITE, date(2026, 3, 17))]


def test_a_late_invitation_moves_its_reminders_with_it() -> None:
    late = replace(ANA, closes_at=NOW + 22 * DAY)
    plan = next_step(RULES, late, after=Step.INVITE, sent_at=NOW + DAY)
    assert days(plan) == [(Step.REMINDER_1, date(2026, 3, 17))]


def test_a_step_that_is_off_is_left_out_of_the_chain() -> None:
    assert days(next_step(rules(reminder_1=False), INVITED, after=Step.INVITE, sent_at=NOW)) == [
        (Step.REMINDER_2, date(2026, 3, 18))
    ]
    assert next_step(rules(reminder_1=False, reminder_2=False), INVITED, after=Step.INVITE, sent_at=NOW) is None


def test_a_last_call_that_would_come_too_near_the_due_date_is_dropped_with_the_reason() -> None:
    plan = next_step(
        rules(last_call=True, last_call_days=4),
        INVITED,
        after=Step.REMINDER_2,
        sent_at=datetime(2026, 3, 24, 9, tzinfo=UTC),
    )
    assert plan == Dropped(Step.LAST_CALL, date(2026, 3, 30), Why.TOO_LATE)


def test_the_last_day_for_a_reminder_is_two_working_days_before_the_due_date() -> None:
    assert INVITED.closes_at is not None
    assert INVITED.closes_at.date() == date(2026, 3, 31)  # a Tuesday
    assert chase.last_day(RULES, INVITED, Step.REMINDER_2) == date(2026, 3, 27)


# --- the moment has come ---


def test_a_step_whose_moment_has_come_is_sent_on_the_contacts_own_day() -> None:
    assert decide(RULES, ANA, INVITE, Ledger(), now=NOW) == Send(TUESDAY)
    auckland = replace(ANA, time_zone="Pacific/Auckland", country="NZ")
    late_evening = datetime(2026, 3, 9, 21, 0, tzinfo=UTC)
    planned = Plan(Step.INVITE, TUESDAY, late_evening)
    assert decide(RULES, auckland, planned, Ledger(), now=late_evening) == Send(TUESDAY)


def test_a_zone_that_changed_since_moves_the_step_into_the_new_morning() -> None:
    moved = decide(RULES, replace(ANA, time_zone="America/New_York", country="US"), INVITE, Ledger(), now=NOW)
    assert isinstance(moved, Plan)
    assert (moved.on, moved.why) == (TUESDAY, Why.OUTSIDE_WINDOW)
    assert time(9, 30) <= moved.at.astimezone(ZoneInfo("America/New_York")).time() < time(11, 30)


def test_a_blackout_day_that_was_added_since_moves_the_step_to_the_next_day_for_it() -> None:
    closed = dataclasses.replace(RULES, calendar=Calendar(blackout=frozenset({TUESDAY})))
    moved = decide(closed, ANA, INVITE, Ledger(), now=NOW)
    assert isinstance(moved, Plan)
    assert moved.on == date(2026, 3, 11)


@pytest.mark.parametrize("hours", [1, 23.75])
def test_up_to_a_day_late_is_sent_now_if_the_window_is_open(hours: float) -> None:
    assert decide(RULES, ANA, INVITE, Ledger(), now=NOW + timedelta(hours=hours)) == Send(
        (NOW + timedelta(hours=hours)).date()
    )


@pytest.mark.parametrize(("hours", "on"), [(2, date(2026, 3, 11)), (14, date(2026, 3, 11)), (23, date(2026, 3, 11))])
def test_late_by_hours_never_becomes_a_mail_at_night(hours: int, on: date) -> None:
    moved = decide(RULES, ANA, INVITE, Ledger(), now=NOW + timedelta(hours=hours))
    assert isinstance(moved, Plan)
    assert (moved.on, moved.why) == (on, Why.OUTSIDE_WINDOW)


def test_what_was_due_as_the_window_closed_still_goes_out_a_few_minutes_later() -> None:
    last = Plan(Step.INVITE, TUESDAY, datetime(2026, 3, 10, 10, 29, tzinfo=UTC))
    assert isinstance(decide(RULES, ANA, last, Ledger(), now=last.at + timedelta(minutes=14)), Send)
    assert isinstance(decide(RULES, ANA, last, Ledger(), now=last.at + timedelta(minutes=20)), Plan)


def test_more_than_a_day_late_is_planned_into_the_next_window() -> None:
    moved = decide(RULES, ANA, INVITE, Ledger(), now=NOW + timedelta(hours=30))
    assert isinstance(moved, Plan)
    assert (moved.on, moved.why) == (date(2026, 3, 12), Why.OVERDUE)


def test_late_into_a_weekend_is_not_sent_on_it() -> None:
    friday = Plan(Step.REMINDER_1, date(2026, 3, 13), NOW + 3 * DAY)
    moved = decide(RULES, INVITED, friday, Ledger(), now=NOW + 3 * DAY + timedelta(hours=20))
    assert isinstance(moved, Plan)
    assert (moved.on, moved.why) == (date(2026, 3, 16), Why.NOT_A_WORKING_DAY)


def test_more_than_five_working_days_late_is_held_for_a_person() -> None:
    on_the_fifth = datetime(2026, 3, 17, 9, tzinfo=UTC)
    assert isinstance(decide(RULES, ANA, INVITE, Ledger(), now=on_the_fifth), Plan)
    assert isinstance(decide(RULES, ANA, INVITE, Ledger(), now=on_the_fifth + DAY), Held)


# --- what speaks against a message today ---


@pytest.mark.parametrize(
    ("values", "why", "on"),
    [
        ({"away_until_on": date(2026, 3, 13)}, Why.AWAY, date(2026, 3, 16)),
        ({"excluded_until_on": date(2026, 3, 12)}, Why.EXCLUDED, date(2026, 3, 12)),
        ({"escalated_until_on": date(2026, 3, 12)}, Why.ESCALATED, date(2026, 3, 12)),
        ({"renewal_on": date(2026, 2, 26)}, Why.RENEWAL_SIGNING, date(2026, 3, 13)),
        ({"set_aside": True}, Why.SET_ASIDE, date(2026, 3, 11)),
    ],
)
def test_a_pause_moves_the_step_to_the_day_it_ends(values: dict[str, Any], why: Why, on: date) -> None:
    moved = decide(RULES, replace(INVITED, **values), REMINDER, Ledger(), now=NOW)
    assert isinstance(moved, Plan)
    assert (moved.on, moved.why) == (on, why)


def test_a_pause_beyond_the_last_day_drops_the_reminder_with_its_reason() -> None:
    away = replace(INVITED, away_until_on=date(2026, 4, 3))
    assert decide(RULES, away, REMINDER, Ledger(), now=NOW) == Dropped(Step.REMINDER_1, date(2026, 4, 7), Why.AWAY)


def test_an_invitation_that_finds_no_day_in_four_weeks_is_dropped() -> None:
    excluded = replace(ANA, excluded_until_on=date(2026, 5, 1))
    dropped = decide(RULES, excluded, INVITE, Ledger(), now=NOW)
    assert dropped == Dropped(Step.INVITE, date(2026, 5, 5), Why.EXCLUDED)


def test_one_invitation_in_90_days_by_campaigns_of_the_same_priority() -> None:
    asked = Ledger([sent(Step.INVITE, TUESDAY - 85 * DAY)])
    moved = decide(RULES, ANA, INVITE, asked, now=NOW)
    assert isinstance(moved, Plan)
    assert (moved.on, moved.why) == (date(2026, 3, 17), Why.ASKED_RECENTLY)
    assert decide(RULES, replace(ANA, priority=1), INVITE, asked, now=NOW) == Send(TUESDAY)
    assert decide(RULES, ANA, INVITE, Ledger([sent(Step.INVITE, TUESDAY - 90 * DAY)]), now=NOW) == Send(TUESDAY)


def test_a_heads_up_waits_with_the_invitation_it_announces() -> None:
    asked = Ledger([sent(Step.INVITE, TUESDAY - 85 * DAY)])  # free again on Sunday the 15th
    moved = decide(RULES, ANA, replace(INVITE, step=Step.HEADS_UP), asked, now=NOW)
    assert isinstance(moved, Plan)
    assert (moved.on, moved.why) == (date(2026, 3, 12), Why.ASKED_RECENTLY)


def test_the_sixth_message_in_90_days_waits_until_the_first_is_90_days_old() -> None:
    first = TUESDAY - 88 * DAY
    ledger = Ledger([sent(Step.HEADS_UP, first), *(sent(NUDGE, TUESDAY - n * DAY) for n in (40, 30, 20, 10))])
    moved = decide(RULES, INVITED, REMINDER, ledger, now=NOW)
    assert isinstance(moved, Plan)
    assert (moved.on, moved.why) == (date(2026, 3, 12), Why.ENOUGH_MESSAGES)


def test_nobody_gets_two_messages_on_one_day() -> None:
    moved = decide(RULES, INVITED, REMINDER, Ledger([sent(NUDGE, TUESDAY)]), now=NOW)
    assert isinstance(moved, Plan)
    assert (moved.on, moved.why) == (date(2026, 3, 11), Why.ONE_A_DAY)


def test_the_fourth_contact_of_an_account_waits_for_the_next_day() -> None:
    three = Ledger(sent(Step.INVITE, TUESDAY, who=f"{n}@calder.example") for n in range(3))
    moved = decide(RULES, INVITED, REMINDER, three, now=NOW)
    assert isinstance(moved, Plan)
    assert (moved.on, moved.why) == (date(2026, 3, 11), Why.ACCOUNT_FULL)


def test_a_campaign_of_higher_priority_goes_first() -> None:
    ledger = Ledger()
    ledger.expect(ANA.address, priority=1, on=TUESDAY)
    moved = decide(RULES, INVITED, REMINDER, ledger, now=NOW)
    assert isinstance(moved, Plan)
    assert (moved.on, moved.why) == (date(2026, 3, 11), Why.GOES_FIRST)
    assert decide(RULES, replace(INVITED, priority=1), REMINDER, ledger, now=NOW) == Send(TUESDAY)


# --- whatever happens ---


@given(
    zone=st.sampled_from(["Europe/Berlin", "America/New_York", "Pacific/Auckland", "Asia/Kolkata"]),
    country=st.sampled_from(["DE", "US", "NZ", "SA", None]),
    step=st.sampled_from(list(Step)),
    late=st.timedeltas(timedelta(0), timedelta(days=20)),
    pause=st.sampled_from([None, *(TUESDAY + n * DAY for n in range(0, 40, 7))]),
    before=st.lists(
        st.builds(
            sent,
            st.sampled_from([*Step, NUDGE]),
            st.dates(TUESDAY - 95 * DAY, TUESDAY + 5 * DAY),
            who=st.sampled_from([ANA.address, "b@calder.example", "c@calder.example", "d@calder.example"]),
        ),
        max_size=12,
    ),
)
@settings(max_examples=400, deadline=None)
def test_every_step_ends_sent_dropped_or_held_and_is_sent_only_within_every_limit(
    zone: str, country: str | None, step: Step, late: timedelta, pause: date | None, before: list[Reserved]
) -> None:
    asking = step in chase.ASKING
    person = replace(ANA if asking else INVITED, time_zone=zone, country=country, excluded_until_on=pause)
    ledger, limits = Ledger(before), RULES.limits
    on, at = RULES.calendar.next_moment(TUESDAY, zone, country, key=f"ana:{step}", weekdays=RULES.weekdays(step))
    planned, now = Plan(step, on, at), at + late
    for _ in range(60):
        decision = decide(RULES, person, planned, ledger, now=now)
        if not isinstance(decision, Plan):
            break
        assert decision.at >= now
        assert decision.on <= chase.last_day(RULES, person, step)
        planned, now = decision, decision.at
    else:
        pytest.fail("a step was moved for ever")
    if isinstance(decision, Send):
        mine = [one for one in before if one.address == person.address]
        window = RULES.calendar.window(decision.on, zone)
        assert window is not None
        assert window[0] <= now < window[1] + chase.CLOSING
        assert RULES.calendar.is_working(decision.on, country)
        assert pause is None or decision.on >= pause
        assert sum(decision.on - 90 * DAY < one.on for one in mine) < limits.messages
        assert all(one.on != decision.on for one in mine)
        others = {one.address for one in before if one.on == decision.on} - {person.address}
        assert len(others) < limits.contacts_per_account_day
        if step == Step.INVITE:
            assert all(one.on + 90 * DAY <= decision.on for one in mine if one.step == Step.INVITE)
