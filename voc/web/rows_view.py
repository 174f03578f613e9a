"""The rows behind a figure: as many as its count says, each with a word for what it is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from voc.metrics.catalogue import BY_NAME, Measure
from voc.metrics.model import CONFIDENTIAL, CountedRow
from voc.reports.cells import Cell
from voc.reports.tables import Column, Kind
from voc.web import view
from voc.web.parts import Link, files

MOST_SHOWN = 1_000  # rows of one page; the file has them all

LABELS: Mapping[str, str] = {
    "complete": "complete",
    "partial": "key question answered",
    "refused": "said no",
    "silent": "silent",
    "other": "other",
    "unknown": "mail bounced",
    "not_eligible": "not eligible",
    "answered": "answered",
    "bounced": "mail bounced",
    "opted_out": "never again",
    "in_flight": "being asked now",
    "in_confidence": "asked in confidence",
    "not_asked": "not asked",
    "not_asked_opted_out": "opted out earlier",
    "no_contact": "no contact",
    "fresh": "fresh",
    "stale": "stale",
    "own_word": "fresh by a CSM’s own word",
    "confirmed": "confirmed",
    "gap": "gap",
    "named": "named",
    "promoter": "promoter",
    "passive": "passive",
    "detractor": "detractor",
    "not heard": "not heard",
    "heard": "heard",
    "met": "in time",
    "missed": "late",
    "pending": "open within the limit",
    "no_rate": "no exchange rate",
    "census": "counted",
    "in_time": "in time",
    "late": "late",
    "overdue": "past its day, not decided",
    "no_due_date": "no renewal date on the account",
    "no_revenue": "no amount in the CRM",
    "no_yardstick": "too few completed to compare",
    "from_the_crm": "score from the CRM",
}


@dataclass(frozen=True)
class Head:
    words: str
    number: bool = False


@dataclass(frozen=True)
class Shown:
    words: str
    href: str = ""
    of: str = ""


@dataclass(frozen=True)
class RowsPage:
    figure: str
    heading: str
    lede: str
    back: Link
    links: Sequence[Link]
    count_words: str
    heads: Sequence[Head]
    rows: Sequence[Sequence[Shown]]
    beside_words: str
    beside: Sequence[Sequence[Shown]]
    none: str


_HEADS = (
    *(Head(words) for words in ("Account", "Person", "Role", "CSM", "State")),
    Head("Counts", number=True),
    Head("Of", number=True),
)


def page(
    rows: Sequence[CountedRow], *, figure: str, who: str, window: str, csms: Mapping[str, str], back: Link, file: str
) -> RowsPage:
    """Those that count first, then those that stand beside the figure (a bounce beside a response rate)."""
    definition = BY_NAME[figure]
    counted, beside = split(rows)
    part, whole = sum(row.part for row in counted), sum(row.whole for row in counted)
    return RowsPage(
        figure=definition.label,
        heading=f"{definition.label}: {_total(part, whole, figure)}",
        lede=f"{definition.text} {who}; {window}",
        back=back,
        links=[
            Link("Definition", f"/definitions#{figure}", f"of {definition.label}"),
            *files(file, "of all rows"),
        ],
        count_words=f"{view.count(len(counted), 'row')} counted{_cut(len(counted))}",
        heads=_HEADS,
        rows=[_row(row, csms) for row in counted[:MOST_SHOWN]],
        beside_words=f"Beside it, not counted: {view.count(len(beside), 'row')}{_cut(len(beside))}" if beside else "",
        beside=[_row(row, csms) for row in beside[:MOST_SHOWN]],
        none="Nothing to count in this period.",
    )


def split(rows: Sequence[CountedRow]) -> tuple[list[CountedRow], list[CountedRow]]:
    return [row for row in rows if row.whole > 0], [row for row in rows if row.whole <= 0]


def _total(part: float, whole: float, figure: str) -> str:
    if not whole:
        return "nothing to count"
    if BY_NAME[figure].measure == Measure.SCORE:
        return f"from {view.count(round(whole), 'vote')}"
    return f"{view.of(part, whole)} {BY_NAME[figure].counts}"


def _cut(count: int) -> str:
    return f", the first {MOST_SHOWN:,} shown; the file has all" if count > MOST_SHOWN else ""


def _row(row: CountedRow, csms: Mapping[str, str]) -> list[Shown]:
    account = Shown(row.account_name, "" if row.handed_over else f"/accounts/{row.account_id}")
    if row.handed_over:
        account = Shown(row.account_name, of="handed over since")
    if row.kind == CONFIDENTIAL:
        account = Shown(row.account_name, f"/waves/{row.id}", of="in confidence: nobody’s row, in no order")
    elif not row.account_id:
        account = Shown(csms.get(row.csm_id or "", view.DASH), of=view.low_word(row.kind))
    follow_up = f"/follow-ups/{row.id}" if row.kind == "follow_up" and not row.handed_over else ""
    return [
        account,
        Shown(row.contact_name or view.DASH),
        Shown(view.word(row.role)),
        Shown(csms.get(row.csm_id or "", view.DASH)),
        Shown(label(row.label), follow_up, _when(row)),
        Shown(_number(row.part)),
        Shown(_number(row.whole)),
    ]


def _when(row: CountedRow) -> str:
    """The day of a dated fact, and how long it took."""
    told = [view.short_day(row.on)] if row.on is not None else []
    return ", ".join([*told, *([view.count(round(row.size), "day")] if row.size is not None else [])])


def label(key: str) -> str:
    return LABELS.get(key, view.low_word(key))


def _number(value: float) -> str:
    return view.number(value, 0 if value == round(value) else 2)


FILE_COLUMNS = (
    Column("Account"),
    Column("Account id"),
    Column("Person"),
    Column("Role"),
    Column("CSM"),
    Column("State"),
    Column("Counts", Kind.NUMBER, "Its part of the numerator"),
    Column("Of", Kind.NUMBER, "Its part of the denominator; 0 stands beside the figure"),
    Column("Record", meaning="What the row is"),
    Column("Record id"),
    Column("Day", Kind.DAY),
    Column("Days", Kind.NUMBER),
)


def file_rows(rows: Sequence[CountedRow], csms: Mapping[str, str]) -> list[Sequence[Cell]]:
    return [
        (
            row.account_name,
            row.account_id,
            row.contact_name,
            row.role.value if row.role else None,
            csms.get(row.csm_id or ""),
            label(row.label),
            row.part,
            row.whole,
            row.kind,
            row.id,
            row.on,
            row.size,
        )
        for row in rows
    ]
