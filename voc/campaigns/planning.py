"""The first step of every invitation of a wave, and a rehearsal of all that would follow."""

import heapq
from collections import Counter, defaultdict
from collections.abc import Container, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import groupby

from msgspec.structs import replace

from voc.campaigns import chase
from voc.campaigns.calendar import local_day
from voc.campaigns.chase import Rules
from voc.campaigns.model import Candidate, Chased, Dropped, Member, Plan, RehearsedMail, Step, Why
from voc.campaigns.quarantine import Ledger, Reserved
from voc.campaigns.rehearsal import Course

_DAY = timedelta(days=1)
# So many invitation days are looked at before the limit of contacts per account and day gives way;
# the claim keeps the limit in any case.
_DAYS_AHEAD = 12


@dataclass(frozen=True, slots=True)
class First:
    """An invitation as a launch writes it."""

    candidate: Candidate
    chased: Chased
    plan: Plan


@dataclass(frozen=True, slots=True)
class _Opening:
    """The first day of a place, from today on, that has a window; and the invitation days from there."""

    on: date
    opens_at: datetime
    closes_at: datetime
    days: list[date]
    days_if_late: list[date]


@dataclass(frozen=True, slots=True)
class _Days:
    """The day of the first step, and all days on which it and the invitation take a place."""

    first_on: date
    taken: tuple[date, ...]


@dataclass(slots=True)
class Colleagues:
    """Who of one account has a first day already: how many people, and how many of them get mail on which day."""

    people: int = 0
    mailed: Counter[date] = field(default_factory=Counter)


class FirstSteps:
    """The first step of everybody in a wave. What all people of a zone and country share is worked out once."""

    def __init__(self, rules: Rules, *, now: datetime) -> None:
        self._rules, self._now = rules, now
        self._openings: dict[tuple[str, str | None], _Opening] = {}
        self._orders: dict[tuple[str, str | None, bool, bool, int], list[_Days]] = {}

    def invitation_on(self, address: str | None, zone: str, country: str | None) -> date:
        """The first day on which the wave could invite this person: what the census is decided by."""
        opening = self._opening(zone, country)
        return opening.days_if_late[0] if self._late(opening, address, zone) else opening.days[0]

    def plan(self, address: str, zone: str, country: str | None, colleagues: Colleagues, *, heads_up: bool) -> Plan:
        """Colleagues are spread over the invitation days so that an account's limit per day holds, for the heads-up
        too; those without a heads-up are invited on the same days, to be comparable.
        """
        rules, mailed = self._rules, colleagues.mailed
        limit = rules.limits.contacts_per_account_day
        for days in self._order(address, zone, country, heads_up=heads_up, turn=colleagues.people):
            if all(mailed[day] < limit for day in days.taken):
                break
        colleagues.people += 1
        for day in days.taken:
            mailed[day] += 1
        step = Step.HEADS_UP if heads_up else Step.INVITE
        on, at = days.first_on, rules.calendar.moment(days.first_on, zone, key=f"{address}:{step}")
        if at is None or at < self._now:
            key, weekdays = f"{address}:{step}", rules.weekdays(step)
            on, at = rules.calendar.next_after(self._now, zone, country, key=key, weekdays=weekdays)
        return Plan(step, on, at)

    def _order(self, address: str, zone: str, country: str | None, *, heads_up: bool, turn: int) -> list[_Days]:
        """The days to try for the colleague whose turn it is: each begins a day later than the one before."""
        opening = self._opening(zone, country)
        late = self._late(opening, address, zone)
        week = len(self._rules.settings.invitation_weekdays)
        key = zone, country, late, heads_up, turn % week
        if key not in self._orders:
            days, start = opening.days_if_late if late else opening.days, turn % week
            order = [*days[start:week], *days[:start], *days[week:]]
            self._orders[key] = [self._days(day, country, heads_up=heads_up) for day in order]
        return self._orders[key]

    def _days(self, invited_on: date, country: str | None, *, heads_up: bool) -> _Days:
        ahead = self._rules.settings.heads_up_days if heads_up else 0
        first_on = self._rules.calendar.shift(invited_on, -ahead, country)
        return _Days(first_on, tuple(sorted({first_on, invited_on})))

    def _late(self, opening: _Opening, address: str | None, zone: str) -> bool:
        """Whether this person's moment in the window that is open now has passed."""
        if not opening.opens_at < self._now < opening.closes_at:
            return self._now >= opening.closes_at
        at = self._rules.calendar.moment(opening.on, zone, key=f"{address}:{self._first}")
        return at is None or at < self._now

    @property
    def _has_heads_ups(self) -> bool:
        return self._rules.settings.heads_up and self._rules.settings.heads_up_share > 0

    @property
    def _first(self) -> Step:
        return Step.HEADS_UP if self._has_heads_ups else Step.INVITE

    def _opening(self, zone: str, country: str | None) -> _Opening:
        found = self._openings.get((zone, country))
        if found is None:
            calendar = self._rules.calendar
            on, _at = calendar.next_moment(local_day(self._now, zone), zone, country, key="")
            later_on, _at = calendar.next_moment(on + _DAY, zone, country, key="")
            window = calendar.window(on, zone)
            assert window is not None
            days, if_late = self._invitation_days(on, country), self._invitation_days(later_on, country)
            found = self._openings[zone, country] = _Opening(on, *window, days, if_late)
        return found

    def _invitation_days(self, day: date, country: str | None) -> list[date]:
        """The next days on which invitations may go out there, room for a heads-up left before the first."""
        settings, calendar = self._rules.settings, self._rules.calendar
        if self._has_heads_ups:
            day = calendar.shift(day, settings.heads_up_days, country)
        days: list[date] = []
        while len(days) < _DAYS_AHEAD:
            day = calendar.working_on_or_after(day, country, weekdays=settings.invitation_weekdays)
            days.append(day)
            day += _DAY
        return days


