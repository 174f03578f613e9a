"""Stories, references, referrals, stated value, profit, weeks, numbers from outside: as `money.proofs`. Pure."""

from collections.abc import Callable

import numpy as np

from voc.metrics.columns.kinds import Column, any_of, here, last_of, sum_of
from voc.metrics.columns.money.fact_rows import WITHOUT, FactRows, nothing, together, without_amount
from voc.metrics.columns.money.period import Period
from voc.metrics.columns.money.revenue import revenue_at
from voc.metrics.money.proofs import (
    CONCESSION,
    COSTS,
    DETRACTOR_TO,
    DOCUMENT,
    GOOD_FROM,
    OUTCOME,
    REFERENCE,
    STORY,
    YEAR,
)

_REFERENCES = ("customer_under_a_year", "story_without_number", "detractor", "follow_up_overdue", "validated")
_REFERRALS = ("taken_up", "named_only", "named_nobody")
_VALUE = ("good", "not_yet")
_GIVEN = ("given", *WITHOUT)
_PROFIT = ("profit", "loss", *WITHOUT)
_WEEKS = ("kept", "problem_left", "suggestion_left")


def success_stories(period: Period) -> FactRows:
    return _counted(period, STORY, "confirmed")


def documents(period: Period) -> FactRows:
    return _counted(period, DOCUMENT, "contributed")


def _counted(period: Period, kind: str, label: str) -> FactRows:
    rows = np.flatnonzero(period.marked(kind))
    return _of_marks(period, rows, np.ones(len(rows)), np.zeros(len(rows), np.int64), (label,))


def _of_marks(period: Period, rows: Column, part: Column, label: Column, words: tuple[str, ...]) -> FactRows:
    marks = period.records.marks
    owner = marks.actor[rows], marks.actor_inherited[rows]
    return FactRows(marks.account[rows], *owner, part, np.ones(len(rows)), label, words)


def validated_references(period: Period) -> FactRows:
    """Each reference of the period counts while nothing speaks against it; what does, is its label."""
    marks, clients = period.records.marks, period.records.clients
    rows = np.flatnonzero(period.marked(REFERENCE))
    account = marks.account[rows]
    since = clients.since_on[account]
    young = ~clients.customer[account] | ~here(since) | (since > period.on - YEAR.days)
    score = period.records.standing.latest_score[account]
    detractor = (score >= 0) & (score <= DETRACTOR_TO)
    against = [young, ~_has_number(period, rows), detractor, period.records.standing.overdue[account] > 0]
    label = np.select(against, [0, 1, 2, 3], 4)
    return _of_marks(period, rows, (label == 4) * 1.0, label, _REFERENCES)


def _has_number(period: Period, rows: Column) -> Column:
    """In the reference itself, or in a story told by then."""
    marks = period.records.marks
    told = np.flatnonzero((marks.kind == marks.place_of(STORY)) & marks.has_number)
    first = np.full(len(period.records.ids), np.iinfo(np.int64).max)
    np.minimum.at(first, marks.account[told], marks.on[told])
    found: Column = marks.has_number[rows] | (first[marks.account[rows]] <= marks.on[rows])
    return found


def referrals_named(period: Period) -> FactRows:
    """One row per answer; what counts are the people it named who became contacts."""
    told = period.records.answers
    rows = np.flatnonzero(period.holds(told.on))
    taken = told.taken_up[rows]
    label = np.where(taken > 0, 0, np.where(told.named[rows] > 0, 1, 2))
    owner = told.csm[rows], told.inherited[rows]
    return FactRows(told.account[rows], *owner, taken * 1.0, np.ones(len(rows)), label, _REFERRALS)


def customer_stated_value(period: Period) -> FactRows:
    """One answer, one row: 4 or 5 on whether they get the results they bought it for."""
    told = period.records.answers
    asked = (told.counts[OUTCOME] > 0) & period.holds(told.on)
    rows = np.flatnonzero(asked)
    good = told.sums[OUTCOME][rows] / told.counts[OUTCOME][rows] >= GOOD_FROM
    owner = told.csm[rows], told.inherited[rows]
    return FactRows(told.account[rows], *owner, good * 1.0, np.ones(len(rows)), np.where(good, 0, 1), _VALUE)


def concessions(period: Period) -> FactRows:
    """Discounts of the period: printed beside what customers say it is worth."""
    marks = period.records.marks
    rows = np.flatnonzero(period.marked(CONCESSION))
    known = ~np.isnan(marks.money[rows])
    given, unknown = rows[known], rows[~known]
    label = np.zeros(len(given), np.int64)
    owner = marks.csm[given], marks.inherited[given]
    return together(
        FactRows(marks.account[given], *owner, marks.money[given], np.ones(len(given)), label, _GIVEN),
        without_amount(marks.account[unknown], period.owner_of(unknown), ~np.isnan(marks.value[unknown]), _GIVEN),
    )


def net_profitability(period: Period) -> FactRows:
    """Revenue of the period at the gross margin, less its costs; of every account, once costs came in at all."""
    marks, clients, margin = period.records.marks, period.records.clients, period.standards.gross_margin
    rows = np.flatnonzero(np.logical_or.reduce([period.marked(kind) for kind in sorted(COSTS)]))
    if margin is None or not len(rows):
        return nothing(_PROFIT)
    account, size = period.everybody, len(period.records.ids)
    there = any_of(marks.account[rows], np.ones(len(rows), np.bool_), size)[account]
    costs = sum_of(marks.account[rows], marks.money[rows], size)[account]  # NaN where one is not known
    yearly = revenue_at(period.records, account, period.on)
    known = ~np.isnan(yearly) & ~np.isnan(costs)
    revenue = yearly * period.days / 365.25
    counts = np.flatnonzero(known & (revenue > 0))
    profit = revenue[counts] * margin - costs[counts]
    paid = FactRows(
        account[counts], *period.today(account[counts]), profit, revenue[counts], np.where(profit >= 0, 0, 1), _PROFIT
    )
    unknown = np.flatnonzero(~known & (clients.customer[account] | there))
    no_rate = clients.no_rate[account[unknown]] | ~np.isnan(yearly[unknown])
    return together(paid, without_amount(account[unknown], period.today(account[unknown]), no_rate, _PROFIT))


def from_outside(kind: str) -> Callable[[Period], FactRows]:
    """The latest number of that kind of each customer."""

    def rule(period: Period) -> FactRows:
        marks, size = period.records.marks, len(period.records.ids)
        rows = np.flatnonzero((marks.kind == marks.place_of(kind)) & (marks.on <= period.on) & ~np.isnan(marks.value))
        latest = last_of(marks.account[rows], (marks.on[rows], rows), size)
        clients = period.records.clients
        account = np.flatnonzero((latest >= 0) & clients.customer)
        value = marks.value[rows[latest[account]]]
        label = np.zeros(len(account), np.int64)
        return FactRows(account, *period.today(account), value, np.ones(len(account)), label, ("latest",))

    return rule


product_usage = from_outside("product_usage")


def crm_upkeep(period: Period) -> FactRows:
    """One row per CSM and week; it belongs to no account."""
    weeks = period.weeks
    if weeks is None:
        return nothing(_WEEKS)
    label = np.where(weeks.problems > 0, 1, np.where(weeks.suggestions > 0, 2, 0))
    count = len(label)
    nobody_s, mine = np.full(count, -1, np.int64), np.zeros(count, np.bool_)
    return FactRows(nobody_s, weeks.csm, mine, (label == 0) * 1.0, np.ones(count), label, _WEEKS)
