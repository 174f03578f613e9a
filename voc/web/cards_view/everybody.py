"""A month of everybody."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from voc.base.words import Scope
from voc.metrics.cards import counting, months, wording
from voc.metrics.cards.model import Gap, LineResult, Month, Result, Scorecard
from voc.metrics.catalogue import ever
from voc.metrics.store.cards import Frozen
from voc.web import view
from voc.web.cards_view.lines import Amounts, Opening, opening
from voc.web.cards_view.paths import csm_path, month_path, month_words, state_words
from voc.web.parts import Mark


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
    asked: Sequence[str]  # under each head: the standard that everybody has, and the weight
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
        asked=_asked(people),
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


def _asked(people: Sequence[Result]) -> list[str]:
    """A target that each has another of is on everybody’s own page."""
    columns = list(zip(*(one.lines for one in people), strict=True))
    standards = [{wording.standard(line) for line in lines} for lines in columns]
    return [
        f"{next(iter(told)) if len(told) == 1 else 'each their own'}, weight {lines[0].weight:g}"
        for told, lines in zip(standards, columns, strict=True)
    ]


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
    told: dict[Gap | None, str] = {Gap.NOTHING_DUE: "nothing was due", Gap.NO_FACTS: "no facts came in"}
    return told.get(line.gap, "open")


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