def first_invitations(rules: Rules, countries: Iterable[str | None], *, now: datetime) -> tuple[date, date]:
    """Nobody there, in whatever zone, is first invited before the one day or after the other."""
    # A zone is a day ahead or behind at most; a window that is over, or that a clock jumps over, costs a day each.
    days = [now.date() + _DAY]
    for country in countries:
        day = now.date() + _DAY
        for _ in range(3):
            day = rules.calendar.working_on_or_after(day, country) + _DAY
        day = rules.calendar.shift(day, rules.settings.heads_up_days, country)
        days.append(rules.calendar.working_on_or_after(day, country, weekdays=rules.settings.invitation_weekdays))
    return now.date() - _DAY, max(days)


def first_plans(
    rules: Rules, members: Iterable[Member], *, heads_up: Container[str], priority: int, now: datetime
) -> list[First]:
    """The first step of everybody who is asked; `heads_up` are the accounts that get one."""
    steps = FirstSteps(rules, now=now)
    colleagues: dict[str, Colleagues] = defaultdict(Colleagues)
    plans = []
    for member in members:
        if member.asked:
            one = member.candidate
            chased = _chased(one, rules, heads_up=one.account_id in heads_up, priority=priority, now=now)
            plan = steps.plan(
                chased.address, one.time_zone, one.country, colleagues[one.account_id], heads_up=chased.heads_up
            )
            plans.append(First(one, chased, plan))
    return plans


def _chased(candidate: Candidate, rules: Rules, *, heads_up: bool, priority: int, now: datetime) -> Chased:
    assert candidate.address is not None
    return Chased(
        key=candidate.address,
        address=candidate.address,
        account_id=candidate.account_id,
        time_zone=candidate.time_zone,
        country=candidate.country,
        heads_up=heads_up and rules.settings.heads_up,
        priority=priority,
        since_on=local_day(now, candidate.time_zone),
        excluded_until_on=candidate.excluded_until_on,
        escalated_until_on=candidate.escalated_until_on,
        renewal_on=candidate.renewal_on,
    )


