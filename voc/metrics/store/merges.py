"""When records were merged: the runs that read the CRM wrote it down."""

from datetime import datetime

from sqlalchemy import Connection, select

from voc.base.schema import sync_change, sync_run


def merged_after(db: Connection, moment: datetime) -> dict[tuple[str, str], str]:
    """(kind, record) -> winner of every merge that a run after the moment read."""
    query = (
        select(sync_change.c.object, sync_change.c.record_id, sync_change.c.winner_id)
        .join(sync_run, sync_run.c.id == sync_change.c.run_id)
        .where(sync_run.c.started_at > moment, sync_change.c.change == "merged")
    )
    return {(row.object, row.record_id): row.winner_id for row in db.execute(query)}
