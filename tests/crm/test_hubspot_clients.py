"""Checked by others: HubSpot's own client reads our stand-in, and our connector reads somebody else's stand-in.

`hubspot-api-client` refuses an answer that is not of HubSpot's shape. `backlot` is a server that
others measured against the real HubSpot; it has the objects (list, search, batch read), and no
properties, owners, associations in batches or writes.
"""

import json
import subprocess
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.crm import foreign, standin_hubspot
from tests.crm.company import START, standard
from voc.accounts.connection import Connection, Crm
from voc.accounts.connector import Outside, Span
from voc.accounts.crm.http import BearerToken, Caller
from voc.accounts.crm.hubspot.answers import Record
from voc.accounts.crm.hubspot.api import Api, Sizes
from voc.accounts.crm.hubspot.mapping import layouts
from voc.accounts.crm.hubspot.paths import Paths
from voc.accounts.crm.hubspot.reading import Mark, Piece, Reader, milliseconds
from voc.accounts.model import Incoming, Kind

# --- HubSpot's client on our stand-in -----------------------------------------------------------

_CLIENT = """
import json, sys
import hubspot
from hubspot.crm.associations.v4 import BatchInputPublicFetchAssociationsBatchRequest as Ask
from hubspot.crm.contacts import PublicObjectSearchRequest, BatchReadInputSimplePublicObjectId
from hubspot.crm.objects import BatchInputSimplePublicObjectBatchInput, BatchInputSimplePublicObjectBatchInputUpsert
from hubspot.crm.properties import PropertyCreate

crm = hubspot.Client.create(access_token=sys.argv[2], host=sys.argv[1]).crm
mail = ["email", "firstname", "hs_merged_object_ids"]
contacts = crm.contacts.get_all(properties=mail)
archived = crm.contacts.get_all(properties=mail, archived=True)
date = {"propertyName": "lastmodifieddate", "operator": "GTE", "value": sys.argv[3]}
search = PublicObjectSearchRequest(
    filter_groups=[{"filters": [date]}], sorts=["lastmodifieddate"], properties=mail, limit=3, after="0"
)
found = crm.contacts.search_api.do_search(search)
read = crm.contacts.batch_api.read(BatchReadInputSimplePublicObjectId(
    inputs=[{"id": contacts[0].id}, {"id": "999"}], properties=mail, properties_with_history=[]))
pairs = crm.associations.v4.batch_api.get_page("contacts", "companies", Ask(inputs=[{"id": contacts[0].id}]))
owners = crm.owners.owners_api.get_page(limit=100, archived=False)
known = crm.properties.core_api.get_all("contacts")
crm.properties.core_api.create("tasks", PropertyCreate(
    name="voc_key", label="Key", type="string", field_type="text", group_name="taskinformation",
    has_unique_value=True))
upsert = BatchInputSimplePublicObjectBatchInputUpsert(inputs=[{"id": "k1", "idProperty": "voc_key",
    "properties": {"voc_key": "k1", "hs_task_subject": "Call"}}])
tasks = [crm.objects.batch_api.upsert("tasks", upsert).results[0] for _ in range(2)]
update = BatchInputSimplePublicObjectBatchInput(inputs=[{"id": contacts[0].id, "properties": {"score": "9"}}])
crm.objects.batch_api.update("contacts", update)
print(json.dumps({
    "contacts": {one.id: one.properties["email"] for one in contacts},
    "archived": [[one.id, one.archived, one.archived_at is not None] for one in archived],
    "total": found.total, "page": len(found.results), "after": found.paging.next.after,
    "read": [one.id for one in read.results], "errors": [one.category for one in read.errors],
    "pairs": [[to.to_object_id, [kind.label for kind in to.association_types]]
              for one in pairs.results for to in one.to],
    "owners": [one.email for one in owners.results],
    "calculated": sorted(one.name for one in known.results if one.calculated),
    "tasks": [[one.id, one.new] for one in tasks],
}))
"""


def test_hubspot_s_own_client_understands_every_answer_of_the_stand_in(request: pytest.FixtureRequest) -> None:
    assert request.config.cache is not None
    python = foreign.python(request.config.cache, "hubspot-api-client==12.0.0")
    company = standard()
    company.delete(Kind.CONTACT, "elm-4")
    company.merge(Kind.CONTACT, "alder-1", into="alder-2")
    with standin_hubspot.start(company) as crm:
        command = [str(python), "-c", _CLIENT, crm.http.url, standin_hubspot.TOKEN, str(milliseconds(START))]
        done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stderr[-2_000:]
        said = json.loads(done.stdout)
        alder, first = crm.id_of(Kind.ACCOUNT, "alder"), crm.id_of(Kind.CONTACT, "alder-0")
        everybody = {crm.id_of(Kind.CONTACT, row.key): row.values["email"] for row in company.live(Kind.CONTACT)}
        assert said["contacts"] == everybody
        assert said["archived"] == [[crm.id_of(Kind.CONTACT, "elm-4"), True, True]]
        assert (said["total"], said["page"], said["after"]) == (28, 3, "3")
        assert (said["read"], said["errors"]) == ([first], ["OBJECT_NOT_FOUND"])
        assert [str(to) for to, _ in said["pairs"]] == [alder] * 3
        assert [labels for _, labels in said["pairs"]] == [[None], ["Primary"], ["Decision maker"]]
        assert said["owners"] == [f"{name}@vendor.example" for name in ("dana", "emil", "farah")]
        assert said["calculated"] == ["hs_calculated_merged_vids"]
        assert said["tasks"] == [[said["tasks"][0][0], True], [said["tasks"][0][0], False]]
        assert crm.shown.extra[Kind.CONTACT, "alder-0"] == {"score": "9"}


