"""What was planned with silent accounts: the latest play of each case."""

from collections.abc import Collection

from sqlalchemy import Connection, select

from voc.base.schema import follow_up_event
from voc.followup.model import Event


def latest(db: Connection, follow_up_ids: Collection[int]) -> dict[int, Event]:
    """By case; cases without a play are left out."""
    table = follow_up_event.c
    query = (
        select(table.follow_up_id, table.at, table.what, table.by, table.note)
        .where(table.follow_up_id.in_(sorted(follow_up_ids)), table.what == "planned")
        .order_by(table.at, table.id)
    )
    return {row.follow_up_id: Event(row.at, row.what, row.by, row.note) for row in db.execute(query)}
