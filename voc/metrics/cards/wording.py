"""A line of a scorecard in words: what it came to, its standard, and what is missing. Never a rank, never a cause."""

from collections.abc import Sequence

from voc.metrics.cards.model import Gap, LineResult, Result, Without
from voc.metrics.catalogue import Direction, Measure
from voc.metrics.wording import MINUS, points

DASH = "–"
TOO_FEW = "too few"
LEAST_FOR_PERCENT = 5  # rows (3-metrics 0.7)

_WITHOUT = {
    Without.SHARED: "Left out; its weight is shared among the others.",
    Without.FULL: "Counts in full.",
    Without.NOTHING: "Counts as nothing.",
}

_UNPAID = (
    "A {kind} figure pays nothing; its share of the amount goes to the others. Save a version of the scorecard in "
    "which another line pays."
)


def said(measure: Measure, value: float | None) -> str:
    """A value in the figure's own unit."""
    if value is None:
        return DASH
    match measure:
        case Measure.SHARE:
            return f"{100 * value:.0f}%".replace("-", MINUS)
        case Measure.SCORE:
            return points(value)
        case Measure.MEAN:
            return f"{value:.1f}"
        case Measure.DAYS:
            return f"{value:.0f} day{'' if round(value) == 1 else 's'}"
        case _:
            return number(value)


def number(value: float) -> str:
    """1,204 and 3.5."""
    text = f"{value:,.0f}" if abs(value - round(value)) < 0.05 else f"{value:,.1f}"
    return text.replace("-", MINUS)


def exact(measure: Measure, value: float | None) -> str:
    """A standard as the file has it: 92.5%, 4.3."""
    if value is not None and measure == Measure.SHARE:
        return f"{100 * value:g}%"
    if value is not None and measure == Measure.MEAN:
        return f"{value:g}"
    return said(measure, value)


def standard(line: LineResult) -> str:
    """90%, or 8% or less where less is better."""
    told = exact(line.measure, line.standard)
    return f"{told} or less" if line.standard is not None and line.direction == Direction.DOWN else told


def value(line: LineResult) -> str:
    """80%; of one to four rows 3 of 4, for a percentage of so few says more than they do."""
    if line.gap == Gap.TOO_FEW:
        return TOO_FEW
    if _told_by_counts(line):
        return f"{number(line.numerator or 0.0)} of {number(line.denominator or 0.0)}"
    return said(line.measure, line.value)


def _told_by_counts(line: LineResult) -> bool:
    whole = line.measure == Measure.SHARE and line.denominator == line.counted
    return whole and 0 < line.counted < LEAST_FOR_PERCENT and line.numerator == round(line.numerator or 0.0)


def counts(line: LineResult) -> str:
    """3 of 4 renewals; empty where nothing was counted, and renewals where the value is the counts."""
    if not line.denominator or line.numerator is None:
        return ""
    if line.gap != Gap.TOO_FEW and _told_by_counts(line):
        return line.counts
    if line.measure == Measure.SHARE:
        return f"{number(line.numerator)} of {number(line.denominator)} {_rows_are(line)}"
    return "" if line.measure == Measure.NUMBER else f"from {line.counted:,} {line.counts}"


def _rows_are(line: LineResult) -> str:
    """What the two numbers are: rows, or sums over rows such as revenue."""
    return line.counts if abs(line.denominator or 0.0) <= line.counted + 1e-6 else f"of {line.counted:,} {line.counts}"


def split(line: LineResult) -> str:
    """How a target of the team became one's own."""
    if line.team_standard is None or line.book_share is None:
        return ""
    return f"{number(line.team_standard)} of the team, of whose book this is {100 * line.book_share:.0f}%"


def missing(line: LineResult) -> str:
    """Why a line has no points or pays nothing, and what becomes of its weight; empty where all is as the file says."""
    if line.gap is None:
        return _UNPAID.format(kind=line.kind) if line.pays and not line.may_pay else ""
    because = {
        Gap.NOTHING_DUE: line.reason or "There was nothing to count.",
        Gap.TOO_FEW: f"Too few to say: {line.reason}",
        Gap.NO_FACTS: f"Nobody has this figure in this period: the facts do not come in. {line.reason or ''}".rstrip(),
    }[line.gap]
    return f"{because} {_WITHOUT[line.without]}"


def sum_of(result: Result) -> str:
    """88 of 100 points."""
    return "nothing could be counted" if result.points is None else f"{result.points:.0f} of 100 points"


def part_of_month(result: Result) -> str:
    """Of whoever held a book for a part of the month; empty for the whole."""
    if result.days_held >= result.days:
        return ""
    return f"Held a book on {result.days_held} of {result.days} days."


def who_misses_facts(results: Sequence[Result]) -> str:
    """Dana Whitlock, Jonas Brandt; empty if nobody does."""
    return ", ".join(one.name for one in results if one.misses_facts)
