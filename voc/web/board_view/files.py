"""The six figures and the states as files."""

from collections.abc import Sequence

from voc.metrics.board import Board, SixLine
from voc.metrics.catalogue import BY_NAME
from voc.metrics.model import Figure, Shown
from voc.reports.cells import Cell
from voc.reports.tables import Column, Kind
from voc.web import view
from voc.web.board_view.states import MEANS

SIX_COLUMNS = (
    Column("Figure"),
    Column("Key", meaning="Of its definition"),
    Column("Value", Kind.SHARE, "Empty under five"),
    Column("Counts", Kind.NUMBER),
    Column("Of", Kind.NUMBER),
    Column("From", Kind.SHARE),
    Column("To", Kind.SHARE),
    Column("State"),
    Column("Before", Kind.SHARE),
    Column("Counts before", Kind.NUMBER),
    Column("Of before", Kind.NUMBER),
    Column("Change", Kind.NUMBER),
    Column("Change from", Kind.NUMBER, "95% interval"),
    Column("Change to", Kind.NUMBER),
)


def six_rows(found: Board) -> list[Sequence[Cell]]:
    return [_six_row(one) for one in found.six]


def _six_row(one: SixLine) -> Sequence[Cell]:
    now, before, change = one.now, one.before, one.change
    return (
        BY_NAME[now.name].label,
        now.name,
        _told(now),
        now.numerator,
        now.denominator,
        *((now.interval.low, now.interval.high) if now.interval else (None, None)),
        now.state,
        _told(before),
        before.numerator,
        before.denominator,
        *((change.value, change.low, change.high) if change else (None, None, None)),
    )


def _told(figure: Figure) -> float | None:
    return None if figure.shown in (Shown.REASON, Shown.COUNTS) else figure.value


STATE_COLUMNS = (
    Column("State"),
    Column("Accounts", Kind.WHOLE),
    Column("Revenue", Kind.MONEY, "A year, in the reporting currency"),
    Column("Currency"),
    Column("What it means"),
)


def state_rows(found: Board) -> list[Sequence[Cell]]:
    return [
        (view.word(one.state), one.accounts, round(one.arr, 2), found.currency, MEANS[one.state][0])
        for one in found.states
    ]
