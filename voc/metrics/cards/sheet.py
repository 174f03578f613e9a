"""A month of a scorecard as the rows of a table: one a line, one a sum. Pure."""

from collections.abc import Iterable, Iterator, Sequence

from voc.base.words import Scope
from voc.metrics.cards import wording
from voc.metrics.cards.model import LineResult, Result

Cell = str | int | float | None

LINE_HEADS = (
    "CSM id",
    "CSM",
    "Figure",
    "Key",
    "Kind",
    "Period in days",
    "Numerator",
    "Denominator",
    "Value",
    "State",
    "Standard",
    "Weight",
    "Weight counted",
    "Attainment",
    "Points",
    "Share of the amount",
    "Share counted",
    "Paid",
    "Missing",
    "Definition version",
)
SUM_HEADS = (
    "CSM id",
    "CSM",
    "Team lead id",
    "Points",
    "Paid",
    "Amount for the days held",
    "Days held",
    "Days of the month",
    "Accounts",
    "Revenue",
    "Lines without a value",
    "Facts missing",
)


def people(results: Iterable[Result]) -> list[Result]:
    return [one for one in results if one.scope == Scope.CSM]


def line_rows(results: Sequence[Result]) -> Iterator[Sequence[Cell]]:
    for one in people(results):
        for line in one.lines:
            yield _line(one, line)


def _line(one: Result, line: LineResult) -> Sequence[Cell]:
    return (
        one.id,
        one.name,
        line.label,
        line.figure,
        str(line.kind),
        line.days,
        line.numerator,
        line.denominator,
        line.value,
        str(line.state),
        line.standard,
        line.weight,
        _round(line.weight_counted),
        _round(line.attainment),
        _round(line.points),
        line.pays or None,
        _round(line.pays_counted) if line.pays else None,
        line.money,
        wording.missing(line) or None,
        line.definition_version,
    )


def sum_rows(results: Sequence[Result]) -> Iterator[Sequence[Cell]]:
    for one in people(results):
        yield (
            one.id,
            one.name,
            one.lead_id,
            _round(one.points),
            one.money,
            round(one.full_money, 2) or None,
            one.days_held,
            one.days,
            one.accounts,
            round(one.arr, 2),
            ", ".join(line.label for line in one.gaps) or None,
            "yes" if one.misses_facts else "no",
        )


def _round(value: float | None) -> float | None:
    return None if value is None else round(value, 4)
