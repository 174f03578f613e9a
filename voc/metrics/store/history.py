"""One figure night by night, and what happened in between. Reads only."""

from collections.abc import Collection
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sqlalchemy import Connection, func, or_, select

from voc.base.choices import SHARES
from voc.base.schema import account_csm, audit, figure_snapshot, invitation, occasion, wave
from voc.base.words import Scope, WaveState
from voc.metrics.model import Figure
from voc.metrics.store.nights import figure_of
from voc.metrics.trend import Event

# Settings that move figures; what else is set (colours, mail) does not.
_MOVES = ("_standard", "window_days", "due_days", "fresh_cut", "silent_", "customer_too_new_days", "role")


def nights(
    db: Connection,
    *,
    scope: Scope,
    scope_id: str,
    names: Collection[str],
    window_days: int,
    since: date,
    until: date,
) -> list[Figure]:
    """As the nights of that time kept these figures, the oldest first."""
    columns = figure_snapshot.c
    query = (
        select(figure_snapshot)
        .where(columns.scope == scope, columns.scope_id == scope_id, columns.name.in_(sorted(names)))
        .where(columns.window_days == window_days, columns.as_of >= since, columns.as_of <= until)
        .order_by(columns.as_of, columns.name)
    )
    return [figure_of(row) for row in db.execute(query)]


def waves(db: Connection, *, since: date, until: date, csm_ids: Collection[str] | None) -> list[Event]:
    """Launched and closed; of these CSMs those in which somebody of theirs was asked.

    Not those by event: one begins whenever an account has gone live or a review was held, and they would hide the rest.
    """
    by_event = select(occasion.c.wave_id).where(occasion.c.wave_id.is_not(None))
    query = select(wave.c.id, wave.c.label, wave.c.launched_at, wave.c.closed_at).where(
        wave.c.state != WaveState.PLANNING,
        wave.c.id.not_in(by_event),
        wave.c.launched_at <= _end(until),
        or_(wave.c.closed_at.is_(None), wave.c.closed_at >= _start(since)),
    )
    if csm_ids is not None:
        theirs = select(invitation.c.wave_id).where(invitation.c.csm_id.in_(sorted(csm_ids)))
        query = query.where(wave.c.id.in_(theirs))
    found = []
    for row in db.execute(query.order_by(wave.c.launched_at, wave.c.id)):
        for at, words in ((row.launched_at, "launched"), (row.closed_at, "closed")):
            if at is not None and since <= at.date() <= until:
                found.append(Event(at.date(), f"wave {row.label} {words}"))
    return found


def hand_overs(db: Connection, *, since: date, until: date, csm_ids: Collection[str] | None) -> list[Event]:
    """Accounts that came to these CSMs, or left them, on a day; of all of them those that changed hands."""
    before = account_csm.alias("before")
    query = (
        select(account_csm.c.from_at, func.count())
        .join(before, (before.c.account_id == account_csm.c.account_id) & (before.c.to_at == account_csm.c.from_at))
        .where(account_csm.c.from_at >= _start(since), account_csm.c.from_at <= _end(until))
    )
    if csm_ids is not None:
        ids = sorted(csm_ids)
        query = query.where(or_(account_csm.c.csm_id.in_(ids), before.c.csm_id.in_(ids)))
    days: dict[date, int] = {}
    for at, count in db.execute(query.group_by(account_csm.c.from_at).order_by(account_csm.c.from_at)):
        days[at.date()] = days.get(at.date(), 0) + count
    return [Event(on, f"{count} {'account' if count == 1 else 'accounts'} handed over") for on, count in days.items()]


def settings(db: Connection, *, since: date, until: date) -> list[Event]:
    """Standards and other settings that figures are read by, changed."""
    query = (
        select(audit.c.at, audit.c.object_id, audit.c.detail)
        .where(audit.c.action == "setting changed", audit.c.at >= _start(since), audit.c.at <= _end(until))
        .order_by(audit.c.id)
    )
    return [
        Event(row.at.date(), f"{row.object_id.replace('_', ' ')} changed{_to(row.object_id, row.detail)}")
        for row in db.execute(query)
        if any(part in row.object_id for part in _MOVES)
    ]


def _to(name: str, detail: Any) -> str:
    """As pages show it: a share as a percentage."""
    new = detail.get("to") if isinstance(detail, dict) else None
    if new is None:
        return ""
    return f" to {new:.0%}" if name in SHARES and isinstance(new, int | float) else f" to {new}"


def _start(on: date) -> datetime:
    return datetime.combine(on, time(), tzinfo=UTC)


def _end(on: date) -> datetime:
    return _start(on + timedelta(days=1)) - timedelta(microseconds=1)
