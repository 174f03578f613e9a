"""Scorecards as pages show them: the list, one card, a month of everybody, a month of one CSM."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from urllib.parse import quote

from markupsafe import Markup

from voc.base.words import Scope
from voc.metrics.cards import counting, months, wording
from voc.metrics.cards.model import Beside, Gap, Line, LineResult, Month, Result, Scorecard
from voc.metrics.catalogue import BY_NAME, Direction, Owner, ever
from voc.metrics.store.cards import Frozen
from voc.web import charts, view
from voc.web.parts import Link, Mark, address

SPAN = 1.25  # how far a bar reaches: the standard stands at four fifths of it


@dataclass(frozen=True)
class Amounts:
    """How money is written."""

    currency: str

    def exact(self, amount: float | None) -> str:
        """To the cent where there are cents: somebody is paid by it."""
        if amount is None:
            return view.DASH
        places = 0 if abs(amount - round(amount)) < 0.005 else 2
        return view.number(amount, places) + f" {self.currency}"


@dataclass(frozen=True)
class LineShown:
    """One line of a CSM's month."""

    label: str
    definition: str
    value: str
    of: str
    href: str
    bar: Markup
    standard: str
    split: str
    weight: str
    weight_note: str
    reached: str
    points: str
    paid: str
    period: str
    missing: str
    about: str
    mark: Mark | None = None


def bar(line: LineResult) -> Markup:
    """How far the standard is reached, with a mark where it stands; an empty track where nothing was counted."""
    if line.value is None or not line.standard:
        return charts.bar(None, mark=1 / SPAN)
    up = line.direction == Direction.UP
    ratio = line.value / line.standard if up else SPAN if line.value <= 0 else line.standard / line.value
    reached = ratio >= 1 - 1e-9
    return charts.bar(min(max(ratio, 0.0), SPAN) / SPAN, tone="acc" if reached else "ink", mark=1 / SPAN)


@dataclass(frozen=True)
class Opening:
    """Where a line's rows are: those kept with a frozen month under `kept`, else what is known now."""

    month: Month
    today: date
    kept: str = ""
    revision: int = 0

    def rows(self, line: LineResult, result: Result) -> str:
        if not self.kept:
            return rows_address(line, result, self.month, self.today)
        scope = result.scope.value
        return address(self.kept, revision=self.revision, figure=line.figure, days=line.days, scope=scope, id=result.id)


def opening(card: Scorecard, month: Month, frozen: Frozen | None, *, has_rows: bool, today: date) -> Opening:
    if frozen is None or not has_rows:
        return Opening(month, today)
    return Opening(month, today, f"{month_path(card.name, month)}/rows", frozen.revision)


def rows_address(line: LineResult, result: Result, month: Month, today: date) -> str:
    """The rows behind a line, as of the month's last day; of a month that is not over, as far as it has come."""
    as_of = min(month.last_on, today)
    days = (as_of - month.first_on).days + 1 if line.days == month.days else line.days
    return address(
        "/engagement/rows",
        figure=line.figure,
        scope=result.scope.value,
        id=result.id,
        days=days,
        as_of=None if as_of >= today else as_of.isoformat(),
    )


def period(name: str, days: int | None, month: Month | None = None) -> str:
    """the month, or 180 days to its end; of what has no period, its last day."""
    if days is None or (month is not None and days == month.days):
        definition = BY_NAME.get(name)
        return "at the month’s end" if definition and definition.owner == Owner.TODAY else "the month"
    return f"{days} days to the month’s end"


def line_shown(line: LineResult, result: Result, month: Month, *, opens: Opening, amounts: Amounts) -> LineShown:
    rows = opens.rows(line, result)
    other = line.weight_counted and abs(line.weight_counted - line.weight) > 0.05
    return LineShown(
        label=line.label,
        definition=f"/definitions#{line.figure}",
        value=wording.value(line),
        of=wording.counts(line),
        href=rows,
        mark=Mark(line.figure, line.numerator, line.denominator, rows),
        bar=bar(line),
        standard=wording.standard(line),
        split=wording.split(line),
        weight=f"{line.weight:g}",
        weight_note=f"counts {line.weight_counted:.1f}" if other else "left out" if line.weight and line.gap else "",
        reached=view.percent(line.attainment),
        points=view.DASH if line.attainment is None and not line.points else f"{line.points:.1f}",
        paid=amounts.exact(line.money) if line.pays else "",
        period=period(line.figure, line.days, month),
        missing=wording.missing(line) or (line.reason or "" if line.value is None else ""),
        about=f"{line.label}, {result.name}",
    )