# --- our connector on backlot -------------------------------------------------------------------

_SERVER = """
import json, sys
import backlot
backlot.server._LOCAL_HEALTH_ATTEMPTS = 1000  # a loaded machine takes longer than its ten seconds
with backlot.serve(json.loads(sys.stdin.readline()), telemetry=False) as served:
    print(json.dumps([served.base_url, served.token]), flush=True)
    sys.stdin.read()
"""


@contextmanager
def _backlot(python: Path, records: list[dict[str, Any]]) -> Iterator[tuple[str, str]]:
    """Its address and token. It ends with its standard input."""
    with subprocess.Popen(
        [str(python), "-c", _SERVER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as server:
        assert server.stdin is not None
        assert server.stdout is not None
        try:
            server.stdin.write(json.dumps(records) + "\n")
            server.stdin.flush()
            line = server.stdout.readline()
            assert line.startswith("["), line + server.stdout.read()
            url, token = json.loads(line)
            yield url, token
        finally:
            server.stdin.close()


def _contact(number: int, changed_at: int, **more: Any) -> dict[str, Any]:
    properties = {"firstname": f"P{number}", "email": f"p{number}@acme.example", "lastmodifieddate": str(changed_at)}
    return {
        "source_type": "hubspot",
        "object_type": "contacts",
        "record_id": str(1_000 + number),
        "author_email": "dana@vendor.example",
        "created": START.isoformat(),
        "title": f"P{number}",
        "content": f"Contact {number}",
        "properties": properties | {"hs_object_id": str(1_000 + number)} | more.pop("properties", {}),
        **more,
    }


@pytest.mark.slow
def test_our_reading_understands_a_stand_in_that_others_measured(request: pytest.FixtureRequest) -> None:
    assert request.config.cache is not None
    python = foreign.python(request.config.cache, "backlot==0.1.0")
    start = milliseconds(START)
    # Seven share the third millisecond; the pages below hold three.
    records = [_contact(number, start + min(number, 3)) for number in range(10)]
    records.append(_contact(10, start + 9, properties={"hs_merged_object_ids": "77;78"}))
    records.append(_contact(11, start + 1, archived=True))
    records.append({**_contact(12, start), "object_type": "meetings"})
    with _backlot(python, records) as (url, token):
        outside = Outside(now=lambda: START, sleep=lambda _: None, private_hosts=("127.0.0.1",))
        caller = Caller(f"{url}/hubspot", auth=BearerToken(token), outside=outside)
        try:
            _read_all(Api(caller, Paths(), outside))
        finally:
            caller.close()


def _read_all(api: Api) -> None:
    contacts, meetings = _reader(api, Kind.CONTACT), _reader(api, Kind.ACTIVITY)
    everything, changed = Span(None, START), Span(START, START + timedelta(seconds=1))
    ids = [str(1_000 + number) for number in range(11)]
    assert _live(contacts.rows(everything, Mark())) == ids
    assert _live(contacts.rows(changed, Mark())) == ids
    assert [id for chunk in contacts.ids() for id in chunk] == ids
    assert _gone(contacts.rows(everything, Mark())) == {"77": "1010", "78": "1010"}
    assert _gone(contacts.deleted(everything, Mark())) == {"1011": None}
    assert [row.id for row in contacts.some(["1003", "5", "1011"])] == ["1003"]
    # Real meetings have no list of deleted ones, and backlot knows.
    assert _gone(meetings.deleted(everything, Mark())) == {}
    assert _live(meetings.rows(everything, Mark())) == ["1012"]


def _reader(api: Api, kind: Kind) -> Reader:
    def to_rows(records: Sequence[Record]) -> list[Incoming]:
        return [Incoming(record.id, 0, None, ("x",)) for record in records]

    read_rows: Callable[[Sequence[Record]], list[Incoming]] = to_rows
    return Reader(api, Sizes(listed=4, found=3, batch=10), layouts(Connection(Crm.HUBSPOT), kind)[0], read_rows)


def _rows(pieces: Iterator[Piece]) -> list[Incoming]:
    return [row for rows, _ in pieces for row in rows]


def _live(pieces: Iterator[Piece]) -> list[str]:
    return sorted(row.id for row in _rows(pieces) if not row.deleted)


def _gone(pieces: Iterator[Piece]) -> dict[str, str | None]:
    return {row.id: row.winner_id for row in _rows(pieces) if row.deleted}
