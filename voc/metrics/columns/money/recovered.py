"""Detractors at their next wave, of all accounts at once: as `money.recovered`. Pure."""

import numpy as np

from voc.metrics.columns.money.fact_rows import FactRows
from voc.metrics.columns.money.period import Period
from voc.metrics.money.recovered import RECOVERED, SILENT, UNHAPPY

OUTCOMES = (RECOVERED, UNHAPPY, SILENT)


def recovery_of_all(period: Period) -> FactRows:
    return _rows(period, silent_count=True)


def recovery_of_answered(period: Period) -> FactRows:
    return _rows(period, silent_count=False)


def _rows(period: Period, *, silent_count: bool) -> FactRows:
    again = period.records.again
    rows = np.flatnonzero(period.holds(again.on))
    outcome = again.outcome[rows]
    counts = (outcome != OUTCOMES.index(SILENT)) | silent_count
    owner = again.csm[rows], again.inherited[rows]
    back = outcome == OUTCOMES.index(RECOVERED)
    return FactRows(again.account[rows], *owner, back * 1.0, counts * 1.0, outcome, OUTCOMES)
