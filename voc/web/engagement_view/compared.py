"""The funnel: each book against the standard or the team, and what can be said of it."""

from collections.abc import Sequence
from functools import partial

from voc.base.preferences import Preferences
from voc.metrics import wording
from voc.metrics.compare import Comparison, Comparisons
from voc.metrics.pages import Engagement, ScopeFigures
from voc.statistics import n_needed
from voc.web import figure_view, view
from voc.web.charts_funnel import DRAWN_FROM, Book, funnel
from voc.web.engagement_view.lines import below_team
from voc.web.engagement_view.parts import Funnel, Says, Wanted
from voc.web.parts import Link, Told


def funnel_of(found: Engagement, wanted: Wanted, preferences: Preferences) -> Funnel | None:
    """Only with two books large enough to draw."""
    compared = found.comparisons
    lines = [(one, one.comparison) for one in found.lines if one.comparison is not None]
    drawn = [(one, that) for one, that in lines if that.state == "ok" and that.effective >= DRAWN_FROM]
    team_line = wanted.team_line and compared.team_rate is not None
    if len(drawn) < 2:
        return None
    around = compared.team_rate if team_line and compared.team_rate is not None else compared.standard
    what = "the team" if team_line else "the standard"
    books = [
        Book(one.name, that.answered, that.invitations, that.effective, low=_is_low(that, team_line=team_line))
        for one, that in drawn
    ]
    other = Link("Against the standard instead", wanted.address(team_line=False) + "#h-funnel")
    if not team_line:
        other = Link("Against the team instead", wanted.address(team_line=True) + "#h-funnel")
    says = [said for one, that in drawn if (said := _says(one, that, compared)) is not None]
    small = sum(1 for _, that in lines if that.invitations) - len(drawn)
    return Funnel(
        heading=f"Response against {what}",
        links=[Link("How to read it", "/definitions#g-chance"), other],
        drawing=funnel(
            books,
            line_at=around,
            line_name=f"{'team' if team_line else 'standard'} {view.percent(around)}",
            limits=partial(compared.limits, team=team_line),
            title=f"Response against {what}",
        ),
        caption=_caption(small),
        rows=[
            (
                one.name,
                Told(
                    view.of(that.answered, that.invitations),
                    figure_view.mark(one.figures["response_rate"], wanted.asking),
                ),
                f"{that.effective:.0f}",
                view.percent(that.answered / that.invitations),
            )
            for one, that in drawn
        ],
        says=says,
        rest=_rest(len(drawn) - len(says)),
        power=_power(preferences.response_standard, [that.deff for _, that in drawn]),
    )


def _is_low(that: Comparison, *, team_line: bool) -> bool:
    return (that.beyond and below_team(that)) if team_line else that.standard == "below"


def _caption(small: int) -> str:
    told = (
        "Inside the solid lines (1 in 22) nothing is said. The lines are drawn for reading; "
        "the words are decided by the exact chance of each book."
    )
    if not small:
        return told
    return f"{told} {view.count(small, 'book is', 'books are')} too small to draw."


def _says(one: ScopeFigures, that: Comparison, compared: Comparisons) -> Says | None:
    """What the two comparisons say together (3-metrics 2.2); None where they say nothing."""
    unlike = that.team in ("edge", "beyond") or that.beyond
    team = wording.against_team(that, compared) or ""
    team = f"Against the team: {team[:1].lower()}{team[1:]}"
    words = wording.STANDARD[that.standard] if that.standard else ""
    if that.standard == "below":
        words += (
            f" {team} Look at the book together." if unlike else " Like the team: the process is short, not the person."
        )
    elif unlike:
        words += f" {team}{' Ask what differs.' if not below_team(that) else ''}"
    else:
        return None
    return Says(f"{one.name}, {view.of(that.answered, that.invitations)}", words)


def _rest(quiet: int) -> str:
    if not quiet:
        return ""
    books = view.count(quiet, "book says", "books say")
    return f"{books} nothing: a longer period would tell more, sharper words would not."


def _power(standard: float, deffs: Sequence[float]) -> str:
    low = standard - 0.15
    if low <= 0:
        return ""
    needed = n_needed(p0=standard, p1=low, k=2, deff=sum(deffs) / len(deffs))
    gap = f"a true {view.percent(low)} against {view.percent(standard)}"
    return f"To see {gap} in 4 of 5 periods takes {needed} invitations."