@dataclass(frozen=True)
class CsmMonth:
    """One CSM's month: the same page for the CSM and for the leader."""

    heading: str
    lede: str
    title: str
    card: str
    month: str
    month_words: str
    state: str
    grave: bool
    lines: Sequence[LineShown]
    beside: Sequence[LineShown]
    pays: bool
    points: str
    paid: str
    full: str
    weight: str
    notes: Sequence[str]
    missing: Sequence[tuple[str, str]]
    others: Sequence["Before"]
    back: Link


@dataclass(frozen=True)
class Before:
    """Another month of the same CSM."""

    words: str
    href: str
    points: str
    paid: str
    share: float | None
    state: str


def csm_month(
    card: Scorecard,
    result: Result,
    month: Month,
    frozen: Frozen | None,
    *,
    others: Sequence[tuple[Frozen, Result]],
    today: date,
    amounts: Amounts,
    has_rows: bool = False,
    counted: str = "",
) -> CsmMonth:
    """`counted`: when a night counted a month under way."""
    opens = opening(card, month, frozen, has_rows=has_rows, today=today)
    lines = [line_shown(one, result, month, opens=opens, amounts=amounts) for one in result.lines]
    words = month_words(month)
    pays = any(one.pays for one in result.lines)
    return CsmMonth(
        heading=f"{result.name}, {words}: {wording.sum_of(result)}",
        lede=f"{card.title}. {view.count(result.accounts, 'account')} at the month’s end. "
        "Each line against its own standard, and nobody against anybody.",
        title=card.title,
        card=card.name,
        month=months.written(month),
        month_words=words,
        state=state_words(frozen, month, today, counted=counted),
        grave=frozen is None or frozen.approved_at is None,
        lines=lines,
        beside=[line_shown(one, result, month, opens=opens, amounts=amounts) for one in result.beside],
        pays=pays,
        points=view.DASH if result.points is None else f"{result.points:.1f}",
        paid=amounts.exact(result.money) if pays else "",
        full=amounts.exact(result.full_money) if pays else "",
        weight=f"{sum(one.weight for one in result.lines):g}",
        notes=_notes(card, result, amounts, pays=pays),
        missing=[(one.label, one.missing) for one in lines if one.missing],
        others=[_before(card, one, amounts) for one in others if one[0].month != month],
        back=Link(words, month_path(card.name, month)),
    )


def _notes(card: Scorecard, result: Result, amounts: Amounts, *, pays: bool) -> list[str]:
    found = []
    if part := wording.part_of_month(result):
        shrinks = pays and card.proration == "days"
        found.append(f"{part} The amount is for those days: {amounts.exact(result.full_money)}." if shrinks else part)
    if pays and result.money is None:
        found.append("Nothing could be counted, so no sum is named. What is paid is the leader’s to decide.")
    return found


def _before(card: Scorecard, one: tuple[Frozen, Result], amounts: Amounts) -> Before:
    frozen, result = one
    return Before(
        words=month_words(frozen.month),
        href=csm_path(card.name, frozen.month, result.id),
        points=view.DASH if result.points is None else f"{result.points:.0f}",
        paid=amounts.exact(result.money) if result.money is not None else "",
        share=None if result.points is None else result.points / 100,
        state="approved" if frozen.approved_at else "not approved yet",
    )


def month_words(month: Month) -> str:
    return f"{month.first_on:%B %Y}"


def state_words(frozen: Frozen | None, month: Month, today: date, *, counted: str = "") -> str:
    """How firm the numbers are, and whether anybody may be paid by them."""
    if frozen is None:
        if month.last_on >= today:
            return f"So far, {counted or 'as of today'}. It is frozen in the night after {view.day(month.last_on)}."
        return "Not frozen: counted by what is known now. Nobody is paid from it."
    counted = "Frozen" if frozen.reason is None else f"Counted anew ({frozen.reason.rstrip('.')})"
    told = f"{counted} on {view.day(frozen.frozen_at)} by version {frozen.number}, revision {frozen.revision}."
    if frozen.approved_at is None:
        return f"{told} Not approved yet: nobody is paid from it."
    return f"{told} Approved by {frozen.approved_by} on {view.day(frozen.approved_at)}."


