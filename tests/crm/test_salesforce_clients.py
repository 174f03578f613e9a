"""The stand-in for Salesforce as independent clients see it, and our SOQL as Salesforce's own parser does.

They are installed once into the folder that VOC_TEST_CLIENTS names, each on its own, and are not
part of the usual tests: fetching them takes longer than all of these.

    VOC_TEST_CLIENTS=/tmp/clients python -m pytest tests/crm/test_salesforce_clients.py

simple-salesforce speaks nothing but TLS, so its session gets an adapter that does not. tap-salesforce signs in at
login.salesforce.com whatever one configures, so it gets its token from the stand-in; from there on,
what it discovers, asks and reads is its own. Last run on 2026-11-22 with simple-salesforce 1.12.10,
tap-salesforce 2.8.1 and @salesforce/soql-common 0.2.2: all agree.
"""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.crm.company import standard
from tests.crm.standin_salesforce import CLIENT, CLIENT_SECRET, StandIn, salesforce
from voc.accounts.connection import ObjectMap
from voc.accounts.connector import Span
from voc.accounts.crm.http import Caller, NoAuth
from voc.accounts.crm.salesforce import soql
from voc.accounts.model import Kind
from voc.accounts.rules import TEXTS

FOLDER = os.environ.get("VOC_TEST_CLIENTS")
HARD = ("O'Neil", 'a "b"', "back\\slash", "\\' OR Id != null", "line\nbreak\ttab", "Søren ♥ 日本", "\x00\x1f\x7f", "%_")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(FOLDER is None, reason="VOC_TEST_CLIENTS names no folder for the independent clients"),
]


def installed(name: str, *packages: str, node: bool = False) -> Path:
    """A folder of its own with these packages; fetched the first time."""
    place = Path(str(FOLDER)) / name
    if place.exists():
        return place
    how = ["npm", "install", "--no-audit", "--no-fund", "--prefix", str(place)]
    if not node:
        how = [sys.executable, "-m", "pip", "install", "--quiet", "--target", str(place)]
    if shutil.which(how[0]) is None:
        pytest.skip(f"{how[0]} is not installed")
    got = subprocess.run([*how, *packages], capture_output=True, text=True, check=False)
    if got.returncode:
        shutil.rmtree(place, ignore_errors=True)
        pytest.skip(f"{packages} cannot be had: {got.stderr[-300:]}")
    return place


