"""How long it takes to go live, who is stuck, who is trained, what they say: as `money.onboarding`. Pure."""

import numpy as np

from voc import statistics
from voc.metrics.columns.kinds import Column
from voc.metrics.columns.model import SEGMENTS
from voc.metrics.columns.money.fact_rows import WITHOUT, FactRows, nothing, together, without_amount
from voc.metrics.columns.money.owners import Owned, on_day
from voc.metrics.columns.money.period import Period
from voc.metrics.columns.money.revenue import revenue_at
from voc.metrics.columns.money.stages import Stages
from voc.metrics.money.onboarding import LEAST_COMPLETED, SLOW, TRAINED

_TIMES = ("open", "live")
_STANDARD = ("late", "pending", "in_time")
_STUCK = ("no_yardstick", "stuck", "under_way")
_TRAINED = ("not_trained", "trained", *WITHOUT)
_ANSWERED = ("answered", "from_the_crm")
_QUESTIONNAIRE = "onboarding"

# --- how long ---


def onboarding_time(period: Period) -> FactRows:
    """One row per onboarding that began in the period, open ones with their age."""
    return _times(period, period.course.to_live)


def time_to_launch(period: Period) -> FactRows:
    return _times(period, period.course.to_launch)


def _begun(period: Period, stages: Stages) -> Stages:
    return stages.of(np.flatnonzero(period.holds(stages.starts_on)))


def _times(period: Period, stages: Stages) -> FactRows:
    begun = _begun(period, stages)
    live = ~begun.open
    return _rows(period, begun, part=live * 1.0, label=live * 1, words=_TIMES)


def _rows(
    period: Period, stages: Stages, *, part: Column, label: Column, words: tuple[str, ...], whole: Column | None = None
) -> FactRows:
    size = stages.age(period.on) * 1.0
    return FactRows(
        stages.account, *stages.owner, part, np.ones(len(part)) if whole is None else whole, label, words, size
    )


def live_in_time(period: Period) -> FactRows:
    begun = _begun(period, period.course.to_live)
    late = begun.age(period.on) > period.standards.onboarding_days
    label = np.where(late, 0, np.where(begun.open, 1, 2))
    return _rows(period, begun, part=(label == 2) * 1.0, whole=(label != 1) * 1.0, label=label, words=_STANDARD)


# --- stuck ---


def _usual(period: Period, stages: Stages) -> Column:
    """By segment (the last: none) the 80th percentile of the completed times; NaN under 20."""
    found = np.full(len(SEGMENTS) + 1, np.nan)
    ended = stages.of(np.flatnonzero(~stages.open))
    segment = period.records.clients.segment[ended.account]
    for at in range(-1, len(SEGMENTS)):
        ages = ended.age(period.on)[segment == at]
        if len(ages) >= LEAST_COMPLETED:
            found[at] = statistics.quantile(values=ages.tolist(), share=SLOW)
    return found


def stuck_accounts(period: Period) -> FactRows:
    """Open stages older than four in five took; where too few are completed, nobody knows what is usual."""
    course = period.course
    return together(*(_stuck(period, stages) for stages in (course.to_start, course.to_live, course.to_training)))


def _stuck(period: Period, stages: Stages) -> FactRows:
    clients = period.records.clients
    waiting = stages.of(np.flatnonzero(stages.open & clients.customer[stages.account]))
    usual = _usual(period, stages)[clients.segment[waiting.account]]
    label = np.where(np.isnan(usual), 0, np.where(waiting.age(period.on) > usual, 1, 2))
    return _rows(period, waiting, part=(label == 1) * 1.0, whole=(label != 0) * 1.0, label=label, words=_STUCK)


# --- trained ---


def revenue_trained_30(period: Period) -> FactRows:
    return _trained(period, within=30)


def revenue_trained_90(period: Period) -> FactRows:
    return _trained(period, within=90)


def _trained(period: Period, *, within: int) -> FactRows:
    """Of the onboardings whose days ended in the period; revenue as it was at the start."""
    stages = period.course.to_training
    stages = stages.of(np.flatnonzero(period.holds(stages.starts_on + within)))
    revenue = revenue_at(period.records, stages.account, stages.starts_on)
    trained = ~stages.open & (stages.age(period.on) <= within)
    found = _rows(period, stages, part=revenue * trained, whole=revenue, label=trained * 1, words=_TRAINED)
    known = ~np.isnan(revenue)
    unknown = stages.of(np.flatnonzero(~known))
    left_out = without_amount(unknown.account, unknown.owner, period.records.clients.no_rate[unknown.account], _TRAINED)
    return together(found.inside(np.flatnonzero(known))._replace(size=None), left_out)


# --- what they say ---


def onboarding_rating(period: Period) -> FactRows:
    return _ratings(period, "csm")


def training_score(period: Period) -> FactRows:
    """Each answer's mean over the questions about the training; a training's own score where the CRM has one."""
    marks = period.records.marks
    scored = period.marked(TRAINED) & (marks.value >= 1) & (marks.value <= 5)
    rows = np.flatnonzero(scored)
    label = np.ones(len(rows), np.int64)
    told = FactRows(
        marks.account[rows], marks.csm[rows], marks.inherited[rows], marks.value[rows], label * 1.0, label, _ANSWERED
    )
    return together(_ratings(period, "training"), told)


def _ratings(period: Period, measure: str) -> FactRows:
    if _QUESTIONNAIRE not in period.records.questionnaires:
        return nothing(_ANSWERED)  # without reading what was answered to others
    told = period.records.answers
    asked = told.questionnaire == told.place_of(_QUESTIONNAIRE)
    rows = np.flatnonzero(asked & period.holds(told.on) & (told.counts[measure] > 0))
    mean = told.sums[measure][rows] / told.counts[measure][rows]
    owner = _at_the_end(period, rows)
    ones = np.ones(len(rows))
    return FactRows(told.account[rows], *owner, mean, ones, np.zeros(len(rows), np.int64), _ANSWERED)


def _at_the_end(period: Period, rows: Column) -> Owned:
    """The CSM at the end of the onboarding that they speak of; where none is known, at the answer."""
    told, stages = period.records.answers, period.course.to_live
    ended = stages.of(np.flatnonzero(~stages.open))
    order = np.lexsort((np.arange(len(ended.account)), ended.ends_on, ended.account))
    ended = ended.of(order)
    account, on = told.account[rows], told.on[rows]
    at = np.searchsorted(on_day(ended.account, ended.ends_on), on_day(account, on), side="right") - 1
    if not len(ended.account):
        return Owned(told.csm[rows], told.inherited[rows])
    known = (at >= 0) & (ended.account[at] == account)
    csm = np.where(known, ended.owner.csm[at], told.csm[rows])
    return Owned(csm, np.where(known, ended.owner.inherited[at], told.inherited[rows]))
