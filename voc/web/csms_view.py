"""CSMs side by side as their page shows it: the standard first, chance second, people in alphabetical order."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

from markupsafe import Markup

from voc import statistics
from voc.base.preferences import Preferences
from voc.base.words import Scope, Segment
from voc.metrics import wording
from voc.metrics.cohorts import TOTAL
from voc.metrics.mix import SegmentRate
from voc.metrics.model import Figure, Shown
from voc.metrics.run import WINDOWS
from voc.metrics.run.csms import CsmsPage, Line
from voc.reports.cells import Cell as FileCell
from voc.reports.tables import Column, Kind
from voc.web import figure_view, view
from voc.web.charts_funnel import DRAWN_FROM, Book, funnel
from voc.web.engagement_view import Wanted
from voc.web.figure_view import Asking, Cell
from voc.web.parts import Choice, Link, Mark, Told, choice, files

BEYOND = "More than chance would give. This does not say why: customers, segment, product and history count too."


@dataclass(frozen=True)
class Row:
    name: str
    href: str
    of: str
    own: bool
    response: Cell
    span: str
    standing: str
    against_standard: str
    against_team: str
    beyond: bool
    guess: str
    guess_of: str
    mix: str
    mix_of: str
    work: Sequence[Told]


@dataclass(frozen=True)
class Quadrant:
    """One field of standard by team."""

    names: Sequence[str]
    says: str
    weight: bool = False


@dataclass(frozen=True)
class QuadrantRow:
    standing: str
    fields: Sequence[Quadrant]


@dataclass(frozen=True)
class Page:
    heading: str
    lede: str
    filters: Sequence[Choice]
    as_of: str
    today: str
    hidden: Mapping[str, str]
    links: Sequence[Link]
    orders: Sequence[Link]
    standard: str
    yardstick: str
    rows: Sequence[Row]
    footer: str
    funnel_heading: str
    funnel_links: Sequence[Link]
    drawing: Markup
    caption: str
    behind: Sequence[tuple[str, Told, str, str]]
    quadrants: Sequence[QuadrantRow]
    segments: Sequence[tuple[str, Told, str]]
    how: Sequence[str]


def page(
    found: CsmsPage,
    *,
    wanted: Wanted,
    by_work: bool,
    teams: Mapping[str, str],
    preferences: Preferences,
    own_csm_id: str | None,
    today: str,
) -> Page:
    shown = [one for one in found.lines if one.figures is not None]
    if by_work:
        shown.sort(key=lambda one: (-work_of(one), one.name.casefold()))
    window = found.engagement.window
    asking = _asking(found, wanted)
    return Page(
        heading=_heading(found, shown),
        lede=f"Invitations due in the {window.days} days to {view.day(window.to_on)}.",
        filters=_filters(wanted, teams),
        as_of=window.to_on.isoformat(),
        today=today,
        hidden={"order": "work"} if by_work else {},
        links=[
            Link("How we know", "/definitions#g-chance", "what chance is"),
            *files(wanted.address("/csms"), "of the table"),
        ],
        orders=_orders(wanted, by_work=by_work) if len(shown) > 1 else [],
        standard=view.percent(preferences.response_standard),
        yardstick=_yardstick(found),
        rows=[_row(one, found, asking, own=one.csm_id == own_csm_id) for one in shown],
        footer=footer(found),
        funnel_heading=f"Response against the {'team' if wanted.team_line else 'standard'}",
        funnel_links=[_other_line(wanted)],
        drawing=_funnel(found, wanted),
        caption=_caption(found),
        behind=_behind(shown, asking),
        quadrants=_quadrants(shown),
        segments=[_segment(one, found, asking) for one in found.segments],
        how=_how(found, preferences),
    )


def _asking(found: CsmsPage, wanted: Wanted) -> Asking:
    """The rows behind a night's figures are those of its moment."""
    kept = found.engagement.kept
    return replace(wanted, as_of=found.engagement.window.to_on).asking if kept else wanted.asking