def card_path(name: str) -> str:
    return f"/scorecards/{quote(name, safe='')}"


def month_path(name: str, month: Month) -> str:
    return f"{card_path(name)}/months/{months.written(month)}"


def csm_path(name: str, month: Month, csm_id: str) -> str:
    return f"{month_path(name, month)}/of/{quote(csm_id, safe='')}"


# --- one scorecard ---


@dataclass(frozen=True)
class LineDefined:
    """A line as the file says."""

    label: str
    definition: str
    text: str
    kind: str
    standard: str
    period: str
    weight: str
    share: float
    pays: str
    rules: str


def defined(line: Line) -> LineDefined:
    definition = ever(line.figure)
    own = line.standard if line.standard is not None else line.team_standard
    told = wording.exact(definition.measure, own)
    if definition.direction == Direction.DOWN:
        told += " or less"
    if line.team_standard is not None:
        told += " of the team, split by book"
    return LineDefined(
        label=definition.label,
        definition=f"/definitions#{definition.name}",
        text=definition.text,
        kind=view.word(definition.kind.value),
        standard=told,
        period=period(line.figure, line.days),
        weight=f"{line.weight:g}",
        share=line.weight / 100,
        pays=f"{line.pays:g}%" if line.pays else "",
        rules=" ".join(_rules(line)),
    )


def _rules(line: Line) -> list[str]:
    definition = ever(line.figure)
    found = []
    if line.counting == "all or nothing":
        found.append("All or nothing.")
    if line.floor is not None:
        worse = "More" if definition.direction == Direction.DOWN else "Less"
        found.append(f"{worse} than {wording.exact(definition.measure, line.floor)} counts nothing.")
    if line.least > 1:
        found.append(f"From {line.least} {definition.counts} on.")
    if line.most > 1:
        found.append(f"Better than the standard counts up to {line.most:.0%}.")
    if line.without != "shared":
        found.append(f"When nothing was due it {'counts in full' if line.without == 'full' else 'counts as nothing'}.")
    return found


# --- a month of everybody ---


@dataclass(frozen=True)
class CellShown:
    value: str
    of: str = ""
    href: str = ""
    missing: bool = False
    mark: Mark | None = None


@dataclass(frozen=True)
class RowShown:
    name: str
    of: str
    href: str
    cells: Sequence[CellShown]
    points: str
    share: float | None
    paid: str
    missing: str


@dataclass(frozen=True)
class MissingShown:
    """A line that has no value for these people, and why."""

    label: str
    words: str
    who: str


@dataclass(frozen=True)
class MonthPage:
    heading: str
    title: str
    card: str
    month: str
    month_words: str
    state: str
    heads: Sequence[str]
    rows: Sequence[RowShown]
    totals: Sequence[RowShown]
    pays: bool
    without: Sequence[Sequence[str]]
    lacking: str
    split: Sequence[tuple[str, Sequence[str]]]
    missing: Sequence["MissingShown"]
    before: str
    after: str


def month_page(
    card: Scorecard,
    month: Month,
    frozen: Frozen | None,
    results: Sequence[Result],
    *,
    today: date,
    amounts: Amounts,
    has_rows: bool = False,
    counted: str = "",
) -> MonthPage:
    """`counted`: when a night counted a month under way."""
    opens = opening(card, month, frozen, has_rows=has_rows, today=today)
    people = [one for one in results if one.scope == Scope.CSM]
    many = [one for one in results if one.scope != Scope.CSM]
    whole = next((one for one in many if one.scope == Scope.TOTAL), None)
    pays = any(line.pays for line in card.lines)
    lacking = [one for one in people if one.misses_facts]
    return MonthPage(
        heading=_finding(card, month, frozen, people, lacking),
        title=card.title,
        card=card.name,
        month=months.written(month),
        month_words=month_words(month),
        state=state_words(frozen, month, today, counted=counted),
        heads=[ever(line.figure).label for line in card.lines]
        if not people
        else [one.label for one in people[0].lines],
        rows=[_row(card, one, month, opens, amounts, pays=pays) for one in people],
        totals=[_row(card, one, month, opens, amounts, pays=pays) for one in many],
        pays=pays,
        without=_without(whole, people) if whole is not None and len(people) > 1 else [],
        lacking=view.listed([one.name for one in lacking]),
        split=_split(people),
        missing=_missing(people),
        before=month_path(card.name, months.before(month)),
        after=month_path(card.name, months.after(month)) if month.last_on < today else "",
    )


