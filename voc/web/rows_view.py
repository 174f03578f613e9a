"""The rows behind a figure: as many as its count says, each with a word for what it is."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlencode

from voc.base.words import FigureState
from voc.metrics import wording
from voc.metrics.catalogue import OPENS, Measure, Owner
from voc.metrics.model import CONFIDENTIAL, CountedRow, Figure
from voc.metrics.model import Shown as FigureShown
from voc.metrics.rows import Page, told
from voc.metrics.run.counted_rows import Behind, Opened
from voc.reports.cells import Cell
from voc.reports.tables import Column, Kind
from voc.web import figure_view, view
from voc.web.parts import Link, Mark, files

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
    "missed": "contacted late",
    "open_late": "open past the limit",
    "pending": "open within the limit",
    "no_rate": "no exchange rate",
    "census": "counted",
    "in_time": "in time",
    "waiting": "no answer yet",
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
class Line:
    """A row; `part` and `whole` are what it adds to the numerator and to the denominator."""

    cells: Sequence[Shown]
    part: float
    whole: float


@dataclass(frozen=True)
class Table:
    """One page of rows and the ways to the pages beside it."""

    words: str
    lines: Sequence[Line]
    pages: Sequence[Link]
    count: int


@dataclass(frozen=True)
class RowsPage:
    figure: str
    heading: str
    lede: str
    facts: Sequence[tuple[str, str]]
    back: Link
    links: Sequence[Link]
    mark: Mark
    heads: Sequence[Head]
    counted: Table | None
    beside: Table | None
    none: str
    differs: str


_HEADS = tuple(Head(words) for words in ("Account", "Person", "Role", "CSM", "State"))


@dataclass(frozen=True)
class Around:
    """Whose rows, by which names, where the page came from, and which rows it shows."""

    who: str
    csms: Mapping[str, str]
    back: Link
    path: str  # of this view, without its place
    beside: bool = False


def page(found: Behind, opened: Opened, around: Around) -> RowsPage:
    """Those that count first, then those that stand beside the figure (a bounce beside a response rate)."""
    definition, figure = found.definition, found.figure
    here = _table(found.page, found.beside if around.beside else found.counted, found, around, beside=around.beside)
    other = None
    if found.beside_page is not None and found.beside_page.rows:
        other = _table(found.beside_page, found.beside, found, around, beside=True)
    shows = bool(here.lines) or here.count
    links = [Link("Definition", f"/definitions#{opened.figure}", f"of {definition.label}")]
    if shows or other is not None:
        links += files(around.path, "of all rows")
    part, whole = (None, None) if figure is None else (figure.numerator, figure.denominator)
    return RowsPage(
        figure=definition.label,
        heading=_heading(found, opened),
        lede=definition.text,
        facts=_facts(found, opened, around),
        back=around.back,
        links=links,
        mark=Mark(opened.figure, part, whole, around.path),
        heads=[*_HEADS, *(Head(words, number=True) for words in _sums(found))],
        counted=here if shows and not around.beside else None,
        beside=here if around.beside else other,
        none=_none(found, opened, other is not None),
        differs=_differs(found, opened.label),
    )


def _sums(found: Behind) -> tuple[str, str]:
    return (f"Counts, {found.currency}", f"Of, {found.currency}") if found.definition.in_money else ("Counts", "Of")


def _table(page: Page, count: int, found: Behind, around: Around, *, beside: bool) -> Table:
    more = page.before is not None or page.after is not None
    shown = f", {view.number(len(page.rows))} on this page" if more else ""
    rows = view.count(count, "row")
    words = f"Beside it, not counted: {rows}{shown}" if beside else f"{rows} counted{shown}"
    lines = [Line(_row(row, around.csms, found), row.part, row.whole) for row in page.rows]
    return Table(words, lines, _pages(page, around, beside=beside), count)


def _pages(page: Page, around: Around, *, beside: bool) -> list[Link]:
    if page.before is None and page.after is None:
        return []
    kind = {"beside": "1"} if beside else {}
    links = []
    if page.before is not None:
        links.append(Link("First page", _with(around.path, **kind)))
        links.append(Link("The page before", _with(around.path, **kind, before=told(page.before))))
    if page.after is not None:
        links.append(Link("The next page", _with(around.path, **kind, after=told(page.after))))
    return links


def _with(path: str, **query: str) -> str:
    return f"{path}&{urlencode(query)}" if query else path


def _heading(found: Behind, opened: Opened) -> str:
    figure, name = found.figure, found.definition.label
    if figure is None:
        return f"{name}: the rows are those of other people’s accounts"
    if opened.label:
        return f"{name}: {label(opened.label)}, {view.count(found.counted + found.beside, 'row')}"
    if figure.shown == FigureShown.REASON:
        return f"{name}: {(figure.reason or 'nothing to count').rstrip('.')}"
    value, counts = wording.value(figure), counts_of(figure, found.currency)
    return f"{name}: {counts}" if counts.startswith(value) else f"{name}: {value}, {counts}"


def counts_of(figure: Figure, currency: str) -> str:
    """24 of 55 invitations; 1.2m USD of 2.0m USD, 14 accounts."""
    definition = OPENS[figure.name]
    if not definition.in_money:
        return figure_view.counts(figure)
    rows = view.number(figure.counted)
    what = definition.rows or definition.counts
    if what == "accounts" and figure.accounts and figure.accounts != figure.counted:
        what = "rows"  # an account that changed hands has one for each of its owners
    if definition.measure == Measure.SCORE:
        return f"{rows} {what} with {view.money(figure.denominator, currency)}"
    if definition.measure == Measure.MONEY:
        return f"{view.money(figure.numerator, currency)} in {rows} {what}"
    return f"{view.money(figure.numerator, currency)} of {view.money(figure.denominator, currency)}, {rows} {what}"


def _facts(found: Behind, opened: Opened, around: Around) -> list[tuple[str, str]]:
    figure, window = found.figure, found.window
    facts = [("Whose", around.who)]
    if figure is not None and figure.shown != FigureShown.REASON:
        facts.append(("Counted", counts_of(figure, found.currency)))
        if figure.accounts:
            facts.append(("In", view.count(figure.accounts, "account")))
        if figure.interval is not None:
            facts.append(("95% interval", wording.interval(figure) or ""))
        if told_all := wording.everybody(figure):
            facts.append(("Of all asked", told_all))
        if told_more := wording.more(figure):
            facts.append(("Too few", told_more))
        if figure.left_out:
            facts.append(("Left out", f"{view.listed(figure.left_out)}: no exchange rate for {found.currency}"))
    if found.definition.owner == Owner.TODAY:
        facts.append(("Stands", f"as on {view.day(window.to_on)}; periods in it are {window.days} days"))
    else:
        first = window.after_on + timedelta(days=1)
        facts.append(("Period", f"{view.day(first)} to {view.day(window.to_on)}, {window.days} days"))
    facts.append(("As of", _as_of(found, opened)))
    narrowed = [one for one in (opened.segment, opened.region, label(opened.label) if opened.label else "") if one]
    if narrowed:
        facts.append(("Only", view.listed(narrowed)))
    facts.append(("Definition", f"version {figure.definition_version if figure else found.definition.version}"))
    return facts


def _as_of(found: Behind, opened: Opened) -> str:
    if found.kept:
        return f"the night after {view.day(opened.as_of)}, which stays as it was counted"
    if opened.as_of is not None:
        return f"{view.day(opened.as_of)}, counted now"
    return "now"


def _none(found: Behind, opened: Opened, beside: bool) -> str:
    figure = found.figure
    if figure is None:
        return (
            "The total counts everybody’s accounts. Its rows name customers of other people: leaders see them, and "
            "everybody sees those of the own book."
        )
    why = figure.reason or "Nothing to count in this period."
    if figure.state == FigureState.SUPPRESSED:
        return f"{why} Rows would say who it was, so there are none."
    if figure.shown == FigureShown.REASON:
        return f"{why} What stands beside it is below." if beside else f"{why} So there are no rows."
    if opened.label:
        return f"No row of this figure has the state {label(opened.label)}. Without that choice all of them show."
    return why


def _differs(found: Behind, label: str) -> str:
    if not found.compared:
        return (
            "The night’s count stands above. The rows are found now and are too many to add up for one page: the file "
            "has all of them."
        )
    if found.differs is None or found.figure is None:
        return ""
    count, part, whole = found.differs
    figure = found.figure
    if label:
        then, now = f"{view.count(figure.parts.get(label, 0), 'row')} of these", f"{view.number(count)}"
    else:
        then = f"{view.count(figure.counted, 'row')}, {_sum(figure.numerator)} of {_sum(figure.denominator)}"
        now = f"{view.number(count)}, {_sum(part)} of {_sum(whole)}"
    return (
        f"The night counted {then}; the rows found now are {now}. What was learned since (roles, segments, managers "
        "and merges from the CRM, what came in late) changes which rows there are, not what the night counted."
    )


def _sum(value: float | None) -> str:
    return number(value or 0.0)


def _row(row: CountedRow, csms: Mapping[str, str], found: Behind) -> list[Shown]:
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
        Shown(label(row.label), follow_up, when(row)),
        Shown(number(row.part)),
        Shown(number(row.whole)),
    ]


def when(row: CountedRow) -> str:
    """How an answer was given, if not on the page; the day of a dated fact, and how long it took."""
    told = ["on the phone"] if row.by_phone else []
    told += [view.short_day(row.on)] if row.on is not None else []
    return ", ".join([*told, *([view.count(round(row.size), "day")] if row.size is not None else [])])


def label(key: str) -> str:
    return LABELS.get(key, view.low_word(key))


def number(value: float) -> str:
    """What a row counts: whole where it is."""
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
    Column("Given", meaning="On the phone: a CSM typed the answer in; empty is on the page"),
)


def file_rows(rows: Iterable[CountedRow], csms: Mapping[str, str]) -> Iterator[Sequence[Cell]]:
    return (
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
            "on the phone" if row.by_phone else None,
        )
        for row in rows
    )
