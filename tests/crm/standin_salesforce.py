"""Salesforce on loopback, with its traps: sessions that end, locators that die with them, pages, bulk jobs, limits."""

import base64
import csv
import io
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import count
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from tests.crm import salesforce_soql
from tests.crm.company import Company
from tests.crm.salesforce_org import OBJECTS, Org, columns_of, id_at
from tests.crm.salesforce_soql import SoqlError, look
from tests.crm.server import Fault, Reply, Request, Server
from voc.accounts import rules
from voc.accounts.connection import Connection, Crm, Secret, SignIn
from voc.accounts.connector import Outside
from voc.accounts.crm.http import Limits
from voc.accounts.crm.salesforce import Salesforce
from voc.accounts.model import Kind

CLIENT, CLIENT_SECRET = "3MVG9planted.client", "planted-client-secret"
USER = "sync@vendor.example"
QUICK = Limits(connect_seconds=2, read_seconds=1, answer_seconds=1.5, stream_seconds=2, tries=4)
# Salesforce's own times of creation are not in the company.
_NOT_CARRIED = ("created_on",)


@dataclass
class Job:
    """A bulk query: its rows are taken when it is created, and do not change."""

    id: str
    operation: str
    query: str
    header: list[str]
    rows: list[list[str]]
    polls: int = 0
    state: str = "UploadComplete"
    processed: int | None = None

    def described(self) -> dict[str, Any]:
        done = self.state == "JobComplete"
        processed = len(self.rows) if self.processed is None else self.processed
        said = {"id": self.id, "operation": self.operation, "state": self.state, "object": "", "contentType": "CSV"}
        return {**said, "numberRecordsProcessed": processed if done else 0, "apiVersion": 66.0, "lineEnding": "LF"}


