"""PostgreSQL: every table by COPY in one look of one transaction, as a stream; needs no program beside us.

Text format: it is the same for every version of the server, and a line is a row.
"""

from collections.abc import Callable, Iterator
from typing import Any

from psycopg import Connection as Raw
from psycopg import sql
from sqlalchemy import Connection, inspect, text

from voc.base.backup.archive import Reader, Writer
from voc.base.errors import Refused

_FOLDER = "tables/"

Report = Callable[[str, int, int | None], None]


def dump(db: Connection, writer: Writer, *, report: Report) -> dict[str, int]:
    """Every table into the archive; rows by table, those first that others refer to. `db` is one consistent look."""
    counts: dict[str, int] = {}
    guessed = _guesses(db)
    tables = _tables(db)
    total = sum(guessed.get(table, 0) for table in tables)
    for table in tables:
        counts[table] = 0
        columns = [column["name"] for column in inspect(db).get_columns(table)]
        statement = sql.SQL("COPY {} ({}) TO STDOUT").format(sql.Identifier(table), _listed(columns))
        with writer.entry(_FOLDER + table) as sink, _raw(db).cursor() as cursor, cursor.copy(statement) as copy:
            sink.write(",".join(columns).encode() + b"\n")
            for row in copy:
                sink.write(row)
                counts[table] += bytes(row).count(b"\n")
                report("Reading tables", sum(counts.values()), max(total, sum(counts.values())))
    return counts


def load(db: Connection, backup: Reader, *, report: Report) -> None:
    """Every table of the backup into a database of the same revision without rows. Refused if rows are missing."""
    total, done = sum(backup.manifest.counts.values()), 0
    for table, count in backup.manifest.counts.items():
        if table == "alembic_version":  # the migration that made the tables has written it
            continue
        pieces = _after_heading(backup.pieces(_FOLDER + table))
        columns = next(pieces).decode().split(",")
        statement = sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(table), _listed(columns))
        with _raw(db).cursor() as cursor:
            with cursor.copy(statement) as copy:
                for piece in pieces:
                    copy.write(piece)
            if cursor.rowcount != count:
                raise Refused(f"{table} has {cursor.rowcount} rows, and should have {count}. Take another backup.")
        done += count
        report("Writing tables", done, total)
        _number_on(db, table, columns)


def is_empty(db: Connection) -> bool:
    return not inspect(db).get_table_names()


def _after_heading(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """The heading line, then the rest."""
    head = b""
    for piece in pieces:
        head += piece
        if b"\n" in head:
            break
    heading, _, rest = head.partition(b"\n")
    yield heading
    yield rest
    yield from pieces


def _tables(db: Connection) -> list[str]:
    found = inspect(db).get_sorted_table_and_fkc_names()
    return [name for name, _keys in found if name is not None]


def _guesses(db: Connection) -> dict[str, int]:
    """About how many rows there are, for the bar."""
    rows = db.execute(
        text("SELECT relname, greatest(reltuples, 0)::bigint AS reltuples FROM pg_class WHERE relkind = 'r'")
    )
    return {row.relname: row.reltuples for row in rows}


def _number_on(db: Connection, table: str, columns: list[str]) -> None:
    """New rows get numbers after those that are there."""
    if "id" not in columns:
        return
    name = db.execute(text("SELECT pg_get_serial_sequence(:table, 'id')"), {"table": f'"{table}"'}).scalar()
    if name is not None:
        query = f'SELECT setval(:name, coalesce(max(id), 1), max(id) IS NOT NULL) FROM "{table}"'  # noqa: S608 - as above
        db.execute(text(query), {"name": name})


def _listed(columns: list[str]) -> sql.Composed:
    return sql.SQL(", ").join(sql.Identifier(column) for column in columns)


def _raw(db: Connection) -> Raw[Any]:
    found: Raw[Any] = db.connection.driver_connection  # type: ignore[assignment]  # psycopg's, as the address demands
    return found
