"""Whole tables as columns of numbers: what a night counts, without an object for each row.

PostgreSQL sends them in its binary COPY format: every column has a fixed width, so that a portion of rows is read
as one array. SQLite joins each column to one long text, which is taken apart all at once. A text that names something
(an id, an address) becomes a number of 64 bits: two of a million differ with all but one chance in ten million.
"""

from collections.abc import Sequence

import numpy as np
from sqlalchemy import ColumnElement, Connection

from voc.metrics.columns.kinds import Column
from voc.metrics.store.bulk import postgresql, sqlite
from voc.metrics.store.bulk.fields import Build, Field, Kind

__all__ = ["Field", "Kind", "key_of", "read"]


def read(
    db: Connection, fields: Sequence[Field], build: Build, *, by: ColumnElement[int] | None = None
) -> dict[str, Column]:
    """The columns that `build` makes a query of, each as one array; whole numbers fit 64 bits.

    `by` is the key of a table that may have very many rows: SQLite reads them in portions of it, in its order.
    """
    if db.dialect.name == "postgresql":
        return postgresql.read(db, fields, build)
    return sqlite.read(db, fields, build, by)


def key_of(db: Connection, texts: Sequence[str]) -> Column:
    """The numbers of these ids, as `read` gives them."""
    if db.dialect.name != "postgresql":
        return np.fromiter(map(hash, texts), np.int64, len(texts))
    query = "SELECT hashtextextended(t, 0) FROM unnest(%(texts)s::text[]) WITH ORDINALITY AS u (t, n) ORDER BY n"
    found = db.exec_driver_sql(query, {"texts": list(texts)})
    return np.fromiter((row[0] for row in found), np.int64, len(texts))
