"""Tables that leave the service as CSV: UTF-8 with its mark, and no cell that a spreadsheet would run."""

import re
from collections.abc import Iterable, Sequence

from litestar import Response

from voc.base import audit
from voc.reports.cells import Cell, csv_text, harmless
from voc.web.context import App
from voc.web.visit import Visit

__all__ = ["Cell", "csv_file", "csv_text", "download", "harmless"]


def csv_file(
    app: App, visit: Visit, name: str, heads: Sequence[str], rows: Iterable[Sequence[Cell]]
) -> Response[bytes]:
    """A download, and its line in the audit log: who took what, how much of it, and what they had asked for."""
    kept = list(rows)
    with app.database.begin() as db:
        detail = {"rows": len(kept), "asked for": visit.path[:500]}
        audit.exported(db, what=name, detail=detail, by=visit.viewer.name, now=app.now())
    return download(name, heads, kept)


def download(name: str, heads: Sequence[str], rows: Iterable[Sequence[Cell]]) -> Response[bytes]:
    """`name` is ours and holds letters, digits and - only."""
    assert re.fullmatch(r"[a-z0-9-]+", name)
    return Response(
        # With the mark, spreadsheets read it as UTF-8.
        csv_text(heads, rows).encode("utf-8-sig"),
        media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}.csv"'},
    )
