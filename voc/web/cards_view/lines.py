"""One line of one CSM's month, with its bar, its money and the way to its rows."""

from dataclasses import dataclass
from datetime import date

from markupsafe import Markup

from voc.metrics.cards import wording
from voc.metrics.cards.model import LineResult, Month, Result, Scorecard
from voc.metrics.catalogue import Direction
from voc.metrics.store.cards import Frozen
from voc.web import charts, view
from voc.web.cards_view.paths import month_path, period
from voc.web.parts import Mark, address

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
