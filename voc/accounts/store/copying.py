"""What a sync needs to know of us, brought into another database: a try decides there and writes nothing here."""

from typing import Any

from sqlalchemy import Connection, Select, Table, insert, select

from voc.base import schema
from voc.base.words import RunState

_ROWS = 5_000
# In the order in which they may name each other.
_TABLES: tuple[Table[Any], ...] = (
    schema.setting,
    schema.csm,
    schema.account,
    schema.account_csm,
    schema.contact,
    schema.relation,
    schema.contact_role,
    schema.alias,
    schema.opportunity,
    schema.opportunity_role,
    schema.activity,
    schema.milestone,
    schema.settlement,
)


def make_tables(db: Connection) -> None:
    """In an empty database that is thrown away: as the revisions make them, in one go."""
    schema.metadata.create_all(db)


def copy(live: Connection, other: Connection) -> None:
    """All records, and the last complete run. Memory does not grow with them; no table is locked for others."""
    for table in _TABLES:
        _copy(live, other, table, select(table))
    run = schema.sync_run
    last = select(run).where(run.c.state == RunState.COMPLETE).order_by(run.c.id.desc()).limit(1)
    _copy(live, other, run, last)


def _copy(live: Connection, other: Connection, table: Table[Any], query: Select[Any]) -> None:
    names = table.columns.keys()
    found = live.execute(query.execution_options(yield_per=_ROWS))
    for part in found.partitions():
        other.execute(insert(table), [dict(zip(names, row, strict=True)) for row in part])
