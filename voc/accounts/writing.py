"""What to write back to the CRM, and when to try again. Pure.

`Wanted` is what a record of the CRM should say by our state, `Told` what we know of the last time
we wrote to it; a `Planned` write follows from both. Only what differs is written, under a key that
never changes, so that a run that was killed between the CRM's yes and our note writes the same again.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import blake2b

import msgspec

from voc.accounts.connection import Connection, Switch
from voc.accounts.connector import Write, WriteWhat, Wrote

GROWING = (
    timedelta(minutes=30),
    timedelta(hours=1),
    timedelta(hours=2),
    timedelta(hours=4),
    timedelta(hours=8),
    timedelta(hours=24),
)
UNSURE_FOR = timedelta(minutes=10)
"""How long a write without a word since is left alone: a CRM that finds new records late would get a second task."""

CONTACT_FIELDS = (Switch.LAST_ASKED, Switch.LAST_ANSWERED, Switch.SCORE)
ACCOUNT_FIELDS = (Switch.COVERAGE,)
FIELDS = (*CONTACT_FIELDS, *ACCOUNT_FIELDS)
_KEPT_OF_A_TASK = ("due_on", "owner_id", "closed")  # the rest names people, and is known from the follow-up


class Wanted(msgspec.Struct, frozen=True):
    """What one record of the CRM should say. `about` names it for a person, `path` is our page of it.

    A task without an `owner_id` keeps the owner it has; without any it is not written. A field whose
    value is "" is emptied only where we filled it.
    """

    key: str
    what: WriteWhat
    record_id: str | None
    values: Mapping[str, str]
    about: str
    path: str


class Told(msgspec.Struct, frozen=True):
    """The last attempt: accepted (neither `again_at` nor `why`), refused (`why`), failed for now (both), or
    handed over without a word since (`again_at`). `written` is what was accepted last."""

    key: str
    what: WriteWhat
    record_id: str | None
    digest: str
    at: datetime
    tries: int = 0
    again_at: datetime | None = None
    why: str | None = None
    written: Mapping[str, str] | None = None


class State(StrEnum):
    """How a record stands that does not say yet what it should."""

    NEW = "new"
    CHANGED = "changed"
    CLOSES = "closes"  # a task whose follow-up is done
    WAITS = "waits"  # it failed, or nobody knows yet; tried again later
    REFUSED = "refused"  # a person must look


class Planned(msgspec.Struct, frozen=True):
    """A write that is due, or waits, or was refused. `told` is the attempt before it."""

    wanted: Wanted
    write: Write
    digest: str
    state: State
    told: Told | None = None

    @property
    def due(self) -> bool:
        return self.state not in (State.WAITS, State.REFUSED)

    @property
    def before(self) -> Mapping[str, str]:
        """What was accepted last, as far as it is kept."""
        return _written(self.told)


def planned(wanted: Wanted, told: Told | None, *, now: datetime) -> Planned | None:
    """What is to be done about one record; None if it says what it should already."""
    values = _values(wanted, _written(told))
    if not values or (told is None and not any(values.values())):
        return None
    digest = digest_of(values)
    state = _state(wanted, values, told, digest, now=now)
    if state is None:
        return None
    record_id = wanted.record_id or (told.record_id if told else None)
    return Planned(wanted, Write(wanted.key, wanted.what, record_id, values), digest, state, told)


def _written(told: Told | None) -> Mapping[str, str]:
    return (told.written if told else None) or {}


def _values(wanted: Wanted, before: Mapping[str, str]) -> Mapping[str, str] | None:
    if wanted.what != WriteWhat.TASK:
        return {column: value for column, value in wanted.values.items() if value or column in before}
    owner = wanted.values["owner_id"] or before.get("owner_id")
    return {**wanted.values, "owner_id": owner} if owner else None


def _state(wanted: Wanted, values: Mapping[str, str], told: Told | None, digest: str, *, now: datetime) -> State | None:
    if told is not None:
        if told.again_at is not None and told.again_at > now:
            return State.WAITS
        if told.again_at is None and told.digest == digest:
            return State.REFUSED if told.why else None
    if values.get("closed") and wanted.what == WriteWhat.TASK:
        return State.CLOSES
    return State.NEW if told is None or told.written is None else State.CHANGED


def digest_of(values: Mapping[str, str]) -> str:
    """The same for the same values, whatever their order."""
    return blake2b(msgspec.json.encode(sorted(values.items())), digest_size=16).hexdigest()


def kept(write: Write) -> dict[str, str]:
    """What is noted of accepted values: enough to say what changes next time, without names."""
    if write.what != WriteWhat.TASK:
        return dict(write.values)
    return {name: write.values[name] for name in _KEPT_OF_A_TASK}


def after(plan: Planned, outcome: Wrote | None, *, now: datetime) -> Told:
    """What we know after the CRM's word; without one (None) it is tried again like any failure."""
    write, before = plan.write, plan.told
    record_id = (outcome.record_id if outcome else None) or write.record_id
    if outcome is not None and outcome.done:
        return Told(write.key, write.what, record_id, plan.digest, now, written=kept(write))
    tries = (before.tries if before else 0) + 1
    again = outcome is None or outcome.again
    why = (outcome.why if outcome else None) or ("it failed for now" if again else "the CRM refused it")
    again_at = now + GROWING[min(tries, len(GROWING)) - 1] if again else None
    written = before.written if before else None
    return Told(write.key, write.what, record_id, plan.digest, now, tries, again_at, why, written)


def identity(connection: Connection) -> str:
    """Which CRM it is: what one was told says nothing about another."""
    return "|".join((connection.crm, connection.place, connection.database or ""))


def without_column(connection: Connection, switches: Sequence[Switch]) -> list[Switch]:
    """Those of the switches that need a column of the CRM and have none."""
    return [one for one in switches if one in FIELDS and not connection.write_columns.get(one, "").strip()]