def _segment(one: SegmentRate, found: CsmsPage, asking: Asking) -> tuple[str, Told, str]:
    """Of everybody on the page; a CSM sees the figure and not other people’s rows."""
    whole = found.engagement.whole
    key = TOTAL if whole.scope == Scope.CSM else (whole.scope, whole.id)
    mark = None
    if one.segment:
        rows = replace(asking, segment=one.segment, live=True).rows_of("response_rate", key)
        mark = Mark("response_rate", one.answered, one.invitations, rows)
    share = view.percent(one.answered / one.invitations) if one.invitations >= 5 else view.DASH
    return one.segment.capitalize() or "No segment", Told(view.of(one.answered, one.invitations), mark), share


def _heading(found: CsmsPage, shown: Sequence[Line]) -> str:
    told = [one for one in shown if one.judged.beyond]
    below = [one for one in shown if one.comparison.standard == "below"]
    if len(shown) == 1:
        return f"Your book: {view.of(shown[0].comparison.answered, shown[0].comparison.invitations)} answered"
    if not found.compared:
        return "Too few invitations have come due to compare anybody"
    books = view.count(found.compared, "book")
    apart = f"{len(told)} of {books} {'is' if len(told) == 1 else 'are'} further from the team than chance would give"
    short = f"{len(below) or 'none'} {'are' if len(below) > 1 else 'is'} below the standard"
    return f"{apart if told else f'None of {books} is further from the team than chance would give'}; {short}"


def _filters(wanted: Wanted, teams: Mapping[str, str]) -> list[Choice]:
    segments = [("", "All segments"), *((one.value, one.value.capitalize()) for one in Segment)]
    periods = [(str(days), f"{days} days") for days in sorted({*WINDOWS, wanted.days})]
    filters = [
        choice("segment", "Segment", segments, wanted.segment),
        choice("days", "Period", periods, str(wanted.days)),
    ]
    if teams:
        named = [("", "All teams"), *((id, f"Team of {name}") for id, name in teams.items())]
        filters.insert(0, choice("team", "Team", named, wanted.team))
    return filters


def _orders(wanted: Wanted, *, by_work: bool) -> list[Link]:
    by_name = wanted.address("/csms")
    return [
        Link("Alphabetical", by_name, current=not by_work),
        Link("By work to do", f"{by_name}{'&' if '?' in by_name else '?'}order=work", current=by_work),
    ]


def _yardstick(found: CsmsPage) -> str:
    if found.by_mix:
        return (
            "Segments answer unlike each other, so each book is compared with what the team gets from the same "
            "segments, roles and channels."
        )
    return "Segments answer alike, so each book is compared with the team’s rate."


def footer(found: CsmsPage) -> str:
    about = f"{found.expected_outside:.1f} of {found.compared}"
    return f"Expected by chance on this page: about {about} outside the inner lines."


def _row(one: Line, found: CsmsPage, asking: Asking, *, own: bool) -> Row:
    that, figures = one.comparison, one.figures
    assert figures is not None  # only those are listed
    response = figures.figures["response_rate"]
    return Row(
        name=one.name,
        href=f"/csms/{one.csm_id}",
        of=_of(figures.accounts, that.accounts, figures.inherited),
        own=own,
        response=figure_view.cell(response, asking, who=one.name),
        span=figure_view.span(response),
        standing=that.standard if that.standard in ("meets", "below") else "",
        against_standard=wording.against_standard(that) if that.invitations else "Nobody was asked in this period.",
        against_team=against_team(one, found),
        beyond=one.judged.beyond and one.judged.low,
        guess=guess(one),
        guess_of=guess_of(one),
        mix=_mix(one),
        mix_of=_mix_of(one),
        work=_work_told(figures.figures, asking),
    )


def _of(accounts: int, asked: int, inherited: int) -> str:
    told = f"{view.count(accounts, 'account')}, {asked} asked"
    return f"{told}; {view.count(inherited, 'invitation')} after a hand-over count for the team" if inherited else told


