"""Odoo on loopback, both of its protocols, with the traps that the real one has.

Dates of change are shown in whole seconds and compared in microseconds; empty is `false`; archived
records hide unless asked for; what is deleted or merged leaves no trace; blacklisting and tags do not
touch the partner; an unknown field is a 500 with a traceback. Checked against a real Odoo in
`tests/peers`.
"""

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from typing import Any

from tests.crm.company import Company
from tests.crm.odoo_tables import CHOICES, FIELDS, NOT_STORED, InvalidField, Record, Shown, Tables, fields_of, matching
from tests.crm.server import Fault, Reply, Request, Server
from voc.accounts import rules
from voc.accounts.connection import Connection, Crm, ObjectMap, Secret
from voc.accounts.connector import Outside
from voc.accounts.crm.http import Limits
from voc.accounts.crm.odoo import Odoo
from voc.accounts.model import Kind, Role

KEY = "planted-odoo-key-0123456789abcdef"
LOGIN, DATABASE = "sync@ours.example", "crm"
IN_TRACEBACK = "planted-password-in-a-traceback"
QUICK = Limits(connect_seconds=2, read_seconds=1, answer_seconds=1.5, tries=3)

MAPPED: dict[Kind, ObjectMap] = {
    Kind.CSM: ObjectMap(fields={"manager_id": "x_manager_id"}),
    Kind.ACCOUNT: ObjectMap(fields={
        "owner_id": "x_owner_id", "segment": "x_segment", "arr": "x_arr", "currency": "x_currency",
        "renewal_on": "x_renewal", "customer_since_on": "x_since", "status": "x_status", "churned_on": "x_churned",
    }),
    Kind.CONTACT: ObjectMap(fields={
        "first_name": "x_first", "last_name": "x_last", "department": "x_department", "bounced_on": "x_bounced_on",
        "bounce_reason": "x_bounce_reason", "left_company": "x_left", "last_activity_on": "x_last_activity",
    }),
    Kind.OPPORTUNITY: ObjectMap(fields={
        "currency": "x_currency", "arr_before": "x_arr_before", "arr_after": "x_arr_after",
        "renewal_confirmed_on": "x_confirmed",
    }),
    Kind.OPPORTUNITY_ROLE: ObjectMap(fields={"role": "x_role"}),
    Kind.MILESTONE: ObjectMap(object="x_milestone", fields={
        "account_id": "x_account", "csm_id": "x_csm", "kind": "x_kind", "on": "x_on", "value": "x_value",
        "evidence": "x_evidence",
    }),
}  # fmt: skip


class Failure(Exception):
    """An exception inside Odoo."""

    def __init__(self, name: str, status: int, message: str = "") -> None:
        super().__init__(message)
        self.name, self.status, self.message = name, status, message

    def body(self) -> Record:
        debug = f'Traceback (most recent call last):\n  File "/odoo/sql_db.py"\n    {IN_TRACEBACK}\n{self.message}'
        message = f"{self.message} {IN_TRACEBACK}"
        return {"name": self.name, "message": message, "arguments": [message], "context": {}, "debug": debug}


