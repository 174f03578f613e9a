"""How the mail server does, and whether anything is sent: writes `relay_state` and the pause of `installation`."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, bindparam, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from voc.base.schema import installation, relay_state


@dataclass(frozen=True)
class RelayState:
    open_until: datetime | None = None
    outages: int = 0
    refusals: int = 0
    reason: str | None = None

    def is_shut(self, now: datetime) -> bool:
        return self.open_until is not None and self.open_until > now


def relay(db: Connection, name: str) -> RelayState:
    row = db.execute(_STATE, {"name": name}).one_or_none()
    return RelayState() if row is None else RelayState(row.open_until, row.outages, row.refusals, row.reason)


_STATE = select(relay_state.c.open_until, relay_state.c.outages, relay_state.c.refusals, relay_state.c.reason).where(
    relay_state.c.relay == bindparam("name")
)


def set_relay(db: Connection, name: str, state: RelayState, *, now: datetime) -> None:
    values = {
        "open_until": state.open_until,
        "outages": state.outages,
        "refusals": state.refusals,
        "reason": state.reason,
        "changed_at": now,
    }
    if db.execute(update(relay_state).where(relay_state.c.relay == name).values(values)).rowcount:
        return
    with db.begin_nested() as first:
        try:
            db.execute(insert(relay_state).values(relay=name, **values))
        except IntegrityError:  # another worker found it down in this instant; its word is as good
            first.rollback()


def relay_well(db: Connection, name: str) -> None:
    """It took a message: whatever was wrong is over."""
    db.execute(delete(relay_state).where(relay_state.c.relay == name))


def sending_paused(db: Connection) -> str | None:
    """Why sending is paused, or None when it is not."""
    row = db.execute(select(installation.c.sending_paused, installation.c.paused_because)).first()
    return (row.paused_because or "Sending is paused") if row is not None and row.sending_paused else None


def set_paused(db: Connection, because: str | None, *, at: datetime | None = None, by: str | None = None) -> None:
    """None lets mail go again. `by` is a person; a brake has none, and alerts written after `at` still go out."""
    values = {"sending_paused": because is not None, "paused_because": because, "paused_at": at, "paused_by": by}
    db.execute(update(installation).values(values))


@dataclass(frozen=True)
class Pause:
    """`by` is None where a brake did it; `since` is not known of a restored installation."""

    because: str
    since: datetime | None
    by: str | None


def pause(db: Connection) -> Pause | None:
    columns = installation.c
    row = db.execute(
        select(columns.sending_paused, columns.paused_because, columns.paused_at, columns.paused_by)
    ).first()
    if row is None or not row.sending_paused:
        return None
    return Pause(row.paused_because or "somebody paused it", row.paused_at, row.paused_by)
