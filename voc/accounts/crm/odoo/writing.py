"""What is brought into Odoo: activities for CSMs, fields of partners.

A task is imported under an external id made from its key (Odoo's own way to import a file twice), so
that it is created once, whatever becomes of the answer. Fields are written once per group of records
that take the same values, and one by one where Odoo refuses the group.
"""

import html
from collections.abc import Sequence
from typing import Any

from voc.accounts import clean
from voc.accounts.connector import Write, WriteWhat, Wrote
from voc.accounts.crm.odoo.client import Client
from voc.accounts.crm.odoo.failures import NotThere
from voc.accounts.crm.odoo.mapping import PARTNER, Columns
from voc.accounts.crm.odoo.planning import columns_of
from voc.base.errors import GiveUp, Misconfigured, TryLater

ACTIVITY = "mail.activity"
_MODULE = "__voc__"  # like Odoo's own __import__ and __export__: belongs to no app, is never cleaned away
# The CSM hears of it from us: Odoo need not send its own mail "assigned to you".
_QUIET = {"mail_activity_quick_update": True}
_AT_ONCE = 500


def write(client: Client, writes: Sequence[Write]) -> list[Wrote]:
    """Each on its own. When Odoo stops answering, what is left is for another time."""
    if not client.version:
        client.sign_in()
    done: dict[str, Wrote] = {}
    try:
        _write_fields(client, [one for one in writes if one.what != WriteWhat.TASK], done)
        for one in writes:
            if one.what == WriteWhat.TASK:
                done[one.key] = _task(client, one)
    except TryLater as error:
        why = str(error)
        return [done.get(one.key) or Wrote(one.key, done=False, again=True, why=why) for one in writes]
    return [done[one.key] for one in writes]


# --- tasks --------------------------------------------------------------------------------------


def _task(client: Client, one: Write) -> Wrote:
    try:
        if one.record_id is not None and not _open(client, one.record_id):
            return Wrote(one.key, done=True, record_id=one.record_id)  # somebody did it, or removed it
        if one.only_if_there and one.record_id is None and _imported(client, one.key) is None:
            return Wrote(one.key, done=True)
        if one.values.get("closed"):
            return _close(client, one)
        return _import(client, one)
    except (GiveUp, Misconfigured) as error:
        return Wrote(one.key, done=False, record_id=one.record_id, why=str(error))


def _open(client: Client, record_id: str) -> bool:
    """An activity that is done is archived, before Odoo 18 removed."""
    found = client.call(ACTIVITY, "search", domain=[["id", "=", int(record_id)]], context={"active_test": True})
    return bool(found)


def _close(client: Client, one: Write) -> Wrote:
    record_id = one.record_id or _imported(client, one.key)
    if record_id is None:
        return Wrote(one.key, done=True)
    if _open(client, record_id):
        client.call(ACTIVITY, "action_feedback", ids=[int(record_id)], idempotent=False)
    return Wrote(one.key, done=True, record_id=record_id)


def _imported(client: Client, key: str) -> str | None:
    """The record under our external id, or None when it was never made or is gone."""
    try:
        found = client.call("ir.model.data", "check_object_reference", module=_MODULE, xml_id=_name(key))
    except GiveUp:
        return None  # Odoo raises for an id that it does not know
    return str(found[1]) if found[1] else None


def _import(client: Client, one: Write) -> Wrote:
    values = one.values
    about = values.get("contact_id") or values.get("account_id")
    if not about or not about.isdigit():
        return Wrote(one.key, done=False, why="It names no contact or account of Odoo's")
    cells = {
        "id": f"{_MODULE}.{_name(one.key)}",
        "res_model_id/id": "base.model_res_partner",
        "res_id": about,
        "activity_type_id/id": "mail.mail_activity_data_todo",
        "summary": values.get("subject", ""),
        "note": _as_html(values.get("body", "")),
        "date_deadline": values.get("due_on", ""),
    }
    if owner := values.get("owner_id"):
        cells["user_id/.id"] = owner
    found = client.call(ACTIVITY, "load", fields=list(cells), data=[list(cells.values())], context=_QUIET)
    if not found.get("ids"):
        return Wrote(one.key, done=False, why=_complaint(found.get("messages") or []))
    return Wrote(one.key, done=True, record_id=str(found["ids"][0]))


def _complaint(messages: list[dict[str, Any]]) -> str:
    """Which column Odoo could not take. Its own sentence may hold a person's data."""
    columns = sorted({str(one["field"]) for one in messages if one.get("field")})
    return f"Odoo did not take {', '.join(columns)}" if columns else "Odoo did not take it"


def _name(key: str) -> str:
    """External ids have no dots and spaces; two keys never meet in one."""
    return "".join(sign if sign.isalnum() and sign.isascii() else f"_{ord(sign):x}_" for sign in key)


def _as_html(text: str) -> str:
    return html.escape(text, quote=False).replace("\n", "<br/>")


# --- fields -------------------------------------------------------------------------------------


def _write_fields(client: Client, writes: Sequence[Write], done: dict[str, Wrote]) -> None:
    fields = columns_of(client, PARTNER) or {} if writes else {}
    groups: dict[tuple[tuple[str, str], ...], list[Write]] = {}
    for one in writes:
        why = _why_not(one, fields)
        if why:
            done[one.key] = Wrote(one.key, done=False, record_id=one.record_id, why=why)
        else:
            groups.setdefault(tuple(sorted(one.values.items())), []).append(one)
    for values, group in groups.items():
        taken = {name: _value(fields, name, text) for name, text in values}
        for start in range(0, len(group), _AT_ONCE):
            _write_group(client, group[start : start + _AT_ONCE], taken, done)


def _why_not(one: Write, fields: Columns) -> str | None:
    if not (one.record_id or "").isdigit():
        return "It names no record of Odoo's"
    for name, text in one.values.items():
        if name not in fields:
            return f"{PARTNER} has no field {name} that Odoo's user may see"
        try:
            _value(fields, name, text)
        except (ValueError, clean.Unclean):
            return f"{name} is a field of type {fields[name].type} and cannot take it"
    return None


def _value(fields: Columns, name: str, text: str) -> Any:
    """As the field wants it; ValueError or Unclean when it cannot be that."""
    if not text:
        return False
    match fields[name].type:
        case "boolean":
            return clean.flag(text)
        case "integer" | "many2one":
            return int(float(text))
        case "float" | "monetary":
            return float(text)
        case "date":
            return str(clean.day(text))
        case "datetime":
            return text if len(text) > 10 else f"{clean.day(text)} 12:00:00"
        case "selection":
            keys = {
                clean.spelling_key(str(word)): key for key, label in fields[name].selection for word in (label, key)
            }
            if clean.spelling_key(text) not in keys:
                raise ValueError
            return keys[clean.spelling_key(text)]
        case "char" | "text" | "html":
            return text
    raise ValueError


def _write_group(client: Client, group: list[Write], values: dict[str, Any], done: dict[str, Wrote]) -> None:
    ids = [int(one.record_id or 0) for one in group]
    try:
        client.call(PARTNER, "write", ids=ids, vals=values)
    except (GiveUp, Misconfigured) as error:
        if len(group) > 1:
            for one in group:
                _write_group(client, [one], values, done)
            return
        why = "The record is not in Odoo any more" if isinstance(error, NotThere) else str(error)
        done[group[0].key] = Wrote(group[0].key, done=False, record_id=group[0].record_id, why=why)
        return
    done.update({one.key: Wrote(one.key, done=True, record_id=one.record_id) for one in group})
