"""Mail that comes late comes by day: at hours at which one may be asked, never on two days in one."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.campaigns.test_calendar import WINDOWS, ZONES
from voc.campaigns.calendar import Calendar, local_day
from voc.campaigns.chase import Rules
from voc.campaigns.late import Addressee, first_polite, is_polite
from voc.campaigns.model import CampaignSettings, Limits, Step

TUESDAY = date(2026, 3, 3)
UNTIL = time(17)
LIMITS = Limits(days=90, messages=5, contacts_per_account_day=3, renewal_pause_days=14)
ANA = Addressee("ana@calder.example", "Europe/Berlin", "DE", Step.REMINDER_1)


def rules(opens: time = time(9, 30), closes: time = time(11, 30), *, blackout: tuple[date, ...] = ()) -> Rules:
    return Rules(CampaignSettings(), Calendar(opens, closes, frozenset(blackout)), LIMITS, 21)


def berlin(hour: int, minute: int = 0, *, day: date = TUESDAY) -> datetime:
    return datetime.combine(day, time(hour, minute), ZoneInfo("Europe/Berlin")).astimezone(UTC)


@pytest.mark.parametrize(
    ("at", "polite"),
    [
        (berlin(9, 29), False),
        (berlin(9, 30), True),
        (berlin(16, 59), True),
        (berlin(17), False),
        (berlin(12, day=date(2026, 3, 7)), False),  # a Saturday
        (berlin(12, day=date(2026, 4, 6)), False),  # Easter Monday
    ],
)
def test_what_was_put_off_may_come_from_the_window_to_the_end_of_the_afternoon_of_a_working_day(
    at: datetime, polite: bool
) -> None:
    assert is_polite(rules(), ANA, at=at, late_until=UNTIL) is polite
    moment = first_polite(rules(), ANA, at=at, late_until=UNTIL)
    assert (moment == at) is polite
    assert is_polite(rules(), ANA, at=moment, late_until=UNTIL)


def test_a_window_that_closes_later_is_the_end_of_the_day() -> None:
    late = rules(time(18), time(20))
    assert is_polite(late, ANA, at=berlin(19, 59), late_until=UNTIL)
    assert not is_polite(late, ANA, at=berlin(16), late_until=UNTIL)


def test_an_invitation_keeps_to_its_weekdays_and_a_nudge_to_none() -> None:
    friday = berlin(12, day=date(2026, 3, 6))
    invited = Addressee(ANA.address, ANA.time_zone, ANA.country, Step.INVITE)
    nudged = Addressee(ANA.address, ANA.time_zone, ANA.country, None)
    assert local_day(first_polite(rules(), invited, at=friday, late_until=UNTIL), ANA.time_zone) == date(2026, 3, 10)
    assert first_polite(rules(), nudged, at=friday, late_until=UNTIL) == friday


def test_a_day_on_which_another_mail_comes_is_left_out() -> None:
    moment = first_polite(rules(), ANA, at=berlin(10), late_until=UNTIL, taken=(TUESDAY, date(2026, 3, 4)))
    assert local_day(moment, ANA.time_zone) == date(2026, 3, 5)


@settings(max_examples=200)
@given(
    zone=st.sampled_from(ZONES),
    country=st.sampled_from(("DE", "SA", "AE", "JP", None)),
    window=st.sampled_from(WINDOWS),
    step=st.sampled_from((*Step, None)),
    minutes=st.integers(0, 2 * 365 * 24 * 60),
    ahead=st.sets(st.integers(0, 5), max_size=3),
)
def test_no_moment_is_at_night_on_a_day_off_or_in_the_past(
    zone: str, country: str | None, window: tuple[time, time], step: Step | None, minutes: int, ahead: set[int]
) -> None:
    at = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
    whom, own = Addressee("ana@calder.example", zone, country, step), rules(*window)
    taken = {local_day(at, zone) + timedelta(days=days) for days in ahead}
    moment = first_polite(own, whom, at=at, late_until=UNTIL, taken=taken)
    local = moment.astimezone(ZoneInfo(zone))
    assert moment >= at
    assert window[0] <= local.time() < max(window[1], UNTIL)
    assert own.calendar.is_working(local.date(), country)
    assert local.date() not in taken
    if moment > at:
        assert window[0] <= local.time() < window[1]
