"""Drivers: what goes with the score, as far as so many answers tell."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from voc.metrics.forest.drivers import LEAST, LEAST_FOR_WEIGHTS, LEAST_PER_DRIVER, SURE, Driver
from voc.metrics.run.forest.drivers import DriversPage
from voc.reports.tables import Column, Kind
from voc.web import view
from voc.web.charts_forest import interval_rows
from voc.web.forest_view import words
from voc.web.parts import Choice, choice


@dataclass(frozen=True)
class Row:
    name: str
    r: str
    interval: str
    weight: str
    share: float
    first: str


@dataclass(frozen=True)
class Page:
    heading: str
    lede: str
    filters: Sequence[Choice]
    chart: Markup | str
    rows: Sequence[Row]
    weighed: bool
    notes: Sequence[str]


def page(found: DriversPage | None, *, days: int, names: Mapping[str, str]) -> Page:
    """`names` are the drivers' in words."""
    filters = [choice("days", "Period", words.PERIOD_OPTIONS, str(days))]
    if found is None or not found.found.enough:
        return Page("Too few complete answers to say", _too_few(found), filters, "", (), weighed=False, notes=())
    weighed = any(one.weight is not None for one in found.found.drivers)
    rows = [_row(one, names) for one in found.found.drivers]
    return Page(
        heading=_heading(found, names),
        lede=_lede(found),
        filters=filters,
        chart=_chart(found, names),
        rows=rows,
        weighed=weighed,
        notes=_notes(found, names, weighed=weighed),
    )


def _too_few(found: DriversPage | None) -> str:
    have = 0 if found is None else found.found.answers
    missing = view.count(LEAST - have, "more complete answer")
    return (
        f"{have} of {LEAST}. A complete answer has the score and everything asked beside it."
        f" With {missing} it can be said."
    )


def _heading(found: DriversPage, names: Mapping[str, str]) -> str:
    drivers = found.found
    if drivers.named is not None:
        return f"{_quoted(names[drivers.named])} goes with the score most"
    if any(one.weight is not None for one in drivers.drivers):
        return "What goes with the score most cannot be told yet"
    clear = [_quoted(names[one.key]) for one in drivers.drivers if _is_clear(one)]
    if clear:
        return f"{view.listed(clear[:3])} {'goes' if len(clear) == 1 else 'go'} with the score"
    return "Nothing goes with the score more than chance would give"


def _quoted(name: str) -> str:
    """A question stands in a sentence as what was asked."""
    return f"“{name}”" if name.endswith("?") else name


def _is_clear(one: Driver) -> bool:
    return one.low is not None and one.high is not None and (one.low > 0 or one.high < 0)


def _lede(found: DriversPage) -> str:
    drivers = found.found
    told = (
        f"{view.count(drivers.answers, 'complete answer')} of {found.scored} with a score, at"
        f" {view.count(drivers.accounts, 'account')}; questionnaire {found.questionnaire}."
    )
    return f"{told} What goes with a score need not be its cause."


def _chart(found: DriversPage, names: Mapping[str, str]) -> Markup:
    rows = [(names[one.key], one.r, one.low, one.high) for one in found.found.drivers]
    said = "; ".join(f"{name} {r:.2f}" for name, r, _low, _high in rows)
    return interval_rows(rows, title="Correlation of each driver with the score", description=f"Spearman: {said}.")


def _row(one: Driver, names: Mapping[str, str]) -> Row:
    return Row(
        name=names[one.key],
        r=_signed(one.r),
        interval=view.DASH if one.low is None else f"{_signed(one.low)} to {_signed(one.high)}",
        weight=view.DASH if one.weight is None else view.percent(one.weight),
        share=one.weight or 0.0,
        first=view.DASH if one.first is None else view.percent(one.first),
    )


def _signed(value: float | None) -> str:
    return view.signed(value, 2)


def _notes(found: DriversPage, names: Mapping[str, str], *, weighed: bool) -> list[str]:
    drivers, notes = found.found, []
    if weighed:
        share = view.percent(drivers.r2)
        notes.append(
            f"Together they go with {share} of the differences in score; the weights divide that among them"
            " (Johnson 2000, on ranks)."
        )
        if drivers.named is None:
            notes.append(
                f"No first one is named: none came first in {view.percent(SURE)} of 1,000 draws of whole accounts."
            )
    else:
        least = max(LEAST_FOR_WEIGHTS, LEAST_PER_DRIVER * len(drivers.drivers))
        notes.append(
            f"With {drivers.answers} complete answers each driver is set beside the score by itself; from {least} on"
            " they are weighed against each other."
        )
    if drivers.unvaried:
        notes.append(f"Everybody answered alike: {view.listed([names[one] for one in drivers.unvaried])}.")
    return notes


FILE_COLUMNS = (
    Column("Driver", meaning="The question in its words"),
    Column("Key", meaning="Of the question, or of the topic; never changes"),
    Column("Correlation", Kind.NUMBER, "Spearman's, with the score"),
    Column("Low", Kind.NUMBER, "Of its 95% interval"),
    Column("High", Kind.NUMBER),
    Column("Weight", Kind.SHARE, "Of what the drivers explain together; from 100 complete answers"),
    Column("First in", Kind.SHARE, "Of the draws of whole accounts"),
)


def file_row(one: Driver, names: Mapping[str, str]) -> tuple[str | float | None, ...]:
    numbers = (one.r, one.low, one.high, one.weight, one.first)
    return (names[one.key], one.key, *(None if value is None else round(value, 4) for value in numbers))