def against_team(one: Line, found: CsmsPage) -> str:
    """The second comparison in the words of the definitions."""
    that, judged = one.comparison, one.judged
    if judged.team is None:
        return ""
    if judged.beyond:
        late = " Unusual even given how much CSMs differ here." if that.spread_known and not judged.by_mix else ""
        return f"{BEYOND}{late}"
    if judged.team == "edge":
        expected = f"{found.expected_outside:.1g}"
        return (
            "Worth a look. About 1 average book in 22 lands this far out by chance; "
            f"with {view.count(found.compared, 'CSM')} expect about {expected}."
        )
    return (
        f"Within what chance alone would give for {view.count(that.invitations, 'invitation')} in "
        f"{view.count(that.accounts, 'account')}."
    )


def guess(one: Line) -> str:
    return view.percent(one.guess.rate) if one.guess and one.comparison.state == "ok" else view.DASH


def guess_of(one: Line) -> str:
    if one.guess is None or one.comparison.state != "ok":
        return ""
    if one.guess.interval is None:
        return "the team’s"
    return view.span(*one.guess.interval).rstrip("%")


def _mix(one: Line) -> str:
    if one.mix is None or one.comparison.state != "ok":
        return view.DASH
    return f"{one.mix.expected:.0f}"


def _mix_of(one: Line) -> str:
    if one.mix is None or one.mix.ratio is None or one.comparison.state != "ok":
        return ""
    return f"ratio {one.mix.ratio:.2f}"


def _count(figure: Figure, part: str) -> int:
    return 0 if figure.shown == Shown.REASON else figure.parts.get(part, 0)


def _work_parts(figures: Mapping[str, Figure]) -> list[tuple[int, str, str]]:
    return [
        (_count(figures["coverage_named"], "gap"), "empty place", "empty places"),
        (_count(figures["silent_accounts"], "silent"), "silent account", "silent accounts"),
        (_count(figures["follow_up_attainment"], "missed"), "late follow-up", "late follow-ups"),
    ]


def _work_told(figures: Mapping[str, Figure], asking: Asking) -> list[Told]:
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


def _other_line(wanted: Wanted) -> Link:
    if wanted.team_line:
        return Link("Against the standard instead", wanted.address("/csms", team_line=False) + "#h-funnel")
    return Link("Against the team instead", wanted.address("/csms", team_line=True) + "#h-funnel")


def _drawn(found: CsmsPage) -> list[Line]:
    return [one for one in found.lines if one.comparison.state == "ok" and one.comparison.effective >= DRAWN_FROM]


def _funnel(found: CsmsPage, wanted: Wanted) -> Markup:
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


def _caption(found: CsmsPage) -> str:
    small = sum(1 for one in found.lines if one.comparison.invitations) - len(_drawn(found))
    told = (
        "Inside the solid lines (1 in 22) nothing is said. The lines are drawn for reading; "
        "the words are decided by the exact chance of each book."
    )
    others = sum(one.figures is None for one in _drawn(found))
    if others:
        told += f" The {others} hollow points are other books, without names."
    return f"{told} {view.count(small, 'book is', 'books are')} too small to draw." if small else told


def _behind(shown: Sequence[Line], asking: Asking) -> list[tuple[str, Told, str, str]]:
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


_SAYS = {
    ("meets", "like"): ("fine", False),
    ("meets", "low"): ("fine; ask what differs", False),
    ("not_shown", "like"): ("a longer period would tell more", False),
    ("not_shown", "low"): ("ask what differs", False),
    ("below", "like"): ("the process is short, not the person: leader’s work", True),
    ("below", "low"): ("both: look at the book together", True),
}
_STANDINGS = (
    ("meets", "Meets the standard"),
    ("not_shown", "On either side of it"),
    ("below", "Below the standard"),
)


def quadrant_of(one: Line) -> tuple[str, str] | None:
    """Standard by team; who is above the team by more than chance stands with those like it."""
    standard = one.comparison.standard
    if standard is None or one.judged.team is None:
        return None
    unlike = one.judged.low and (one.judged.beyond or one.judged.team == "edge")
    return standard, "low" if unlike else "like"


