"""What is written into HubSpot: tasks, and properties of contacts and companies. Twice leaves one record.

A task carries our key in a property of its own whose values are unique, `voc_key`, and HubSpot
creates or updates by it: a run that was killed after HubSpot had the task finds that task again.
The property is made with the first task if the token may (crm.schemas.contacts.write); else a
person makes it: Settings > Properties > Tasks, name `voc_key`, single-line text, unique values.
"""

import html
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from voc.accounts.connector import Write, WriteWhat, Wrote
from voc.accounts.crm.hubspot.answers import Batch, Fault
from voc.accounts.crm.hubspot.api import Api, Sizes

KEY = "voc_key"
_DUE = time(9)  # in the account's zone
_OBJECTS = {WriteWhat.CONTACT: "contacts", WriteWhat.ACCOUNT: "companies"}
_MAKE_IT = (
    f"HubSpot's tasks need a property {KEY} (single-line text, unique values): make it under Settings > Properties"
    " > Tasks, or give the token the scope crm.schemas.contacts.write"
)
# Worth another try: somebody else's change or HubSpot's own trouble.
_AGAIN = ("RATE_LIMIT", "CONFLICT", "INTERNAL", "TIMEOUT", "LOCK", "SERVICE")

Inputs = dict[str, dict[str, Any]]  # by a name of ours: what HubSpot calls its trace


class _Outcome(msgspec.Struct):
    id: str | None = None
    fault: Fault | None = None


def write(api: Api, sizes: Sizes, writes: Sequence[Write], *, zone: ZoneInfo) -> list[Wrote]:
    """Order and length as given. TryLater when HubSpot does not answer: nothing is doubled by writing again."""
    done: dict[str, Wrote] = {}
    tasks = [one for one in writes if one.what == WriteWhat.TASK]
    if tasks:
        done |= _tasks(api, sizes, tasks, zone)
    for what, object in _OBJECTS.items():
        done |= _properties(api, sizes, object, [one for one in writes if one.what == what])
    return [done[one.key] for one in writes]


# --- properties of contacts and companies -------------------------------------------------------


def _properties(api: Api, sizes: Sizes, object: str, writes: Sequence[Write]) -> dict[str, Wrote]:
    """One input per record, whatever many things are said of it: HubSpot refuses a batch that names one twice."""
    of_record: dict[str, dict[str, str]] = {}
    for one in writes:
        if one.record_id:
            of_record.setdefault(one.record_id, {}).update(one.values)
    inputs: Inputs = {id: {"id": id, "properties": values} for id, values in of_record.items()}
    outcomes = _send(api, sizes, object, "update", inputs)
    return {one.key: _wrote(one, outcomes.get(one.record_id or ""), object) for one in writes}


# --- tasks --------------------------------------------------------------------------------------


def _tasks(api: Api, sizes: Sizes, writes: Sequence[Write], zone: ZoneInfo) -> dict[str, Wrote]:
    known: Inputs = {one.key: {"id": one.record_id, "properties": _task(one, zone)} for one in writes if one.record_id}
    by_key: Inputs = {
        one.key: {"id": one.key, "idProperty": KEY, "properties": {KEY: one.key, **_task(one, zone)}}
        for one in writes
        if not one.record_id
    }
    perhaps: Inputs = {one.key: by_key[one.key] for one in writes if one.only_if_there and one.key in by_key}
    fresh: Inputs = {key: given for key, given in by_key.items() if key not in perhaps}
    outcomes = _send(api, sizes, "tasks", "update", known)
    why = _why_no_key(api) if by_key else None
    if why is None:
        outcomes |= _send(api, sizes, "tasks", "update", perhaps)
        outcomes |= _send(api, sizes, "tasks", "upsert", fresh)
        _associate(api, sizes, [one for one in writes if one.key in by_key], outcomes)
    return {
        one.key: Wrote(one.key, done=False, why=why)
        if why and one.key in by_key
        else _wrote(one, outcomes.get(one.key), "tasks")
        for one in writes
    }


