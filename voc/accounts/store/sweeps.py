"""All ids that a CRM shows, laid beside those we have."""

from collections.abc import Sequence

from sqlalchemy import Connection, delete, exists, func, select

from voc.accounts.model import Fate, Kind, RecordState
from voc.accounts.store.tables import LOADED, STAGED, TARGET, staged_alias
from voc.base.schema import alias, staged_id

_IDS_PER_CHUNK = 1_000


def begin(db: Connection, kind: Kind) -> None:
    """A listing that was stopped begins anew: ids have no order to go on from."""
    db.execute(delete(staged_id).where(staged_id.c.kind == kind))


def stage(db: Connection, kind: Kind, ids: Sequence[str]) -> None:
    """Keep ids apart; one that is listed twice counts once."""
    rows = [(kind.value, id) for id in dict.fromkeys(ids) if id]
    if not rows:
        return
    if db.dialect.name == "postgresql":
        marks = "INSERT INTO staged_id (kind, id) SELECT %s, unnest(%s::text[]) ON CONFLICT DO NOTHING"
        db.exec_driver_sql(marks, (kind.value, [id for _, id in rows]))
    else:
        db.exec_driver_sql("INSERT OR IGNORE INTO staged_id (kind, id) VALUES (?, ?)", rows)


def listed(db: Connection, kind: Kind) -> int:
    return db.execute(select(func.count()).select_from(staged_id).where(staged_id.c.kind == kind)).scalar_one()


def unknown(db: Connection, kind: Kind, *, after: str, limit: int) -> list[str]:
    """Ids that the CRM shows and that are neither live with us nor read in this run, the next behind `after`."""
    staged, ours = STAGED[kind], TARGET[kind]
    query = (
        select(staged_id.c.id)
        .where(
            staged_id.c.kind == kind,
            staged_id.c.id > after,
            ~exists().where(ours.c.id == staged_id.c.id, ours.c.state == RecordState.LIVE),
            ~exists().where(staged.c.id == staged_id.c.id),
        )
        .order_by(staged_id.c.id)
        .limit(limit)
    )
    return list(db.execute(query).scalars())


def missing_winners(db: Connection, kind: Kind, *, after: str, limit: int) -> list[str]:
    """Winners of the merges read in this run that we neither have nor have read, the next behind `after`."""
    staged, winner, ours = STAGED[kind], staged_alias(kind, "winner"), TARGET[kind]
    query = (
        select(staged.c.winner_id)
        .distinct()
        .where(
            staged.c.fate == Fate.MERGED,
            staged.c.winner_id > after,
            ~exists().where(winner.c.id == staged.c.winner_id),
            ~exists().where(ours.c.id == staged.c.winner_id),
            ~exists().where(alias.c.kind == kind, alias.c.loser_id == staged.c.winner_id),
        )
        .order_by(staged.c.winner_id)
        .limit(limit)
    )
    return list(db.execute(query).scalars())


def known(db: Connection, kind: Kind, *, after: str) -> list[str]:
    """Ids of the records that stand or were just read, the next ones behind `after`."""
    staged, ours = STAGED[kind], TARGET[kind]
    here = select(ours.c.id).where(ours.c.state == RecordState.LIVE, ours.c.id > after)
    read = select(staged.c.id).where(staged.c.fate.in_(LOADED), staged.c.id > after)
    both = here.order_by(ours.c.id).limit(_IDS_PER_CHUNK).subquery(), read.order_by(staged.c.id).limit(_IDS_PER_CHUNK)
    first, second = select(both[0].c.id), select(both[1].subquery().c.id)
    query = first.union(second).order_by("id").limit(_IDS_PER_CHUNK)
    return list(db.execute(query).scalars())
