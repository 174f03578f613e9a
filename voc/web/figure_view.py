"""A figure as pages show it: value, count, range, and the ways to its definition and to the rows it counts."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from voc.metrics import wording
from voc.metrics.catalogue import BY_NAME, Measure
from voc.metrics.model import Figure, Shown
from voc.web import view
from voc.web.parts import Card, Link, address


@dataclass(frozen=True)
class Asking:
    """How figures were asked for; carried by every link to their rows, so that they stay the same rows."""

    as_of: date | None = None
    days: int | None = None
    segment: str | None = None
    region: str | None = None
    mine: bool = True  # whether the viewer may see the rows: a CSM sees the total, not its rows

    def rows(self, figure: Figure) -> str:
        return address(
            "/engagement/rows",
            figure=figure.name,
            scope=figure.scope.value,
            id=figure.scope_id,
            days=self.days,
            as_of=None if self.as_of is None else self.as_of.isoformat(),
            segment=self.segment,
            region=self.region,
        )


def definition(name: str) -> str:
    return f"/definitions#{name}"


def links(figure: Figure, asking: Asking, *, name: str = "") -> list[Link]:
    """Definition, and the rows if there are any."""
    about = name or BY_NAME[figure.name].label
    found = [Link("Definition", definition(figure.name), f"of {about}")]
    if figure.counted and asking.mine:
        found.append(Link(view.count(figure.counted, "row"), asking.rows(figure), f"behind {about}"))
    return found


def counts(figure: Figure) -> str:
    """186 of 362 invitations; the reason where there is nothing to count."""
    if figure.shown == Shown.REASON:
        return (figure.reason or "nothing to count").rstrip(".")
    told = wording.counts(figure)
    return told if BY_NAME[figure.name].measure == Measure.SCORE else f"{told} {BY_NAME[figure.name].counts}"


def span(figure: Figure) -> str:
    """45 to 58; empty without an interval."""
    if figure.interval is None:
        return ""
    low, high, measure = figure.interval.low, figure.interval.high, BY_NAME[figure.name].measure
    if measure == Measure.SCORE:
        return f"{wording.points(low)} to {wording.points(high)}"
    if measure == Measure.MEAN:
        return f"{view.number(low, 1)} to {view.number(high, 1)}"
    if measure == Measure.DAYS:
        return (
            f"{view.number(low)} to {view.number(high)} days"
            if high != float("inf")
            else f"{view.number(low)} days or more"
        )
    return f"{view.number(100 * figure.interval.low)} to {view.number(100 * figure.interval.high)}"


def card(figure: Figure, asking: Asking, *, name: str = "", of: str = "", notes: Sequence[str] = ()) -> Card:
    """`notes` follow the interval; `of` replaces the words of the count."""
    told = [one for one in (span(figure), *notes) if one]
    if figure.shown == Shown.COUNTS:
        # The counts stand large already.
        of = (of or counts(figure)).removeprefix(wording.counts(figure)).strip()
    return Card(
        name=name or BY_NAME[figure.name].label,
        value=wording.value(figure),
        of=of if of and figure.shown != Shown.REASON else counts(figure),
        note="; ".join(told),
        links=links(figure, asking, name=name),
    )


@dataclass(frozen=True)
class Cell:
    """A figure in a row of a table: the value opens its rows."""

    value: str
    of: str = ""
    href: str = ""
    about: str = ""


def cell(figure: Figure, asking: Asking, *, who: str, of: str | None = None) -> Cell:
    if figure.shown == Shown.REASON:
        return Cell("none due" if figure.name == "follow_up_attainment" else view.DASH)
    href = asking.rows(figure) if asking.mine else ""
    about = f"{BY_NAME[figure.name].label}, {who}"
    if figure.shown == Shown.COUNTS:
        return Cell(wording.counts(figure), of or "", href, about)
    return Cell(wording.value(figure), wording.counts(figure) if of is None else of, href, about)
