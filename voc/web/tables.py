"""Tables that leave the service as CSV: UTF-8 with its mark, and no cell that a spreadsheet would run."""

import re
from collections.abc import Iterable, Iterator, Sequence
from io import TextIOWrapper
from tempfile import SpooledTemporaryFile
from typing import IO

from litestar import Response
from litestar.response import Stream

from voc.base import audit
from voc.reports.cells import Cell, csv_text, harmless, write_rows
from voc.web.context import App
from voc.web.visit import Visit

__all__ = ["Cell", "csv_file", "csv_text", "download", "harmless", "long_csv"]

_CSV = "text/csv; charset=utf-8"
_IN_MEMORY = 1 << 20  # bytes; beyond, it is written to the disk
_CHUNK = 1 << 16


def csv_file(
    app: App, visit: Visit, name: str, heads: Sequence[str], rows: Iterable[Sequence[Cell]]
) -> Response[bytes]:
    """A download, and its line in the audit log: who took what, how much of it, and what they had asked for."""
    kept = list(rows)
    _note(app, visit, name, len(kept))
    return download(name, heads, kept)


def long_csv(app: App, visit: Visit, name: str, heads: Sequence[str], rows: Iterable[Sequence[Cell]]) -> Stream:
    """The same for a table that nobody should hold whole: it lies on the disk, in a file without a name, and goes
    out from there. It is whole and in the audit log before the first byte leaves.
    """
    kept = SpooledTemporaryFile(_IN_MEMORY)  # noqa: SIM115 - what sends it closes it
    out = TextIOWrapper(kept, encoding="utf-8-sig", newline="")
    written = write_rows(out, heads, rows)
    out.flush()
    out.detach()
    _note(app, visit, name, written)
    return Stream(_sent(kept), media_type=_CSV, headers=_attached(name))


def _sent(kept: IO[bytes]) -> Iterator[bytes]:
    with kept:
        kept.seek(0)
        while chunk := kept.read(_CHUNK):
            yield chunk


def _note(app: App, visit: Visit, name: str, rows: int) -> None:
    with app.database.begin() as db:
        detail = {"rows": rows, "asked for": visit.path[:500]}
        audit.exported(db, what=name, detail=detail, by=visit.viewer.name, now=app.now())


def _attached(name: str) -> dict[str, str]:
    """`name` is ours and holds letters, digits and - only."""
    assert re.fullmatch(r"[a-z0-9-]+", name)
    return {"Content-Disposition": f'attachment; filename="{name}.csv"'}


def download(name: str, heads: Sequence[str], rows: Iterable[Sequence[Cell]]) -> Response[bytes]:
    return Response(
        # With the mark, spreadsheets read it as UTF-8.
        csv_text(heads, rows).encode("utf-8-sig"),
        media_type=_CSV,
        headers=_attached(name),
    )
