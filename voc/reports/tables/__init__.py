"""Any table as CSV, XLSX or Parquet: one set of columns, rows read one after the other.

model     columns, kinds, what is said beside the rows
csvs, xlsx, parquet     one writer a format
"""

import shutil
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from glob import escape
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import BinaryIO, cast

from voc.base.errors import Refused
from voc.reports.tables import csvs, parquet, xlsx
from voc.reports.tables.model import About, Column, Format, Kind, Row

__all__ = ["About", "Column", "Format", "Kind", "Row", "csvs", "sweep", "whole", "write", "write_file"]

_LEFT = 6 * 3600  # seconds: nobody writes for as long without a new file or byte

MEDIA = {
    Format.CSV: "text/csv; charset=utf-8",
    Format.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    Format.PARQUET: "application/vnd.apache.parquet",
}


def write(out: BinaryIO, columns: Sequence[Column], rows: Iterable[Row], *, as_format: Format, about: About) -> int:
    """How many rows were written. Refused where the format cannot hold them, Misconfigured without its library."""
    if as_format == Format.CSV:
        return csvs.write(out, columns, rows)
    if as_format == Format.XLSX:
        return xlsx.write(out, columns, rows, about)
    return parquet.write(out, columns, rows, about)


@contextmanager
def whole(path: Path) -> Iterator[BinaryIO]:
    """A file that appears under its name only when it is whole. Refused where it cannot be written."""
    unfinished: Path | None = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        # A name of its own: of two who write the same file, each writes a whole one.
        with NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", suffix=".part", delete=False) as out:
            unfinished = Path(out.name)
            sweep(unfinished, f".{escape(path.name)}.*.part")
            yield cast("BinaryIO", out)
        unfinished.replace(path)
    except OSError as problem:
        raise Refused(
            f"{path} could not be written: {problem.strerror or problem}. Name another file", field="out"
        ) from None
    finally:
        if unfinished is not None:
            unfinished.unlink(missing_ok=True)


def sweep(beside: Path, pattern: str) -> None:
    """Take away what killed processes left half-written: of that pattern, untouched long before `beside` was made."""
    made = beside.stat().st_mtime
    for one in beside.parent.glob(pattern):
        try:
            if made - one.stat().st_mtime > _LEFT:
                shutil.rmtree(one) if one.is_dir() else one.unlink()
        except OSError:
            continue  # somebody else's, or swept by another just now


def write_file(path: Path, columns: Sequence[Column], rows: Iterable[Row], *, as_format: Format, about: About) -> int:
    """`write` to a file."""
    with whole(path) as out:
        return write(out, columns, rows, as_format=as_format, about=about)
