"""A rehearsal as its page shows it: how many would be asked, when, and who not and why."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from voc.base.preferences import Preferences
from voc.base.words import NotAsked, Role, Step
from voc.campaigns.model import Member, Why
from voc.campaigns.rehearsal import Rehearsal
from voc.reports.cells import Cell
from voc.reports.tables import Column
from voc.stakeholders.model import Exclusion, Team
from voc.web import view
from voc.web.parts import Card, Link, address, files
from voc.web.rehearsal_words import REASONS, STEPS, WHYS

_SENIOR = (Role.DECISION_MAKER, Role.BUDGET_HOLDER)


@dataclass(frozen=True)
class Day:
    """One day of the calendar; `counts` are (number, what goes out)."""

    on: date
    counts: Sequence[tuple[int, str]]
    closing: bool = False


@dataclass(frozen=True)
class Reason:
    name: str
    people: int
    share: float  # of the most frequent one: the length of its bar
    mend: str


@dataclass(frozen=True)
class Chairs:
    """Places with nobody to ask, of all places."""

    empty: int
    places: int
    senior: int


@dataclass(frozen=True)
class AccountList:
    account_id: str
    name: str
    people: Sequence[Member]


def accounts_of(members: Iterable[Member]) -> int:
    return len({member.candidate.account_id for member in members})


def empty_chairs(teams: Iterable[Team]) -> Chairs:
    places = [place for team in teams for place in team.places]
    empty = [place for place in places if not place.reachable]
    return Chairs(len(empty), len(places), sum(place.role in _SENIOR for place in empty))


def mails_at_most(rehearsal: Rehearsal) -> str:
    """How the greatest number of mails comes about: 166 heads-ups + 331 invitations + ..."""
    counts = rehearsal.totals.by_step
    words = [view.count(count, STEPS[step]) for step, count in counts.items() if count and step not in _NUMBERED]
    reminders = sum(counts[step] for step in _NUMBERED)
    return " + ".join([*words, *([view.count(reminders, "reminder")] if reminders else [])])


_NUMBERED = (Step.REMINDER_1, Step.REMINDER_2)


def days(rehearsal: Rehearsal) -> list[Day]:
    """Monday of the first mail's week to the last due date; weekends only where something happens on them."""
    totals = rehearsal.totals
    calendar = totals.calendar
    busy = set(calendar) | set(totals.due_on)
    if not busy:
        return []
    first, last = min(busy), max(busy)
    first -= timedelta(days=first.weekday())
    span = [first + timedelta(days=offset) for offset in range((last - first).days + 1)]
    return [
        _day(calendar.get(on, {}), totals.due_on[on], on, closes=on == last)
        for on in span
        if on.weekday() < 5 or on in busy
    ]


def _day(mails: Mapping[Step, int], due: int, on: date, *, closes: bool) -> Day:
    counts = [(count, STEPS[step]) for step, count in mails.items()]
    if due:
        counts.append((due, "due, wave closes" if closes else "due"))
    return Day(on, counts, closing=due > 0)


def reasons(counts: Mapping[NotAsked, int]) -> list[Reason]:
    most = max(counts.values(), default=1)
    return [Reason(REASONS[why][0], count, count / most, REASONS[why][1]) for why, count in counts.items()]


def by_account(members: Iterable[Member]) -> list[AccountList]:
    found: dict[str, list[Member]] = defaultdict(list)
    for member in members:
        found[member.candidate.account_id].append(member)
    lists = [AccountList(id, people[0].candidate.account_name, people) for id, people in found.items()]
    return sorted(lists, key=lambda one: (one.name.casefold(), one.account_id))


def why_not(member: Member) -> str:
    """Asked a short while ago, until 12 January 2026."""
    if member.reason is None:
        return ""
    words = REASONS[member.reason][0]
    if member.reason == NotAsked.NO_CONSENT:
        return f"{words} ({member.detail})"
    return f"{words}, {member.detail}" if member.detail else words


def moved(reasons: Mapping[Why, int]) -> list[tuple[str, int]]:
    """Why steps go out later than meant, with how many; the most frequent first."""
    counts: dict[str, int] = defaultdict(int)
    for why, number in reasons.items():
        counts[WHYS[why]] += number
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))


@dataclass(frozen=True)
class Person:
    name: str
    why: str = ""


@dataclass(frozen=True)
class People:
    account_id: str
    name: str
    people: Sequence[Person]


