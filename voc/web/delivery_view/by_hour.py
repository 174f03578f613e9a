"""Mail by the hour, drawn and as a table."""

from collections.abc import Callable, Sequence
from datetime import datetime

from markupsafe import Markup

from voc.delivery.store.tally import Hour
from voc.web import view
from voc.web.charts_hours import HourBar, hours


def hours_chart(all_hours: Sequence[Hour], clock: Callable[[datetime], datetime], *, now: datetime) -> Markup:
    this = now.replace(minute=0, second=0, microsecond=0)
    bars = [HourBar(one.at, one.sent, one.failed, one.due, one.at >= this) for one in all_hours]
    return hours(
        bars,
        clock=clock,
        title="Mail by the hour",
        description=hours_heading(all_hours) + ". The same numbers are in the table below.",
    )


def hours_heading(all_hours: Sequence[Hour]) -> str:
    sent, failed = sum(one.sent for one in all_hours), sum(one.failed for one in all_hours)
    due = sum(one.due for one in all_hours)
    return (
        f"{view.number(sent)} sent and {view.number(failed)} failed in 48 hours, {view.number(due)} due in the next 48"
    )


def hour_rows(all_hours: Sequence[Hour], clock: Callable[[datetime], datetime]) -> list[Sequence[str]]:
    """Only hours in which something happened or will."""
    return [
        (
            f"{local:%a} {local.day} {local:%b, %H:00}",
            view.number(one.sent),
            view.number(one.failed),
            view.number(one.due),
        )
        for one in all_hours
        if one.sent or one.failed or one.due
        for local in (clock(one.at),)
    ]
