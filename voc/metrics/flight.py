"""Invitations that are not due yet: the rate they head for, and whether answers come at the usual pace (1.5). Pure."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from voc import statistics
from voc.metrics import cohorts
from voc.metrics.cohorts import Key
from voc.metrics.model import Asked, Facts

DAY = timedelta(days=1)
LEAST_AT_HORIZON = 10
CURVE_DAYS = 365


@dataclass(frozen=True)
class Flight:
    """`answered` of `invitations` so far; `expected` is usual by now and `z` how far off that is.

    None without a curve (no invitation has come due yet). `heading_for` is the product-limit rate
    of the running waves, shown once ten of their invitations have reached their due date.
    """

    invitations: int
    answered: int
    expected: float | None
    z: float | None
    heading_for: float | None
    at_horizon: int


def curve(facts: Facts, *, horizon: int) -> dict[float, float]:
    """Share of the delivered that had answered by each whole day, from what came due in the last 365 days."""
    due = [
        asked
        for account in facts.accounts
        for asked in account.asked
        if asked.delivered and asked.eligible and cohorts.is_due(asked, moment=facts.moment, days=CURVE_DAYS)
    ]
    if not due:
        return {}
    days = sorted(_days_to_answer(asked) for asked in due if asked.answered_on_time)
    return {float(day): sum(taken <= day for taken in days) / len(due) for day in range(horizon + 1)}


def _days_to_answer(asked: Asked) -> float:
    if asked.answered_at is None or asked.sent_at is None:
        return 0.0
    return (asked.answered_at - asked.sent_at) / DAY


def by_scope(facts: Facts, *, horizon: int, usual: dict[float, float] | None = None) -> dict[Key, Flight]:
    """The running invitations of each scope, under the owner frozen when they were sent.

    `usual` is the team's curve; None reads it from these facts, which must then be everybody's.
    """
    if usual is None:
        usual = curve(facts, horizon=horizon)
    running: dict[Key, list[Asked]] = defaultdict(list)
    waves: dict[Key, list[Asked]] = defaultdict(list)
    flying = {
        asked.wave_id
        for account in facts.accounts
        for asked in account.asked
        if cohorts.in_flight(asked, moment=facts.moment)
    }
    for account in facts.accounts:
        for asked in account.asked:
            if (
                asked.confidential
                or asked.elsewhere
                or asked.wave_id not in flying
                or asked.sent_at is None
                or not (asked.delivered and asked.eligible)
            ):
                continue
            for key in cohorts.scopes_of(facts, account, asked):
                waves[key].append(asked)
                if cohorts.in_flight(asked, moment=facts.moment):
                    running[key].append(asked)
    return {
        key: _flight(found, waves[key], usual=usual, moment=facts.moment, horizon=horizon)
        for key, found in running.items()
    }


def _flight(
    running: Sequence[Asked], pool: Sequence[Asked], *, usual: dict[float, float], moment: datetime, horizon: int
) -> Flight:
    answered = sum(asked.answered_at is not None for asked in running)
    ages = [_age(asked, moment, horizon) for asked in running]
    pace = statistics.pace(curve=usual, ages=ages, answered=answered) if usual else None
    reached = sum(asked.due_at is not None and asked.due_at <= moment for asked in pool)
    return Flight(
        invitations=len(running),
        answered=answered,
        expected=pace["expected"] if pace else None,
        z=pace["z"] if pace else None,
        heading_for=_heading_for(pool, moment, horizon) if reached >= LEAST_AT_HORIZON else None,
        at_horizon=reached,
    )


def _age(asked: Asked, moment: datetime, horizon: int) -> float:
    assert asked.sent_at is not None  # only sent ones fly
    return min((moment - asked.sent_at) / DAY, float(horizon))


def _heading_for(pool: Iterable[Asked], moment: datetime, horizon: int) -> float | None:
    sent = list(pool)
    in_time = [asked.answered_at is not None and _days_to_answer(asked) <= horizon for asked in sent]
    days = [
        _days_to_answer(asked) if answered else _age(asked, moment, horizon)
        for asked, answered in zip(sent, in_time, strict=True)
    ]
    return statistics.km_response_rate(days=days, responded=in_time, horizon=horizon)
