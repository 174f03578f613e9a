"""Columns read at once say what the rows say, on both databases, however odd the values are."""

import math
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any

import numpy as np
import pytest
from sqlalchemy import BigInteger, Boolean, Column, Connection, Date, Float, MetaData, String, Table, select

from voc.base.db import Database
from voc.base.types import Instant, Json
from voc.metrics.columns.kinds import MISSING
from voc.metrics.columns.model import micros
from voc.metrics.store.bulk import Field, Kind, key_of, read

WORDS = ("silent", "quiet", "")
TABLE = Table(
    "odd",
    MetaData(),
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("at", Instant),
    Column("on_day", Date),
    Column("cents", BigInteger),
    Column("share", Float(53)),
    Column("told", Boolean),
    Column("name", String),
    Column("word", String),
    Column("roles", Json),
)
FIELDS = (
    Field("id", TABLE.c.id, Kind.WHOLE),
    Field("at", TABLE.c.at, Kind.TIME),
    Field("on", TABLE.c.on_day, Kind.DAY),
    Field("cents", TABLE.c.cents, Kind.WHOLE),
    Field("money", TABLE.c.cents, Kind.REAL),
    Field("told", TABLE.c.told, Kind.FLAG),
    Field("name", TABLE.c.name, Kind.KEY),
    Field("word", TABLE.c.word, Kind.WORD, WORDS),
    Field("roles", TABLE.c.roles, Kind.WORDS, ("a", "b", "c")),
)
NAMES = ("acc-1", "Ä 名, 'x'", "two\nlines", "", " ")


def some_rows(chance: Random, *, names: Sequence[str] = NAMES) -> list[dict[str, Any]]:
    moments = (
        None,
        datetime(1, 1, 1, tzinfo=UTC),
        datetime(9999, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC),
        datetime(1970, 1, 1, tzinfo=UTC),
        datetime(1969, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC),
        datetime(2024, 2, 29, 12, 30, 1, 7, tzinfo=UTC) + timedelta(microseconds=chance.randrange(10**15)),
    )
    return [
        {
            "id": number * chance.choice([1, 1, 100_000]),
            "at": chance.choice(moments),
            "on_day": chance.choice([None, date(1, 1, 1), date(1970, 1, 1), date(2028, 2, 29), date(9999, 12, 31)]),
            "cents": chance.choice([None, 0, -1, 10**15, chance.randrange(10**9)]),
            "share": chance.choice([0.0, 1 / 3, chance.random(), -chance.random() * 10**-300, 1e300]),
            "told": chance.choice([None, True, False]),
            "name": chance.choice([None, *names]),
            "word": chance.choice([None, "silent", "quiet", "heard"]),
            "roles": chance.choice([[], ["a"], ["c", "b"], ["z", "a"]]),
        }
        for number in range(1, 40)
    ]


def kept(db: Connection, rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    TABLE.create(db)
    by_id = {row["id"]: row for row in rows}
    if by_id:
        db.execute(TABLE.insert(), list(by_id.values()))
    return [by_id[id] for id in sorted(by_id)]


def expected(db: Connection, row: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": row["id"],
        "at": MISSING if row["at"] is None else micros(row["at"]),
        "on": MISSING if row["on_day"] is None else (row["on_day"] - date(1970, 1, 1)).days,
        "cents": MISSING + 1 if row["cents"] is None else row["cents"],
        "money": math.nan if row["cents"] is None else float(row["cents"]),
        "told": bool(row["told"]),
        "name": 0 if row["name"] is None else int(key_of(db, [row["name"]])[0]),
        "word": {"silent": 0, "quiet": 1}.get(row["word"], -1),
        "roles": sum({"a": 1, "b": 2, "c": 4}.get(one, 0) for one in row["roles"]),
    }


def same(found: dict[str, Any], wanted: Sequence[dict[str, Any]]) -> None:
    for name, column in found.items():
        np.testing.assert_array_equal(column, np.array([one[name] for one in wanted]), err_msg=name)


@pytest.mark.parametrize("seed", range(5))
def test_every_kind_of_value_arrives_as_its_number(database: Database, seed: int) -> None:
    with database.begin() as db:
        rows = kept(db, some_rows(Random(seed)))
        found = read(db, FIELDS, lambda columns: select(*columns).order_by(TABLE.c.id))
        same(found, [expected(db, row) for row in rows])


@pytest.mark.parametrize("seed", range(5))
def test_rows_read_in_portions_are_all_there_once(database: Database, seed: int) -> None:
    with database.begin() as db:
        rows = kept(db, some_rows(Random(seed)))
        assert rows[-1]["id"] - rows[0]["id"] > 500_000  # more than one portion, with gaps between
        found = read(db, FIELDS, lambda columns: select(*columns), by=TABLE.c.id)
        order = np.argsort(found["id"])
        same({name: column[order] for name, column in found.items()}, [expected(db, row) for row in rows])


@pytest.mark.parametrize("odd", ["unit\x1fseparator", "record\x1eseparator", "\x1f\x1e"])
def test_a_text_with_a_sign_that_stands_between_texts_is_one_text_all_the_same(database: Database, odd: str) -> None:
    with database.begin() as db:
        rows = kept(db, [{**row, "word": odd} for row in some_rows(Random(1), names=(odd, "acc-1"))])
        found = read(db, FIELDS, lambda columns: select(*columns).order_by(TABLE.c.id))
        same(found, [expected(db, row) for row in rows])


def test_on_sqlite_a_moment_that_is_written_unlike_the_others_is_read_too(sqlite: Database) -> None:
    at = datetime(2026, 3, 3, 12, tzinfo=UTC)
    with sqlite.begin() as db:
        rows = kept(db, [{**row, "at": at} for row in some_rows(Random(2))])
        db.exec_driver_sql("UPDATE odd SET at = '2026-03-03 12:00:00' WHERE id = ?", (rows[3]["id"],))
        found = read(db, FIELDS, lambda columns: select(*columns).order_by(TABLE.c.id))
        same(found, [expected(db, row) for row in rows])


def test_on_sqlite_every_digit_of_a_number_arrives(sqlite: Database) -> None:
    with sqlite.begin() as db:
        rows = kept(db, some_rows(Random(3)))
        field = Field("share", TABLE.c.share, Kind.REAL)
        found = read(db, (field,), lambda columns: select(*columns).order_by(TABLE.c.id))
        assert found["share"].tolist() == [row["share"] for row in rows]


def test_of_no_rows_every_column_is_empty(database: Database) -> None:
    with database.begin() as db:
        kept(db, [])
        for by in (None, TABLE.c.id):
            found = read(db, FIELDS, lambda columns: select(*columns), by=by)
            assert {name: len(column) for name, column in found.items()} == {one.name: 0 for one in FIELDS}
