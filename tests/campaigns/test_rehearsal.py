"""A rehearsal is played account by account, so that nobody holds every mail of a large company at once."""

from collections import Counter
from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as some

from voc.campaigns import planning
from voc.campaigns.calendar import Calendar
from voc.campaigns.chase import Rules
from voc.campaigns.model import CampaignSettings, Candidate, Limits, Member, Step
from voc.campaigns.planning import Courses
from voc.campaigns.quarantine import Reserved
from voc.campaigns.rehearsal import Course, Totals

NOW = datetime(2026, 3, 5, 12, tzinfo=UTC)  # a Thursday
RULES = Rules(CampaignSettings(), Calendar(), Limits(), due_days=21)
ZONES = (("Europe/Berlin", "DE"), ("America/New_York", "US"), ("Asia/Tokyo", "JP"))

numbers = some.integers(0, 4)
earlier = some.builds(
    lambda account, person, days, step: Reserved(
        f"{person}@{account}.example", f"acc-{account}", step, 3, NOW.date() + timedelta(days=days)
    ),
    numbers,
    numbers,
    some.integers(-95, 20),
    some.sampled_from([Step.INVITE, Step.REMINDER_1]),
)


def firsts(sizes: list[int]) -> list[planning.First]:
    """So many people at each account; some moved here from the account before."""
    members = [
        Member(
            Candidate(
                f"con-{account}-{number}",
                f"acc-{account}",
                f"{number}@{account - number % 2}.example" if number > 2 else f"{number}@{account}.example",
                (),
                time_zone=ZONES[(account + number) % 3][0],
                country=ZONES[(account + number) % 3][1],
            ),
            None,
        )
        for account, people in enumerate(sizes)
        for number in range(people)
    ]
    some_warned = frozenset(f"acc-{account}" for account in range(0, len(sizes), 2))
    return planning.first_plans(RULES, members, heads_up=some_warned, priority=3, now=NOW)


@given(sizes=some.lists(some.integers(1, 5), min_size=1, max_size=4), reserved=some.lists(earlier, max_size=25))
@settings(max_examples=40, deadline=None)
def test_account_by_account_comes_to_what_all_at_once_comes_to(sizes: list[int], reserved: list[Reserved]) -> None:
    people = firsts(sizes)
    whole = planning.rehearse(RULES, people, reserved)
    courses = Courses(RULES, people, reserved)
    for _again in range(2):
        parts = list(courses)
        assert len(parts) == len(sizes)
        assert sorted((mail for one in parts for mail in one.mails), key=str) == sorted(whole.mails, key=str)
        assert sorted((mail for one in parts for mail in one.dropped), key=str) == sorted(whole.dropped, key=str)
        assert sorted(day for one in parts for day in one.closes_at) == sorted(whole.closes_at)


def test_totals_are_those_of_all_mails() -> None:
    people = firsts([3, 2])
    courses, totals = list(Courses(RULES, people, ())), Totals()
    for one in courses:
        totals.add(one)
    mails = [mail for one in courses for mail in one.mails]
    assert totals.by_step == Counter(mail.step for mail in mails) | {Step.LAST_CALL: 0}
    assert sum(sum(steps.values()) for steps in totals.calendar.values()) == len(mails) == totals.mails.total()
    assert list(totals.calendar) == sorted(totals.calendar)
    assert totals.warned == {"acc-0"}
    assert totals.closes_at == max(at for one in courses for _day, at in one.closes_at)
    assert totals.due_on.total() == 5


def test_of_nothing_there_is_nothing() -> None:
    totals = Totals()
    totals.add(Course((), ()))
    assert (totals.calendar, totals.closes_at, totals.mails.total()) == ({}, None, 0)
