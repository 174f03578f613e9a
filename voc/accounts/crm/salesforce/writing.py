"""What is written into Salesforce: tasks under our own key, and mapped fields of contacts and accounts. Nothing else.

A request of 200 records answers 200 even when each of them failed: every result is read.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

from voc.accounts.connector import Write, WriteWhat, Wrote
from voc.accounts.crm.salesforce import soql
from voc.accounts.crm.salesforce.api import Api
from voc.accounts.crm.salesforce.described import NUMBERS, Field
from voc.accounts.crm.salesforce.mapping import KEY
from voc.base.errors import Misconfigured

HOW_TO_ADD_KEY = (
    f"In Setup > Object Manager > Activity, add a text field with the API name {KEY}, 255 characters, "
    "unique and external id, and let the user read and edit it"
)
DONE = "Completed"
OPEN_AGAIN = "Not Started"
_AT_MOST = 200
_OBJECTS = {WriteWhat.CONTACT: "Contact", WriteWhat.ACCOUNT: "Account", WriteWhat.TASK: "Task"}
_TASK = {
    "subject": "Subject",
    "body": "Description",
    "due_on": "ActivityDate",
    "owner_id": "OwnerId",
    "contact_id": "WhoId",
    "account_id": "WhatId",
}
_LONGEST = {"Subject": 255, "Description": 32_000}
_WAITS_FOR_LOCK_SECONDS = (1.0, 2.0, 4.0)
_LOCKED = "UNABLE_TO_LOCK_ROW"
_LATER = frozenset({_LOCKED, "REQUEST_LIMIT_EXCEEDED", "LIMIT_EXCEEDED", "SERVER_UNAVAILABLE", "PROCESSING_HALTED"})
_WORDS = {
    _LOCKED: "somebody else is writing the same record",
    "ENTITY_IS_DELETED": "the record is deleted in Salesforce",
    "INVALID_CROSS_REFERENCE_KEY": "it names a record that is not there, or that this user may not see",
    "INSUFFICIENT_ACCESS_OR_READONLY": "this user may not change that record",
    "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY": "this user may not use a record that it names",
    "FIELD_CUSTOM_VALIDATION_EXCEPTION": "a validation rule in Salesforce refuses it",
    "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY": "an automation in Salesforce refuses it",
    "FIELD_INTEGRITY_EXCEPTION": "its values do not fit together",
    "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST": "the picklist does not offer this value",
    "REQUIRED_FIELD_MISSING": "a field that Salesforce requires is empty",
    "STRING_TOO_LONG": "the text is longer than the field",
    "DUPLICATE_VALUE": "another record has the same key",
}


class _Error(msgspec.Struct, rename="camel"):
    status_code: str = ""
    fields: list[str] = []


class _Result(msgspec.Struct):
    success: bool
    id: str | None = None
    errors: list[_Error] = []


class _Impossible(Exception):
    """A write that cannot be made; the text says why, for a person."""


def write(api: Api, writes: Sequence[Write]) -> list[Wrote]:
    """Each outcome in the order given. TryLater, GiveUp and Misconfigured when Salesforce takes none of them."""
    outcomes: dict[str, Wrote] = {}
    records: dict[str, dict[str, Any]] = {}
    for one in writes:
        try:
            records[one.key] = _record(api, one)
        except _Impossible as why:
            outcomes[one.key] = Wrote(one.key, done=False, record_id=one.record_id, why=str(why))
    for key in _not_there(api, [one.key for one in writes if one.only_if_there and one.key in records]):
        outcomes[key] = Wrote(key, done=True)
        del records[key]
    for path, of_tasks in ((f"/composite/sobjects/Task/{KEY}", True), ("/composite/sobjects", False)):
        chosen = [one for one in writes if one.key in records and (one.what == WriteWhat.TASK) == of_tasks]
        for batch in _batches(chosen):
            outcomes |= _send(api, path, {one.key: records[one.key] for one in batch}, batch)
    return [outcomes[one.key] for one in writes]


def _not_there(api: Api, keys: Sequence[str]) -> list[str]:
    """Keys that no task has, or only one that was deleted: a write by key would make it anew."""
    found: set[str] = set()
    for select in soql.within_length(soql.Select(("Id", KEY), "Task"), KEY, keys) if keys else ():
        found |= {str(one.get(KEY)).casefold() for one in api.rows(select, deleted_too=False).records}
    return [key for key in keys if key.casefold() not in found]


def _batches(writes: Sequence[Write]) -> Iterator[list[Write]]:
    """At most 200, and no record twice in one request, which Salesforce refuses."""
    batch: dict[str, Write] = {}
    for one in writes:
        mark = one.key if one.what == WriteWhat.TASK else (one.record_id or one.key)[:15]
        if mark in batch or len(batch) == _AT_MOST:
            yield list(batch.values())
            batch = {}
        batch[mark] = one
    if batch:
        yield list(batch.values())


def _send(api: Api, path: str, records: Mapping[str, dict[str, Any]], writes: Sequence[Write]) -> dict[str, Wrote]:
    """Those that meet a lock are sent again a few times, alone."""
    found = _ask(api, path, records, writes)
    for seconds in _WAITS_FOR_LOCK_SECONDS:
        locked = [one for one in writes if found[one.key].again and found[one.key].why == _WORDS[_LOCKED]]
        if not locked:
            break
        api.sleep(seconds)
        found |= _ask(api, path, records, locked)
    return found


def _ask(api: Api, path: str, records: Mapping[str, dict[str, Any]], writes: Sequence[Write]) -> dict[str, Wrote]:
    body = {"allOrNone": False, "records": [records[one.key] for one in writes]}
    results: list[_Result] = api.request("PATCH", path, json=body, reads=list[_Result]).value
    outcomes = {one.key: _wrote(one, result) for one, result in zip(writes, results, strict=False)}
    unknown = "Salesforce did not say what became of it"
    return {one.key: outcomes.get(one.key) or Wrote(one.key, done=False, again=True, why=unknown) for one in writes}


def _wrote(write: Write, result: _Result) -> Wrote:
    if result.success:
        return Wrote(write.key, done=True, record_id=result.id or write.record_id)
    said = [error.status_code for error in result.errors]
    fields = sorted({field for error in result.errors for field in error.fields})
    why = "; ".join(dict.fromkeys(_WORDS.get(code, f"Salesforce answered {code}") for code in said))
    why = f"{', '.join(fields)}: {why}" if fields else why
    again = bool(said) and _LATER.issuperset(said)
    return Wrote(write.key, done=False, record_id=write.record_id, again=again, why=why or "it failed without a reason")


# --- records ------------------------------------------------------------------------------------


def _record(api: Api, write: Write) -> dict[str, Any]:
    object = _OBJECTS[write.what]
    named = {"attributes": {"type": object}}
    if write.what == WriteWhat.TASK:
        _require_key(api)
        return named | {KEY: write.key} | _task(write.values)
    if not write.record_id:
        raise _Impossible("the record has no id in Salesforce")
    return named | {"id": write.record_id} | {c: _typed(api, object, c, v) for c, v in write.values.items()}


def _task(values: Mapping[str, str]) -> dict[str, Any]:
    """What is empty is left as it is; so is the status of a task that is not done, which is the CSM's."""
    filled = {_TASK[name]: text for name, text in values.items() if name in _TASK and text}
    cut = {column: text[: _LONGEST.get(column, len(text))] for column, text in filled.items()}
    if values.get("closed"):
        return cut | {"Status": DONE}
    return cut | ({"Status": OPEN_AGAIN} if values.get("reopened") else {})


def _require_key(api: Api) -> None:
    task = api.describe("Task")
    key = task.field(KEY) if task else None
    if key is None or not key.updateable:
        raise Misconfigured(
            "Settings > CRM, tasks", f"Task has no field {KEY} that this user may write", HOW_TO_ADD_KEY
        )


def _typed(api: Api, object: str, column: str, text: str) -> Any:
    found = api.describe(object)
    field = found.field(column) if found else None
    if field is None or not field.updateable:
        raise _Impossible(f"{object} has no field {column} that this user may write")
    try:
        return value(field, text)
    except ValueError:
        raise _Impossible(f"{object}.{column} is no field for such a value, but one of type {field.type}") from None


def value(field: Field, text: str) -> Any:
    """A text as the JSON that a field takes. ValueError when it cannot take it."""
    if not text:
        return None
    if field.type == "boolean":
        return text.casefold() in ("1", "true", "yes")
    if field.type in NUMBERS:
        number = float(text)
        return int(number) if number.is_integer() else number
    return text[:10] if field.type == "date" else text