@dataclass(frozen=True)
class EmptyChairs:
    account_id: str
    name: str
    roles: str


@dataclass(frozen=True)
class Group:
    name: str
    accounts: int
    people: int


@dataclass(frozen=True)
class RehearsalPage:
    campaign: str
    campaign_title: str
    label: str
    heading: str
    census: str
    accounts: str
    asked_words: str
    not_asked: int
    not_asked_words: str
    confidential: bool
    refusals: Sequence[str]
    consent: str | None
    unreviewed: Sequence[tuple[str, str]]
    unreviewed_words: str
    may_launch: bool
    test_mode: str | None
    opens: str
    closes: str
    figures: Sequence[Card]
    days: Sequence[Day]
    calendar_note: str
    reasons: Sequence[Reason]
    not_asked_links: Sequence[Link]
    asked_links: Sequence[Link]
    asked_by_account: Sequence[People]
    not_asked_by_account: Sequence[People]
    chairs_summary: str
    empty_chairs: Sequence[EmptyChairs]
    exclusions: Sequence[Exclusion]
    exclusions_heading: str
    groups: Sequence[Group]
    groups_heading: str


def page(
    rehearsal: Rehearsal,
    *,
    teams: Mapping[str, Team],
    names: Mapping[str, str],
    exclusions: Sequence[Exclusion],
    preferences: Preferences,
    may_launch: bool,
    label: str,
) -> RehearsalPage:
    """`teams` and `names` by account id, of every account that could take part."""
    asked, not_asked = len(rehearsal.asked), len(rehearsal.not_asked)
    asked_words, not_asked_words = view.count(asked, "person", "people"), view.count(not_asked, "person", "people")
    chairs = empty_chairs(teams.values())
    return RehearsalPage(
        campaign=rehearsal.campaign,
        campaign_title=view.word(rehearsal.campaign),
        label=label,
        heading=f"Rehearsal: {asked_words} would be asked, {view.number(not_asked)} would not",
        census=view.count(len(rehearsal.members), "person", "people"),
        accounts=view.count(accounts_of(rehearsal.members), "account"),
        asked_words=asked_words,
        not_asked=not_asked,
        not_asked_words=not_asked_words,
        confidential=rehearsal.confidential,
        refusals=rehearsal.refusals,
        consent=_consent(rehearsal, preferences),
        unreviewed=list(rehearsal.unreviewed.items()),
        unreviewed_words=_unreviewed_words(rehearsal),
        may_launch=may_launch and asked > 0,
        test_mode=(preferences.test_address or "nobody") if preferences.test_mode else None,
        opens=f"{preferences.opens:%H:%M}",
        closes=f"{preferences.closes:%H:%M}",
        figures=_cards(rehearsal, chairs),
        days=days(rehearsal),
        calendar_note=_calendar_note(rehearsal),
        reasons=reasons(rehearsal.reasons),
        not_asked_links=_files(rehearsal, "not-asked", f"of the {not_asked}") if not_asked else [],
        asked_links=[_every_mail(rehearsal)] if asked else [],
        asked_by_account=_people(rehearsal.asked),
        not_asked_by_account=_people(rehearsal.not_asked),
        chairs_summary=f"Empty chairs: {view.count(chairs.empty, 'place')} with nobody to ask",
        empty_chairs=_empty_by_account(teams, names),
        exclusions=exclusions,
        exclusions_heading=f"Exclusions: {view.number(len(exclusions))}" if exclusions else "Exclusions",
        groups=_groups(rehearsal),
        groups_heading=_groups_heading(rehearsal),
    )


def _consent(rehearsal: Rehearsal, preferences: Preferences) -> str | None:
    """What an owner must know who has not said whether Germany wants consent."""
    people = sum(one.candidate.country == "DE" for one in rehearsal.asked)
    if not people or "DE" in preferences.consent_countries:
        return None
    return (
        f"{view.count(people, 'person', 'people')} in Germany would be asked, where a question by mail counts as "
        "advertising: it needs their consent, or the exception for existing customers."
    )


def _unreviewed_words(rehearsal: Rehearsal) -> str:
    names = view.listed(list(rehearsal.unreviewed.values()))
    if len(rehearsal.unreviewed) == rehearsal.languages:
        return f"Nobody has reviewed {names}. A launch needs a language that somebody accepts by name."
    return f"Nobody has reviewed {names}: whoever speaks it is asked in another language unless you accept it."


