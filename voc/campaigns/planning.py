"""The first step of every invitation of a wave, and a rehearsal of all that would follow."""

import heapq
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from voc.campaigns import chase
from voc.campaigns.calendar import local_day
from voc.campaigns.chase import Rules
from voc.campaigns.model import Candidate, Chased, Dropped, Member, Plan, RehearsedMail, Step, Why
from voc.campaigns.quarantine import Ledger, Reserved

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


def first_invitation_on(rules: Rules, candidate: Candidate, *, now: datetime) -> date:
    """The first day on which the wave could invite this person: what the census is decided by."""
    return _invitation_days(rules, candidate, now=now, count=1)[0]


def first_plans(
    rules: Rules, members: Sequence[Member], *, heads_up: frozenset[str], priority: int, now: datetime
) -> list[First]:
    """The first step of everybody who is asked.

    Colleagues are spread over the invitation days so that an account's limit per day holds, for
    the heads-up too; those without a heads-up are invited on the same days, to be comparable.
    """
    load: Counter[tuple[str, date]] = Counter()
    number: dict[str, int] = defaultdict(int)
    plans = []
    for member in members:
        if member.asked:
            candidate = member.candidate
            chased = _chased(candidate, rules, heads_up=candidate.account_id in heads_up, priority=priority, now=now)
            turn = number[candidate.account_id]
            number[candidate.account_id] += 1
            plans.append(First(candidate, chased, _first_plan(rules, candidate, chased, load, turn=turn, now=now)))
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


def _first_plan(
    rules: Rules, candidate: Candidate, chased: Chased, load: Counter[tuple[str, date]], *, turn: int, now: datetime
) -> Plan:
    days = _invitation_days(rules, candidate, now=now, count=_DAYS_AHEAD)
    week = len(rules.settings.invitation_weekdays)
    start = turn % week
    ahead = rules.settings.heads_up_days
    limit = rules.limits.contacts_per_account_day
    for invited_on in [*days[start:week], *days[:start], *days[week:]]:
        first_on = rules.calendar.shift(invited_on, -ahead, chased.country) if chased.heads_up else invited_on
        taken = [(chased.account_id, day) for day in {first_on, invited_on}]
        if all(load[place] < limit for place in taken):
            break
    load.update(taken)
    step = Step.HEADS_UP if chased.heads_up else Step.INVITE
    at = rules.calendar.moment(first_on, chased.time_zone, key=f"{chased.key}:{step}")
    if at is None or at < now:
        first_on, at = rules.calendar.next_after(
            now, chased.time_zone, chased.country, key=f"{chased.key}:{step}", weekdays=rules.weekdays(step)
        )
    return Plan(step, first_on, at)


def _invitation_days(rules: Rules, candidate: Candidate, *, now: datetime, count: int) -> list[date]:
    """The next days on which an invitation to this person may go out, room for a heads-up left before the first."""
    zone, country = candidate.time_zone, candidate.country
    wave_has_heads_ups = rules.settings.heads_up and rules.settings.heads_up_share > 0
    first = Step.HEADS_UP if wave_has_heads_ups else Step.INVITE
    day, _at = rules.calendar.next_after(now, zone, country, key=f"{candidate.address}:{first}")
    if wave_has_heads_ups:
        day = rules.calendar.shift(day, rules.settings.heads_up_days, country)
    days: list[date] = []
    while len(days) < count:
        day = rules.calendar.working_on_or_after(day, country, weekdays=rules.settings.invitation_weekdays)
        days.append(day)
        day += _DAY
    return days


@dataclass(frozen=True, slots=True)
class Course:
    """What a wave would do if nobody answered."""

    mails: tuple[RehearsedMail, ...]
    dropped: tuple[RehearsedMail, ...]
    closes_at: tuple[tuple[date, datetime], ...]  # local day and moment each invitation falls due


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
