"""Who stands in for whom, as kept; writes `deputy`."""

from collections.abc import Collection
from datetime import date, datetime

from sqlalchemy import ColumnElement, Connection, Select, and_, func, insert, select, update

from voc.base import schema
from voc.base.access import Viewer, visible_csms
from voc.base.schema import csm
from voc.base.words import RecordState
from voc.followup.deputies import Csm, Deputy

table = schema.deputy


def in_force(today: date) -> ColumnElement[bool]:
    """The condition on `deputy` on that day."""
    return and_(table.c.ended_at.is_(None), table.c.from_on <= today, table.c.to_on >= today)


def stood_in_for(viewer: Viewer, today: date) -> Select[str]:
    """The ids of the CSMs whose follow-ups the viewer looks after that day."""
    return select(table.c.csm_id).where(in_force(today), table.c.deputy_csm_id == (viewer.csm_id or ""))


def lock(db: Connection, csm_ids: Collection[str]) -> None:
    """Whoever names a deputy for one of them, or one of them as deputy, waits until this is written or given up."""
    db.execute(select(csm.c.id).where(csm.c.id.in_(csm_ids)).order_by(csm.c.id).with_for_update())


def listing(db: Connection, viewer: Viewer, *, today: date) -> list[Deputy]:
    """Of the CSMs the viewer sees, and where the viewer stands in: what is in force or to come, the next first."""
    away, other = csm.alias("away"), csm.alias("other")
    seen = select(csm.c.id).where(visible_csms(viewer))
    columns = table.c
    query = (
        select(
            columns.id,
            columns.csm_id,
            away.c.name.label("away_name"),
            columns.deputy_csm_id,
            other.c.name.label("deputy_name"),
            columns.from_on,
            columns.to_on,
            columns.said_by,
        )
        .join(away, away.c.id == columns.csm_id)
        .join(other, other.c.id == columns.deputy_csm_id)
        .where(columns.ended_at.is_(None), columns.to_on >= today)
        .where(columns.csm_id.in_(seen) | (columns.deputy_csm_id == (viewer.csm_id or "")))
        .order_by(columns.from_on, columns.id)
    )
    return [
        Deputy(
            row.id,
            Csm(row.csm_id, row.away_name),
            Csm(row.deputy_csm_id, row.deputy_name),
            row.from_on,
            row.to_on,
            row.said_by,
        )
        for row in db.execute(query)
    ]


def may_be_away(db: Connection, viewer: Viewer) -> list[Csm]:
    """The CSMs for whom the viewer may name a deputy, by name."""
    return _colleagues(db, visible_csms(viewer))


def may_stand_in(db: Connection) -> list[Csm]:
    """Everybody who owns accounts or leads who do, by name: those a mail reaches."""
    return _colleagues(db, csm.c.email.is_not(None))


def _colleagues(db: Connection, which: ColumnElement[bool]) -> list[Csm]:
    active = csm.c.active, csm.c.state == RecordState.LIVE
    query = select(csm.c.id, csm.c.name).where(*active, which).order_by(func.lower(csm.c.name), csm.c.id)
    return [Csm(row.id, row.name) for row in db.execute(query)]


def add(db: Connection, *, csm_id: str, deputy_csm_id: str, from_on: date, to_on: date, by: str, at: datetime) -> int:
    values = {"csm_id": csm_id, "deputy_csm_id": deputy_csm_id, "from_on": from_on, "to_on": to_on}
    made = insert(table).values(**values, said_at=at, said_by=by).returning(table.c.id)
    return db.execute(made).scalar_one()


def end(db: Connection, deputy_id: int, *, by: str, at: datetime) -> bool:
    """False if it had ended."""
    standing = table.c.id == deputy_id, table.c.ended_at.is_(None)
    return db.execute(update(table).where(*standing).values(ended_at=at, ended_by=by)).rowcount > 0
