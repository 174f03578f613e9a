"""When records were merged: the runs that read the CRM wrote it down."""

from collections.abc import Iterable
from datetime import UTC, datetime

from sqlalchemy import Connection, func, select

from voc.base.among import among
from voc.base.schema import alias, sync_change, sync_run

_LONG_AGO = datetime.min.replace(tzinfo=UTC)


def records_of(db: Connection, account_ids: Iterable[str]) -> list[str]:
    """These accounts and every record that was merged into one of them: rows keep the id they were written with."""
    ids = sorted(account_ids)
    losers = select(alias.c.loser_id).where(alias.c.kind == "account", among(alias.c.winner_id, ids))
    return [*ids, *db.execute(losers).scalars()]


def merged_after(db: Connection, moment: datetime) -> dict[tuple[str, str], str]:
    """(kind, record) -> winner of every merge that a run after the moment read."""
    query = (
        select(sync_change.c.object, sync_change.c.record_id, sync_change.c.winner_id)
        .join(sync_run, sync_run.c.id == sync_change.c.run_id)
        .where(sync_run.c.started_at > moment, sync_change.c.change == "merged")
    )
    return {(row.object, row.record_id): row.winner_id for row in db.execute(query)}


def people_merged(db: Connection) -> dict[str, tuple[datetime, str]]:
    """Contact -> since when the CRM says that it is somebody else, and who; long ago if nobody wrote it down."""
    aliases = {
        row.loser_id: row.winner_id
        for row in db.execute(select(alias.c.loser_id, alias.c.winner_id).where(alias.c.kind == "contact"))
    }
    if not aliases:
        return {}
    query = (
        select(sync_change.c.record_id, func.min(sync_run.c.started_at).label("at"))
        .join(sync_run, sync_run.c.id == sync_change.c.run_id)
        .where(sync_change.c.object == "contact", sync_change.c.change == "merged")
        .group_by(sync_change.c.record_id)
    )
    told = {row.record_id: row.at for row in db.execute(query)}
    return {loser: (told.get(loser, _LONG_AGO), winner) for loser, winner in aliases.items()}
