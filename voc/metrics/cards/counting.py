"""Figures of a month -> what each line of a scorecard came to, for every CSM, team and all together. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isinf

import msgspec

from voc.base.words import FigureState, Scope
from voc.metrics.cards import files, shares, sums
from voc.metrics.cards.model import (
    Beside,
    Book,
    Counting,
    Gap,
    Line,
    LineResult,
    Month,
    Result,
    Scorecard,
    Split,
    Without,
)
from voc.metrics.cards.sums import Part
from voc.metrics.catalogue import BY_NAME, Definition, Measure, ever
from voc.metrics.cohorts import TOTAL, Key
from voc.metrics.model import Figure, Shown

Figures = Mapping[tuple[Key, int], Mapping[str, Figure]]
"""The figures of a scope by the days of their period."""

_ADDS_UP = frozenset({Measure.NUMBER, Measure.MONEY})  # a team's value is its people's values together
_UNTOLD = frozenset({FigureState.NONE_ASKED, FigureState.IN_FLIGHT, FigureState.NO_DATA, FigureState.SUPPRESSED})
_EXACT = 1e-6


@dataclass(frozen=True)
class _Given:
    """Everything one month is counted from."""

    card: Scorecard
    month: Month
    books: Mapping[str, Book]
    figures: Figures
    catalogue: Mapping[str, Definition]

    def days(self, one: Line | Beside) -> int:
        return one.days or self.month.days

    def beside(self) -> list[Line]:
        return [_bare(one, self.definition(one)) for one in self.card.beside]

    def definition(self, one: Line | Beside) -> Definition:
        return ever(one.figure, self.catalogue)

    def figure(self, key: Key, one: Line | Beside) -> Figure | None:
        return self.figures.get((key, self.days(one)), {}).get(one.figure)

    def part(self, book: Book) -> float:
        return shares.part_of_month(book.days_held, self.month, self.card.proration)

    def team(self, lead_id: str | None) -> list[Book]:
        return [one for one in self.books.values() if one.lead_id == lead_id]


def count(
    card: Scorecard,
    month: Month,
    *,
    books: Sequence[Book],
    leads: Mapping[str, str],
    figures: Figures,
    catalogue: Mapping[str, Definition] = BY_NAME,
) -> list[Result]:
    """One result a CSM in alphabetical order, then one a team, then all. `leads` are names by id.

    Of a scorecard of some teams there is no line for all: the figures of all are the company's.
    """
    given = _Given(card, month, {one.id: one for one in books}, figures, catalogue)
    people = [_of_csm(given, book) for book in sorted(books, key=lambda one: (one.name.casefold(), one.id))]
    found = [
        _of_many(given, (Scope.TEAM, lead_id), leads[lead_id], [one for one in people if one.lead_id == lead_id])
        for lead_id in sorted(leads, key=lambda lead: (leads[lead].casefold(), lead))
    ]
    teams = [one for one in found if one.days_held]
    return [*people, *teams, *([] if card.teams else [_of_many(given, TOTAL, "All", people)])]


def _of_csm(given: _Given, book: Book) -> Result:
    key: Key = (Scope.CSM, book.id)
    team = given.team(book.lead_id) if book.lead_id else [book]
    share = shares.by_book({one.id: _size(one, given.card.split) for one in team})[book.id]
    part = given.part(book)
    lines = [_line(given, key, one, _own_standard(given, one, share, part), share) for one in given.card.lines]
    lines, points = _weighed(lines)
    full = given.card.amount * part
    lines, money = _paid(lines, full)
    return Result(
        scope=Scope.CSM,
        id=book.id,
        name=book.name,
        lead_id=book.lead_id,
        lines=tuple(lines),
        beside=tuple(_line(given, key, one, None, None) for one in given.beside()),
        points=points,
        money=money,
        full_money=full,
        days_held=book.days_held,
        days=given.month.days,
        accounts=book.accounts,
        arr=book.arr,
    )


def _size(book: Book, split: Split) -> float:
    return book.arr if split == Split.REVENUE else float(book.accounts)


def _own_standard(given: _Given, line: Line, share: float | None, part: float) -> float | None:
    """A target that is a number of the month shrinks with the part of the month; a rate does not."""
    if line.team_standard is not None:
        return None if not share else line.team_standard * share
    if line.standard is None or given.definition(line).measure not in _ADDS_UP or line.days is not None:
        return line.standard
    return line.standard * part


def _of_many(given: _Given, key: Key, name: str, people: Sequence[Result]) -> Result:
    """A team or all: figures of the whole, targets and money of its people added up."""
    lines = []
    for number, line in enumerate(given.card.lines):
        own = [one.lines[number].standard for one in people]
        adds_up = given.definition(line).measure in _ADDS_UP
        standard = sum(one for one in own if one is not None) if adds_up else line.standard
        lines.append(_line(given, key, line, standard or None, None))
    lines, points = _weighed(lines)
    paid = [_added(line, [one.lines[number] for one in people]) for number, line in enumerate(lines)]
    sums_of_people = [one.money for one in people if one.money is not None]
    return Result(
        scope=key[0],
        id=key[1],
        name=name,
        lead_id=None,
        lines=tuple(paid),
        beside=tuple(_line(given, key, one, None, None) for one in given.beside()),
        points=points,
        money=round(sum(sums_of_people), 2) if sums_of_people else None,
        full_money=sum(one.full_money for one in people),
        days_held=given.month.days if people else 0,
        days=given.month.days,
        accounts=sum(one.accounts for one in people),
        arr=sum(one.arr for one in people),
    )


def _added(line: LineResult, of_people: Sequence[LineResult]) -> LineResult:
    paid = [one.money for one in of_people if one.money is not None]
    return msgspec.structs.replace(line, money=round(sum(paid), 2) if paid else None)


def _bare(one: Beside, definition: Definition) -> Line:
    """A figure beside the lines, read like one."""
    return Line(
        figure=one.figure,
        weight=0.0,
        standard=None,
        team_standard=None,
        days=one.days,
        pays=0.0,
        least=files.default_least(definition),
        counting=Counting.IN_PROPORTION,
        floor=None,
        without=Without.SHARED,
        most=1.0,
    )


def _line(given: _Given, key: Key, line: Line, standard: float | None, share: float | None) -> LineResult:
    definition = given.definition(line)
    figure = _told(given, key, line)
    gap, reason = _gap(given, figure, line)
    value = None if figure is None or gap in (Gap.NO_FACTS, Gap.TOO_FEW) else figure.value
    attained = None
    if gap is None and value is not None and standard:
        attained = sums.attainment(
            value,
            standard=standard,
            direction=definition.direction,
            most=line.most,
            counting=line.counting,
            floor=line.floor,
        )
    elif gap is None and standard is None and line.weight:
        gap, reason = Gap.NOTHING_DUE, "The team has no book to divide its target by."
    if value is not None and isinf(value):
        value, reason = None, "More than half are still open."
    return LineResult(
        figure=definition.name,
        label=definition.label,
        counts=definition.counts,
        kind=definition.kind,
        measure=definition.measure,
        direction=definition.direction,
        definition_version=definition.version,
        days=given.days(line),
        value=value,
        numerator=None if figure is None else figure.numerator,
        denominator=None if figure is None else figure.denominator,
        counted=0 if figure is None else figure.counted,
        low=_end(figure.interval.low) if figure is not None and figure.interval else None,
        high=_end(figure.interval.high) if figure is not None and figure.interval else None,
        state=FigureState.NO_DATA if figure is None else figure.state,
        reason=reason,
        standard=standard,
        team_standard=line.team_standard,
        book_share=share if line.team_standard is not None else None,
        weight=line.weight,
        weight_counted=0.0,
        attainment=attained,
        points=0.0,
        pays=line.pays,
        pays_counted=0.0,
        money=None,
        gap=gap,
        without=line.without if gap == Gap.NOTHING_DUE else Without.SHARED,
    )


def _end(value: float) -> float | None:
    """Of a range; None where it has none on that side: a result is kept as JSON, which has no infinity."""
    return None if isinf(value) else value


def _told(given: _Given, key: Key, line: Line) -> Figure | None:
    """The figure; where things are counted and somebody has them, having none of them is a nought and no gap."""
    figure, whole = given.figure(key, line), given.figure(TOTAL, line)
    counts_things = given.definition(line).measure == Measure.NUMBER
    if not counts_things or whole is None or not _has_value(whole) or _has_value(figure):
        return figure
    return msgspec.structs.replace(
        whole,
        scope=key[0],
        scope_id=key[1],
        value=0.0,
        numerator=0.0,
        denominator=0.0,
        counted=0,
        interval=None,
        parts={},
        extra={},
    )


def _has_value(figure: Figure | None) -> bool:
    return figure is not None and figure.value is not None and figure.state not in _UNTOLD


def _gap(given: _Given, figure: Figure | None, line: Line) -> tuple[Gap | None, str | None]:
    if not _has_value(given.figure(TOTAL, line)):
        whole = given.figure(TOTAL, line)
        return Gap.NO_FACTS, whole.reason if whole is not None else None
    if figure is None or not _has_value(figure):
        return Gap.NOTHING_DUE, figure.reason if figure is not None else None
    if figure.counted < line.least and given.definition(line).measure != Measure.NUMBER:
        return Gap.TOO_FEW, f"{figure.counted} of the {line.least} that it takes to count."
    if given.definition(line).measure == Measure.SCORE and figure.shown == Shown.COUNTS:
        return Gap.TOO_FEW, figure.reason
    return None, None


def _weighed(lines: Sequence[LineResult]) -> tuple[list[LineResult], float | None]:
    counted, points = sums.add_up([Part(one.weight, one.attainment, one.without) for one in lines])
    return [
        msgspec.structs.replace(line, weight_counted=one.weight, points=one.points)
        for line, one in zip(lines, counted, strict=True)
    ], points


def _paid(lines: Sequence[LineResult], full: float) -> tuple[list[LineResult], float | None]:
    """What each line pays, in cents that add up; None where the scorecard pays nothing or nothing was counted.

    A figure that came to be an opinion after the file was saved pays nothing: it is left out like one without a value.
    """
    if not any(one.pays for one in lines):
        return list(lines), None
    counted, points = sums.add_up(
        [Part(one.pays, one.attainment, one.without) if one.may_pay else Part(one.pays, None) for one in lines]
    )
    cents = sums.in_cents([full * one.points / 100 for one in counted])
    paid = [
        msgspec.structs.replace(
            line,
            pays_counted=one.weight,
            money=float(cent) if line.pays and line.may_pay and points is not None else None,
        )
        for line, one, cent in zip(lines, counted, cents, strict=True)
    ]
    return paid, None if points is None else float(sum(cents))


def without_one(whole: LineResult, one: LineResult) -> float | None:
    """The value of all without one of them, so that an outlier is seen; None where parts do not add up to it."""
    scale = 100.0 if whole.measure == Measure.SCORE else 1.0
    if whole.value is None or not whole.denominator or whole.numerator is None:
        return None
    if abs(whole.value - scale * whole.numerator / whole.denominator) > _EXACT * max(1.0, abs(whole.value)):
        return None  # a median is not made of its people's medians
    rest = whole.denominator - (one.denominator or 0.0)
    if rest <= _EXACT:
        return None
    return scale * (whole.numerator - (one.numerator or 0.0)) / rest
