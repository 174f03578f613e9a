"""Sessions and knocks (failed tries), and what every staff page says on top. The only writer of `session` and `knock`.

A session is a row; the cookie's token is kept as a hash. It is made at sign-in only, always under a
new token, so that one planted before is worth nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, delete, func, insert, null, or_, select, text, update

from voc.base.access import Viewer
from voc.base.schema import csm, installation, knock, session, staff, sync_run
from voc.base.words import RecordState, RunState, StaffRole

IDLE = timedelta(hours=8)
ABSOLUTE = timedelta(days=5)
# `seen_at` is written this seldom: a page that only reads should not cost a commit each time.
SEEN_EVERY = timedelta(minutes=5)

# A CSM whom the CRM calls inactive, or has no more, is out at the next request.
_GONE = (RecordState.CLOSED, RecordState.DELETED, RecordState.MERGED)


@dataclass(frozen=True)
class Session:
    token_hash: str
    viewer: Viewer
    email: str
    csrf: str
    seen_at: datetime
    flash: dict[str, Any] | None


def open_session(db: Connection, *, token_hash: str, csrf: str, staff_id: int, now: datetime) -> None:
    db.execute(delete(session).where(or_(session.c.expires_at <= now, session.c.seen_at <= now - IDLE)))
    db.execute(
        insert(session).values(
            token_hash=token_hash,
            staff_id=staff_id,
            csrf=csrf,
            created_at=now,
            seen_at=now,
            expires_at=now + ABSOLUTE,
            flash=null(),
        )
    )


def standing_session(db: Connection, token_hash: str, *, now: datetime) -> Session | None:
    """The session behind a cookie, if it and the person's access still stand. One query."""
    row = db.execute(
        select(
            staff.c.id,
            staff.c.name,
            staff.c.email,
            staff.c.role,
            staff.c.csm_id,
            session.c.csrf,
            session.c.seen_at,
            session.c.flash,
        )
        .select_from(session.join(staff, staff.c.id == session.c.staff_id).outerjoin(csm, csm.c.id == staff.c.csm_id))
        .where(
            session.c.token_hash == token_hash,
            session.c.expires_at > now,
            session.c.seen_at > now - IDLE,
            staff.c.active.is_(True),
            or_(csm.c.id.is_(None), csm.c.active.is_(True) & csm.c.state.not_in(_GONE)),
        )
    ).first()
    if row is None:
        return None
    viewer = Viewer(staff_id=row.id, name=row.name, role=StaffRole(row.role), csm_id=row.csm_id)
    return Session(
        token_hash=token_hash, viewer=viewer, email=row.email, csrf=row.csrf, seen_at=row.seen_at, flash=row.flash
    )


def may_enter(db: Connection, staff_id: int) -> bool:
    """Whether this active person is not inactive in the CRM; asked at sign-in, so that the reason can be said."""
    row = db.execute(
        select(csm.c.active, csm.c.state)
        .select_from(staff.join(csm, csm.c.id == staff.c.csm_id))
        .where(staff.c.id == staff_id)
    ).first()
    return row is None or (row.active and row.state not in _GONE)


def seen(db: Connection, token_hash: str, *, now: datetime) -> None:
    db.execute(update(session).where(session.c.token_hash == token_hash).values(seen_at=now))


def close_session(db: Connection, token_hash: str) -> None:
    db.execute(delete(session).where(session.c.token_hash == token_hash))


def close_sessions_of(db: Connection, staff_id: int) -> None:
    """Everywhere: after a new password or the end of access."""
    db.execute(delete(session).where(session.c.staff_id == staff_id))


def set_flash(db: Connection, token_hash: str, flash: dict[str, Any] | None) -> None:
    """What the next page says on top; None clears it."""
    value = null() if flash is None else flash
    db.execute(update(session).where(session.c.token_hash == token_hash).values(flash=value))


# --- knocks -------------------------------------------------------------------------------------


def knocks(db: Connection, kind: str, sources: list[str], *, since: datetime) -> int:
    """The most tries that one of these sources made since then."""
    counts = db.execute(
        select(func.count())
        .where(knock.c.kind == kind, knock.c.source.in_(sources), knock.c.at > since)
        .group_by(knock.c.source)
    ).scalars()
    return max(counts, default=0)


def try_once(
    db: Connection, kind: str, sources: Mapping[str, int], *, now: datetime, window: timedelta
) -> list[int] | None:
    """Count a try of these sources, each with how many it may make in that time; None if one has none left.

    In a writing transaction, so that tries at the same moment are counted one after the other. Those
    in flight count too; `forget_try` takes one back that was right.
    """
    if db.dialect.name == "postgresql":
        for source in sorted(sources):  # in one order: two tries with two sources never wait for each other
            db.execute(text("SELECT pg_advisory_xact_lock(hashtextextended(:of, 0))"), {"of": f"{kind} {source}"})
    if any(knocks(db, kind, [source], since=now - window) >= most for source, most in sources.items()):
        return None
    db.execute(delete(knock).where(knock.c.kind == kind, knock.c.at <= now - window))
    rows = [{"kind": kind, "source": source, "at": now} for source in sources]
    return list(db.execute(insert(knock).returning(knock.c.id), rows).scalars())


def forget_try(db: Connection, tried: list[int]) -> None:
    db.execute(delete(knock).where(knock.c.id.in_(tried)))


def forget_knocks(db: Connection, kind: str, source: str) -> None:
    db.execute(delete(knock).where(knock.c.kind == kind, knock.c.source == source))


# --- what every page says on top ----------------------------------------------------------------


@dataclass(frozen=True)
class Standing:
    sending_paused: bool
    paused_because: str | None
    crm_read_at: datetime | None  # begin of the last complete run: its data is as old as that; None before the first
    run_held: int | None  # the newest run, if a person must decide about it
    in_doubt: bool = False  # a copied database that nobody has looked at
    run_stopped: tuple[int, RunState, str] | None = None  # the newest run and why, if it is paused or failed


def standing(db: Connection) -> Standing:
    here = installation.c
    place = db.execute(select(here.sending_paused, here.paused_because, here.doubt_since)).first()
    read_at = db.execute(select(func.max(sync_run.c.started_at)).where(sync_run.c.state == RunState.COMPLETE)).scalar()
    runs = sync_run.c
    newest = db.execute(select(runs.id, runs.state, runs.message).order_by(runs.id.desc()).limit(1)).first()
    stopped = newest is not None and newest.state in (RunState.PAUSED, RunState.FAILED)
    return Standing(
        sending_paused=place is not None and place.sending_paused,
        paused_because=None if place is None else place.paused_because,
        crm_read_at=read_at,
        in_doubt=place is not None and place.doubt_since is not None,
        run_held=newest.id if newest is not None and newest.state == RunState.HELD else None,
        run_stopped=(newest.id, RunState(newest.state), newest.message or "") if newest and stopped else None,
    )