@dataclass(frozen=True)
class Courses:
    """`rehearse`, one account after the other, played anew each time it is gone through.

    It comes to the same: what the quarantine counts, it counts of one address or of one account, and in a wave
    nobody is asked at two.
    """

    rules: Rules
    firsts: Iterable[First]
    reserved: Iterable[Reserved]
    now: datetime | None = None

    def __iter__(self) -> Iterator[Course]:
        before = _Before(self.reserved)
        in_order = sorted(self.firsts, key=lambda first: first.candidate.account_id)
        for account_id, colleagues in groupby(in_order, key=lambda first: first.candidate.account_id):
            people = list(colleagues)
            known = before.of(account_id, [one.chased.address for one in people])
            yield rehearse(self.rules, people, known, now=self.now)


class _Before:
    """What was reserved before, to be looked up by account and by address."""

    def __init__(self, reserved: Iterable[Reserved]) -> None:
        self._at: dict[str, list[Reserved]] = defaultdict(list)
        self._to: dict[str, list[Reserved]] = defaultdict(list)
        for one in reserved:
            self._at[one.account_id].append(one)
            self._to[one.address].append(one)

    def of(self, account_id: str, addresses: Iterable[str]) -> list[Reserved]:
        """All that counts at the account or for one of the addresses."""
        elsewhere = (one for address in addresses for one in self._to.get(address, ()) if one.account_id != account_id)
        return [*self._at.get(account_id, ()), *elsewhere]


def rehearse(
    rules: Rules, firsts: Iterable[First], reserved: Iterable[Reserved], *, now: datetime | None = None
) -> Course:
    """Play every step in the order of its moment, by the rules of the chase, each sent the moment it is due.

    What was due before `now` is decided now, as a claim would.
    """
    ledger = Ledger(reserved)
    queue: list[tuple[datetime, int, Plan]] = []
    chased: dict[int, Chased] = {}
    who: dict[int, Candidate] = {}
    mails: list[RehearsedMail] = []
    dropped: list[RehearsedMail] = []
    closes: list[tuple[date, datetime]] = []
    for number, first in enumerate(firsts):
        chased[number], who[number] = first.chased, first.candidate
        heapq.heappush(queue, (first.plan.at if now is None else max(first.plan.at, now), number, first.plan))
    while queue:
        at, number, plan = heapq.heappop(queue)
        person = chased[number]
        following: chase.Decision | Plan | Dropped | None = chase.decide(rules, person, plan, ledger, now=at)
        if isinstance(following, chase.Send):
            mails.append(mail_of(who[number], plan.step, at=at, why=plan.why))
            ledger.reserve(Reserved(person.address, person.account_id, plan.step, person.priority, following.on))
            if plan.step == Step.INVITE:
                person = chased[number] = replace(person, closes_at=at + timedelta(days=rules.due_days))
                assert person.closes_at is not None
                closes.append((local_day(person.closes_at, person.time_zone), person.closes_at))
            following = chase.next_step(rules, person, after=plan.step, sent_at=at)
        if isinstance(following, Plan):
            why = following.why or (plan.why if following.step == plan.step else None)
            heapq.heappush(queue, (following.at, number, replace(following, why=why)))
        elif isinstance(following, Dropped):
            dropped.append(mail_of(who[number], following.step, on=following.on, why=following.why))
        elif isinstance(following, chase.Held):
            dropped.append(mail_of(who[number], plan.step, on=plan.on, why=Why.OVERDUE))
    return Course(tuple(mails), tuple(dropped), tuple(closes))


def mail_of(
    candidate: Candidate, step: Step, *, at: datetime | None = None, on: date | None = None, why: Why | None = None
) -> RehearsedMail:
    """A mail at that moment; without one, a step that is left out on the day it was meant for."""
    assert at is not None or on is not None
    return RehearsedMail(
        contact_id=candidate.contact_id,
        name=candidate.name,
        account_id=candidate.account_id,
        account_name=candidate.account_name,
        address=candidate.address or "",
        step=step,
        on=local_day(at, candidate.time_zone) if at is not None else on or date.max,
        at=at,
        why=why,
        time_zone=candidate.time_zone,
        country=candidate.country,
        csm_id=candidate.csm_id,
    )
