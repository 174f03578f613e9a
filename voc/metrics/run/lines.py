"""All figures of one scope, whichever way the company was looked at."""

from collections.abc import Collection

from voc.metrics.cohorts import Key
from voc.metrics.pages import ScopeFigures
from voc.metrics.run.kept import KeptLook
from voc.metrics.run.looking import Look


def line_of(found: Look | KeptLook, key: Key, names: Collection[str] | None = None) -> ScopeFigures:
    """With these of the figures that were looked at, or all of them."""
    book = found.book(key)
    return ScopeFigures(
        scope=key[0],
        id=key[1],
        name=found.name(key),
        figures=found.figures(key, names),
        accounts=book.accounts,
        arr=book.arr,
        without_rate=book.without_rate,
        flight=found.flight(key),
    )
