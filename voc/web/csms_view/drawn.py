"""The funnel of all books, its caption and the table behind it."""

from collections.abc import Sequence
from functools import partial

from markupsafe import Markup

from voc.metrics.run.csms import CsmsPage, Line
from voc.web import figure_view, view
from voc.web.charts_funnel import DRAWN_FROM, Book, funnel
from voc.web.engagement_view import Wanted
from voc.web.figure_view import Asking
from voc.web.parts import Link, Told


def other_line(wanted: Wanted) -> Link:
    if wanted.team_line:
        return Link("Against the standard instead", wanted.address("/csms", team_line=False) + "#h-funnel")
    return Link("Against the team instead", wanted.address("/csms", team_line=True) + "#h-funnel")


def _drawn(found: CsmsPage) -> list[Line]:
    return [one for one in found.lines if one.comparison.state == "ok" and one.comparison.effective >= DRAWN_FROM]


def books_drawn(found: CsmsPage, wanted: Wanted) -> Markup:
    compared, drawn = found.comparisons, _drawn(found)
    if len(drawn) < 2 or compared.team_rate is None:
        return Markup("")
    lines = [(compared.standard, "standard"), (compared.team_rate, "team")]
    around, other = reversed(lines) if wanted.team_line else lines
    return funnel(
        [_book(one, team_line=wanted.team_line) for one in drawn],
        line_at=around[0],
        line_name=f"{around[1]} {view.percent(around[0])}",
        limits=partial(compared.limits, team=wanted.team_line),
        title=f"Response against the {around[1]}",
        other=(other[0], f"{other[1]} {view.percent(other[0])}"),
    )


def _book(one: Line, *, team_line: bool) -> Book:
    that = one.comparison
    low = (one.judged.beyond and one.judged.low) if team_line else that.standard == "below"
    return Book(
        name=one.name if one.figures else "",
        answered=that.answered,
        asked=that.invitations,
        effective=that.effective,
        low=low and one.figures is not None,
        nameless=one.figures is None,
    )


def caption(found: CsmsPage) -> str:
    small = sum(1 for one in found.lines if one.comparison.invitations) - len(_drawn(found))
    told = (
        "Inside the solid lines (1 in 22) nothing is said. The lines are drawn for reading; "
        "the words are decided by the exact chance of each book."
    )
    others = sum(one.figures is None for one in _drawn(found))
    if others:
        told += f" The {others} hollow points are other books, without names."
    return f"{told} {view.count(small, 'book is', 'books are')} too small to draw." if small else told


def behind(shown: Sequence[Line], asking: Asking) -> list[tuple[str, Told, str, str]]:
    return [
        (
            one.name,
            Told(
                view.of(one.comparison.answered, one.comparison.invitations),
                figure_view.mark(one.figures.figures["response_rate"], asking) if one.figures else None,
            ),
            f"{one.comparison.effective:.0f}",
            view.percent(one.comparison.answered / one.comparison.invitations),
        )
        for one in shown
        if one.comparison.state == "ok"
    ]
