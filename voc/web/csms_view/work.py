"""What there is to do in a book now: empty places, silent accounts, follow-ups that wait for a first contact."""

from collections.abc import Mapping

from voc.metrics.model import Figure, Shown
from voc.metrics.run.csms import Line
from voc.web import figure_view, view
from voc.web.figure_view import Asking
from voc.web.parts import Told

# Figure, which of its rows, and what one of them and several are called. What was contacted late is past, no work.
_WORK = (
    ("coverage_named", "gap", "empty place", "empty places"),
    ("silent_accounts", "silent", "silent account", "silent accounts"),
    ("follow_up_attainment", "open_late", "follow-up open past its limit", "follow-ups open past their limit"),
    ("follow_up_attainment", "pending", "follow-up open within its limit", "follow-ups open within their limit"),
)


def _counts(figures: Mapping[str, Figure]) -> list[int]:
    """Of what is pending there is work even where nothing is due yet."""
    return [
        0 if figures[name].shown == Shown.REASON and label != "pending" else figures[name].parts.get(label, 0)
        for name, label, _, _ in _WORK
    ]


def work_told(figures: Mapping[str, Figure], asking: Asking) -> list[Told]:
    told = [
        Told(view.count(count, one, many), figure_view.part_mark(figures[name], asking, label))
        for count, (name, label, one, many) in zip(_counts(figures), _WORK, strict=True)
        if count
    ]
    return told or [Told("nothing open")]


def work(figures: Mapping[str, Figure]) -> str:
    words = zip(_counts(figures), _WORK, strict=True)
    told = [view.count(count, one, many) for count, (_, _, one, many) in words if count]
    return ", ".join(told) or "nothing open"


def work_of(one: Line) -> int:
    return sum(_counts(one.figures.figures)) if one.figures else 0
