"""Tables that leave the service as CSV: UTF-8 with its mark, and no cell that a spreadsheet would run."""

import re
from collections.abc import Iterable, Sequence

from litestar import Response

from voc.reports.cells import Cell, csv_text, harmless

__all__ = ["Cell", "csv_file", "csv_text", "harmless"]


def csv_file(name: str, heads: Sequence[str], rows: Iterable[Sequence[Cell]]) -> Response[bytes]:
    """A download; `name` is ours and holds letters, digits and - only."""
    assert re.fullmatch(r"[a-z0-9-]+", name)
    return Response(
        # With the mark, spreadsheets read it as UTF-8.
        csv_text(heads, rows).encode("utf-8-sig"),
        media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}.csv"'},
    )
