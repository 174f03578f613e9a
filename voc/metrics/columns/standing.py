"""Where every account of a company stands, from its columns: as `silence.standing` says of one. Pure.

Without the day a silence began: it is read of one account at a time, when it is asked for.
"""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache

import numpy as np

from voc import statistics
from voc.base.words import AccountState
from voc.metrics.columns.counting import Counting
from voc.metrics.columns.kinds import MISSING, Column, any_of, count_of, numbered, sum_of
from voc.metrics.columns.model import ROLES, SEGMENTS, Company
from voc.metrics.columns.places import WIDE, Places
from voc.metrics.columns.states import STATES, Scores, heard_lately, lately, scores
from voc.metrics.model import Norms
from voc.metrics.silence import SENIOR


@dataclass(frozen=True, slots=True)
class Stood:
    """One account's. `arr` is in the reporting currency; `last_answered` in microseconds, None for never."""

    account_id: str
    csm_id: str | None
    state: AccountState
    arr: float | None
    parts: dict[str, float] | None
    people: int
    answered: int
    asked_twice: bool
    p_silent: float | None
    coverage_fresh: float | None
    coverage_named: float | None
    last_answered: int | None
    places: int
    gaps: int
    senior_gaps: int


def standings(counting: Counting, norms: Norms) -> Iterator[Stood]:
    """Of every customer, and of whoever else was asked or has a follow-up; in the order of their ids."""
    company, states = counting.company, counting.states
    accounts, count = company.accounts, len(company.accounts)
    points = scores(company, counting.places, states)
    people, answered, twice = _people(company)
    gaps = Gaps(counting.places, count)
    chance = _chances(norms)
    asked = any_of(company.asked.account, np.ones(len(company.asked), np.bool_), count)
    asked |= any_of(company.cases.account, np.ones(len(company.cases.account), np.bool_), count)
    columns = zip(
        accounts.owner.tolist(),
        accounts.segment.tolist(),
        _or_none(accounts.arr),
        accounts.last_answered.tolist(),
        states.tolist(),
        people.tolist(),
        answered.tolist(),
        twice.tolist(),
        _or_none(counting.places.covered),
        _or_none(gaps.named),
        gaps.all.tolist(),
        gaps.empty.tolist(),
        gaps.senior.tolist(),
        _parts(points),
        strict=True,
    )
    wanted = (accounts.customer | asked).tolist()
    for at, row in enumerate(columns):
        owner, segment, arr, last, state, reached, told, all_twice, covered, named, places, empty, senior, parts = row
        if not wanted[at]:
            continue
        silent = STATES[state] == AccountState.SILENT
        yield Stood(
            account_id=accounts.ids[at],
            csm_id=company.csm_ids[owner] if owner >= 0 else None,
            state=STATES[state],
            arr=arr,
            parts=parts,
            people=reached,
            answered=told,
            asked_twice=all_twice,
            p_silent=chance(reached, segment) if silent else None,
            coverage_fresh=covered,
            coverage_named=named,
            last_answered=None if last == MISSING else last,
            places=places,
            gaps=empty,
            senior_gaps=senior,
        )


def _or_none(values: Column) -> list[float | None]:
    return [None if math.isnan(one) else one for one in values.tolist()]


def _parts(points: Scores) -> Iterator[dict[str, float] | None]:
    names = list(points.parts)
    values = np.stack([points.parts[name] for name in names], axis=1).tolist()
    for there, row in zip(points.there.tolist(), values, strict=True):
        yield dict(zip(names, row, strict=True)) if there else None


def _chances(norms: Norms) -> Callable[[int, int], float | None]:
    @cache
    def chance(people: int, segment: int) -> float | None:
        reach = norms.reach_of(SEGMENTS[segment].value if segment >= 0 else None)
        return None if reach is None else statistics.p_silent(n=people, p=reach, rho=norms.icc)

    return chance


def _people(company: Company) -> tuple[Column, Column, Column]:
    """By account: people delivered to in the 180 days, those of them who answered, and whether each had two mails."""
    asked, count = company.asked, len(company.accounts)
    rows = np.flatnonzero(lately(company) & ~asked.confidential & asked.delivered)
    person, people, first = numbered(asked.account[rows], asked.contact[rows])
    account = asked.account[rows][first]
    told = any_of(person, heard_lately(company, rows), people)
    twice = count_of(person, people) >= 2
    reached = count_of(account, count)
    return (
        reached,
        sum_of(account, told, count).astype(np.int64),
        (reached > 0) & (sum_of(account, twice, count) == reached),
    )


class Gaps:
    """Places of each account, and those that nobody reachable fills."""

    def __init__(self, places: Places, count: int) -> None:
        at, account = places.at, places.account
        empty = ~places.named[at]
        senior = np.isin(at % WIDE, [ROLES.index(role) for role in SENIOR])
        self.all = count_of(account, count)
        self.empty = sum_of(account, empty, count).astype(np.int64)
        self.senior = sum_of(account, empty & senior, count).astype(np.int64)
        weight = places.weight[at]
        whole = sum_of(account, weight, count)
        filled = sum_of(account, weight * ~empty, count)
        self.named = np.divide(filled, whole, out=np.full(count, np.nan), where=whole > 0)
