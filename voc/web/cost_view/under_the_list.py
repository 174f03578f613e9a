"""What silence costs, under the list of silent accounts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from voc.base.words import OutOfCohort
from voc.metrics.cost import words
from voc.metrics.cost.backtest import Backtest, TooEarly
from voc.metrics.cost.renewal import Group
from voc.metrics.cost.table import Cost, Share, Times, TwoByTwo
from voc.metrics.run.cost import CostPage
from voc.web import view
from voc.web.charts_risk import Kind, Line, times
from voc.web.cost_view.renewals import GROUPS
from voc.web.parts import Link, Mark, address, files

_WHY_OUT: Mapping[OutOfCohort, tuple[str, str]] = {
    OutOfCohort.LOST_BEFORE: ("was lost already on the day it is read", "were lost already on the day they are read"),
    OutOfCohort.NOTICE_BEFORE: ("had given notice by the day it is read", "had given notice by the day they are read"),
    OutOfCohort.NOBODY_ASKED: (
        "had no wave of ours in the 180 days before it is read",
        "had no wave of ours in the 180 days before they are read",
    ),
}
_MARKS: Mapping[Kind, str] = {
    Kind.OWN: "Square: told by our own renewals.",
    Kind.ALL: "Diamond: all, told by our own renewals.",
    Kind.GUESS: "Hollow circle on a dashed line: too little data, a cautious guess.",
}


@dataclass(frozen=True)
class Row:
    name: str
    of: str
    left: str
    stayed: str
    all: str
    share: str
    span: str
    mark: Mark


@dataclass(frozen=True)
class BandRow:
    name: str
    words: str
    share: float
    mark: Mark


@dataclass(frozen=True)
class Thin:
    tag: str
    words: str
    until: str


@dataclass(frozen=True)
class TestRow:
    name: str
    sorts: str
    listed: str


@dataclass(frozen=True)
class Tested:
    verdict: str
    rivals: Sequence[TestRow]
    gain: str
    calibrated: str
    quarters: Sequence[tuple[str, str, str, str]]


@dataclass(frozen=True)
class CostSection:
    headline: str
    until: str
    links: Sequence[Link]
    caption: str
    rows: Sequence[Row]
    total: Row
    adds_up: str
    notes: Sequence[str]
    drawing: Markup
    legend: str
    drawn: Sequence[tuple[str, str, str]]
    thin: Sequence[Thin]
    bands: Sequence[BandRow]
    bands_words: str
    tested: Tested | None
    not_tested: str
    how: Sequence[str]


def section(found: CostPage) -> CostSection | None:
    """None before any renewal was decided."""
    cost = found.cost
    if not cost.renewals:
        return None
    lines = _lines(cost)
    return CostSection(
        headline=words.headline(cost),
        until=words.when_enough(cost.table) if not cost.table.enough else "",
        links=_links(cost, found.own),
        caption=_caption(cost),
        rows=_rows(cost),
        total=_row("All", "", cost.total, "/silent/renewals"),
        adds_up=_adds_up(cost),
        notes=[told for told in (words.crude(cost), words.treated(cost), _not_drawn(cost)) if told],
        legend=" ".join(_MARKS[kind] for kind in Kind if kind in {one.kind for one in lines}),
        drawing=times(lines, title="Times as often as responding accounts", description=_description(lines))
        if lines
        else Markup(""),
        drawn=[(one.name, one.counts, one.words) for one in lines],
        thin=_thin(cost),
        bands=[_band(name, share) for name, share in found.bands],
        bands_words=_scored(found),
        tested=_tested(found.backtest) if isinstance(found.backtest, Backtest) else None,
        not_tested=words.too_early(found.backtest) if isinstance(found.backtest, TooEarly) else "",
        how=[told for told in (words.exact(cost), words.fitted(cost)) if told],
    )


def _links(cost: Cost, mine: int) -> list[Link]:
    links = [Link("Definition", "/definitions#cost_of_silence", "of what silence costs")]
    if mine:
        which = f"The {view.count(mine, 'renewal')}" if mine == cost.total.all else f"Yours of them: {mine}"
        links.append(Link(which, "/silent/renewals", "counted in the table"))
        links += files("/silent/renewals", "of the renewals")
    return links


def _caption(cost: Cost) -> str:
    if cost.since is None or cost.until is None:
        return "No renewal can be counted yet."
    period = f"{cost.since:%B %Y} to {cost.until:%B %Y}" if cost.since != cost.until else f"{cost.since:%B %Y}"
    return (
        f"All teams, renewals decided {period}, one for each customer. Read 90 days before each decision, or at the "
        "notice date if earlier: nothing after that day is used. Left is a renewal that was decided and lost; "
        "elsewhere who is no customer any more is counted by the CRM’s word, with or without a renewal."
    )


def _rows(cost: Cost) -> list[Row]:
    shares = {Group.SILENT: cost.table.silent, Group.RESPONDING: cost.table.responding, Group.THIRD: cost.third}
    return [
        _row(*GROUPS[group], share, address("/silent/renewals", group=group.value)) for group, share in shares.items()
    ]


def _row(name: str, of: str, share: Share, href: str) -> Row:
    many = share.all >= words.LEAST_FOR_A_SHARE
    return Row(
        name=name,
        of=of,
        left=view.number(share.left),
        stayed=view.number(share.stayed),
        all=view.number(share.all),
        share=view.percent(share.left / share.all) if many else view.DASH,
        span=view.span(*share.interval).rstrip("%")
        if share.interval and share.all >= words.LEAST_FOR_AN_INTERVAL
        else "",
        mark=Mark("renewals", share.left, share.all, href),
    )


def _band(name: str, share: Share) -> BandRow:
    mark = Mark("renewals", share.left, share.all, address("/silent/renewals", band=name))
    drawn = share.left / share.all if share.all >= words.LEAST_FOR_A_SHARE else 0.0
    return BandRow(name, words.band(share), drawn, mark)


def _adds_up(cost: Cost) -> str:
    """From all decisions to those of the table, and to those that are compared: every number of the section."""
    count, table = cost.total.all, cost.table
    out = [view.count(many, *_WHY_OUT[reason]) for reason, many in cost.out.items()]
    if cost.earlier:
        out.append(f"{view.count(cost.earlier, 'is', 'are')} of customers who decided again since")
    told = [f"{view.count(cost.renewals, 'renewal was', 'renewals were')} decided."]
    if out:
        told.append(f"Left out: {'; '.join(out)}.")
    if count:
        compared = table.silent.all + table.responding.all
        told.append(f"Of the {view.number(count)} that count {view.number(compared)} were silent or responding")
        told[-1] += ", and are compared"
        told[-1] += f"; the {view.number(cost.third.all)} of the third group stand beside." if cost.third.all else "."
    return " ".join(told)


def _scored(found: CostPage) -> str:
    """Why the bands count fewer than the table."""
    scored, all_of_them = sum(share.all for _, share in found.bands), found.cost.total.all
    if not scored or scored == all_of_them:
        return ""
    none = view.count(all_of_them - scored, "other")
    return f"{view.number(scored)} of the {view.number(all_of_them)}: the {none} had no score on that day."


def _not_drawn(cost: Cost) -> str:
    empty = [name.capitalize() for name, table in cost.segments if not _both(table)]
    return f"Nothing to compare yet, so not drawn: {', '.join(empty)}." if empty else ""


def _both(table: TwoByTwo) -> bool:
    return bool(table.silent.all and table.responding.all)


def _lines(cost: Cost) -> list[Line]:
    lines = [_line(name.capitalize(), table) for name, table in cost.segments]
    # A guess is not made segment for segment.
    by_segment = cost.stratified if cost.table.enough else None
    whole = _line("All, segment for segment" if by_segment else "All", cost.table, all_of_them=by_segment)
    return [one for one in (*lines, whole) if one is not None] if len(lines) > 1 else ([whole] if whole else [])


def _line(name: str, table: TwoByTwo, *, all_of_them: Times | None = None) -> Line | None:
    counts = words.against(table).replace(" against ", " v ")
    if table.enough and table.crude is not None:
        shown = all_of_them or table.crude
        kind = Kind.ALL if name.startswith("All") else Kind.OWN
        return Line(name, counts, shown.value, shown.low, shown.high, _times(shown), kind)
    if table.guess is None or not _both(table):  # the prior alone would look like a finding
        return None
    shown = table.guess.times
    return Line(name, counts, shown.value, shown.low, shown.high, f"{_times(shown)} guess", Kind.GUESS)


def _times(one: Times) -> str:
    return f"{words.number(one.value)}× ({words.span(one)})"


def _description(lines: Sequence[Line]) -> str:
    told = "; ".join(f"{one.name}: {one.words}, {one.counts}" for one in lines)
    return f"How many times as often silent accounts left as responding ones, with 95% intervals. {told}."


def _thin(cost: Cost) -> list[Thin]:
    """The segments that cannot tell by themselves, in words; of the whole the headline says it."""
    if not cost.table.enough:
        return []
    return [
        Thin(f"{name.capitalize()}, where the data is thin", words.cannot_tell(table), words.when_enough(table))
        for name, table in cost.segments
        if not table.enough and table.guess is not None and _both(table)
    ]


def _tested(found: Backtest) -> Tested:
    gain = ""
    if found.gain is not None:
        gain = (
            f"The score against silent yes or no: {view.signed(found.gain[0], 2)} "
            f"({view.signed(found.gain[1], 2)} to {view.signed(found.gain[2], 2)})."
        )
    return Tested(
        verdict=words.verdict(found),
        rivals=[
            TestRow(
                one.name.capitalize(), words.sorts(one), f"{one.captured:.1f}".removesuffix(".0") + f" of {one.listed}"
            )
            for one in found.rivals
        ],
        gain=gain,
        calibrated=words.calibrated(found),
        quarters=[(one.name, str(one.decided), str(one.lost), f"{one.expected:.1f}") for one in found.quarters],
    )