class StandIn:
    """One database of one Odoo. `version` decides about its protocol."""

    merges_leave_no_trace = True

    def __init__(self, company: Company, *, version: str = "19.0", page: int = 7) -> None:
        self.company = company
        self.version = version
        self.page = page
        self.shown = Shown(company)
        self.hidden: set[tuple[str, str]] = set()  # fields that the user's groups do not show
        self.forbidden: dict[str, str] = {}  # model -> the group it takes
        self.lacks: set[str] = set()  # groups of the user
        self.failures: list[Failure] = []  # raised by the next calls
        self.waits: list[float] = []
        self.sources: list[Odoo] = []
        self.http = Server(self.answer)
        self.server: Server | None = self.http
        self._lock = threading.Lock()

    # --- peer -----------------------------------------------------------------------------------

    def fields(self, kind: Kind) -> tuple[str, ...]:
        if kind == Kind.RELATION:
            return ("account_id", "contact_id", "roles", "active", "direct")
        # The day of creation is Odoo's own.
        return tuple(name for name in rules.TEXTS[kind] if name != "created_on")

    def id_of(self, kind: Kind, key: str) -> str:
        row = self.company.rows[kind][key]
        match kind:
            case Kind.CSM:
                return str(self.shown.user(key))
            case Kind.ACCOUNT | Kind.CONTACT:
                return str(self.shown.partner(key))
            case Kind.RELATION:
                return str(self.shown.partner(row.values["contact_id"]))
            case Kind.OPPORTUNITY:
                return f"crm.lead,{self.shown.number('crm.lead', key)}"
            case Kind.OPPORTUNITY_ROLE:
                return str(self.shown.number("crm.lead", row.values["opportunity_id"]))
            case Kind.ACTIVITY:
                return f"{self.shown.number('calendar.event', key)}-{self.shown.partner(self.shown.guest(row))}"
        return str(self.shown.number("x_milestone", key))

    def connection(self) -> tuple[Connection, Mapping[Secret, str]]:
        return Connection(
            crm=Crm.ODOO, place=self.http.url, database=DATABASE, user=LOGIN, objects=MAPPED,
            roles={self.shown.tag(role): role for role in Role},
        ), {Secret.API_KEY: KEY}  # fmt: skip

    def source(self, connection: Connection | None = None) -> Odoo:
        mapped, secrets = self.connection()
        self.sources.append(Odoo(connection or mapped, secrets, self.outside(), limits=QUICK, page=self.page))
        return self.sources[-1]

    def outside(self) -> Outside:
        return Outside(now=self._now, sleep=self.waits.append, private_hosts=("127.0.0.1",))

    def _now(self) -> datetime:
        return self.company.now + timedelta(seconds=sum(self.waits))

    # --- protocols ------------------------------------------------------------------------------

    def answer(self, request: Request) -> Reply:
        with self._lock:
            if request.path == "/web/version":
                return Reply.of({"version": self.version}) if self._json2 else _no_page()
            if request.path == "/jsonrpc":
                return self._jsonrpc(request.json())
            if request.path.startswith("/json/2/") and self._json2:
                return self._json_2(request)
            return _no_page()

    @property
    def _json2(self) -> bool:
        return self.version.startswith("19")

    def _json_2(self, request: Request) -> Reply:
        model, method = request.path.removeprefix("/json/2/").split("/")
        try:
            if request.headers.get("authorization") != f"Bearer {KEY}":
                raise Failure("werkzeug.exceptions.Unauthorized", 401, "Invalid apikey")
            if request.headers.get("x-odoo-database") != DATABASE:
                return _no_page()
            body = request.json()
            return Reply.of(self._run(request.path, model, method, body.pop("ids", None), body))
        except Failure as failure:
            return Reply.of(failure.body(), failure.status)

    def _jsonrpc(self, body: Any) -> Reply:
        params = body["params"]
        try:
            result = self._service(params["service"], params["method"], params["args"])
        except Failure as failure:
            error = {"code": 200, "message": "Odoo Server Error", "data": failure.body()}
            return Reply.of({"jsonrpc": "2.0", "id": body["id"], "error": error})
        return Reply.of({"jsonrpc": "2.0", "id": body["id"], "result": result})

    def _service(self, service: str, method: str, args: list[Any]) -> Any:
        if (service, method) == ("common", "version"):
            return {"server_version": self.version, "protocol_version": 1}
        if (service, method) == ("common", "authenticate"):
            return 2 if args[:3] == [DATABASE, LOGIN, KEY] else False
        database, uid, key, model, name, positional, named = args
        if (database, uid, key) != (DATABASE, 2, KEY):
            raise Failure("odoo.exceptions.AccessDenied", 200, "Access Denied")
        return self._run(f"/jsonrpc/{model}/{name}", model, name, positional[0] if positional else None, named)

    # --- methods --------------------------------------------------------------------------------

    def _run(self, path: str, model: str, method: str, ids: list[int] | None, named: Record) -> Any:
        if self.failures:
            raise self.failures.pop(0)
        if method == "context_get":
            return {
                "lang": "en_US",
                "tz": "Europe/Berlin",
                "uid": self.shown.user(next(iter(self.company.rows[Kind.CSM]))),
            }
        if model not in FIELDS:
            raise Failure("werkzeug.exceptions.NotFound", 404, f"the model {model!r} does not exist")
        context = named.pop("context", {})
        methods: dict[str, Callable[..., Any]] = {
            "search": self._search, "read": self._read, "search_read": self._search_read,
            "search_count": self._search_count, "fields_get": self._fields_get, "has_access": self._has_access,
            "check_access_rights": self._has_access, "write": self._write, "load": self._load,
            "action_feedback": self._feedback, "check_object_reference": self._reference,
            "has_group": lambda call, *, group_ext_id: group_ext_id not in self.lacks,
        }  # fmt: skip
        if method not in methods:
            raise Failure("werkzeug.exceptions.NotFound", 404, f"no {method}")
        call = _Call(path, model, ids, context, self.shown.tables())
        if method not in ("fields_get", "has_access", "check_access_rights") and (group := self.forbidden.get(model)):
            raise Failure("odoo.exceptions.AccessError", 403, _not_allowed(model, group))
        self.shown.writes += method in ("write", "load", "action_feedback")
        try:
            return methods[method](call, **named)
        except InvalidField as error:
            raise Failure("builtins.ValueError", 500, str(error)) from None

    def _search(self, call: "_Call", *, domain: list[Any], order: str = "id", limit: int | None = None) -> list[int]:
        self._check(call.model, (str(leaf[0]).partition(".")[0] for leaf in domain if isinstance(leaf, list)))
        loop = limit is not None and self.http.acting(Fault.LOOP, call.path)
        if loop:
            domain = [leaf for leaf in domain if leaf[:2] != ["id", ">"]]
        if self.http.acting(Fault.EMPTY, call.path):
            return []
        found = matching(call.tables, call.model, [*_shown_only(call), *domain])
        if self.http.acting(Fault.FEWER, call.path):
            found = found[: len(found) // 10]
        return found[:limit]

    def _search_count(self, call: "_Call", *, domain: list[Any]) -> int:
        return len(self._search(call, domain=domain))

    def _search_read(
        self, call: "_Call", *, domain: list[Any], fields: list[str], limit: int | None = None, load: None = None
    ) -> list[Record]:
        call.ids = self._search(call, domain=domain, limit=limit)
        return self._read(call, fields=fields)

    def _read(self, call: "_Call", *, fields: list[str], load: None = None) -> list[Record]:
        self._check(call.model, fields)
        records = [self._as_seen(call, call.records[id]) for id in call.ids or [] if id in call.records]
        return [{"id": one["id"], **{name: _as_json(call.model, name, one.get(name)) for name in fields}}
                for one in records]  # fmt: skip

    def _as_seen(self, call: "_Call", record: Record) -> Record:
        """Who asks for archived records finds people blacklisted who were taken off it."""
        listed = self.shown.blacklist.get(record.get("email_normalized") or "")
        if call.model != "res.partner" or listed is None or call.context.get("active_test") is not False:
            return record
        return {**record, "is_blacklisted": True}

    def _check(self, model: str, names: Any) -> None:
        for name in names:
            if name != "id" and (name not in fields_of(model) or (model, name) in self.hidden):
                raise InvalidField(f"Invalid field {name!r} on {model!r}")

    def _fields_get(self, call: "_Call", *, attributes: list[str]) -> dict[str, Record]:
        model = call.model
        return {
            name: _described(model, name, type)
            for name, type in fields_of(model).items()
            if (model, name) not in self.hidden
        }

    def _has_access(self, call: "_Call", *, operation: str, raise_exception: bool = False) -> bool:
        return call.model not in self.forbidden

    # --- writes ---------------------------------------------------------------------------------

    def _write(self, call: "_Call", *, vals: Record) -> bool:
        self._check(call.model, vals)
        if missing := set(call.ids or []) - call.records.keys():
            raise Failure("odoo.exceptions.MissingError", 404, f"Record does not exist: {missing}")
        keys = {number: key for (model, key), number in self.shown.numbers.items() if model == call.model}
        for id in call.ids or []:
            self.shown.written.setdefault(id, {}).update(vals)
            self._touch(keys[id])
        return True

    def _touch(self, key: str) -> None:
        """A write of ours is a change to Odoo."""
        for kind in (Kind.ACCOUNT, Kind.CONTACT):
            if key in self.company.rows[kind]:
                self.company.change(kind, key)

    def _load(self, call: "_Call", *, fields: list[str], data: list[list[str]]) -> Record:
        [values] = [dict(zip(fields, row, strict=True)) for row in data]
        module, _, name = values.pop("id").partition(".")
        known = self.shown.own["ir.model.data"]
        found = next((one["res_id"] for one in known.values() if (one["module"], one["name"]) == (module, name)), None)
        if int(values.get("res_id", 0)) not in call.tables["res.partner"]:
            at = {"rows": {"from": 0, "to": 0}, "record": 0}
            return {"ids": False, "messages": [{**at, "type": "error", "message": IN_TRACEBACK}], "nextrow": 0}
        id = found or len(self.shown.own["mail.activity"]) + 1
        if found is None:
            known[len(known) + 1] = {"id": len(known) + 1, "module": module, "name": name, "res_id": id}
        record = {name.partition("/")[0]: value for name, value in values.items()}
        before = self.shown.own["mail.activity"].get(id, {"id": id, "active": True})
        self.shown.own["mail.activity"][id] = {**before, "write_date": self.company.now, **record}
        return {"ids": [id], "messages": [], "nextrow": 0}

    def _reference(self, call: "_Call", *, module: str, xml_id: str) -> list[Any]:
        for one in call.records.values():
            if (one["module"], one["name"]) == (module, xml_id):
                return ["mail.activity", one["res_id"]]
        raise Failure("builtins.ValueError", 500, f"External ID not found in the system: {module}.{xml_id}")

    def _feedback(self, call: "_Call") -> int:
        for id in call.ids or []:
            self.shown.own["mail.activity"][id]["active"] = False
        return 1


class _Call:
    def __init__(self, path: str, model: str, ids: list[int] | None, context: Record, tables: Tables) -> None:
        self.path, self.model, self.ids, self.context, self.tables = path, model, ids, context, tables
        self.records = tables[model]


def _shown_only(call: _Call) -> list[Any]:
    active = next((name for name in ("active", "x_active") if name in fields_of(call.model)), None)
    return [] if active is None or call.context.get("active_test") is False else [[active, "=", True]]


def _described(model: str, name: str, type: str) -> Record:
    plain, _, relation = type.partition(":")
    found: Record = {
        "type": plain,
        "store": (model, name) not in NOT_STORED and name != "display_name",
        "string": name.title(),
    }
    if relation:
        found["relation"] = relation
    if plain == "selection":
        found["selection"] = [list(choice) for choice in CHOICES.get((model, name), {}).items()]
    return found


def _as_json(model: str, name: str, value: Any) -> Any:
    """`false` for nothing, except where nothing is a number or a list."""
    plain = fields_of(model).get(name, "").partition(":")[0]
    if plain in ("float", "monetary", "integer"):
        return value or 0
    if plain in ("one2many", "many2many"):
        return value or []
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M:%S")
    if isinstance(value, date):
        return value.isoformat()
    return False if value is None else value


def _not_allowed(model: str, group: str) -> str:
    return (
        f"You are not allowed to access '{model}' records.\n\nThis operation is allowed for the following groups:\n"
        f"\t- {group}\n\nContact your administrator to request access if necessary."
    )


def _no_page() -> Reply:
    return Reply(404, b"<!doctype html><title>404 Not Found</title>", {"Content-Type": "text/html"})


@contextmanager
def start(company: Company, *, version: str = "19.0") -> Iterator[StandIn]:
    standin = StandIn(company, version=version)
    with standin.http:
        try:
            yield standin
        finally:
            for source in standin.sources:
                source.close()
