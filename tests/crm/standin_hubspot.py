"""HubSpot on loopback: what of its API a connector needs, with the traps that real accounts have.

Search shows at most `cap` results, hears of changes only after `delay`, pages by offset and finds
nothing by the wrong date of change. Merges make new ids. Deleted records are in a list of their own,
which there is none of for meetings. Associations change without the record. 429 has no headers.
Batches answer 207 with an error for each input that failed. Facts are HubSpot's documentation's.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

import msgspec

from tests.crm.company import Company, Row
from tests.crm.server import Fault, Reply, Request, Server
from tests.crm.shows_hubspot import MILESTONES, OBJECTS, PROPERTIES, Shown, iso, visible
from voc.accounts.connection import Connection, Crm, ObjectMap, Secret
from voc.accounts.connector import Outside
from voc.accounts.crm.http import Limits
from voc.accounts.crm.hubspot import HubSpot
from voc.accounts.crm.hubspot.api import Sizes
from voc.accounts.model import Kind, Spellings

TOKEN = "pat-eu1-planted-0000-secret"
SCOPES = {
    "contacts": "crm.objects.contacts.read",
    "companies": "crm.objects.companies.read",
    "deals": "crm.objects.deals.read",
    "owners": "crm.objects.owners.read",
    MILESTONES: "crm.objects.custom.read",
    "write": "crm.objects.contacts.write",
    "schema": "crm.schemas.contacts.write",
}
_DATED = re.compile(r"/crm/(?P<api>objects|associations|owners|properties)/2026-03(?P<rest>/.*)?")
_LOOP = "loop"
_SMALL = Sizes(listed=7, found=5, batch=4, associations=6, owners=2, rows_per_page=10, archived_pages=2)


def error(status: int, category: str, message: str, **more: Any) -> Reply:
    return Reply.of({"status": "error", "category": category, "message": message, "correlationId": "c", **more}, status)


class StandIn:
    """One account. Small pages by default, so that a small company needs many."""

    def __init__(self, company: Company, *, cap: int = 10_000, delay: timedelta = timedelta(0)) -> None:
        self.company = company
        self.shown = Shown(company)
        self.cap, self.delay = cap, delay
        self.sizes = _SMALL
        self.place_ends_in = ""
        self.scopes = set(SCOPES.values())
        self.policies: list[str] = []  # the next answers are 429 by these policies
        self.pairs_per_page = 500
        self.broken_associations = False
        self.hidden: set[str] = set()  # properties that this account does not have
        # how a person set it up, where not as `connection` has it
        self.mapped: dict[Kind, dict[str, str]] = {}
        self.only: dict[Kind, dict[str, list[str]]] = {}
        self.sources: list[HubSpot] = []
        self.waits: list[float] = []
        self.tasks: dict[str, dict[str, str]] = {}
        self.linked: set[tuple[str, str, str]] = set()  # task, object, id
        self.task_properties: dict[str, dict[str, Any]] = {}
        self.http = Server(self.answer)
        self.server: Server | None = self.http
        self._routes: list[tuple[str, re.Pattern[str], Callable[..., Reply]]] = [
            (method, re.compile(pattern), answer)
            for method, pattern, answer in (
                ("GET", r"/account-info/(?:v3|2026-03)/details", self._details),
                ("GET", r"/account-info/(?:v3|2026-03)/api-usage/daily/private-apps", self._usage),
                ("POST", r"/oauth/v2/private-apps/get/access-token-info", self._token),
                ("GET", r"/crm/v3/owners", self._owners),
                ("GET", r"/crm/v3/properties/tasks/groups", self._groups),
                ("GET", r"/crm/v3/properties/tasks/(?P<name>[^/]+)", self._task_property),
                ("POST", r"/crm/v3/properties/tasks", self._create_property),
                ("GET", r"/crm/v3/properties/(?P<object>[^/]+)", self._properties),
                ("GET", r"/crm/v3/objects/(?P<object>[^/]+)", self._list),
                ("POST", r"/crm/v3/objects/(?P<object>[^/]+)/search", self._search),
                ("POST", r"/crm/v3/objects/(?P<object>[^/]+)/batch/read", self._batch_read),
                ("POST", r"/crm/v3/objects/(?P<object>[^/]+)/batch/(?P<what>update|upsert)", self._batch_write),
                ("POST", r"/crm/v4/associations/(?P<one>[^/]+)/(?P<other>[^/]+)/batch/read", self._associations),
                ("GET", r"/crm/v4/associations/(?P<one>[^/]+)/(?P<other>[^/]+)/labels", self._labels),
                ("POST", r"/crm/v4/associations/tasks/(?P<other>[^/]+)/batch/associate/default", self._associate),
            )
        ]

    # --- Peer -------------------------------------------------------------------------------

    def fields(self, kind: Kind) -> tuple[str, ...]:
        match kind:
            case Kind.CSM:
                return ("name", "email", "active")
            case Kind.RELATION:
                return ("account_id", "contact_id", "roles")
            case Kind.OPPORTUNITY_ROLE:
                return ("opportunity_id", "contact_id", "role", "main")
            case Kind.OPPORTUNITY | Kind.MILESTONE:
                return ("account_id", *PROPERTIES[kind])
            case Kind.ACTIVITY:
                return ("about_id", "contact_id", *PROPERTIES[kind])
            case _:
                return tuple(PROPERTIES[kind])

    def id_of(self, kind: Kind, key: str) -> str:
        self.shown.look()
        values = self.company.rows[kind][key].values
        if kind == Kind.RELATION:
            ends = (Kind.CONTACT, values["contact_id"]), (Kind.ACCOUNT, values["account_id"])
            return "-".join(self.shown.number(*end) for end in ends)
        if kind == Kind.OPPORTUNITY_ROLE:
            ends = (Kind.OPPORTUNITY, values["opportunity_id"]), (Kind.CONTACT, values["contact_id"])
            return "-".join(self.shown.number(*end) for end in ends)
        number = self.shown.number(kind, key)
        return f"meetings-{number}" if key in self.shown.meetings else number

    def connection(self) -> tuple[Connection, Mapping[Secret, str]]:
        own: dict[Kind, ObjectMap] = {
            kind: ObjectMap(fields=dict(names)) for kind, names in PROPERTIES.items() if kind != Kind.ACTIVITY
        }
        own[Kind.ACTIVITY] = ObjectMap(object="calls, meetings")
        own[Kind.MILESTONE] = ObjectMap(object=MILESTONES, fields=PROPERTIES[Kind.MILESTONE])
        own[Kind.OPPORTUNITY_ROLE] = ObjectMap(fields={"main": "Main contact"})
        for kind, fields in self.mapped.items():
            usual = own.get(kind, ObjectMap())
            own[kind] = msgspec.structs.replace(usual, fields={**usual.fields, **fields} if fields else {})
        for kind, only in self.only.items():
            own[kind] = msgspec.structs.replace(own[kind], only=only)
        return Connection(Crm.HUBSPOT, place=self.http.url + self.place_ends_in, objects=own), {Secret.TOKEN: TOKEN}

    @cached_property
    def spellings(self) -> Spellings:
        return self.source().spellings

    def source(self) -> HubSpot:
        limits = Limits(connect_seconds=2, read_seconds=1, answer_seconds=1.5, tries=3)
        outside = Outside(now=self.company.clock.now, sleep=self.waits.append, private_hosts=("127.0.0.1",))
        source = HubSpot(*self.connection(), outside, limits=limits, sizes=self.sizes)
        self.sources.append(source)
        return source

    # --- the server -------------------------------------------------------------------------

    def answer(self, request: Request) -> Reply:
        if request.headers.get("authorization") != f"Bearer {TOKEN}":
            return error(401, "INVALID_AUTHENTICATION", "Authentication credentials not found.")
        if self.policies:
            policy = self.policies.pop(0)
            said = {"errorType": "RATE_LIMIT", "policyName": policy, "status": "error"}
            return Reply.of({"message": f"You have reached your {policy.lower()} limit.", **said}, 429)
        self.shown.look()
        path = _numbered(request.path.rstrip("/"))  # HubSpot's own client asks for /crm/v3/owners/
        for method, pattern, answer in self._routes:
            if method == request.method and (match := pattern.fullmatch(path)):
                return self._lacking(match.groupdict()) or answer(request, **match.groupdict())
        return Reply(404, b"<html><body>Not found</body></html>", {"Content-Type": "text/html;charset=iso-8859-1"})

    def _lacking(self, place: Mapping[str, str]) -> Reply | None:
        for object in (place.get("object"), place.get("one")):
            wanted = SCOPES.get(object or "")
            if wanted and wanted not in self.scopes:
                context = {"requiredGranularScopes": [wanted]}
                why = {"message": "One or more of the following scopes are required.", "context": context}
                return error(403, "MISSING_SCOPES", "This app hasn't been granted all required scopes.", errors=[why])
            if object and object not in (*OBJECTS, "tasks"):
                return error(400, "VALIDATION_ERROR", f"Unable to infer object type from: {object}")
        return None

    # --- the account ------------------------------------------------------------------------

    def _details(self, request: Request) -> Reply:
        return Reply.of({"portalId": 4711, "accountType": "STANDARD", "timeZone": "Europe/Berlin"})

    def _usage(self, request: Request) -> Reply:
        day = {"name": "private-apps-api-calls-daily", "usageLimit": 250_000, "currentUsage": 1234}
        return Reply.of({"results": [{**day, "fetchStatus": "SUCCESS", "resetsAt": iso(self.company.now)}]})

    def _token(self, request: Request) -> Reply:
        if request.json() != {"tokenKey": TOKEN}:
            return error(400, "VALIDATION_ERROR", "no such token")
        return Reply.of({"userId": 1, "hubId": 4711, "appId": 2, "scopes": sorted(self.scopes)})

    def _owners(self, request: Request) -> Reply:
        if SCOPES["owners"] not in self.scopes:
            return error(403, "MISSING_SCOPES", "scopes", context={"requiredGranularScopes": [SCOPES["owners"]]})
        owners = self.shown.owners(archived=request.query.get("archived") == "true")
        return self._page(request, owners, limit=int(request.query.get("limit", "100")), most=500)

    def _page(self, request: Request, items: Sequence[dict[str, Any]], *, limit: int, most: int) -> Reply:
        """Items by id; the cursor is the last id shown."""
        after = request.query.get("after", "")
        if limit > most:
            return error(400, "VALIDATION_ERROR", f"limit must be at most {most}")
        if after == _LOOP or self.http.acting(Fault.LOOP, request.path):
            return Reply.of({"results": list(items[:limit]), "paging": {"next": {"after": _LOOP, "link": "?"}}})
        if self.http.acting(Fault.EMPTY, request.path):
            return Reply.of({"results": []})
        if self.http.acting(Fault.FEWER, request.path):
            return Reply.of({"results": list(items[: len(items) // 10])})
        left = [item for item in items if int(item["id"]) > int(after or 0)]
        page = {"results": left[:limit]}
        if len(left) > limit:
            page["paging"] = {"next": {"after": left[limit - 1]["id"], "link": "?"}}  # type: ignore[assignment]  # JSON
        return Reply.of(page)

    # --- records ----------------------------------------------------------------------------

    def _record(self, object: str, row: Row, names: Sequence[str]) -> dict[str, Any]:
        """What was not asked for is left out, what does not exist is passed over."""
        known = self.shown.properties(object, row)
        always = ("hs_object_id", "createdate", "lastmodifieddate", "hs_lastmodifieddate")
        shown = {name: known.get(name) for name in (*names, *always) if name in known}
        record = {"id": known["hs_object_id"], "properties": shown, "archived": row.deleted}
        record |= {"createdAt": iso(row.created_at), "updatedAt": iso(row.modified_at)}
        return record | ({"archivedAt": iso(row.modified_at)} if row.deleted else {})

    def _list(self, request: Request, object: str) -> Reply:
        archived = request.query.get("archived", "").lower() == "true"
        if archived and object == "meetings":
            why = "Paging through deleted objects is not yet supported for object type 0-47 (MEETING_EVENT)"
            return error(400, "VALIDATION_ERROR", why)
        names = [name for name in request.query.get("properties", "").split(",") if name]
        rows = [
            row
            for row in self.shown.rows(object)
            if (row.deleted and not row.erased and row.merged_into is None if archived else row.live)
        ]
        records = sorted((self._record(object, row, names) for row in rows), key=lambda record: int(record["id"]))
        return self._page(request, records, limit=int(request.query.get("limit", "10")), most=100)

    def _search(self, request: Request, object: str) -> Reply:
        asked = request.json()
        limit, offset = asked.get("limit", 10), int(asked.get("after") or 0)
        groups, sorts = asked.get("filterGroups", []), asked.get("sorts", [])
        if limit > 200 or len(groups) > 5 or len(sorts) > 1 or any(len(group["filters"]) > 6 for group in groups):
            return error(400, "VALIDATION_ERROR", "There was a problem with the request.")
        if offset + limit > self.cap:
            return error(400, "VALIDATION_ERROR", f"Paging cannot go beyond {self.cap} results.")
        now, looping = self.company.now, self.http.acting(Fault.LOOP, request.path)
        found = [
            (self.shown.properties(object, row), row)
            for row in self.shown.rows(object)
            if visible(row, delay=self.delay, now=now)
        ]
        if not looping:
            found = [one for one in found if not groups or any(_holds(group, one[0]) for group in groups)]
        if sorts:
            by = sorts[0] if isinstance(sorts[0], str) else sorts[0]["propertyName"]
            found.sort(key=lambda one: _sortable(one[0].get(by)))
        page = [self._record(object, row, asked.get("properties", [])) for _, row in found[offset : offset + limit]]
        total = len(found)
        if self.http.acting(Fault.EMPTY, request.path):
            page = []
        elif self.http.acting(Fault.FEWER, request.path):
            page = page[: len(page) // 10]
        elif looping or offset + limit < total:
            after = str(offset + limit)
            return Reply.of({"total": total, "results": page, "paging": {"next": {"after": after, "link": "?"}}})
        return Reply.of({"total": total, "results": page})

    def _batch_read(self, request: Request, object: str) -> Reply:
        asked = request.json()
        if len(asked["inputs"]) > 100:
            return error(400, "VALIDATION_ERROR", "at most 100 inputs")
        results, errors = [], []
        for given in asked["inputs"]:
            row = self.shown.find(object, given["id"])
            if row is None:
                errors.append(_fault("OBJECT_NOT_FOUND", id=[given["id"]]))
            else:
                results.append(self._record(object, row, asked.get("properties", [])))
        return _multi(results, errors)

    def _properties(self, request: Request, object: str) -> Reply:
        if request.query.get("dataSensitivity") == "sensitive":
            names = ["health"] if object == "contacts" else []
            return Reply.of({"results": [{"name": name, "type": "string", "label": name} for name in names]})
        known = self.shown.definitions(object) if object in OBJECTS else []
        return Reply.of({"results": [one for one in known if one["name"] not in self.hidden]})

    # --- associations -----------------------------------------------------------------------

    def _associations(self, request: Request, one: str, other: str) -> Reply:
        inputs = request.json()["inputs"]
        if len(inputs) > 1_000:
            return error(400, "VALIDATION_ERROR", "at most 1000 inputs")
        if self.http.acting(Fault.EMPTY, request.path):
            return _multi([], [])
        if self.http.acting(Fault.FEWER, request.path):
            inputs = inputs[: len(inputs) // 10]
        looping = self.http.acting(Fault.LOOP, request.path)
        results, errors = [], []
        for given in inputs:
            row = self.shown.find(one, given["id"])
            pairs = self.shown.pairs(one, other, row) if row else {}
            if self.broken_associations:
                errors.append(_fault("INTERNAL_ERROR", fromObjectId=[given["id"]]))
                continue
            if row is None or not pairs:
                errors.append(
                    _fault("OBJECT_NOT_FOUND", "crm.associations.NO_ASSOCIATIONS_FOUND", fromObjectId=[given["id"]])
                )
                continue
            results.append(self._pairs_of(self.shown.number(OBJECTS[one], row.key), pairs, given, looping=looping))
        return _multi(results, errors)

    def _pairs_of(
        self,
        id: str,
        pairs: Mapping[str, list[tuple[str, int, str | None]]],
        given: Mapping[str, str],
        *,
        looping: bool,
    ) -> dict[str, Any]:
        """One row for each label: a pair can be in several."""
        flat = [(to, kind) for to, kinds in sorted(pairs.items()) for kind in kinds]
        start = 0 if given.get("after") in (None, _LOOP) else int(given["after"])
        end = start + self.pairs_per_page
        shown = [
            {
                "toObjectId": int(to),
                "associationTypes": [{"category": category, "typeId": number, "label": label}],
            }
            for to, (category, number, label) in flat[start:end]
        ]
        page: dict[str, Any] = {"from": {"id": id}, "to": shown}
        if looping or given.get("after") == _LOOP:
            page["paging"] = {"next": {"after": _LOOP}}
        elif end < len(flat):
            page["paging"] = {"next": {"after": str(end)}}
        return page

    def _labels(self, request: Request, one: str, other: str) -> Reply:
        labels = {
            ("contacts", "companies"): ["Decision maker", "Budget holder", "Champion", "Billing contact"],
            ("deals", "contacts"): ["Decision Maker", "Main contact"],
        }[one, other]
        own = [{"category": "HUBSPOT_DEFINED", "typeId": 279, "label": None}]
        if one == "contacts":
            own.append({"category": "HUBSPOT_DEFINED", "typeId": 1, "label": "Primary"})
        own += [{"category": "USER_DEFINED", "typeId": 20 + n, "label": label} for n, label in enumerate(labels)]
        return Reply.of({"results": own})

    # --- writing ----------------------------------------------------------------------------

    def _groups(self, request: Request) -> Reply:
        return Reply.of({"results": [{"name": "taskinformation", "label": "Task information", "archived": False}]})

    def _task_property(self, request: Request, name: str) -> Reply:
        known = self.task_properties.get(name)
        return Reply.of(known) if known else error(404, "OBJECT_NOT_FOUND", f"Property {name} does not exist")

    def _create_property(self, request: Request) -> Reply:
        definition = request.json()
        if SCOPES["schema"] not in self.scopes:
            context = {"requiredGranularScopes": [SCOPES["schema"]]}
            return error(403, "MISSING_SCOPES", "scopes", context=context)
        if definition["groupName"] != "taskinformation":
            return error(400, "VALIDATION_ERROR", "Unable to find property group")
        self.task_properties[definition["name"]] = definition
        return Reply.of(definition, 201)

    def _batch_write(self, request: Request, object: str, what: str) -> Reply:
        inputs = request.json()["inputs"]
        ids = [given["id"] for given in inputs]
        if len(inputs) > 100 or len(set(ids)) < len(ids):
            return error(400, "VALIDATION_ERROR", "Duplicate IDs found in batch input")
        if any("INVALID" in (value or "") for given in inputs for value in given["properties"].values()):
            return error(400, "VALIDATION_ERROR", "Property values were not valid")
        by = inputs[0].get("idProperty")
        if by and not self.task_properties.get(by, {}).get("hasUniqueValue"):
            return error(400, "VALIDATION_ERROR", "Property must be unique")
        results, errors = [], []
        # The order of answers is HubSpot's own.
        for given in reversed(inputs):
            record = self._write_task(given, what) if object == "tasks" else self._write_record(object, given)
            trace = {"objectWriteTraceId": given["objectWriteTraceId"]} if "objectWriteTraceId" in given else {}
            if record is None:
                context = {"ids": [given["id"]], **{name: [value] for name, value in trace.items()}}
                errors.append(_fault("OBJECT_NOT_FOUND") | {"context": context})
            else:
                results.append({**record, **trace})
        return _multi(results, errors)

    def _write_task(self, given: Mapping[str, Any], what: str) -> dict[str, Any] | None:
        id = given["id"]
        new = False
        if name := given.get("idProperty"):
            id = next((known for known, values in self.tasks.items() if values.get(name) == given["id"]), None)
            if new := id is None and what == "upsert":
                id = str(90_000 + len(self.tasks))
                self.tasks[id] = {}
        if id not in self.tasks:
            return None
        self.tasks[id] |= given["properties"]
        at = iso(self.company.now)
        return {"id": id, "new": new, "properties": given["properties"], "createdAt": at, "updatedAt": at}

    def _write_record(self, object: str, given: Mapping[str, Any]) -> dict[str, Any] | None:
        row = self.shown.find(object, given["id"])
        if row is None:
            return None
        written = {name: value or None for name, value in given["properties"].items()}
        self.shown.extra.setdefault((row.kind, row.key), {}).update(written)
        row.modified_at = row.shown_at = self.company.now
        return self._record(object, row, list(written))

    def _associate(self, request: Request, other: str) -> Reply:
        for given in request.json()["inputs"]:
            self.linked.add((given["from"]["id"], other, given["to"]["id"]))
        return _multi([], [])


def _numbered(path: str) -> str:
    """A dated path as the one of v3 and v4 that it stands for."""
    if match := _DATED.fullmatch(path):
        version = "v4" if match["api"] == "associations" else "v3"
        return f"/crm/{version}/{match['api']}{match['rest'] or ''}"
    return path


def _fault(category: str, sub_category: str | None = None, **context: list[str]) -> dict[str, Any]:
    found = {"status": "error", "category": category, "message": "not done", "context": context}
    return found | ({"subCategory": sub_category} if sub_category else {})


def _multi(results: list[Any], errors: list[Any]) -> Reply:
    """207 where something went wrong, and still COMPLETE."""
    times = {"startedAt": "2026-01-01T00:00:00Z", "completedAt": "2026-01-01T00:00:00Z"}
    body: dict[str, Any] = {"status": "COMPLETE", "results": results, **times}
    return Reply.of(body | {"numErrors": len(errors), "errors": errors}, 207) if errors else Reply.of(body)


def _sortable(value: str | None) -> tuple[int, int, str]:
    return (0, int(value), "") if value and value.isdigit() else (1, 0, value or "")


def _holds(group: Mapping[str, Any], properties: Mapping[str, str | None]) -> bool:
    return all(_filter(one, properties.get(one["propertyName"])) for one in group["filters"])


def _filter(one: Mapping[str, Any], value: str | None) -> bool:
    operator = one["operator"]
    if operator == "HAS_PROPERTY" or value is None:
        return operator == "HAS_PROPERTY" and value is not None
    mine, theirs = _comparable(value), int(one["value"])
    return {
        "EQ": mine == theirs,
        "GT": mine > theirs,
        "GTE": mine >= theirs,
        "LT": mine < theirs,
        "LTE": mine <= theirs,
    }[operator]


def _comparable(value: str) -> int:
    """Moments are compared as milliseconds."""
    if value.isdigit():
        return int(value)
    return round(datetime.fromisoformat(value).timestamp() * 1000)


@contextmanager
def start(company: Company) -> Iterator[StandIn]:
    standin = StandIn(company)
    with standin.http:
        yield standin
    for source in standin.sources:
        source.close()