def _task(one: Write, zone: ZoneInfo) -> dict[str, str]:
    """An open task that HubSpot has keeps the state that a person gave it there."""
    values = {
        "hs_task_subject": one.values.get("subject", ""),
        "hs_task_body": html.escape(one.values.get("body", "")).replace("\n", "<br>"),
        "hs_task_type": "TODO",
    }
    if due := one.values.get("due_on"):
        at = datetime.combine(date.fromisoformat(due), _DUE, zone).astimezone(UTC)
        values["hs_timestamp"] = at.strftime("%Y-%m-%dT%H:%M:%SZ")
    if owner := one.values.get("owner_id"):
        values["hubspot_owner_id"] = owner
    if one.values.get("closed"):
        values["hs_task_status"] = "COMPLETED"
    elif not (one.record_id or one.only_if_there) or one.values.get("reopened"):
        values["hs_task_status"] = "NOT_STARTED"
    return values


def _why_no_key(api: Api) -> str | None:
    """Make sure that tasks have the property by which HubSpot finds one again; else what a person should do."""
    if (found := api.property_named("tasks", KEY)) is None:
        group = next((group.name for group in api.property_groups("tasks")), "task")
        definition = {
            "name": KEY,
            "label": "Key of voc",
            "description": "By this voc finds the task again. Do not change it.",
            "groupName": group,
            "type": "string",
            "fieldType": "text",
            "hasUniqueValue": True,
            "hidden": True,
        }
        if api.create_property("tasks", definition).status in (400, 403):
            return _MAKE_IT
        return None
    return None if found.has_unique_value else _MAKE_IT


def _associate(api: Api, sizes: Sizes, writes: Sequence[Write], outcomes: Mapping[str, _Outcome]) -> None:
    for object, field in (("contacts", "contact_id"), ("companies", "account_id")):
        pairs = [
            (id, one.values[field])
            for one in writes
            if one.values.get(field) and one.key in outcomes and (id := outcomes[one.key].id)
        ]
        for some in _batches(pairs, sizes.batch):
            api.associate("tasks", object, some)


# --- batches ------------------------------------------------------------------------------------


def _send(api: Api, sizes: Sizes, object: str, what: str, inputs: Inputs) -> dict[str, _Outcome]:
    """What became of each input, by our name for it."""
    outcomes: dict[str, _Outcome] = {}
    for names in _batches(list(inputs), sizes.batch):
        traced = [{**inputs[name], "objectWriteTraceId": name} for name in names]
        batch = api.batch(object, what, traced)
        if batch is not None:
            outcomes |= _outcomes(batch, {name: inputs[name] for name in names})
        elif len(names) == 1:
            outcomes[names[0]] = _Outcome(fault=Fault("VALIDATION_ERROR"))
        else:
            # One bad value fails a whole batch: the others go by themselves.
            for name in names:
                outcomes |= _send(api, sizes, object, what, {name: inputs[name]})
    return outcomes


def _outcomes(batch: Batch, inputs: Inputs) -> dict[str, _Outcome]:
    """A 207 lists what was done and what was not in any order, by trace, by id or by key."""
    names = {str(given["id"]): name for name, given in inputs.items()} | {name: name for name in inputs}
    found: dict[str, _Outcome] = {}
    for record in batch.results:
        said = (record.object_write_trace_id, str(record.properties.get(KEY) or ""), record.id)
        if (name := next((names[word] for word in said if word in names), None)) is not None:
            found[name] = _Outcome(id=record.id)
    for fault in batch.errors:
        for word in (word for words in fault.context.values() for word in words):
            if word in names:
                found.setdefault(names[word], _Outcome(fault=fault))
    return found


def _wrote(one: Write, outcome: _Outcome | None, object: str) -> Wrote:
    if outcome is None:
        return Wrote(
            one.key,
            done=False,
            again=bool(one.record_id or one.what == WriteWhat.TASK),
            why="HubSpot said nothing of it",
        )
    if outcome.fault is None:
        return Wrote(one.key, done=True, record_id=outcome.id or one.record_id)
    category = outcome.fault.category
    if category == "OBJECT_NOT_FOUND" and one.only_if_there and not one.record_id:
        return Wrote(one.key, done=True)
    if category == "OBJECT_NOT_FOUND":
        return Wrote(one.key, done=False, why=f"HubSpot has no such record among its {object} any more")
    if any(word in category for word in _AGAIN):
        return Wrote(one.key, done=False, again=True, why=f"HubSpot could not take it now ({category})")
    return Wrote(
        one.key, done=False, why=f"HubSpot refuses a value written to {object} ({category}): check the columns"
    )


def _batches(items: Sequence[Any], size: int) -> Iterator[list[Any]]:
    left = iter(items)
    while some := list(islice(left, size)):
        yield some
