"""Parquet: typed columns in groups of rows, what each means in its metadata. Needs pyarrow, see decision 27.

The same rows give the same bytes: nothing in a file says when it was written unless `about` does.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any, BinaryIO

from voc.base.errors import Misconfigured
from voc.reports.tables.model import CONVERT, About, Column, Kind, Row

GROUP = 50_000  # rows: what is held at once
PORTION = 10_000  # of which as Python's values


def arrow() -> tuple[Any, Any]:
    """pyarrow and its Parquet, imported where they are used: 40 MB that no respondent's page should pay for."""
    try:
        import pyarrow as pa
        import pyarrow.parquet as pq
    except ImportError:
        raise Misconfigured(
            "Parquet", "pyarrow is not installed", "Run `pip install 'voc[parquet]'`, or take CSV or XLSX"
        ) from None
    return pa, pq


def write(out: BinaryIO, columns: Sequence[Column], rows: Iterable[Row], about: About | None = None) -> int:
    pa, pq = arrow()
    schema = _schema(pa, columns, about)
    written = 0
    with pq.ParquetWriter(out, schema, compression="zstd", version="2.6") as writer:
        gathered: list[Any] = []
        for portion in _portions(rows):
            gathered.append(_batch(pa, schema, columns, portion))
            written += len(portion)
            if sum(one.num_rows for one in gathered) >= GROUP:
                writer.write_table(pa.Table.from_batches(gathered))
                gathered = []
        if gathered:
            writer.write_table(pa.Table.from_batches(gathered))
    return written


def _portions(rows: Iterable[Row]) -> Iterator[list[Row]]:
    rows = iter(rows)
    while portion := list(islice(rows, PORTION)):
        yield portion


def _schema(pa: Any, columns: Sequence[Column], about: About | None) -> Any:
    types = {
        Kind.TEXT: pa.string(),
        Kind.WHOLE: pa.int64(),
        Kind.NUMBER: pa.float64(),
        Kind.SHARE: pa.float64(),
        Kind.MONEY: pa.decimal128(18, 2),
        Kind.DAY: pa.date32(),
        Kind.MOMENT: pa.timestamp("us", tz="UTC"),
        Kind.YES: pa.bool_(),
    }
    fields = [
        pa.field(one.name, types[one.kind], metadata={"title": one.title, "holds": one.kind, "meaning": one.meaning})
        for one in columns
    ]
    told = {} if about is None else {"title": about.title, "meaning": about.meaning, **dict(about.told)}
    return pa.schema(fields, metadata={f"voc {label.lower()}": said for label, said in told.items()})


def _batch(pa: Any, schema: Any, columns: Sequence[Column], portion: Sequence[Row]) -> Any:
    arrays = []
    for column, field, cells in zip(columns, schema, zip(*portion, strict=True), strict=True):
        convert = CONVERT[column.kind]
        arrays.append(pa.array([None if one is None or one == "" else convert(one) for one in cells], type=field.type))
    return pa.record_batch(arrays, schema=schema)