def run(program: str, place: Path, said: Any) -> str:
    """A program in a process of its own, which finds the client's packages first."""
    ran = subprocess.run(
        [sys.executable, "-c", program, json.dumps(said)],
        env={**os.environ, "PYTHONPATH": str(place), "PYTHONWARNINGS": "ignore"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert not ran.returncode, ran.stderr[-2_000:]
    return ran.stdout


@pytest.fixture
def peer() -> Iterator[StandIn]:
    company = standard()
    company.delete(Kind.CONTACT, "fir-4")
    company.merge(Kind.CONTACT, "elm-1", into="elm-2")
    company.put(Kind.CONTACT, "odd", account_id="alder", first_name='Line\nbreak, "quoted"', last_name="O'Hara")
    company.wait(hours=1)
    with salesforce(company) as found:
        found.batch, found.result_rows, found.polls = 7, 8, 0
        yield found


def signed_in(peer: StandIn) -> dict[str, str]:
    form = {"grant_type": "client_credentials", "client_id": CLIENT, "client_secret": CLIENT_SECRET}
    source = peer.source()
    caller = Caller(peer.server.url, auth=NoAuth(), outside=source._outside)
    token = caller.post("/services/oauth2/token", form=form, reads=dict[str, Any]).value["access_token"]
    caller.close()
    return {"url": peer.server.url, "token": token}


def read_by_us(peer: StandIn) -> dict[str, dict[str, str]]:
    """Id -> our texts of every contact that stands."""
    source = peer.source()
    source.open()
    pages = source.pages(Kind.CONTACT, Span(None, peer.company.now), after=None, known=lambda _: iter(()))
    rows = [row for page in pages for row in page.rows if not row.deleted]
    return {row.id: dict(zip(TEXTS[Kind.CONTACT], row.cells, strict=True)) for row in rows}


SIMPLE = """
import csv, io, json, sys
from requests import Session
from requests.adapters import HTTPAdapter
from simple_salesforce import Salesforce
from simple_salesforce.exceptions import SalesforceExpiredSession, SalesforceMalformedRequest

said = json.loads(sys.argv[1])

class Plain(HTTPAdapter):
    def send(self, request, **more):
        request.url = request.url.replace("https://", "http://", 1)
        return super().send(request, **more)


session = Session()
session.mount("https://", Plain())
sf = Salesforce(instance_url=said["url"], session_id=said["token"], version="66.0", session=session)
query = "SELECT Id, FirstName, LastName, Email, IsDeleted FROM Contact"
found = {"rest": sf.query_all(query)["records"], "deleted": sf.query_all(query, include_deleted=True)["records"]}
found["described"] = sorted(field["name"] for field in sf.Contact.describe()["fields"])
chunks = sf.bulk2.Contact.query_all(query, wait=0.1)
found["bulk"] = [row for chunk in chunks for row in csv.DictReader(io.StringIO(chunk, newline=""))]
found["usage"] = list(sf.api_usage["api-usage"])
task = {"attributes": {"type": "Task"}, "VOC_Key__c": "k1", "Subject": "Call"}
body = {"allOrNone": False, "records": [task, {**task, "Nope__c": "1"}]}
found["wrote"] = sf.restful("composite/sobjects/Task/VOC_Key__c", method="PATCH", json=body)
try:
    sf.query("SELECT Nope__c FROM Contact")
except SalesforceMalformedRequest as error:
    found["refused"] = error.content[0]["errorCode"]
sf.session_id, sf.headers["Authorization"] = "ended", "Bearer ended"
try:
    sf.query(query)
except SalesforceExpiredSession as error:
    found["ended"] = error.content[0]["errorCode"]
print(json.dumps(found))
"""


def test_simple_salesforce_reads_and_writes_the_stand_in(peer: StandIn) -> None:
    place = installed("simple-salesforce", "simple-salesforce>=1.12,<2")
    found = json.loads(run(SIMPLE, place, signed_in(peer)))
    ours = read_by_us(peer)
    assert {row["Id"] for row in found["rest"]} == set(ours)
    assert len(found["deleted"]) == len(ours) + 2
    names = {row["Id"]: (row["FirstName"], row["LastName"], row["Email"]) for row in found["bulk"]}
    assert {id: (row["first_name"], row["last_name"], row["email"]) for id, row in ours.items()} == {
        id: names[id] for id in ours
    }
    assert "HasOptedOutOfEmail" in found["described"]
    assert found["usage"][1] == peer.allowance
    assert [one["success"] for one in found["wrote"]] == [True, False]
    assert (found["refused"], found["ended"]) == ("INVALID_FIELD", "INVALID_SESSION_ID")


TAP = """
import contextlib, io, json, sys
import tap_salesforce
from tap_salesforce.salesforce import Salesforce

said = json.loads(sys.argv[1])
sf = Salesforce(refresh_token="", sf_client_id="", sf_client_secret="", api_type="REST", quota_percent_total=99,
                quota_percent_per_run=99, select_fields_by_default=True, default_start_date="2020-01-01T00:00:00Z")
sf.access_token, sf.instance_url = said["token"], said["url"]
discovered = io.StringIO()
with contextlib.redirect_stdout(discovered):
    tap_salesforce.do_discover(sf)
catalog = json.loads(discovered.getvalue())
for stream in catalog["streams"]:
    for one in stream["metadata"]:
        if one["breadcrumb"] == []:
            one["metadata"] |= {"selected": True, "replication-method": "INCREMENTAL",
                                "replication-key": "SystemModstamp"}
tap_salesforce.do_sync(sf, catalog, tap_salesforce.build_state({}, catalog))
"""


def test_tap_salesforce_discovers_and_reads_every_record_of_the_stand_in(peer: StandIn) -> None:
    place = installed("tap-salesforce", "tap-salesforce>=2.8,<3")
    messages = [json.loads(line) for line in run(TAP, place, signed_in(peer)).splitlines() if line.startswith("{")]
    found: dict[str, dict[str, Any]] = {}
    for message in messages:
        if message["type"] == "RECORD":
            found.setdefault(message["stream"], {})[message["record"]["Id"]] = message["record"]
    for kind, object in ((kind, peer.org.object_of(kind)) for kind in Kind):
        shown = [row for row in peer.company.rows[kind].values() if row.live or kind != Kind.CSM]
        assert set(found[object]) == {peer.id_of(kind, row.key) for row in shown}, object
    contacts = {id: row for id, row in found["Contact"].items() if not row["IsDeleted"]}
    ours = read_by_us(peer)
    assert {id: row["LastName"] for id, row in contacts.items()} == {id: row["last_name"] for id, row in ours.items()}
    assert found["Contact"][peer.id_of(Kind.CONTACT, "elm-1")]["MasterRecordId"] == peer.id_of(Kind.CONTACT, "elm-2")


PARSE = """
const { SOQLParser } = require('@salesforce/soql-common/lib/soql-parser');
const parser = SOQLParser({ isApex: false, isMultiCurrencyEnabled: true, apiVersion: 60.0 });
const lines = require('fs').readFileSync(0, 'utf8').trim().split('\\n');
const said = lines.map((line) => parser.parseQuery(JSON.parse(line)).getParserErrors().map((one) => one.getMessage()));
console.log(JSON.stringify(said));
"""


def test_every_statement_of_ours_is_soql_to_salesforce_s_own_parser(peer: StandIn) -> None:
    place = installed("soql-common", "@salesforce/soql-common@0.2.2", "antlr4ts@0.5.0-alpha.4", node=True)
    statements = sorted(_statements(peer))
    wrong = "SELECT Id FROM Account WHERE Name = 'O'Neil'"
    asked = "\n".join(json.dumps(statement) for statement in [*statements, wrong])
    said = subprocess.run(
        ["node", "-e", PARSE],
        cwd=place,
        input=asked,
        env={**os.environ, "NODE_PATH": str(place / "node_modules")},
        capture_output=True,
        text=True,
        check=True,
    )
    *errors, refused = json.loads(said.stdout)
    assert refused
    assert {statement: error for statement, error in zip(statements, errors, strict=True) if error} == {}
    assert len(statements) > 60


def _statements(peer: StandIn) -> set[str]:
    """All that the connector says: loading, windows, pages, sweeps, lists, counts, the check, examples, spellings."""
    connection, secrets = peer.connection()
    mapped = {
        Kind.ACTIVITY: ObjectMap(object="Event, Task", only={"Type": list(HARD)}),
        Kind.OPPORTUNITY: ObjectMap(only={"Type": ["Renewal"], "IsClosed": ["true"]}),
    }
    for objects in ({}, mapped):
        source = peer.open(msgspec.structs.replace(connection, objects=objects), secrets)
        source.probe()
        source.open()
        for kind in Kind:
            for since in (None, peer.company.now - timedelta(days=1)):
                span = Span(since, peer.company.now)
                list(source.pages(kind, span, after=None, known=lambda _: iter([["known"]])))
            list(source.ids(kind) or ())
            list(source.some(kind, [peer.id_of(kind, key) for key in peer.company.rows[kind]]))
            source.sample(kind, limit=3)
            for field in TEXTS[kind]:
                source.spelled(kind, field)
    hard = {str(soql.Select(("Id",), "Account", (soql.compare("Name", "=", text),))) for text in HARD}
    return {*peer.statements, *hard}
