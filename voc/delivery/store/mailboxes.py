"""How far each mailbox is read, what is left to do in it, and what is wrong: writes `mailbox` and `mailbox_mail`."""

from datetime import datetime

from sqlalchemy import Connection, case, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from voc.base.schema import mailbox, mailbox_mail
from voc.delivery.model import SetAside, Standing

LISTENER = "listener"
_SHOWN = 10


def read_up_to(db: Connection, name: str, *, uid_validity: int) -> int:
    """The number of the last mail that was read; 0 in a folder that is new, or was made anew by its server."""
    _ensure(db, name)
    row = db.execute(select(mailbox.c.uid_validity, mailbox.c.last_uid).where(mailbox.c.name == name)).one()
    if row.uid_validity == uid_validity:
        return int(row.last_uid)
    anew = {"uid_validity": uid_validity, "last_uid": 0, "stuck_uid": None, "stuck_times": 0}
    db.execute(update(mailbox).where(mailbox.c.name == name).values(anew))
    # What was still to be put away cannot be told by its old number; read again, it is known already.
    stale = (mailbox_mail.c.mailbox == name, mailbox_mail.c.uid_validity != uid_validity)
    db.execute(delete(mailbox_mail).where(*stale, mailbox_mail.c.reason.is_(None)))
    return 0


def _ensure(db: Connection, name: str) -> None:
    if db.execute(select(mailbox.c.name).where(mailbox.c.name == name)).first() is None:
        with db.begin_nested() as first:
            try:
                db.execute(insert(mailbox).values(name=name))
            except IntegrityError:
                first.rollback()


def advance(db: Connection, name: str, *, uid_validity: int, uid: int) -> bool:
    """Mark the mail as read; False if somebody else has, whose word stands. Call it first: it holds the row."""
    row = (mailbox.c.name == name, mailbox.c.uid_validity == uid_validity)
    return db.execute(update(mailbox).where(*row, mailbox.c.last_uid < uid).values(last_uid=uid)).rowcount == 1


def stumbled(db: Connection, name: str, *, uid_validity: int, uid: int) -> int:
    """Reading stopped at this mail; how often in a row it has."""
    row = (mailbox.c.name == name, mailbox.c.uid_validity == uid_validity)
    again = case((mailbox.c.stuck_uid == uid, mailbox.c.stuck_times + 1), else_=1)
    db.execute(update(mailbox).where(*row).values(stuck_uid=uid, stuck_times=again))
    return db.execute(select(mailbox.c.stuck_times).where(*row)).scalar() or 0


def is_stuck(db: Connection, name: str) -> bool:
    """Whether reading stopped at a mail the last time."""
    return db.execute(select(mailbox.c.stuck_uid).where(mailbox.c.name == name)).scalar() is not None


def note(db: Connection, name: str, *, uid_validity: int, uid: int, at: datetime, reason: str | None = None) -> None:
    """Something is left to do about it: put it away or, with a reason, look at it."""
    values = {"mailbox": name, "uid_validity": uid_validity, "uid": uid, "at": at, "reason": reason}
    db.execute(insert(mailbox_mail).values(values))


def to_put_away(db: Connection, name: str, *, uid_validity: int) -> list[int]:
    columns = mailbox_mail.c
    here = (columns.mailbox == name, columns.uid_validity == uid_validity, columns.reason.is_(None))
    return list(db.execute(select(columns.uid).where(*here).order_by(columns.uid)).scalars())


def is_put_away(db: Connection, name: str, *, uid_validity: int, uid: int) -> None:
    columns = mailbox_mail.c
    here = (columns.mailbox == name, columns.uid_validity == uid_validity, columns.uid == uid)
    db.execute(delete(mailbox_mail).where(*here, columns.reason.is_(None)))


def well(db: Connection, name: str, *, now: datetime) -> None:
    _ensure(db, name)
    db.execute(
        update(mailbox)
        .where(mailbox.c.name == name)
        .values(read_at=now, trouble=None, trouble_since=None, stuck_uid=None, stuck_times=0)
    )


def in_trouble(db: Connection, name: str, *, because: str, now: datetime) -> bool:
    """Keep why it cannot be read; whether that is news."""
    _ensure(db, name)
    row = mailbox.c.name == name
    before = db.execute(select(mailbox.c.trouble).where(row)).scalar_one()
    if before is None:
        db.execute(update(mailbox).where(row).values(trouble=because, trouble_since=now))
    elif before != because:
        db.execute(update(mailbox).where(row).values(trouble=because))
    return before != because


def forget_set_aside(db: Connection, *, before: datetime) -> int:
    return db.execute(
        delete(mailbox_mail).where(mailbox_mail.c.reason.is_not(None), mailbox_mail.c.at < before)
    ).rowcount


def standing(db: Connection) -> list[Standing]:
    """Every way in that was ever used, by its name; what is wrong with it and what was set aside."""
    rows = db.execute(
        select(mailbox.c.name, mailbox.c.read_at, mailbox.c.trouble, mailbox.c.trouble_since).order_by(mailbox.c.name)
    )
    return [Standing(row.name, row.read_at, row.trouble, row.trouble_since, _set_aside(db, row.name)) for row in rows]


def _set_aside(db: Connection, name: str) -> tuple[SetAside, ...]:
    columns = mailbox_mail.c
    rows = db.execute(
        select(columns.uid, columns.at, columns.reason)
        .where(columns.mailbox == name, columns.reason.is_not(None))
        .order_by(columns.at.desc(), columns.id.desc())
        .limit(_SHOWN)
    )
    return tuple(SetAside(row.uid, row.at, row.reason) for row in rows)
