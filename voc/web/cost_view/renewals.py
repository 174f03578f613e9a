"""The renewals behind a number, a page at a time, and as a file."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from voc.base.words import AccountState, OutOfCohort
from voc.metrics.cost.backtest import band_of
from voc.metrics.cost.renewal import Group, Renewal
from voc.metrics.run.cost import CostPage
from voc.reports.cells import Cell
from voc.reports.tables import Column
from voc.reports.tables import Kind as Holds
from voc.web import view
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
