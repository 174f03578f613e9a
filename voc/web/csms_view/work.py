"""What there is to do in a book: empty places and silent accounts of the figures, follow-ups that are open now."""

from collections.abc import Sequence

from voc.metrics.model import Shown
from voc.metrics.run.csms import Line
from voc.web import figure_view, view
from voc.web.figure_view import Asking
from voc.web.parts import Mark, Told, address

# Figure, which of its rows, and what one of them and several are called.
_WORK = (
    ("coverage_named", "gap", "empty place", "empty places"),
    ("silent_accounts", "silent", "silent account", "silent accounts"),
)


def _counts(line: Line) -> Sequence[int]:
    figures = {} if line.figures is None else line.figures.figures
    return [
        0 if name not in figures or figures[name].shown == Shown.REASON else figures[name].parts.get(label, 0)
        for name, label, _, _ in _WORK
    ]


def work_told(line: Line, asking: Asking) -> list[Told]:
    """Each opens to its rows; the follow-ups to their list."""
    told = []
    for count, (name, label, one, many) in zip(_counts(line), _WORK, strict=True):
        if count and line.figures is not None:
            mark = figure_view.part_mark(line.figures.figures[name], asking, label)
            told.append(Told(view.count(count, one, many), mark))
    if line.waiting.open:
        rows = address("/follow-ups", csm=line.csm_id, segment=asking.segment, region=asking.region, show="list")
        told.append(Told(_follow_ups(line), Mark("late_now", line.waiting.late, line.waiting.open, rows)))
    return told or [Told("nothing open")]


def _follow_ups(line: Line) -> str:
    """As the page of follow-ups counts them: what was late once and is done is no work."""
    told = view.count(line.waiting.open, "open follow-up")
    return f"{told}, {line.waiting.late} late" if line.waiting.late else told


def work(line: Line) -> str:
    told = [
        view.count(count, one, many) for count, (_, _, one, many) in zip(_counts(line), _WORK, strict=True) if count
    ]
    return ", ".join([*told, *([_follow_ups(line)] if line.waiting.open else [])]) or "nothing open"


def work_of(line: Line) -> int:
    return sum(_counts(line)) + line.waiting.open
