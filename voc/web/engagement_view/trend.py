"""The nightly response of a CSM, a point a month."""

from collections.abc import Sequence
from datetime import date, timedelta

from markupsafe import Markup

from voc.metrics.model import Shown
from voc.metrics.pages import Engagement, ScopeFigures
from voc.web import charts

TREND_POINTS = 6
TREND_STEP = timedelta(days=30)


def trend_of(one: ScopeFigures, found: Engagement) -> tuple[Markup | None, str]:
    """The nightly response, a point a month, from 30 invitations on; else why there is none."""
    figure = one.figures["response_rate"]
    if figure.shown != Shown.TREND:
        return None, "fewer than 30 due"
    points = monthly(found.trend.get(one.id, ()), to_on=found.window.to_on)
    if len(points) < 2:
        return None, "no earlier months kept yet"
    told = ", ".join(f"{100 * share:.0f}" for share in points)
    label = f"{one.name}, response over the last {len(points)} months: {told} percent"
    return charts.spark(points, low=0.0, high=1.0, label=label, standard=found.comparisons.standard), ""


def monthly(snapshots: Sequence[tuple[date, float]], *, to_on: date) -> list[float]:
    """The latest snapshot of each month back from that day, the oldest first; months without one are left out."""
    found = []
    for step in range(TREND_POINTS):
        last, first = to_on - step * TREND_STEP, to_on - (step + 1) * TREND_STEP
        of_month = [share for on, share in snapshots if first < on <= last]
        found += of_month[-1:]
    return found[::-1]
