"""The themes as a file: what is hidden on the page is empty here."""

from collections.abc import Sequence

from voc.metrics.forest.growing import Line
from voc.metrics.run.forest.views import ForestPage
from voc.reports.cells import Cell
from voc.reports.tables import Column, Kind

FILE_COLUMNS = (
    Column("Theme"),
    Column("Department"),
    Column("State", meaning="too few: hidden, as on the page"),
    Column("Accounts", Kind.WHOLE),
    Column("Of accounts", Kind.WHOLE),
    Column("Share low", Kind.SHARE),
    Column("Share high", Kind.SHARE),
    Column("Rank", Kind.WHOLE),
    Column("First possible rank", Kind.WHOLE),
    Column("Last possible rank", Kind.WHOLE),
    Column("People", Kind.WHOLE),
    Column("Detractors", Kind.WHOLE),
    Column("Accounts, scores of 0 to 8", Kind.WHOLE, "Where somebody who scored 8 or less wrote of it"),
    Column("People, scores of 0 to 8", Kind.WHOLE),
    Column("Revenue", Kind.MONEY),
    Column("Currency"),
    Column("Accounts in the period before", Kind.WHOLE),
)


def file_rows(found: ForestPage) -> list[Sequence[Cell]]:
    """What is hidden on the page is empty here."""
    if found.forest is None:
        return []
    return [_file_row(one, found, found.forest.whole.accounts) for one in found.forest.lines]


def _file_row(line: Line, found: ForestPage, whole: int) -> Sequence[Cell]:
    theme = found.themes[line.theme_id]
    if line.hidden:
        return (theme.name, theme.department, "too few", *[None] * 14)
    low, high = (None if one is None else round(one, 4) for one in (line.low, line.high))
    return (
        theme.name,
        theme.department,
        "ok" if line.count.people else "none",
        line.count.accounts,
        whole,
        low,
        high,
        line.rank,
        line.first,
        line.last,
        line.count.people,
        line.detractors,
        None if line.below is None else line.below.accounts,
        None if line.below is None else line.below.people,
        None if line.arr is None else round(line.arr, 2),
        found.currency,
        line.before,
    )
