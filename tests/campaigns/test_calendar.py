"""No step outside the window, none skipped, none twice: over the zones with the oddest clocks, day by day."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from voc.base.errors import Misconfigured
from voc.campaigns.calendar import Calendar, local_day
from voc.campaigns.countries import country_code, main_zone

DAY = timedelta(days=1)
ZONES = (
    "Africa/Cairo",  # springs forward at midnight: the day begins at 01:00
    "Africa/Casablanca",  # goes back for Ramadan
    "America/Los_Angeles",
    "America/New_York",
    "America/Nuuk",
    "America/Santiago",  # springs forward at midnight, in the south
    "America/Sao_Paulo",
    "America/St_Johns",
    "Asia/Beirut",
    "Asia/Jerusalem",
    "Asia/Kathmandu",
    "Asia/Kolkata",
    "Asia/Tokyo",
    "Atlantic/Azores",
    "Australia/Adelaide",
    "Australia/Lord_Howe",  # shifts by half an hour
    "Europe/Berlin",
    "Europe/London",
    "Pacific/Auckland",
    "Pacific/Kiritimati",
)
TWO_YEARS = [date(2026, 1, 1) + DAY * number for number in range(730)]
# Through every hour at which clocks change, and around them.
WINDOWS = [
    (time(9, 30), time(11, 30)),
    (time(0), time(1)),
    (time(0, 30), time(2, 30)),
    (time(1, 15), time(1, 45)),
    (time(1), time(3)),
    (time(2), time(3)),
    (time(2, 10), time(2, 50)),
    (time(23), time(23, 59)),
]


@pytest.mark.parametrize("zone", ZONES)
def test_over_two_years_every_day_has_its_window_and_no_moment_lies_outside(zone: str) -> None:
    for opens, closes in WINDOWS:
        calendar = Calendar(opens, closes)
        for day in TWO_YEARS:
            at = calendar.moment(day, zone, key=f"{day}")
            if at is None:
                assert _skipped(day, zone, opens, closes)
                continue
            local = at.astimezone(ZoneInfo(zone))
            assert local.date() == day
            assert opens <= local.time() < closes


def _skipped(day: date, zone: str, opens: time, closes: time) -> bool:
    """Clocks jump over that whole window: no minute of it exists."""
    minutes = (datetime.combine(day, opens, UTC) + timedelta(minutes=n) for n in range(24 * 60))
    local = (at.replace(tzinfo=ZoneInfo(zone)) for at in minutes if at.time() < closes and at.date() == day)
    return all(
        at.astimezone(UTC).astimezone(ZoneInfo(zone)).replace(tzinfo=None) != at.replace(tzinfo=None) for at in local
    )


@pytest.mark.parametrize("zone", ZONES)
def test_walking_from_window_to_window_meets_each_working_day_once(zone: str) -> None:
    calendar, now, met = Calendar(), datetime(2026, 1, 1, tzinfo=UTC), []
    while True:
        day, at = calendar.next_after(now, zone, "DE", key="ana@calder.example:invite")
        if day > TWO_YEARS[-1]:
            break
        met.append(day)
        now = at + timedelta(seconds=1)
    assert met == [day for day in TWO_YEARS if calendar.is_working(day, "DE") and day >= met[0]]
    assert met[0] <= date(2026, 1, 2)


@given(
    zone=st.sampled_from(ZONES),
    country=st.sampled_from(["DE", "US", "SA", "IL", "JP", "BR", None]),
    now=st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 1), timezones=st.just(UTC)),
    key=st.text(max_size=20),
)
@settings(max_examples=300, deadline=None)
def test_the_next_moment_is_never_in_the_past_and_always_in_a_working_window(
    zone: str, country: str | None, now: datetime, key: str
) -> None:
    calendar = Calendar()
    day, at = calendar.next_after(now, zone, country, key=key)
    assert at >= now
    assert calendar.is_working(day, country)
    assert local_day(at, zone) == day
    assert time(9, 30) <= at.astimezone(ZoneInfo(zone)).time() < time(11, 30)
    earlier = [now.date() - DAY + DAY * number for number in range((day - now.date()).days)]
    skipped = [one for one in earlier if local_day(now, zone) < one < day]
    assert not any(calendar.is_working(one, country) for one in skipped)


def test_the_same_person_is_written_at_the_same_minute_and_people_are_spread_over_the_window() -> None:
    calendar, day = Calendar(), date(2026, 3, 3)
    minutes = {calendar.moment(day, "Europe/Berlin", key=f"{number}") for number in range(500)}
    assert len(minutes) > 110
    assert calendar.moment(day, "Europe/Berlin", key="1") == calendar.moment(day, "Europe/Berlin", key="1")


def test_weekends_are_those_of_the_country() -> None:
    friday, sunday = date(2026, 3, 6), date(2026, 3, 8)
    assert not Calendar().is_working(friday, "SA")
    assert Calendar().is_working(sunday, "SA")
    assert Calendar().is_working(friday, "DE")
    assert not Calendar().is_working(sunday, "DE")
    assert not Calendar().is_working(sunday, "no such country")


def test_working_days_step_over_holidays_weekends_and_our_own_blackout_days() -> None:
    easter = Calendar(blackout=frozenset({date(2026, 4, 8)}))
    thursday = date(2026, 4, 2)
    assert easter.shift(thursday, 1, "DE") == date(2026, 4, 7)  # after Good Friday and Easter Monday
    assert easter.shift(thursday, 2, "DE") == date(2026, 4, 9)
    assert easter.shift(thursday, 1, "US") == date(2026, 4, 3)
    assert easter.shift(date(2026, 4, 9), -2, "DE") == thursday
    assert easter.working_days_between(thursday, date(2026, 4, 9), "DE") == 2
    assert easter.working_on_or_after(date(2026, 4, 3), "DE", weekdays=[1, 2, 3]) == date(2026, 4, 7)


def test_a_window_that_the_clock_jumps_over_waits_for_the_next_working_day() -> None:
    night = Calendar(time(2, 10), time(2, 50))
    spring = date(2026, 3, 29)  # Berlin: 02:00 becomes 03:00
    assert night.moment(spring, "Europe/Berlin", key="ana") is None
    day, _at = night.next_moment(spring, "Europe/Berlin", None, key="ana")
    assert day == date(2026, 3, 30)


def test_a_calendar_without_any_day_says_so_instead_of_searching_for_ever() -> None:
    never = Calendar(blackout=frozenset(date(2026, 1, 1) + DAY * number for number in range(800)))
    with pytest.raises(Misconfigured, match="Look at the blackout days"):
        never.next_moment(date(2026, 1, 1), "Europe/Berlin", "DE", key="ana")


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Germany", "DE"),
        ("de", "DE"),
        ("The Netherlands", "NL"),
        ("USA", "US"),
        ("U.K.", "GB"),
        ("Türkiye", "TR"),
        ("Sri Lanka", "LK"),
    ],
)
def test_a_country_is_known_by_what_people_write(text: str, code: str) -> None:
    assert country_code(text) == code


def test_a_country_nobody_knows_has_no_code_and_no_zone() -> None:
    assert country_code("Atlantis") is None
    assert country_code("XX") is None
    assert country_code(None) is None
    assert main_zone(None) is None
    assert main_zone("BR") == "America/Sao_Paulo"
