"""What silence costs here, as the page of silent accounts shows it: the sentence, the table, the segments, the test."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from voc.base.words import AccountState, OutOfCohort
from voc.metrics.cost import words
from voc.metrics.cost.backtest import Backtest, TooEarly, band_of
from voc.metrics.cost.table import Cost, Group, Renewal, Share, Times, TwoByTwo
from voc.metrics.run.cost import CostPage
from voc.reports.cells import Cell
from voc.reports.tables import Column
from voc.reports.tables import Kind as Holds
from voc.web import view
from voc.web.charts_risk import Kind, Line, times
from voc.web.paged_list import ON_A_PAGE, page_of
from voc.web.parts import Link, Mark, address, files

GROUPS: Mapping[Group, tuple[str, str]] = {
    Group.SILENT: ("Silent", ""),
    Group.RESPONDING: ("Responding", ""),
    Group.THIRD: ("Third group", "not asked, unreachable, quiet, in flight, new"),
}
OUT: Mapping[OutOfCohort, str] = {
    OutOfCohort.LOST_BEFORE: "lost already by that day",
    OutOfCohort.NOTICE_BEFORE: "had given notice by that day",
    OutOfCohort.NOBODY_ASKED: "no wave of ours had run in the 180 days before",
}
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
        "notice date if earlier: nothing after that day is used."
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


# --- the rows behind it ---


@dataclass(frozen=True)
class RenewalRow:
    name: str
    href: str
    csm: str
    segment: str
    decided: str
    landmark: str
    outcome: str
    state: str
    score: str
    treated: str
    lost: bool


@dataclass(frozen=True)
class RenewalsPage:
    heading: str
    lede: str
    links: Sequence[Link]
    mark: Mark
    counted: int
    withheld: int
    withheld_words: str
    rows: Sequence[RenewalRow]
    beside_words: str
    beside: Sequence[RenewalRow]
    pages: Sequence[Link]


def chosen(found: CostPage, group: str, band: str = "") -> list[Renewal]:
    """The viewer's own accounts, of one group or of one band of the score if one is named."""
    return [one for one in _all_chosen(found, group, band) if one.account_id in found.mine]


def _all_chosen(found: CostPage, group: str, band: str) -> list[Renewal]:
    rows: Sequence[Renewal] = found.renewals
    if band:
        rows = [one for one in rows if one.counts and one.score is not None and band_of(one.score) == band]
    if group in {one.value for one in Group}:
        rows = [one for one in rows if one.counts and one.group == group]
    return list(rows)


def renewals_page(
    found: CostPage,
    *,
    group: str,
    csms: Mapping[str, str],
    band: str = "",
    after: str = "",
    size: int = ON_A_PAGE,
) -> RenewalsPage:
    """Those that count a page at a time, then those that do not."""
    rows = chosen(found, group, band)
    everybody = [one for one in _all_chosen(found, group, band) if one.counts]
    withheld = len(everybody) - sum(one.counts for one in rows)
    counted, beside = [one for one in rows if one.counts], [one for one in rows if not one.counts]
    left = sum(one.lost for one in counted)
    name = GROUPS[Group(group)][0].lower() if group in {one.value for one in Group} else "counted"
    name = f"{name}, band {band}" if band else name
    path = address("/silent/renewals", group=group, band=band)

    def after_row(key: str) -> str:
        return address("/silent/renewals", group=group, band=band, after=key)

    page = page_of([*counted, *beside], _key, after=after, address=after_row, size=size)
    return RenewalsPage(
        heading=f"{view.count(len(counted), 'renewal')} {name}, {left} left",
        lede="One for each customer, the latest. The state is what was known 90 days before the decision, or at the "
        "notice date if earlier; nothing that came later entered.",
        links=[
            Link("Definition", "/definitions#cost_of_silence", "of what silence costs"),
            *files(path, "of these renewals"),
        ],
        mark=Mark(
            "renewals",
            sum(one.lost for one in everybody),
            len(everybody),
            path,
        ),
        counted=len(counted),
        withheld=withheld,
        withheld_words=f"{view.count(withheld, 'more is', 'more are')} counted that belong to other people’s accounts: "
        "silence has one price for the whole company, and each sees the rows of the own book."
        if withheld
        else "",
        rows=[_renewal(one, csms) for one in page.rows if one.counts],
        beside_words=f"Not counted: {view.count(len(beside), 'decision')}" if beside else "",
        beside=[_renewal(one, csms) for one in page.rows if not one.counts],
        pages=page.links,
    )


def _key(one: Renewal) -> str:
    return f"{one.account_id} {one.decided_on.isoformat()}"


def _renewal(one: Renewal, csms: Mapping[str, str]) -> RenewalRow:
    return RenewalRow(
        name=one.account_name,
        href=f"/accounts/{one.account_id}",
        csm=csms.get(one.csm_id or "", view.DASH),
        segment=one.segment or view.DASH,
        decided=view.short_day(one.decided_on),
        landmark=view.short_day(one.landmark_on),
        outcome="left" if one.lost else "stayed",
        state=why(one),
        score=view.score(one.score),
        treated="yes" if one.treated else "no",
        lost=one.lost,
    )


def why(one: Renewal) -> str:
    """The state that counts, or why it does not."""
    if one.reason is not None:
        return OUT[one.reason]
    if one.earlier:
        return "an earlier renewal of this customer"
    return view.low_word(one.state) if one.state != AccountState.HEARD else "responding"


FILE_COLUMNS = (
    Column("Account"),
    Column("CSM then"),
    Column("Segment then"),
    Column("Decided", Holds.DAY),
    Column("Read on", Holds.DAY, "What was known then, 90 days before or at the notice date, and nothing later"),
    Column("Outcome"),
    Column("State then"),
    Column("Counted", Holds.YES, "In the table of what silence costs"),
    Column("Score then", Holds.NUMBER),
    Column("Days since an answer", Holds.WHOLE),
    Column("Called in between", Holds.YES),
)


def file_rows(renewals: Sequence[Renewal], csms: Mapping[str, str]) -> list[Sequence[Cell]]:
    return [
        (
            one.account_name,
            csms.get(one.csm_id or ""),
            one.segment,
            one.decided_on,
            one.landmark_on,
            "left" if one.lost else "stayed",
            why(one),
            one.counts,
            None if one.score is None else round(one.score, 1),
            None if one.days_since_answer is None else round(one.days_since_answer),
            one.treated,
        )
        for one in renewals
    ]