@dataclass
class StandIn:
    """Settings that a test changes are public."""

    company: Company
    org: Org = field(init=False)
    server: Server = field(init=False)
    version: str = "66.0"
    used: int = 0
    allowance: int = 100_000
    batch: int = 2_000  # rows per answer
    result_rows: int = 1_000  # rows per page of a bulk result
    polls: int = 2  # until a job is done
    bulk_above: int = 50_000  # when our connector takes a job for a window
    not_in_bulk: set[str] = field(default_factory=set)
    times_out: set[str] = field(default_factory=set)  # objects whose COUNT() takes too long
    view_all: set[str] = field(default_factory=lambda: {"Account", "Contact", "Opportunity", "Milestone__c"})
    locked: int = 0  # so many records of the next writes
    key: rsa.RSAPublicKey | None = None
    jobs: dict[str, Job] = field(default_factory=dict)
    statements: list[str] = field(default_factory=list)  # every SOQL text that was asked
    sleeps: list[float] = field(default_factory=list)
    _opened: list[Salesforce] = field(default_factory=list)
    _sessions: set[str] = field(default_factory=set)
    _locators: dict[str, tuple[str, list[Any], int]] = field(default_factory=dict)
    _numbers: Iterator[int] = field(default_factory=lambda: count(1))

    def __post_init__(self) -> None:
        self.org = Org(self.company)
        self.server = Server(self.answer)

    # --- the peer ---------------------------------------------------------------------------

    def fields(self, kind: Kind) -> tuple[str, ...]:
        return tuple(name for name in rules.TEXTS[kind] if name in columns_of(kind) and name not in _NOT_CARRIED)

    def id_of(self, kind: Kind, key: str) -> str:
        return self.org.id_of(kind, key)

    def connection(self) -> tuple[Connection, Mapping[Secret, str]]:
        made = Connection(crm=Crm.SALESFORCE, place=self.server.url, user=CLIENT, sign_in=SignIn.CLIENT_CREDENTIALS)
        return made, {Secret.CLIENT_SECRET: CLIENT_SECRET}

    def source(self) -> Salesforce:
        connection, secrets = self.connection()
        return self.open(connection, secrets)

    def open(self, connection: Connection, secrets: Mapping[Secret, str]) -> Salesforce:
        """Closed with the stand-in, at the latest."""
        self.close()
        outside = Outside(self.company.clock.now, self.sleeps.append, private_hosts=("127.0.0.1",))
        self._opened.append(Salesforce(connection, secrets, outside, limits=QUICK, bulk_above=self.bulk_above))
        return self._opened[-1]

    def close(self) -> None:
        while self._opened:
            self._opened.pop().close()

    def end_sessions(self) -> None:
        """As an admin does; query locators die with them."""
        self._sessions.clear()

    # --- HTTP -------------------------------------------------------------------------------

    def answer(self, request: Request) -> Reply:
        if request.path == "/services/oauth2/token":
            return self._token(request.form())
        if request.path.rstrip("/") == "/services/data":
            return Reply.of([{"label": "Spring", "url": f"/services/data/v{v}", "version": v} for v in self._versions])
        token = request.headers.get("authorization", "").removeprefix("Bearer ").removeprefix("OAuth ")
        if token not in self._sessions:
            return _error(401, "INVALID_SESSION_ID", "Session expired or invalid")
        if self.used >= self.allowance:
            return _error(403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.")
        self.used += 1
        try:
            reply = self._data(request, token)
        except SoqlError as error:
            reply = _error(400, error.code, str(error))
        reply.headers["Sforce-Limit-Info"] = f"api-usage={self.used}/{self.allowance}"
        return reply

    @property
    def _versions(self) -> list[str]:
        return ["46.0", "47.0", self.version, "99.0"]

    def _token(self, form: dict[str, str]) -> Reply:
        refused = self._why_no_token(form)
        if refused:
            return Reply.of({"error": refused, "error_description": "planted description"}, 400)
        token = f"00Dplanted!AQ{next(self._numbers)}"
        self._sessions.add(token)
        identity = f"{self.server.url}/id/00D5f0000000001EAA/{self.org.id_of(Kind.CSM, 'dana')}"
        return Reply.of({"access_token": token, "instance_url": self.server.url, "id": identity, "scope": "api"})

    def _why_no_token(self, form: dict[str, str]) -> str | None:
        match form.get("grant_type"):
            case "client_credentials":
                if form.get("client_id") != CLIENT:
                    return "invalid_client_id"
                return None if form.get("client_secret") == CLIENT_SECRET else "invalid_client"
            case "urn:ietf:params:oauth:grant-type:jwt-bearer":
                return self._why_no_assertion(form.get("assertion", ""))
        return "unsupported_grant_type"

    def _why_no_assertion(self, assertion: str) -> str | None:
        head, claims, signature = (part + "=" * (-len(part) % 4) for part in assertion.split("."))
        said = json.loads(base64.urlsafe_b64decode(claims))
        assert json.loads(base64.urlsafe_b64decode(head)) == {"alg": "RS256"}
        assert self.key is not None
        try:
            signed = assertion.rpartition(".")[0].encode()
            self.key.verify(base64.urlsafe_b64decode(signature), signed, padding.PKCS1v15(), hashes.SHA256())
        except InvalidSignature:
            return "invalid_grant"
        ahead = said["exp"] - self.company.now.timestamp()
        fits = said["aud"] == "https://login.salesforce.com" and said["sub"] == USER and 0 < ahead <= 300
        return None if fits and said["iss"] == CLIENT else "invalid_grant"

    def _data(self, request: Request, token: str) -> Reply:
        if request.path == "/services/oauth2/userinfo":
            return Reply.of({"preferred_username": USER, "name": "Sync", "user_id": "005"})
        parts = request.path.removeprefix("/services/data/").strip("/").split("/")[1:]
        match parts:
            case ["limits"]:
                left = self.allowance - self.used
                return Reply.of({"DailyApiRequests": {"Max": self.allowance, "Remaining": left}})
            case ["sobjects"]:
                names = [name for name, _ in OBJECTS.values() if name not in self.org.lacks]
                return Reply.of({"sobjects": [{"name": name, "queryable": True} for name in names]})
            case ["sobjects", object, "describe"]:
                found = self.org.describe(object)
                return Reply.of(found) if found else _error(404, "NOT_FOUND", "The requested resource does not exist")
            case ["query" | "queryAll" as how]:
                return self._query(request, token, deleted_too=how == "queryAll")
            case ["query" | "queryAll", locator]:
                return self._more(request, locator, token)
            case ["jobs", "query", *rest]:
                return self._bulk(request, rest)
            case ["composite", "sobjects", *rest] if request.method == "PATCH":
                return self._write(request, rest)
        return _error(404, "NOT_FOUND", "The requested resource does not exist")

    # --- queries ----------------------------------------------------------------------------

    def _query(self, request: Request, token: str, *, deleted_too: bool) -> Reply:
        statement = request.query["q"]
        self.statements.append(statement)
        if "COUNT()" not in statement and self.server.acting(Fault.LOOP, request.path):
            statement = _without_beyond(statement)
            found = self._run(statement, deleted_too=deleted_too)[1]
            return Reply.of({"totalSize": len(found), "done": False, "records": found})
        query, found = self._run(statement, deleted_too=deleted_too)
        if not query.fields:
            if query.object in self.times_out:
                return _error(400, "QUERY_TIMEOUT", "Your query request was running for too long.")
            return Reply.of({"totalSize": len(found), "done": True, "records": []})
        if self.server.acting(Fault.EMPTY, request.path):
            found = []
        if self.server.acting(Fault.FEWER, request.path):
            found = found[: max(1, len(found) // 10)]
        return self._page(found, 0, token)

    def _run(self, statement: str, *, deleted_too: bool) -> tuple[salesforce_soql.Query, list[dict[str, Any]]]:
        query = salesforce_soql.parse(statement)
        if query.object in ("ObjectPermissions", "UserPermissionAccess"):
            return query, self._rights(query.object)
        fields = self.org.fields(query.object)
        if fields is None:
            raise SoqlError("INVALID_TYPE", f"sObject type '{query.object}' is not supported.")
        for name in query.named:
            if "." not in name and name not in fields:
                raise SoqlError("INVALID_FIELD", f"No such column '{name}' on entity '{query.object}'.")
        found = query.run(self.org.records(query.object, deleted_too=deleted_too))
        return query, [_as_json(query, record) for record in found]

    def _rights(self, object: str) -> list[dict[str, Any]]:
        if object == "UserPermissionAccess":
            return [{"PermissionsViewAllData": False}]
        return [{"SobjectType": name, "PermissionsViewAllRecords": True} for name in sorted(self.view_all)]

    def _page(self, found: list[Any], start: int, token: str) -> Reply:
        said: dict[str, Any] = {"totalSize": len(found), "done": start + self.batch >= len(found)}
        if not said["done"]:
            locator = f"01g{next(self._numbers):015d}-{start + self.batch}"
            self._locators[locator] = (token, found, start + self.batch)
            said["nextRecordsUrl"] = f"/services/data/v{self.version}/query/{locator}"
        return Reply.of({**said, "records": found[start : start + self.batch]})

    def _more(self, request: Request, locator: str, token: str) -> Reply:
        made_by, found, start = self._locators.get(locator, ("", [], 0))
        if made_by != token:
            return _error(400, "INVALID_QUERY_LOCATOR", "invalid query locator")
        return self._page(found, start, token)

    # --- bulk -------------------------------------------------------------------------------

    def _bulk(self, request: Request, rest: list[str]) -> Reply:
        if not rest and request.method == "POST":
            return self._create(request.json())
        job = self.jobs.get(rest[0]) if rest else None
        if job is None:
            return _error(404, "NOT_FOUND", "The requested resource does not exist")
        if rest[1:] == ["results"]:
            return self._results(request, job)
        if request.method == "DELETE":
            del self.jobs[job.id]
            return Reply(204)
        if request.method == "PATCH":
            job.state = request.json()["state"]
        elif job.state in ("UploadComplete", "InProgress"):
            job.polls += 1
            job.state = "JobComplete" if job.polls > self.polls else "InProgress"
        return Reply.of(job.described())

    def _create(self, asked: dict[str, str]) -> Reply:
        self.statements.append(asked["query"])
        query = salesforce_soql.parse(asked["query"])
        if query.object in self.not_in_bulk:
            return _error(400, "INVALIDENTITY", f"Entity '{query.object}' is not supported by the Bulk API.")
        query, found = self._run(asked["query"], deleted_too=asked["operation"] == "queryAll")
        rows = [[_as_csv(look(record, name)) for name in query.fields] for record in found]
        job = Job(id_at("750", next(self._numbers)), asked["operation"], asked["query"], query.fields, rows)
        self.jobs[job.id] = job
        return Reply.of(job.described())

    def _results(self, request: Request, job: Job) -> Reply:
        if job.state != "JobComplete":
            return _error(400, "INVALIDJOBSTATE", "not done")
        locator = request.query.get("locator", "")
        start = int(base64.b64decode(locator)) if locator else 0
        size = min(self.result_rows, int(request.query.get("maxRecords", self.result_rows)))
        rows = job.rows[start : start + size]
        ahead = base64.b64encode(str(start + size).encode()).decode() if start + size < len(job.rows) else "null"
        if self.server.acting(Fault.EMPTY, request.path):
            rows, ahead = [], "null"
        if self.server.acting(Fault.FEWER, request.path):
            rows, ahead = rows[: max(1, len(rows) // 10)], "null"
        if self.server.acting(Fault.LOOP, request.path):
            ahead = locator or base64.b64encode(b"0").decode()
        text = io.StringIO()
        writer = csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\n")
        writer.writerows([job.header, *rows])
        headers = {"Content-Type": "text/csv", "Sforce-Locator": ahead, "Sforce-NumberOfRecords": str(len(rows))}
        return Reply(200, text.getvalue().encode(), headers)

    # --- writing ----------------------------------------------------------------------------

    def _write(self, request: Request, rest: list[str]) -> Reply:
        asked = request.json()
        records = asked["records"]
        if len(records) > 200:
            return _error(400, "INVALID_ARGUMENT", "The request contains too many records")
        assert asked["allOrNone"] is False
        write: Callable[[dict[str, Any]], dict[str, Any]] = self._upsert if rest else self._update
        return Reply.of([self._locked() or write(record) for record in records])

    def _locked(self) -> dict[str, Any] | None:
        if not self.locked:
            return None
        self.locked -= 1
        return _failed("UNABLE_TO_LOCK_ROW", "unable to obtain exclusive access to this record")

    def _upsert(self, record: dict[str, Any]) -> dict[str, Any]:
        values = {name: value for name, value in record.items() if name != "attributes"}
        if wrong := self._wrong_fields("Task", values):
            return wrong
        key = values["VOC_Key__c"]
        new = key not in self.org.tasks
        task = self.org.tasks.setdefault(
            key, {"Id": id_at("00T", next(self._numbers)), "IsDeleted": False, "Status": "Not Started"}
        )
        task |= values
        task |= {"IsClosed": task["Status"] == "Completed", "SystemModstamp": self.company.now}
        return {"id": task["Id"], "success": True, "errors": [], "created": new}

    def _update(self, record: dict[str, Any]) -> dict[str, Any]:
        object, id = record["attributes"]["type"], record["id"]
        values = {name: value for name, value in record.items() if name not in ("attributes", "id")}
        if wrong := self._wrong_fields(object, values):
            return wrong
        kind = self.org.kind_of(object)
        assert kind is not None
        rows = self.company.rows[kind].values()
        row = next((row for row in rows if row.live and self.org.id_of(kind, row.key)[:15] == id[:15]), None)
        if row is None:
            return _failed("ENTITY_IS_DELETED", "entity is deleted")
        self.org.written.setdefault(self.org.id_of(kind, row.key), {}).update(values)
        row.modified_at = row.shown_at = self.company.now
        return {"id": id, "success": True, "errors": []}

    def _wrong_fields(self, object: str, values: dict[str, Any]) -> dict[str, Any] | None:
        fields = self.org.fields(object) or {}
        for name, value in values.items():
            if name not in fields:
                return _failed("INVALID_FIELD", f"No such column '{name}'", name)
            if isinstance(value, str) and len(value) > 255 and name != "Description":
                return _failed("STRING_TOO_LONG", "data value too large", name)
            if fields[name] == "double" and not isinstance(value, (int, float, type(None))):
                return _failed("JSON_PARSER_ERROR", "not a number", name)
        return None


def _failed(code: str, message: str, *fields: str) -> dict[str, Any]:
    return {"success": False, "errors": [{"statusCode": code, "message": message, "fields": list(fields)}]}


def _error(status: int, code: str, message: str) -> Reply:
    return Reply.of([{"message": message, "errorCode": code}], status)


def _without_beyond(statement: str) -> str:
    before, found, after = statement.partition(" AND Id > '")
    if not found:
        before, found, after = statement.partition(" WHERE Id > '")
    return before + after.partition("'")[2] if found else statement


def _as_json(query: salesforce_soql.Query, record: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {"attributes": {"type": query.object, "url": f"/sobjects/{query.object}/{record['Id']}"}}
    for name in query.fields:
        value = look(record, name)
        *ways, last = name.split(".")
        inner = found
        for way in ways:
            inner = inner.setdefault(way, {"attributes": {"type": "Name"}})
        inner[last] = _plain(value, "+0000")
    return found


def _plain(value: Any, utc: str) -> Any:
    if isinstance(value, datetime):
        return value.strftime(f"%Y-%m-%dT%H:%M:%S.000{utc}")
    return value.isoformat() if isinstance(value, date) else value


def _as_csv(value: Any) -> str:
    """From JSON's form: empty for null, Z for UTC."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str) and value.endswith(".000+0000"):
        return value.removesuffix("+0000") + "Z"
    return "" if value is None else str(value)


@contextmanager
def salesforce(company: Company) -> Iterator[StandIn]:
    peer = StandIn(company)
    with peer.server, closing(peer):
        yield peer
