"""The page as a whole: the standard first, chance second, people in alphabetical order."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from markupsafe import Markup

from voc.base.preferences import Preferences
from voc.base.words import Scope
from voc.metrics import wording
from voc.metrics.cohorts import TOTAL
from voc.metrics.mix import SegmentRate
from voc.metrics.moved import Gone
from voc.metrics.run.csms import CsmsPage, Line
from voc.web import figure_view, view
from voc.web.csms_view.drawn import behind, books_drawn, caption, other_line
from voc.web.csms_view.quadrants import QuadrantRow, quadrants
from voc.web.csms_view.words import (
    against_team,
    footer,
    guess,
    guess_of,
    how,
    in_all,
    mix,
    mix_of,
    yardstick,
)
from voc.web.csms_view.work import work_of, work_told
from voc.web.engagement_view import Wanted, filters
from voc.web.figure_view import Asking, Cell
from voc.web.parts import Choice, Link, Mark, Told, files


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
class Page:
    heading: str
    lede: str
    filters: Sequence[Choice]
    as_of: str
    as_of_words: str
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
        filters=filters(wanted, teams, regions=found.engagement.regions),
        as_of=window.to_on.isoformat(),
        as_of_words=view.day(window.to_on),
        today=today,
        hidden={"order": "work"} if by_work else {},
        links=[
            Link("What chance is", "/definitions#g-chance"),
            *files(wanted.address("/csms"), "of the table"),
        ],
        orders=_orders(wanted, by_work=by_work) if len(shown) > 1 else [],
        standard=view.percent(preferences.response_standard),
        yardstick=yardstick(found),
        rows=[_row(one, found, asking, own=one.csm_id == own_csm_id) for one in shown],
        footer=" ".join(one for one in (in_all(found), footer(found)) if one),
        funnel_heading=f"Response against the {'team' if wanted.team_line else 'standard'}",
        funnel_links=[other_line(wanted)],
        drawing=books_drawn(found, wanted),
        caption=caption(found),
        behind=behind(shown, asking),
        quadrants=quadrants(shown),
        segments=[_segment(one, found, asking) for one in found.segments],
        how=how(found, preferences),
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


def _one_book(one: Line, *, own: bool) -> str:
    whose, invitations = "Your book" if own else one.name, one.comparison.invitations
    return f"{whose}: {f'{view.of(one.comparison.answered, invitations)} answered' if invitations else 'nobody asked'}"


def _heading(found: CsmsPage, shown: Sequence[Line]) -> str:
    told = [one for one in shown if one.judged.beyond]
    below = [one for one in shown if one.comparison.standard == "below"]
    if len(shown) == 1:
        return _one_book(shown[0], own=found.engagement.whole.scope == Scope.CSM)
    if not found.compared:
        return "Too few invitations have come due to compare anybody"
    books = view.count(found.compared, "book")
    apart = f"{len(told)} of {books} {'is' if len(told) == 1 else 'are'} further from the team than chance would give"
    look = sum(one.judged.team == "edge" and not one.judged.beyond for one in shown)
    apart = apart if told else f"None of {books} is further from the team than chance would give"
    if look:
        apart += f", {look} {'is' if look == 1 else 'are'} worth a look"
    short = f"{len(below) or 'none'} {'are' if len(below) > 1 else 'is'} below the standard"
    return f"{apart}; {short}"


def _orders(wanted: Wanted, *, by_work: bool) -> list[Link]:
    by_name = wanted.address("/csms")
    return [
        Link("Alphabetical", by_name, current=not by_work),
        Link("By work to do", f"{by_name}{'&' if '?' in by_name else '?'}order=work", current=by_work),
    ]


def _row(one: Line, found: CsmsPage, asking: Asking, *, own: bool) -> Row:
    that, figures = one.comparison, one.figures
    assert figures is not None  # only those are listed
    response = figures.figures["response_rate"]
    return Row(
        name=one.name,
        href=f"/csms/{one.csm_id}",
        of=_of(figures.accounts, that.accounts, figures.inherited, one.gone),
        own=own,
        response=figure_view.cell(response, asking, who=one.name),
        span=figure_view.span(response),
        standing=that.standard if that.standard in ("meets", "below") else "",
        against_standard=wording.against_standard(that) if that.invitations else "Nobody was asked in this period.",
        against_team=against_team(one, found),
        beyond=one.judged.beyond and one.judged.low,
        guess=guess(one),
        guess_of=guess_of(one),
        mix=mix(one),
        mix_of=mix_of(one),
        work=work_told(one, asking),
    )


def _of(accounts: int, asked: int, inherited: int, gone: Gone) -> str:
    """Whose accounts are theirs today, and which were asked under them: two numbers, and why they differ."""
    told = [f"{view.count(accounts, 'account') if accounts else 'no account'} now, {asked} asked in the period"]
    since = [f"{count} {words}" for count, words in gone.told]
    if since:
        told.append(f"of these {view.listed(since)} since")
    if inherited:
        told.append(f"{view.count(inherited, 'invitation')} after a hand-over count for the team")
    return "; ".join(told)