def _files(rehearsal: Rehearsal, which: str, about: str) -> list[Link]:
    return files(address(f"/waves/rehearse/{which}", campaign=rehearsal.campaign), about)


def _every_mail(rehearsal: Rehearsal) -> Link:
    return Link("Every mail", address("/waves/rehearse/mails", campaign=rehearsal.campaign), "with its moment")


def _cards(rehearsal: Rehearsal, chairs: Chairs) -> list[Card]:
    asked, all_of_them = len(rehearsal.asked), len(rehearsal.members)
    people = view.count(all_of_them, "person", "people")
    kinds = len(rehearsal.reasons)
    return [
        Card(
            "Asked",
            view.number(asked),
            f"{view.percent(asked / all_of_them)} of {people}" if all_of_them else "nobody in the census",
            note=f"in {view.count(accounts_of(rehearsal.asked), 'account')}",
            links=[Link(f"The {view.number(asked)}", "#asked")],
        ),
        Card(
            "Not asked",
            view.number(all_of_them - asked),
            f"{view.percent(1 - asked / all_of_them)} of {people}" if all_of_them else "nobody in the census",
            note=f"{view.count(kinds, 'reason')}, below" if kinds else "everybody can be",
            links=[Link(f"The {view.number(all_of_them - asked)}", "#h-not")],
        ),
        Card(
            "Mails at most",
            view.number(rehearsal.totals.mails.total()),
            mails_at_most(rehearsal) or "none",
            note="the chase stops at once on an answer",
            links=[_every_mail(rehearsal)],
        ),
        Card(
            "Empty chairs",
            view.number(chairs.empty),
            "places with nobody to ask",
            unit=f"of {view.number(chairs.places)}",
            note=f"{view.number(chairs.senior)} are decision makers or budget holders" if chairs.senior else "",
            links=[Link(f"The {view.number(chairs.empty)}", "#chairs")],
        ),
    ]


def _calendar_note(rehearsal: Rehearsal) -> str:
    told = [f"{view.count(count, 'mail')} moved: {why}" for why, count in moved(rehearsal.totals.moved)]
    told += [f"{view.count(count, 'step')} left out: {why}" for why, count in moved(rehearsal.totals.left_out)]
    sentences = "".join(f"{words}. " for words in told)
    return f"{sentences}The last reminder names the person’s own closing date."


def _people(members: Iterable[Member]) -> list[People]:
    return [
        People(one.account_id, one.name, [Person(person.candidate.name, why_not(person)) for person in one.people])
        for one in by_account(members)
    ]


def _empty_by_account(teams: Mapping[str, Team], names: Mapping[str, str]) -> list[EmptyChairs]:
    found = []
    for account_id, team in teams.items():
        roles = [view.low_word(place.role) for place in team.places if not place.reachable]
        if roles:
            found.append(EmptyChairs(account_id, names.get(account_id, account_id), view.listed(roles)))
    return sorted(found, key=lambda one: (one.name.casefold(), one.account_id))


def _groups(rehearsal: Rehearsal) -> list[Group]:
    """With and without a heads-up, when both there are."""
    warned = rehearsal.totals.warned
    sides = [[m for m in rehearsal.asked if (m.candidate.account_id in warned) is side] for side in (True, False)]
    if not all(sides):
        return []
    return [
        Group(name, accounts_of(members), len(members))
        for name, members in zip(("With heads-up", "Without"), sides, strict=True)
    ]


def _groups_heading(rehearsal: Rehearsal) -> str:
    groups = _groups(rehearsal)
    if not groups:
        return ""
    return f"Does a heads-up help? {groups[0].accounts} of {accounts_of(rehearsal.asked)} accounts get one"


NOT_ASKED_COLUMNS = (
    Column("Account"),
    Column("Person"),
    Column("Roles"),
    Column("Reason"),
    Column("Until or by"),
    Column("What would change it"),
)


def not_asked_rows(rehearsal: Rehearsal) -> list[Sequence[Cell]]:
    members = sorted(rehearsal.not_asked, key=lambda m: (m.candidate.account_name.casefold(), m.candidate.name))
    return [
        (
            member.candidate.account_name,
            member.candidate.name,
            view.listed([view.low_word(role) for role in member.candidate.roles]),
            REASONS[member.reason][0],
            member.detail or "",
            REASONS[member.reason][1],
        )
        for member in members
        if member.reason is not None
    ]
