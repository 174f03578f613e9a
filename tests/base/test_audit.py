"""The audit log's chain: a line that was changed, moved, taken out or put in is found, and the end can be kept."""

from typing import Any

import pytest
from sqlalchemy import delete, insert, select, update

from tests.builders import NOW
from voc.base import audit
from voc.base.db import Database
from voc.base.schema import audit as table


def fill(database: Database, lines: int = 8) -> None:
    for number in range(lines):
        with database.begin() as db:
            detail = {"from": number, "to": "Zoë"}
            said = {"actor": "Clara", "action": "setting changed", "object_kind": "setting", "object_id": str(number)}
            audit.record(db, at=NOW, detail=detail, **said)


def broken_at(database: Database) -> int | None:
    with database.read() as db:
        return audit.first_broken(db)


def change(database: Database, statement: Any) -> None:
    with database.begin() as db:
        db.execute(statement)


@pytest.mark.parametrize(
    "values",
    [
        {"actor": "Nobody"},
        {"action": "nothing"},
        {"object_id": "9"},
        {"detail": {"from": 3, "to": "Zoe"}},
        {"at": NOW.replace(hour=1)},
        {"hash": "0" * 64},
        {"previous_hash": "1" * 64},
    ],
    ids=lambda values: next(iter(values)),
)
def test_a_changed_line_is_found(database: Database, values: dict[str, Any]) -> None:
    fill(database)
    assert broken_at(database) is None
    change(database, update(table).where(table.c.id == 4).values(**values))
    assert broken_at(database) in (4, 5)


def test_a_line_taken_out_or_put_in_is_found(database: Database) -> None:
    fill(database)
    with database.read() as db:
        row = dict(db.execute(select(table).where(table.c.id == 3)).mappings().one())
    change(database, delete(table).where(table.c.id == 3))
    assert broken_at(database) == 4
    change(database, insert(table).values(**{**row, "id": 99}))
    assert broken_at(database) == 4


def test_two_lines_that_changed_places_are_found(database: Database) -> None:
    fill(database)
    for old, new in ((3, 1003), (5, 3), (1003, 5)):
        change(database, update(table).where(table.c.id == old).values(id=new))
    assert broken_at(database) == 3


def test_lines_cut_off_the_end_leave_a_whole_chain_and_are_found_by_what_was_kept(database: Database) -> None:
    fill(database)
    with database.read() as db:
        kept = audit.last(db)
    assert kept is not None
    fill(database, 2)
    with database.read() as db:
        assert audit.holds(db, kept)
    change(database, delete(table).where(table.c.id >= 7))
    assert broken_at(database) is None
    with database.read() as db:
        assert not audit.holds(db, kept)
