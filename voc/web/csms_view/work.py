"""What there is to do in a book: empty places, silent accounts, late follow-ups."""

from collections.abc import Mapping

from voc.metrics.model import Figure, Shown
from voc.metrics.run.csms import Line
from voc.web import figure_view, view
from voc.web.figure_view import Asking
from voc.web.parts import Told


def _count(figure: Figure, part: str) -> int:
    return 0 if figure.shown == Shown.REASON else figure.parts.get(part, 0)


def _work_parts(figures: Mapping[str, Figure]) -> list[tuple[int, str, str]]:
    return [
        (_count(figures["coverage_named"], "gap"), "empty place", "empty places"),
        (_count(figures["silent_accounts"], "silent"), "silent account", "silent accounts"),
        (_count(figures["follow_up_attainment"], "missed"), "late follow-up", "late follow-ups"),
    ]


def work_told(figures: Mapping[str, Figure], asking: Asking) -> list[Told]:
    words = [view.count(count, one, many) for count, one, many in _work_parts(figures) if count]
    labels = (("coverage_named", "gap"), ("silent_accounts", "silent"), ("follow_up_attainment", "missed"))
    marks = [
        figure_view.part_mark(figures[name], asking, label) for name, label in labels if _count(figures[name], label)
    ]
    return [Told(words, mark) for words, mark in zip(words, marks, strict=True)] or [Told("nothing open")]


def work(figures: Mapping[str, Figure]) -> str:
    told = [view.count(count, one, many) for count, one, many in _work_parts(figures) if count]
    return ", ".join(told) or "nothing open"


def work_of(one: Line) -> int:
    return sum(count for count, _, _ in _work_parts(one.figures.figures)) if one.figures else 0
