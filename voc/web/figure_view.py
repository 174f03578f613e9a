"""A figure as pages show it: value, count, range, and the ways to its definition and to the rows it counts."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from voc.base.preferences import Preferences
from voc.metrics import enough, wording
from voc.metrics.catalogue import BY_NAME, OPENS, Direction, Measure
from voc.metrics.cohorts import Key
from voc.metrics.model import Figure, IntervalKind, Shown
from voc.metrics.run.near_views import is_kept_back
from voc.web import view
from voc.web.parts import Card, Link, Mark, Told, address


@dataclass(frozen=True)
class Asking:
    """How figures were asked for; carried by every link to their rows, so that they stay the same rows."""

    as_of: date | None = None
    days: int | None = None
    segment: str | None = None
    region: str | None = None
    mine: bool = True  # whether the viewer may see the rows: a CSM sees the total, not its rows
    live: bool = False  # counted now, where a night has kept them too

    def rows(self, figure: Figure, *, label: str = "") -> str:
        """Where the rows are; with a label those that the figure tells apart by it."""
        return self.rows_of(figure.name, (figure.scope, figure.scope_id), label=label)

    def rows_of(self, name: str, key: Key, *, label: str = "", to: date | None = None) -> str:
        """Of any figure of any scope; `to` ends a period that is read by what is known later."""
        return address(
            ROWS,
            figure=name,
            scope=key[0].value,
            id=key[1],
            days=self.days,
            as_of=None if self.as_of is None else self.as_of.isoformat(),
            to=None if to is None else to.isoformat(),
            segment=self.segment,
            region=self.region,
            live="1" if self.live and self.as_of else None,
            state=label,
        )


ROWS = "/engagement/rows"


def mark(figure: Figure, asking: Asking) -> Mark:
    return Mark(figure.name, figure.numerator, figure.denominator, asking.rows(figure))


def part_mark(figure: Figure, asking: Asking, label: str) -> Mark:
    """Of the rows that a figure tells apart, all of which count, or stand beside it."""
    many = figure.parts.get(label, 0)
    return Mark(f"{figure.name}:{label}", many, many, asking.rows(figure, label=label))


def part_told(figure: Figure, asking: Asking, label: str, words: str) -> list[Told]:
    """What stands beside a figure, where there is any of it."""
    return [Told(words, part_mark(figure, asking, label))] if figure.parts.get(label) else []


def standard(name: str, preferences: Preferences) -> str:
    """What is asked of everybody: 50%, or at most 5%; a dash where nothing is."""
    told = BY_NAME[name]
    asked = told.asked_of_all(preferences)
    if asked is None:
        return view.DASH
    return f"{'at most ' if told.direction == Direction.DOWN else ''}{view.percent(asked)}"


def definition(name: str) -> str:
    return f"/definitions#{name}"


def links(figure: Figure, asking: Asking, *, name: str = "") -> list[Link]:
    """Definition, and the rows; where there are none, why."""
    about = name or OPENS[figure.name].label
    words = view.count(figure.counted, "row") if figure.counted and asking.mine else "Why no rows"
    meaning = Link("Definition", definition(figure.name), f"of {about}")
    if is_kept_back(figure):
        return [meaning]
    return [
        meaning,
        Link(words, asking.rows(figure), f"behind {about}"),
    ]


class Addressed(Protocol):
    """What is asked on a page, as its address."""

    def address(self, path: str = ..., **change: object) -> str: ...


def longer(figure: Figure, wanted: Addressed, path: str) -> list[Link]:
    """To the period that has enough, where the figure names one."""
    days = enough.longer_period(figure)
    about = f"for {OPENS[figure.name].label}"
    return [] if days is None else [Link(f"Show {days} days", wanted.address(path, days=days), about)]


def counts(figure: Figure) -> str:
    """186 of 362 invitations; the reason where there is nothing to count."""
    if figure.shown == Shown.REASON:
        return (figure.reason or "nothing to count").rstrip(".")
    told, definition = wording.counts(figure), OPENS[figure.name]
    if figure.shown == Shown.COUNTS and (definition.rows or definition.measure in (Measure.MEAN, Measure.MONEY)):
        return told  # it says of what
    return told if definition.measure == Measure.SCORE else f"{told} {definition.counts}"


def span(figure: Figure) -> str:
    """45 to 58, and whether that is approximate; empty without an interval."""
    if figure.interval is None or figure.interval.low == float("inf"):
        return ""  # so many are still open that not even the shortest median is known
    rough = ", approximate" if figure.interval.kind == IntervalKind.ACCOUNTS else ""
    return f"{_ends(figure)}{rough}"


def _ends(figure: Figure) -> str:
    assert figure.interval is not None  # `span` has seen it
    low, high, measure = figure.interval.low, figure.interval.high, OPENS[figure.name].measure
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


def card(
    figure: Figure,
    asking: Asking,
    *,
    name: str = "",
    of: str = "",
    notes: Sequence[str] = (),
    beside: Sequence[Told] = (),
) -> Card:
    """`notes` follow the interval; `of` replaces the words of the count; `beside` opens to rows of its own."""
    told = [one for one in (span(figure), wording.more(figure), *notes) if one]
    return Card(
        name=name or OPENS[figure.name].label,
        value=wording.value(figure),
        of=_of(figure, of),
        note="; ".join(told),
        links=links(figure, asking, name=name),
        mark=None if is_kept_back(figure) else mark(figure, asking),
        beside=beside,
    )


def _of(figure: Figure, told: str) -> str:
    if figure.shown == Shown.REASON:
        return counts(figure)
    told = told or counts(figure)
    # The counts stand large already.
    return told.removeprefix(wording.value(figure)).strip() if figure.shown == Shown.COUNTS else told


@dataclass(frozen=True)
class Cell:
    """A figure in a row of a table: the value opens its rows."""

    value: str
    of: str = ""
    href: str = ""
    about: str = ""
    mark: Mark | None = None


def cell(figure: Figure, asking: Asking, *, who: str, of: str | None = None) -> Cell:
    if is_kept_back(figure):
        return Cell("not shown")
    href, about, marked = asking.rows(figure), f"{OPENS[figure.name].label}, {who}", mark(figure, asking)
    if figure.shown == Shown.REASON:
        words = "none due" if figure.name == "follow_up_attainment" else view.DASH
        return Cell(words, "", href, about, marked)
    if figure.shown == Shown.COUNTS:
        return Cell(wording.counts(figure), of or wording.more(figure, short=True), href, about, marked)
    return Cell(wording.value(figure), wording.counts(figure) if of is None else of, href, about, marked)