def _missing(people: Sequence[Result]) -> list[MissingShown]:
    """Said once for all who miss the same for the same reason."""
    names: dict[tuple[str, str], list[str]] = {}
    for one in people:
        for line in one.lines:
            if not wording.missing(line):
                continue
            names.setdefault((line.label, wording.missing(line)), []).append(one.name)
    return [MissingShown(label, words, view.listed(who)) for (label, words), who in names.items()]


def _finding(
    card: Scorecard, month: Month, frozen: Frozen | None, people: Sequence[Result], lacking: Sequence[Result]
) -> str:
    words = f"{card.title}, {month_words(month)}"
    if not people:
        return f"{words}: nobody held a book"
    if lacking:
        return f"{words}: facts are missing for {len(lacking)} of {view.count(len(people), 'CSM', 'CSMs')}"
    if frozen is not None and frozen.approved_at is None:
        return f"{words}: {view.count(len(people), 'CSM', 'CSMs')}, not approved yet"
    return f"{words}: {view.count(len(people), 'CSM', 'CSMs')}"


def _row(card: Scorecard, one: Result, month: Month, opens: Opening, amounts: Amounts, *, pays: bool) -> RowShown:
    team = f"Team of {one.name}" if one.scope == Scope.TEAM else one.name
    return RowShown(
        name=team,
        of=view.count(one.accounts, "account") if one.days_held >= one.days else wording.part_of_month(one).rstrip("."),
        href=csm_path(card.name, month, one.id) if one.scope == Scope.CSM else "",
        cells=[_cell(line, one, opens) for line in one.lines],
        points=view.DASH if one.points is None else f"{one.points:.0f}",
        share=None if one.points is None else one.points / 100,
        paid=amounts.exact(one.money) if pays else "",
        missing=", ".join(line.label for line in one.gaps),
    )


def _cell(line: LineResult, one: Result, opens: Opening) -> CellShown:
    rows = opens.rows(line, one)
    mark = Mark(line.figure, line.numerator, line.denominator, rows)
    if line.value is None and line.gap != Gap.TOO_FEW:
        return CellShown(view.DASH, _short(line), rows, missing=True, mark=mark)
    return CellShown(wording.value(line), wording.counts(line), rows, mark=mark)


def _short(line: LineResult) -> str:
    return {Gap.NOTHING_DUE: "nothing was due", Gap.NO_FACTS: "no facts came in"}.get(line.gap or "", "open")


def _without(whole: Result, people: Sequence[Result]) -> list[Sequence[str]]:
    """All, and all without each one."""
    rows: list[Sequence[str]] = [("All", *(wording.value(line) for line in whole.lines))]
    for one in people:
        told = [
            wording.said(line.measure, counting.without_one(line, own))
            for line, own in zip(whole.lines, one.lines, strict=True)
        ]
        rows.append((f"Without {one.name}", *told))
    return rows


def _split(people: Sequence[Result]) -> list[tuple[str, Sequence[str]]]:
    """Targets of a team by book."""
    return [
        (
            f"{one.name}, {line.label}",
            [wording.number(line.team_standard), view.percent(line.book_share), wording.number(line.standard)],
        )
        for one in people
        for line in one.lines
        if line.team_standard is not None and line.book_share is not None and line.standard is not None
    ]


def recent_months(today: date, since_on: date | None, frozen: Sequence[Frozen]) -> list[tuple[Month, Frozen | None]]:
    """The running month and those before it that are frozen or count, newest first."""
    newest: Mapping[date, Frozen] = {one.month.first_on: one for one in reversed(frozen)}
    found = [months.month_of(today)]
    first = min([*newest, since_on or today])
    while found[-1].first_on > first and len(found) < 25:
        found.append(months.month_of(found[-1].first_on - timedelta(days=1)))
    return [(one, newest.get(one.first_on)) for one in found]


def beside(one: Beside) -> tuple[str, str, str]:
    """Label, definition and period of a figure that is read with the lines."""
    return ever(one.figure).label, f"/definitions#{one.figure}", period(one.figure, one.days)
