"""What a look at the CRM found, and what of it must be mended before anything is read. Pure."""

from datetime import datetime
from hashlib import blake2b

import msgspec

from voc.accounts.clean import spelling_key
from voc.accounts.connection import Connection
from voc.accounts.connector import FieldState, ObjectFound, Probe
from voc.accounts.model import (
    AccountStatus,
    Counts,
    Fate,
    Kind,
    ProblemLevel,
    Reason,
    Role,
    RunState,
    Segment,
    Spellings,
)

SPELLED: dict[Kind, tuple[str, ...]] = {
    Kind.ACCOUNT: ("segment", "status"),
    Kind.RELATION: ("roles",),
    Kind.OPPORTUNITY: ("kind",),
    Kind.ACTIVITY: ("kind",),
    Kind.MILESTONE: ("kind",),
}
"""Fields whose values we must understand, or choose by."""

_NEEDED = (Kind.ACCOUNT, Kind.CONTACT)
_OPT_OUT = "opted_out"


def whereabouts(connection: Connection) -> str:
    """The same for two connections to the same CRM: what was seen in one is there for the other."""
    return _digest((connection.crm, connection.place, connection.database, connection.user, connection.acting_as))


def meaning(connection: Connection) -> str:
    """The same for two connections that read the same rows and understand them alike."""
    return _digest(
        msgspec.structs.replace(connection, on=False, every_minutes=60, writes=frozenset(), write_columns={})
    )


def _digest(value: object) -> str:
    return blake2b(msgspec.json.encode(value, order="deterministic"), digest_size=16).hexdigest()


class Checked(msgspec.Struct):
    """`samples`: rows by the CRM's own column names; `spelled`: the spellings in use of each field of SPELLED."""

    probe: Probe
    samples: dict[Kind, list[dict[str, str]]]
    spelled: dict[Kind, dict[str, list[str]]]
    unseen: list[str]  # what could not be looked at, in words
    at: datetime
    seconds: float

    def object(self, kind: Kind) -> ObjectFound | None:
        return next((one for one in self.probe.objects if one.kind == kind), None)


def why_not_read(probe: Probe) -> list[str]:
    """Each reason why this CRM may not be read as it is mapped now; in words, with the mend."""
    found = {one.kind: one for one in probe.objects}
    reasons = []
    for kind in _NEEDED:
        one = found.get(kind)
        if one is None or not one.readable:
            why = one.why if one is not None and one.why else "It was not found"
            reasons.append(f"The {kind}s cannot be read. {why.rstrip('.')}.")
    contacts = found.get(Kind.CONTACT)
    if contacts is not None and contacts.readable:
        reasons += _why_no_opt_out(contacts)
    return reasons


def _why_no_opt_out(contacts: ObjectFound) -> list[str]:
    """Who wants no mail must be known, or nobody may be asked."""
    for field in contacts.fields:
        if field.field == _OPT_OUT and field.state in (FieldState.FOUND, FieldState.CALCULATED):
            return []
        if field.field == _OPT_OUT and field.state == FieldState.NOT_MAPPED:
            return [
                "No field says who wants no mail. Map “opted out” of the contacts: "
                "without it somebody would be asked against their will."
            ]
        if field.field == _OPT_OUT:
            verb = "is not there" if field.state == FieldState.MISSING else "may not be read by this user"
            return [
                f"The field {field.column} of the contacts {verb}. It says who wants no mail: give the right "
                "to read it, or map another field. Until then nothing is read."
            ]
    return []


def unknown_spellings(checked: Checked, known: Spellings) -> dict[Kind, list[str]]:
    """The spellings in use that nobody understands, by kind: those of roles, segments and states."""
    tables = {"segment": known.segments, "status": known.statuses, "roles": known.roles}
    found: dict[Kind, list[str]] = {}
    for kind, fields in checked.spelled.items():
        for field, spellings in fields.items():
            if field in tables:
                unknown = [one for one in spellings if spelling_key(one) not in tables[field]]
                found.setdefault(kind, []).extend(unknown)
    return {kind: unknown for kind, unknown in found.items() if unknown}


OUR_WORDS: dict[str, tuple[str, ...]] = {
    "segment": tuple(Segment),
    "status": tuple(AccountStatus),
    "roles": tuple(Role),
}
"""What a spelling of the CRM can mean, by our field."""


# --- a try --------------------------------------------------------------------------------------


class Example(msgspec.Struct):
    """A record that a sync would write. `values`: our field -> (as it is here, as it would be)."""

    object: Kind
    record_id: str
    name: str
    fate: Fate
    values: dict[str, tuple[str, str]]


class Doubt(msgspec.Struct):
    """Some rows that would be refused, lose a field or need a look, and one of them."""

    object: Kind
    level: ProblemLevel
    reason: Reason
    sentence: str
    count: int
    record_id: str | None
    field: str | None
    text: str | None


class Tried(msgspec.Struct):
    """What a sync would do now. `cut` are the objects of which only the first rows were read."""

    state: RunState
    message: str
    rows: int
    seconds: float
    at: datetime
    requests: int
    counts: dict[Kind, Counts]
    fields: dict[Kind, dict[str, int]]  # what would change: our field -> in how many records
    examples: list[Example]
    doubts: list[Doubt]
    cut: list[Kind]