def quadrant_words(one: Line) -> str:
    found = quadrant_of(one)
    return _SAYS[found][0] if found else ""


def _quadrants(shown: Sequence[Line]) -> list[QuadrantRow]:
    places: dict[tuple[str, str], list[str]] = {}
    for one in sorted(shown, key=lambda line: line.name.casefold()):
        found = quadrant_of(one)
        if found:
            places.setdefault(found, []).append(one.name)
    if len(shown) < 2 or not places:
        return []
    return [
        QuadrantRow(name, [Quadrant(places.get((key, side), []), *_SAYS[key, side]) for side in ("like", "low")])
        for key, name in _STANDINGS
    ]


def _how(found: CsmsPage, preferences: Preferences) -> list[str]:
    standard, compared = preferences.response_standard, found.comparisons
    deffs = [one.comparison.deff for one in found.lines if one.comparison.state == "ok"]
    told = [
        "A book of few invitations moves a lot by chance. Colleagues in one account answer alike "
        f"(correlation {compared.icc:.2f}), so invitations count for less than their number: the effective ones."
    ]
    if found.worth is not None:
        told.append(
            "The best guess of the underlying rate draws each book to the team’s rate, which is worth "
            f"{found.worth:.0f} invitations here. The counts stay the headline; the guess is for setting targets."
        )
    else:
        told.append(
            "The books do not differ by more than chance, so the best guess of every underlying rate is the team’s."
        )
    if compared.tau2 > 0:
        told.append(
            "CSMs differ here by more than chance; the lines around the team allow for that much, and a flag means "
            "unusual even so."
        )
    told.append(
        "Several books are looked at together: one is beyond chance too if at most 1 in 10 of those named would be "
        "named by chance (false discovery rate)."
    )
    power = power_words(standard, deffs)
    return [*told, power] if power else told


def power_words(standard: float, deffs: Sequence[float]) -> str:
    """What it would take to see a true shortfall: honest power."""
    if not deffs:
        return ""
    deff = sum(deffs) / len(deffs)
    told = []
    for gap in (0.15, 0.10):
        low = standard - gap
        if low > 0:
            inner, outer = (statistics.n_needed(p0=standard, p1=low, k=k, deff=deff) for k in (2, 3))
            told.append(
                f"a true {view.percent(low)} takes {view.number(inner)} invitations at the inner lines and "
                f"{view.number(outer)} at the outer ones"
            )
    if not told:
        return ""
    return (
        f"To see, against {view.percent(standard)} and in 4 of 5 periods, {'; '.join(told)}. "
        "Most books are smaller: use longer windows, not sharper words."
    )


FILE_COLUMNS = (
    Column("CSM"),
    Column("Answered", Kind.WHOLE),
    Column("Invitations", Kind.WHOLE),
    Column("Accounts asked", Kind.WHOLE),
    Column("Effective invitations", Kind.NUMBER, "After widening: colleagues answer alike"),
    Column("Against the standard"),
    Column("Against the team"),
    Column("Chance", Kind.NUMBER, "p of the comparison with the team"),
    Column("False discovery rate", Kind.NUMBER),
    Column("Best guess", Kind.SHARE),
    Column("From", Kind.SHARE),
    Column("To", Kind.SHARE),
    Column("Expected from the mix", Kind.NUMBER),
    Column("Ratio to the mix", Kind.NUMBER),
)


def file_row(one: Line, found: CsmsPage) -> tuple[FileCell, ...]:
    that = one.comparison
    span = one.guess.interval if one.guess and one.guess.interval else (None, None)
    return (
        one.name,
        that.answered,
        that.invitations,
        that.accounts,
        round(that.effective, 1),
        wording.against_standard(that) if that.invitations else "",
        against_team(one, found),
        one.judged.p,
        one.judged.q,
        one.guess.rate if one.guess else None,
        *span,
        None if one.mix is None else round(one.mix.expected, 1),
        None if one.mix is None else one.mix.ratio,
    )
