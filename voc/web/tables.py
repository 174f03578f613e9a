"""Tables that leave the service as CSV: UTF-8 with its mark, and no cell that a spreadsheet would run."""

import csv
import io
import re
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal

from litestar import Response

Cell = str | int | float | Decimal | date | datetime | bool | None

# What a spreadsheet takes for the start of a formula; a tab or a line end before it changes nothing.
_RUNS = re.compile("^\\s*[=+@|%\\-\uff1d\uff0b\uff0d\uff20]")  # the wide forms too: some run them


def harmless(cell: Cell) -> str:
    """The cell as text; words that a spreadsheet would take for a formula get an apostrophe in front."""
    if cell is None:
        return ""
    if isinstance(cell, datetime | date):
        return cell.isoformat()
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    if not isinstance(cell, str):
        return str(cell)
    return f"'{cell}" if _RUNS.match(cell) or cell[:1] in ("\t", "\r", "\n") else cell


def csv_text(heads: Sequence[str], rows: Iterable[Sequence[Cell]]) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow([harmless(head) for head in heads])
    writer.writerows([harmless(cell) for cell in row] for row in rows)
    return out.getvalue()


def csv_file(name: str, heads: Sequence[str], rows: Iterable[Sequence[Cell]]) -> Response[bytes]:
    """A download; `name` is ours and holds letters, digits and - only."""
    assert re.fullmatch(r"[a-z0-9-]+", name)
    return Response(
        # With the mark, spreadsheets read it as UTF-8.
        csv_text(heads, rows).encode("utf-8-sig"),
        media_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}.csv"'},
    )
