"""Meetings, reviews and how calls are held: as `money.contacts` says of one account. Pure."""

import numpy as np

from voc.metrics.columns.kinds import Column, count_of, sum_of
from voc.metrics.columns.model import SEGMENTS
from voc.metrics.columns.money.fact_rows import FactRows
from voc.metrics.columns.money.owners import on_day
from voc.metrics.columns.money.period import Period
from voc.metrics.columns.money.records import CONTACT_KINDS
from voc.metrics.money.contacts import (
    AFTER_MEETINGS,
    CALL_REVIEWED,
    FOLLOWING,
    HAND_OVER_REVIEWED,
    LEAST_REVIEWS,
    MOST,
    REVIEW_EVERY,
    VALUED_FROM,
)
from voc.metrics.money.facts import HUMAN, ContactKind
from voc.metrics.money.rows import QUARTER_DAYS

_ACTIVITY = ("met", "nobody_met")
_VALUED = ("no_meeting_before", "valued", "not_valued")
_HELD = ("held", "not_held")
_REVIEWED = ("reviewed",)
_BOTH = ("both_known", "calls_not_reviewed", "no_activity", "too_few_calls_reviewed")


def _human(period: Period) -> Column:
    touches = period.records.touches
    return np.isin(touches.kind, [CONTACT_KINDS.index(kind) for kind in HUMAN])


def activity(period: Period) -> FactRows:
    """Human contacts per account and quarter; one that changed hands is shared among its owners by their days."""
    touches, clients, mine = period.records.touches, period.records.clients, period.shares
    rows = np.flatnonzero(_human(period) & period.holds(touches.on) & clients.customer[touches.account])
    stretch = period.stretches.place(touches.account[rows], touches.on[rows])
    met = count_of(mine.of_stretch[stretch], len(mine.account))
    part, whole = met * QUARTER_DAYS / period.days, mine.days / period.days
    found = FactRows(mine.account, *mine.owner, part, whole, np.where(met > 0, 0, 1), _ACTIVITY)
    return found.inside(np.flatnonzero(clients.customer[mine.account]))


def meetings_valued(period: Period) -> FactRows:
    """Answers to the pulse or after a review that followed a human contact: those of 4 or 5."""
    told, touches = period.records.answers, period.records.touches
    after = [at for at, name in enumerate(told.questionnaires) if name in AFTER_MEETINGS]
    asked = np.isin(told.questionnaire, after) & period.holds(told.on) & (told.counts[""] > 0)
    rows = np.flatnonzero(asked)
    human = np.flatnonzero(_human(period))
    met = np.sort(on_day(touches.account[human], touches.on[human]))
    account, on = told.account[rows], told.on[rows]
    until = np.searchsorted(met, on_day(account, on), side="right")
    followed = until > np.searchsorted(met, on_day(account, on - FOLLOWING.days), side="left")
    good = told.sums[""][rows] / told.counts[""][rows] >= VALUED_FROM
    label = np.where(followed, np.where(good, 1, 2), 0)
    owner = told.csm[rows], told.inherited[rows]
    return FactRows(account, *owner, (label == 1) * 1.0, followed * 1.0, label, _VALUED)


def business_reviews_held(period: Period) -> FactRows:
    """Accounts reviewed in the last 180 days, of those whose segment requires it."""
    touches, clients = period.records.touches, period.records.clients
    reviews = np.flatnonzero(
        (touches.kind == CONTACT_KINDS.index(ContactKind.REVIEW))
        & (touches.on > period.on - REVIEW_EVERY.days)
        & (touches.on <= period.on)
    )
    held = count_of(touches.account[reviews], len(clients.there)) > 0
    wanted = [SEGMENTS.index(one) for one in period.standards.review_segments]
    account = np.flatnonzero(clients.customer & np.isin(clients.segment, wanted))
    met = held[account]
    return FactRows(account, *period.today(account), met * 1.0, np.ones(len(met)), np.where(met, 0, 1), _HELD)


def call_quality(period: Period) -> FactRows:
    return _reviewed(period, CALL_REVIEWED)


def hand_over_quality(period: Period) -> FactRows:
    return _reviewed(period, HAND_OVER_REVIEWED)


def _reviewed(period: Period, kind: str) -> FactRows:
    marks = period.records.marks
    rows = np.flatnonzero(period.marked(kind) & (marks.value >= 1) & (marks.value <= 5))
    owner = marks.actor[rows], marks.actor_inherited[rows]
    ones = np.ones(len(rows))
    return FactRows(marks.account[rows], *owner, marks.value[rows], ones, np.zeros(len(rows), np.int64), _REVIEWED)


# --- activity x quality, a CSM at a time ---


def activity_x_quality(period: Period) -> FactRows:
    """One row per CSM with either; it belongs to no account."""
    busy, met = _mean_by_csm(period, activity(period))
    good, held = _mean_by_csm(period, call_quality(period))
    csm = np.flatnonzero((met > 0) | (held > 0))
    enough = held[csm] >= LEAST_REVIEWS
    contacts = _index(busy[csm], period.standards.meetings_per_quarter)
    calls = np.where(enough, _index(good[csm], period.standards.call_quality), np.nan)
    known = ~np.isnan(contacts) & ~np.isnan(calls)
    part = np.where(known, contacts * calls, 0.0)
    label = np.where(known, 0, np.where(enough, 2, np.where(held[csm] > 0, 3, 1)))
    nobody_s = np.full(len(csm), -1, np.int64)
    return FactRows(nobody_s, csm, np.zeros(len(csm), np.bool_), part, known * 1.0, label, _BOTH)


def _mean_by_csm(period: Period, rows: FactRows) -> tuple[Column, Column]:
    """NaN without any; and how many rows each has."""
    counts = np.flatnonzero((rows.csm >= 0) & ~rows.inherited)
    size = len(period.records.csm_ids)
    part, whole = (sum_of(rows.csm[counts], one[counts], size) for one in (rows.part, rows.whole))
    number = count_of(rows.csm[counts], size)
    return np.divide(part, whole, out=np.full(size, np.nan), where=whole > 0), number


def _index(value: Column, standard: float) -> Column:
    """How far the standard is reached: 1 is in full, 1.5 the most."""
    return np.full(len(value), np.nan) if standard <= 0 else np.minimum(MOST, value / standard)
