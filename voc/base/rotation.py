"""Everything that is encrypted, encrypted again with the newest key: in batches, readable at every moment.

Each batch is one transaction, and a row is replaced only if it is still what was read: killed
anywhere, old and new keys together open all of it, and the next call goes on with what is left.
"""

from collections.abc import Callable
from typing import Any

from sqlalchemy import Column, LargeBinary, Table, select, update

from voc.base.db import Database
from voc.base.schema import metadata
from voc.base.secrets import Vault

_BATCH = 200


def ciphertexts() -> list[tuple[Table, Column[Any]]]:
    """Every column that the vault fills: bytes are kept for nothing else."""
    return [(table, one) for table in metadata.sorted_tables for one in table.c if isinstance(one.type, LargeBinary)]


def rotate(
    database: Database, vault: Vault, *, progress: Callable[[str, int], None] = lambda _table, _rows: None
) -> dict[str, int]:
    """How many values of each table got the newest key; Misconfigured for one that no key opens.

    `progress` is called after each batch, outside its transaction.
    """
    renewed: dict[str, int] = {}
    for table, column in ciphertexts():
        renewed.setdefault(table.name, 0)
        after: Any = None
        while (batch := _renew(database, vault, table, column, after)) is not None:
            after, count = batch
            renewed[table.name] += count
            progress(table.name, renewed[table.name])
    return renewed


def _renew(database: Database, vault: Vault, table: Table, column: Column[Any], after: Any) -> tuple[Any, int] | None:
    """(key of the last row looked at, how many were renewed) of one batch; None when there are no more."""
    (key,) = table.primary_key.columns
    wanted = select(key, column).where(column.is_not(None)).order_by(key).limit(_BATCH)
    with database.begin() as db:
        rows = db.execute(wanted if after is None else wanted.where(key > after)).all()
        count = 0
        for id, cipher in rows:
            fresh = vault.renewed(cipher)
            if fresh is not None:
                # Another process may have written anew, with the key it has.
                same = update(table).where(key == id, column == cipher).values({column.name: fresh})
                count += db.execute(same).rowcount
    return (rows[-1][0], count) if rows else None
