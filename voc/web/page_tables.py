"""Every table of a page, by name: what `voc export table` can write."""

from collections.abc import Mapping

from voc.base.errors import NotFound
from voc.web import (
    board,
    book_files,
    cards,
    code_book,
    csms,
    delivery_pages,
    engagement,
    exports,
    figure_rows,
    followup_times,
    followups,
    foresight,
    forest,
    improvements,
    people,
    programme,
    rehearsal_mails,
    retention,
    reviews,
    silence,
    steering,
    sync,
    write_back,
    you_said,
)
from voc.web.tables import PageTable

TABLES: tuple[PageTable, ...] = (
    *book_files.TABLES,
    *engagement.TABLES,
    *figure_rows.TABLES,
    *csms.TABLES,
    *board.TABLES,
    *silence.TABLES,
    *retention.TABLES,
    *cards.TABLES,
    *forest.TABLES,
    *code_book.TABLES,
    *improvements.TABLES,
    *followups.TABLES,
    *followup_times.TABLES,
    *you_said.TABLES,
    *foresight.TABLES,
    *reviews.TABLES,
    *programme.TABLES,
    *steering.TABLES,
    *rehearsal_mails.TABLES,
    *delivery_pages.TABLES,
    *people.TABLES,
    *exports.TABLES,
    *sync.TABLES,
    *write_back.TABLES,
)
BY_NAME: Mapping[str, PageTable] = {one.name: one for one in TABLES}


def page_table(name: str) -> PageTable:
    """NotFound, with the names there are."""
    if name not in BY_NAME:
        raise NotFound(f"There is no table {name!r}. There are: {', '.join(BY_NAME)}.")
    return BY_NAME[name]
