"""What to write back to the CRM, and when to try again. Pure.

`Wanted` is what a record of the CRM should say by our state, `Told` what we know of the last time
we wrote to it; a `Planned` write follows from both. Only what differs is written, under a key that
never changes, so that a run that was killed between the CRM's yes and our note writes the same again.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import blake2b

import msgspec

from voc.accounts.connection import Connection, Switch
from voc.accounts.connector import Probe, Write, WriteWhat, Wrote
from voc.accounts.model import Kind

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

EVERY = timedelta(hours=1)
CONTACT_FIELDS = (Switch.LAST_ASKED, Switch.LAST_ANSWERED, Switch.SCORE)
ACCOUNT_FIELDS = (Switch.COVERAGE,)
FIELDS = (*CONTACT_FIELDS, *ACCOUNT_FIELDS)
_KEPT_OF_A_TASK = ("due_on", "owner_id", "closed")  # the rest names people, and is known from the follow-up


class Wanted(msgspec.Struct, frozen=True):
    """What one record of the CRM should say. `about` names it for a person, `path` is our page of it.

    A task without an `owner_id` keeps the owner it has in the CRM; one that is not there is not made
    without an owner. A field whose value is "" is emptied only where we filled it.
    """

    key: str
    what: WriteWhat
    record_id: str | None
    values: Mapping[str, str]
    about: str
    path: str


class Told(msgspec.Struct, frozen=True):
    """The last attempt: accepted (neither `again_at` nor `why`), refused (`why`), failed for now (both), or
    handed over without a word since (`again_at`). `written` is what was accepted last: None while
    nobody knows whether the CRM has it, nothing where the CRM said that it has not."""

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
    REOPENS = "reopens"  # its follow-up was not done after all
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
    nobodys = wanted.what == WriteWhat.TASK and not values["owner_id"]
    if nobodys and (told is None or told.written == {}):
        return None
    digest = digest_of(values)
    state = _state(wanted, values, told, digest, now=now)
    if state is None:
        return None
    if wanted.what == WriteWhat.TASK and _written(told).get("closed") and not values["closed"]:
        values = {**values, "reopened": "1"}
    record_id = wanted.record_id or (told.record_id if told else None)
    return Planned(wanted, Write(wanted.key, wanted.what, record_id, values, nobodys), digest, state, told)


def _written(told: Told | None) -> Mapping[str, str]:
    return (told.written if told else None) or {}


def _values(wanted: Wanted, before: Mapping[str, str]) -> Mapping[str, str]:
    if wanted.what != WriteWhat.TASK:
        return {column: value for column, value in wanted.values.items() if value or column in before}
    return {**wanted.values, "owner_id": wanted.values["owner_id"] or before.get("owner_id", "")}


def _state(wanted: Wanted, values: Mapping[str, str], told: Told | None, digest: str, *, now: datetime) -> State | None:
    if told is not None:
        if told.again_at is not None and told.again_at > now:
            return State.WAITS
        if told.again_at is None and told.digest == digest:
            return State.REFUSED if told.why else None
    if wanted.what == WriteWhat.TASK and values["closed"] != _written(told).get("closed", ""):
        return State.CLOSES if values["closed"] else State.REOPENS
    return State.CHANGED if _written(told) else State.NEW


def digest_of(values: Mapping[str, str]) -> str:
    """The same for the same values, whatever their order."""
    return blake2b(msgspec.json.encode(sorted(values.items())), digest_size=16).hexdigest()


def kept(write: Write) -> dict[str, str]:
    """What is noted of accepted values: enough to say what changes next time, without names."""
    if write.what != WriteWhat.TASK:
        return dict(write.values)
    return {name: write.values[name] for name in _KEPT_OF_A_TASK}


def accepted_before(told: Told | None) -> dict[str, str] | None:
    """What was accepted last, once more is handed over: a task that was not there may be there from now on."""
    return dict(_written(told)) or None


def after(plan: Planned, outcome: Wrote | None, *, now: datetime) -> Told:
    """What we know after the CRM's word; without one (None) it is tried again like any failure."""
    write, before = plan.write, plan.told
    record_id = (outcome.record_id if outcome else None) or write.record_id
    if outcome is not None and outcome.done:
        there = bool(record_id) or not write.only_if_there
        return Told(write.key, write.what, record_id, plan.digest, now, written=kept(write) if there else {})
    tries = (before.tries if before else 0) + 1
    again = outcome is None or outcome.again
    why = (outcome.why if outcome else None) or ("it failed for now" if again else "the CRM refused it")
    again_at = now + GROWING[min(tries, len(GROWING)) - 1] if again else None
    return Told(write.key, write.what, record_id, plan.digest, now, tries, again_at, why, accepted_before(before))


def is_due(last_at: datetime | None, read_at: datetime | None, *, now: datetime) -> bool:
    """After each complete reading of the CRM, and once an hour whatever becomes of the readings."""
    return last_at is None or now - last_at >= EVERY or (read_at is not None and read_at > last_at)


def identity(connection: Connection) -> str:
    """Which CRM it is: what one was told says nothing about another."""
    return "|".join((connection.crm, connection.place, connection.database or ""))


KIND_OF = {**dict.fromkeys(CONTACT_FIELDS, Kind.CONTACT), **dict.fromkeys(ACCOUNT_FIELDS, Kind.ACCOUNT)}
"""Whose record takes each field."""


def why_not_columns(connection: Connection, probe: Probe | None) -> tuple[Switch, str] | None:
    """The first switch whose column cannot be it, and why; `probe` is the last look at this CRM, if there was one."""
    taken: set[tuple[Kind, str]] = set()
    for switch in FIELDS:
        if switch not in connection.writes:
            continue
        kind, column = KIND_OF[switch], connection.write_columns.get(switch, "")
        if not column:
            return switch, "Name the CRM's field that takes it."
        if (kind, column.casefold()) in taken:
            return switch, f"{column} takes another of these already. Name another field."
        if (field := _read_as(connection, probe, kind, column)) is not None:
            return switch, f"{column} is read from the CRM as {field.replace('_', ' ')}. Name a field of its own."
        shown = columns_of(probe, kind)
        if shown and column.casefold() not in {one.casefold() for one in shown}:
            return switch, f"The last check found no field {column} there. Make it in the CRM, then check again."
        taken.add((kind, column.casefold()))
    return None


def columns_of(probe: Probe | None, kind: Kind) -> list[str]:
    """What the CRM has to offer, by name; nothing before the first look."""
    objects = probe.objects if probe else []
    return sorted(next((one.columns for one in objects if one.kind == kind), []), key=str.casefold)


def _read_as(connection: Connection, probe: Probe | None, kind: Kind, column: str) -> str | None:
    """The field of ours that is read from a column: writing there would overwrite what the CRM knows."""
    own = connection.objects[kind].fields if kind in connection.objects else {}
    objects = probe.objects if probe else []
    seen = {found.field: found.column for one in objects if one.kind == kind for found in one.fields}
    mapped = {**seen, **own}
    return next((field for field, name in mapped.items() if name and name.casefold() == column.casefold()), None)
