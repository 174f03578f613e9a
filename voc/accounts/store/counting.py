"""What the run will do, in numbers; each row in one of them."""

from sqlalchemy import (
    Connection,
    and_,
    case,
    exists,
    func,
    select,
    update,
)

from voc.accounts.model import Counts, Fate, Kind, RecordState
from voc.accounts.store.beside import BEHIND, is_kept
from voc.accounts.store.tables import LOADED, STAGED, TARGET


def mark_kept(db: Connection, kind: Kind) -> None:
    """Remember on the row itself that yesterday's values stand (counted by record, so once)."""
    staged = STAGED[kind]
    first = select(func.min(staged.c.position)).where(is_kept(kind)).group_by(staged.c.id).correlate(None)
    db.execute(update(staged).where(staged.c.position.in_(first)).values(fields='["kept"]'))


def mark_ended(db: Connection, kind: Kind) -> None:
    """Which deleted and merged rows are news: those of records that still stood."""
    staged, ours = STAGED[kind], TARGET[kind]
    ended = (RecordState.DELETED, RecordState.MERGED)
    standing = exists().where(ours.c.id == staged.c.id, ours.c.state.not_in(ended))
    db.execute(
        update(staged).where(staged.c.fate.in_((Fate.DELETED, Fate.MERGED)), standing).values(fields='["state"]')
    )


def counts(db: Connection, kind: Kind, *, rows: int) -> Counts:
    staged = STAGED[kind]
    news = staged.c.fields.is_not(None)
    query = select(staged.c.fate, func.count(), func.count(case((news, 1)))).group_by(staged.c.fate)
    found: dict[str, tuple[int, int]] = {row[0]: (row[1], row[2]) for row in db.execute(query)}
    without_row = and_(staged.c.fate == Fate.MERGED, staged.c.position > BEHIND)
    guessed = db.execute(select(func.count()).select_from(staged).where(without_row)).scalar_one()

    def of(fate: Fate) -> int:
        return found.get(fate.value, (0, 0))[0]

    return Counts(
        rows=rows,
        created=of(Fate.CREATED),
        updated=of(Fate.UPDATED),
        returned=of(Fate.RETURNED),
        unchanged=of(Fate.UNCHANGED) + of(Fate.REWORDED),
        deleted_rows=of(Fate.DELETED),
        merged_rows=of(Fate.MERGED) - guessed,
        rejected=of(Fate.REJECTED),
        duplicates=of(Fate.DUPLICATE),
        deleted=found.get(Fate.DELETED, (0, 0))[1],
        merged=found.get(Fate.MERGED, (0, 0))[1],
        gone=of(Fate.GONE),
        closed=of(Fate.CLOSED),
        kept=found.get(Fate.REJECTED, (0, 0))[1],
    )


def opt_outs(db: Connection) -> tuple[int, int]:
    """How many contacts would no longer have opted out in the CRM, of how many that have."""
    staged, target = STAGED[Kind.CONTACT], TARGET[Kind.CONTACT]
    standing = and_(target.c.opted_out, target.c.state == RecordState.LIVE)
    lifted = (
        select(func.count())
        .join_from(staged, target, target.c.id == staged.c.id)
        .where(standing, staged.c.fate.in_(LOADED), ~staged.c.opted_out)
    )
    return int(db.execute(lifted).scalar_one()), int(
        db.execute(select(func.count()).select_from(target).where(standing)).scalar_one()
    )
