"""States of a wave, and its end: what is due is decided, what is over is closed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, and_, exists, func, or_, select, update

from voc.base.errors import NotFound
from voc.base.schema import (
    invitation,
    message,
    response,
    wave,
)
from voc.base.words import MessageState, ResponseState
from voc.campaigns.calendar import local_day
from voc.campaigns.model import Disposition, Step, StopReason, WaveState
from voc.campaigns.store.rows import stop_rows

OPEN = (WaveState.RUNNING, WaveState.PAUSED)


def lock_wave(db: Connection, wave_id: int) -> Any:
    """The row, locked: claims under way are waited for, later ones see the new state."""
    row = db.execute(select(wave).where(wave.c.id == wave_id).with_for_update()).first()
    if row is None:
        raise NotFound("There is no such wave.")
    return row


def write_wave(db: Connection, wave_id: int, **values: Any) -> None:
    db.execute(update(wave).where(wave.c.id == wave_id).values(**values))


def stop_wave_rows(db: Connection, wave_id: int, *, reason: StopReason, now: datetime) -> list[int]:
    """End every chase of the wave."""
    query = select(invitation.c.id).where(invitation.c.wave_id == wave_id, invitation.c.stopped.is_(None))
    ids = list(db.execute(query).scalars())
    return stop_rows(db, ids, reason=reason, now=now)


def overdue(db: Connection, *, wave_ids: Sequence[int] | None, now: datetime) -> list[int]:
    """Invitations whose planned step is overdue, of these waves or of all that are open; in the order of ids."""
    query = (
        select(invitation.c.id)
        .join(wave, wave.c.id == invitation.c.wave_id)
        .where(
            invitation.c.next_step.is_not(None),
            invitation.c.due_at < now,
            invitation.c.stopped.is_(None),
            wave.c.state.in_(OPEN),
        )
        .order_by(invitation.c.id)
    )
    if wave_ids is not None:
        query = query.where(invitation.c.wave_id.in_(wave_ids))
    return list(db.execute(query).scalars())


def held(db: Connection, wave_id: int, *, most: int) -> list[int]:
    """Invitations of the wave whose next step waits for a person, in the order of ids."""
    query = select(invitation.c.id).where(invitation.c.wave_id == wave_id, *HELD).order_by(invitation.c.id).limit(most)
    return list(db.execute(query).scalars())


HELD = (
    invitation.c.held_because.is_not(None),
    invitation.c.next_step.is_not(None),
    invitation.c.stopped.is_(None),
)


@dataclass(frozen=True, slots=True)
class Due:
    """An invitation whose due date has passed undecided."""

    id: int
    closes_at: datetime
    away_on_due_day: bool
    saved_at: datetime | None  # of a draft or answer that has the key question, kept in time
    delivered: bool  # a mail other than the heads-up was taken and did not bounce


def due_undecided(db: Connection, *, now: datetime) -> list[Due]:
    """Locked; those another process is deciding are left to it."""
    saved_at = (
        select(func.max(response.c.saved_at))
        .where(
            response.c.invitation_id == invitation.c.id,
            response.c.state.in_([ResponseState.DRAFT, ResponseState.SUBMITTED]),
            response.c.score.is_not(None),
            response.c.saved_at <= invitation.c.closes_at,
        )
        .scalar_subquery()
    )
    delivered = exists().where(
        message.c.invitation_id == invitation.c.id,
        message.c.step.is_not(None),
        message.c.step != Step.HEADS_UP,
        message.c.state == MessageState.SENT,
        message.c.bounced_at.is_(None),
    )
    query = (
        select(
            invitation.c.id,
            invitation.c.closes_at,
            invitation.c.time_zone,
            invitation.c.away_until_on,
            saved_at.label("saved_at"),
            delivered.label("delivered"),
        )
        .where(invitation.c.closes_at <= now, invitation.c.disposition.is_(None))
        .order_by(invitation.c.id)
        .with_for_update(of=invitation, skip_locked=True)
    )
    return [
        Due(
            id=row.id,
            closes_at=row.closes_at,
            away_on_due_day=row.away_until_on is not None
            and row.away_until_on >= local_day(row.closes_at, row.time_zone),
            saved_at=row.saved_at,
            delivered=row.delivered,
        )
        for row in db.execute(query)
    ]


def decide_due(db: Connection, decided: Mapping[Disposition, Sequence[int]], *, now: datetime) -> None:
    """Write the dispositions; nothing of their chase is left."""
    for disposition, ids in decided.items():
        db.execute(
            update(invitation)
            .where(invitation.c.id.in_(ids), invitation.c.disposition.is_(None))
            .values(disposition=disposition, disposed_at=now, next_step=None, due_at=None)
        )


def count_partial(db: Connection, saved: Mapping[int, datetime]) -> None:
    """A kept draft that has the key question is a partial answer from its due date on."""
    for invitation_id, saved_at in saved.items():
        db.execute(
            update(invitation)
            .where(invitation.c.id == invitation_id, invitation.c.answered_at.is_(None))
            .values(answered_at=saved_at)
        )


def refresh_closes_at(db: Connection) -> None:
    """An open wave closes at the latest due moment of its invitations."""
    latest = (
        select(func.max(invitation.c.closes_at)).where(invitation.c.wave_id == wave.c.id).correlate(wave)
    ).scalar_subquery()
    db.execute(
        update(wave).where(wave.c.state.in_(OPEN), wave.c.closes_at.is_distinct_from(latest)).values(closes_at=latest)
    )


def finished(db: Connection) -> list[int]:
    """Open waves of which nothing is planned, on its way or undecided. A step held for a person keeps none open."""
    on_its_way = and_(
        invitation.c.stopped.is_(None),
        invitation.c.held_because.is_(None),
        or_(invitation.c.next_step.is_not(None), invitation.c.sent_at.is_(None)),
        invitation.c.answered_at.is_(None),
    )
    undecided = and_(invitation.c.sent_at.is_not(None), invitation.c.disposition.is_(None))
    busy = exists().where(invitation.c.wave_id == wave.c.id, or_(on_its_way, undecided))
    query = select(wave.c.id).where(wave.c.state.in_(OPEN), ~busy).order_by(wave.c.id)
    return list(db.execute(query).scalars())
