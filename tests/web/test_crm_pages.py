"""Settings > CRM: secrets go in and never come out, a check before anything is read, a try that writes nothing."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from html import unescape
from typing import Any, cast

import pytest
from msgspec import structs
from sqlalchemy import func, select

from tests.builders import NOW, add_sync_run
from tests.crm import standin_salesforce
from tests.crm.company import Company as Customers
from tests.crm.company import standard
from tests.crm.standin_salesforce import StandIn
from tests.web.people import Visitor, add_staff, visitor
from voc import jobs
from voc.accounts.connection import ObjectMap
from voc.accounts.model import Kind, Live, Role, RunState
from voc.accounts.store import connections, errands, history
from voc.base import schema
from voc.base.clock import SetClock
from voc.base.ending import Ending
from voc.base.words import ErrandKind, StaffRole
from voc.delivery.model import Relay
from voc.web.context import App

NO_RELAY = cast("Relay", None)


def _named(fields: dict[str, str]) -> dict[str, Any]:
    """Names of a form that are no names of Python."""
    return {**fields}


def words(page: str) -> str:
    """The text of a page as one reads it, in one line."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page)).split())


def fields_of(page: str) -> dict[str, str]:
    """The mapping as the form shows it."""
    found = re.findall(r'name="(field:[^"]+)" value="([^"]*)"', page)
    return {unescape(name): unescape(value) for name, value in found}


@dataclass
class Office:
    """An installation, its admin at the door, and a Salesforce beside it."""

    app: App
    clock: SetClock
    admin: Visitor
    peer: StandIn
    customers: Customers

    def work(self, *names: str) -> None:
        for job in jobs.JOBS:
            if job.name in names:
                jobs.run_leased(self.app, NO_RELAY, job)

    def connect(self, **typed: str) -> Any:
        connection, secrets = self.peer.connection()
        (secret,) = secrets.values()
        form = {"crm": "salesforce", "place": connection.place, "user": connection.user or "", "client_secret": secret}
        return self.admin.post("/settings/crm", **_named({**form, "sign_in": "client_credentials", **typed}))

    def check(self) -> str:
        self.admin.post("/settings/crm/check")
        self.work("crm check")
        return words(self.admin.get("/settings/crm/check").text)

    def count(self, table: Any) -> int:
        with self.app.database.read() as db:
            return db.execute(select(func.count()).select_from(table)).scalar_one()


@pytest.fixture
def office(app: App, clock: SetClock) -> Iterator[Office]:
    with app.database.begin() as db:
        db.execute(schema.csm.delete())
    slept: list[float] = []
    app = replace(app, settings=structs.replace(app.settings, crm_private_hosts=["127.0.0.1"]), wait=slept.append)
    customers = standard()
    customers.clock = clock
    with standin_salesforce.salesforce(customers) as peer, visitor(app) as admin:
        add_staff(app, StaffRole.ADMIN)
        admin.sign_in("admin@vendor.example")
        admin.get("/settings/crm")
        yield Office(app, clock, admin, peer, customers)


# --- connect ------------------------------------------------------------------------------------


def test_five_crms_are_on_offer_and_each_says_what_it_needs(office: Office) -> None:
    page = words(office.admin.get("/settings/crm").text)
    for name in ("Salesforce", "HubSpot", "Odoo", "SQL warehouse", "Folder of exports"):
        assert name in page
    assert "External Client App" in words(office.admin.get("/settings/crm?crm=salesforce").text)
    assert "crm.objects.contacts.read" in office.admin.get("/settings/crm?crm=hubspot").text
    assert "API key" in office.admin.get("/settings/crm?crm=odoo").text


def test_a_secret_is_shown_as_set_and_never_again(office: Office) -> None:
    planted = "planted-secret-0xC0FFEE"
    office.connect(client_secret=planted)
    pages = [office.admin.page]
    for path in ("", "/check", "/map", "/map/contact", "/words", "/try", "/schedule", "/write-back"):
        pages.append(office.admin.get(f"/settings/crm{path}").text)
    pages += [office.admin.get(path).text for path in ("/audit", "/sync")]
    assert not [page for page in pages if planted in page]
    assert "Set on 3 March 2026" in words(pages[1])


def test_another_host_clears_the_secret_and_says_so(office: Office) -> None:
    office.connect()
    answer = office.connect(place="https://other.my.salesforce.com", client_secret="")
    assert "another machine, so the stored client secret was cleared" in words(answer.text)
    with office.app.database.read() as db:
        assert connections.which_secrets(db) == {}
    assert office.admin.post("/settings/crm/check").status_code == 409


def test_an_address_we_must_not_call_is_refused_beside_its_field(office: Office) -> None:
    answer = office.connect(place="https://169.254.169.254")
    assert answer.status_code == 400
    assert "Not saved" in answer.text
    assert 'aria-invalid="true"' in answer.text
    with office.app.database.read() as db:
        assert connections.load_connection(db) is None


def test_removing_takes_the_secrets_along(office: Office) -> None:
    office.connect()
    office.admin.post("/settings/crm/remove")
    assert "No CRM is connected yet" in words(office.admin.page)
    assert office.count(schema.secret) == 0


# --- check --------------------------------------------------------------------------------------


def test_a_check_shows_who_we_are_what_is_there_and_what_changed(office: Office) -> None:
    office.connect()
    page = office.check()
    assert "Salesforce can be read" in page
    assert "Signed in as sync@vendor.example" in page
    assert "of the 100,000 requests of today are used" in page
    assert "Contacts Readable Contact 30 30 17 found" in page
    assert office.count(schema.contact) == office.count(schema.sync_run) == 0


def test_a_check_that_waits_for_a_worker_says_so(office: Office) -> None:
    office.connect()
    office.admin.post("/settings/crm/check")
    assert "hx-trigger" in office.admin.get("/settings/crm/check").text
    office.clock.advance(timedelta(minutes=1))
    assert "No worker has taken it yet" in words(office.admin.get("/settings/crm/check").text)


def test_a_check_that_cannot_sign_in_says_why_without_the_secret(office: Office) -> None:
    office.connect(client_secret="wrong-one-0xBADF00D")
    page = office.check()
    assert "could not be checked" in page
    assert "wrong-one-0xBADF00D" not in office.admin.page
    assert "hx-trigger" not in office.admin.page


def test_without_the_opt_out_nothing_may_be_tried_or_switched_on(office: Office) -> None:
    office.connect()
    office.admin.get("/settings/crm/map/contact")
    office.admin.post("/settings/crm/map/contact", **_named({"field:opted_out": "No_Such_Field__c", "do": "save"}))
    page = office.check()
    assert "Salesforce cannot be read yet" in page
    assert "It says who wants no mail" in page
    assert office.admin.post("/settings/crm/try").status_code == 409
    office.admin.get("/settings/crm/schedule")
    answer = office.admin.post("/settings/crm/schedule", every_minutes="60", do="on")
    assert answer.status_code == 400
    assert "It says who wants no mail" in words(answer.text)


# --- map ----------------------------------------------------------------------------------------


def test_a_field_stands_beside_examples_from_our_own_rows(office: Office) -> None:
    office.connect()
    office.check()
    page = words(office.admin.get("/settings/crm/map/contact").text)
    assert "Fir-0" in page
    assert "Böðvar" in page


def test_what_is_left_as_it_was_follows_the_usual_mapping(office: Office) -> None:
    office.connect()
    office.check()
    page = office.admin.get("/settings/crm/map/contact").text
    shown = fields_of(page)
    office.admin.post("/settings/crm/map/contact", **_named({**shown, "do": "save", "field:department": "Title"}))
    with office.app.database.read() as db:
        connection = connections.load_connection(db)
    assert connection is not None
    assert connection.objects == {Kind.CONTACT: ObjectMap(fields={"department": "Title"})}
    office.admin.post("/settings/crm/map/contact", do="usual")
    with office.app.database.read() as db:
        connection = connections.load_connection(db)
    assert connection is not None
    assert connection.objects == {}


def test_a_field_that_the_crm_does_not_have_is_refused_with_what_was_typed(office: Office) -> None:
    office.connect()
    office.check()
    answer = office.admin.post("/settings/crm/map/contact", **_named({"field:title": "Titel__c", "do": "save"}))
    assert answer.status_code == 400
    assert "Contact has no field Titel__c" in words(answer.text)
    assert 'value="Titel__c"' in answer.text


def test_only_some_kinds_of_sales_count(office: Office) -> None:
    office.connect()
    office.check()
    page = office.admin.get("/settings/crm/map/opportunity").text
    shown = fields_of(page)
    office.admin.post(
        "/settings/crm/map/opportunity", **_named({**shown, "do": "save", "only:0": "Type", "values:0": "Renewal\n"})
    )
    with office.app.database.read() as db:
        connection = connections.load_connection(db)
    assert connection is not None
    assert connection.objects[Kind.OPPORTUNITY].only == {"Type": ["Renewal"]}


def test_a_spelling_that_nobody_understands_gets_its_meaning(office: Office) -> None:
    office.connect()
    assert "nobody understands" in office.check()
    page = office.admin.get("/settings/crm/words").text
    place, text = re.findall(r'name="roles:(\d+)" value="([^"]+)"', page)[0]
    office.admin.post("/settings/crm/words", **{f"roles:{place}": text, f"roles-word:{place}": "influencer"})
    with office.app.database.read() as db:
        connection = connections.load_connection(db)
    assert connection is not None
    assert connection.roles == {unescape(text): Role.INFLUENCER}
    assert "Every field and spelling has its meaning" in words(office.admin.get("/settings/crm/map").text)


# --- try, switch on -----------------------------------------------------------------------------


def test_a_try_shows_what_would_come_and_writes_nothing(office: Office) -> None:
    office.connect()
    office.check()
    office.admin.post("/settings/crm/try")
    office.work("crm try")
    page = words(office.admin.get("/settings/crm/try").text)
    assert "A reading would bring 93 new records" in page
    assert "Alder-0" in page or "Ana" in page
    assert office.count(schema.contact) == office.count(schema.sync_run) == office.count(schema.watermark) == 0


def test_switched_on_it_is_read_every_hour_and_not_before(office: Office) -> None:
    office.connect()
    office.check()
    office.admin.post("/settings/crm/schedule", every_minutes="60", do="on")
    assert "Salesforce is read every hour" in words(office.admin.page)
    for minutes, runs in ((0, 1), (30, 1), (31, 2)):
        office.clock.advance(timedelta(minutes=minutes))
        office.work("crm")
        assert office.count(schema.sync_run) == runs
    assert office.count(schema.contact) == 30


@pytest.mark.parametrize("minutes", ["4", "1441", "often", ""])
def test_an_unusable_rhythm_is_refused(office: Office, minutes: str) -> None:
    office.connect()
    answer = office.admin.post("/settings/crm/schedule", every_minutes=minutes, do="on")
    assert answer.status_code == 400


# --- runs ---------------------------------------------------------------------------------------


def test_a_reading_asked_for_on_the_page_is_done_by_a_worker(office: Office) -> None:
    office.connect()
    office.admin.get("/sync")
    office.admin.post("/sync/now")
    assert "A reading was asked for just now" in words(office.admin.page)
    office.work("crm now")
    page = words(office.admin.get("/sync").text)
    assert "The CRM was read" in page
    assert "asked for" not in page


def test_a_reading_that_came_to_nothing_says_why_on_the_page(office: Office) -> None:
    office.connect(client_secret="wrong-one")
    office.admin.get("/sync")
    office.admin.post("/sync/now")
    office.work("crm now")
    assert "did not come through" in words(office.admin.get("/sync").text)


def test_a_run_says_what_it_looked_at_and_which_fields_changed(office: Office) -> None:
    office.connect()
    office.work("crm")
    with office.app.database.begin() as db:
        errands.ask(db, ErrandKind.SYNC, of="", by="x", now=office.app.now())
    office.work("crm now")
    assert "everything, as it stood" in words(office.admin.get("/sync/1").text)
    office.clock.advance(timedelta(hours=1))
    office.customers.change(Kind.CONTACT, "alder-0", title="Chief of things")
    office.clock.advance(timedelta(minutes=10))
    with office.app.database.begin() as db:
        errands.ask(db, ErrandKind.SYNC, of="", by="x", now=office.app.now())
    office.work("crm now")
    page = words(office.admin.get("/sync/2").text)
    assert "what changed between" in page
    assert "contact title 1" in page
    assert "requests" in page


def test_a_worker_that_is_ended_leaves_a_reading_that_the_next_one_goes_on_with(office: Office) -> None:
    office.connect()
    office.admin.post("/settings/crm/schedule", every_minutes="60", do="on")
    office.app.ending.tell()
    office.work("crm")
    with office.app.database.read() as db:
        stopped = history.newest(db)
    assert stopped is not None
    assert stopped.state == RunState.PAUSED
    office.clock.advance(timedelta(hours=1))
    replace(office, app=replace(office.app, ending=Ending())).work("crm")
    with office.app.database.read() as db:
        newest = history.newest(db)
    assert newest is not None
    assert (newest.id, newest.state) == (stopped.id, RunState.COMPLETE)


def live(office: Office, *, at: timedelta, **values: Any) -> int:
    progress = Live("reading", Kind.CONTACT, 12_000, 0.4, office.app.now() + at, 60.0)
    row = {"state": "running", "finished_at": None, "started_at": office.app.now() + at, "counts": {}} | values
    with office.app.database.begin() as db:
        run_id = add_sync_run(db, **row)
        history.note(db, run_id, progress=progress)
    return run_id


def test_a_run_under_way_shows_how_far_it_is_and_cannot_be_begun_twice(office: Office) -> None:
    office.connect()
    run_id = live(office, at=timedelta(seconds=-3))
    answer = office.admin.get(f"/sync/{run_id}")
    page = words(answer.text)
    assert "The CRM is being read" in page
    assert "12,000 rows so far; 40% of reading, about 2 minutes left" in page.replace("90 seconds", "2 minutes")
    assert "hx-trigger" in answer.text
    assert office.admin.post("/sync/now").status_code == 409


def test_a_paused_run_says_why_when_and_where_and_goes_on_by_a_button(office: Office) -> None:
    office.connect()
    why = "80,000 of the CRM's 100,000 requests of today are used"
    run_id = live(office, at=timedelta(minutes=-5), state="paused", message=why, resume_at=NOW + timedelta(hours=15))
    page = words(office.admin.get(f"/sync/{run_id}").text)
    assert why in page
    assert "It stopped at contact records" in page
    assert "Wed 4 Mar 2026, 00:00" in page
    assert "Continue now" in page
    office.admin.post("/sync/now")
    with office.app.database.read() as db:
        assert errands.waits(db, ErrandKind.SYNC)


def test_a_run_that_fell_silent_is_not_shown_as_running(office: Office) -> None:
    office.connect()
    run_id = live(office, at=timedelta(hours=-2))
    answer = office.admin.get(f"/sync/{run_id}")
    assert "Nothing was heard of it since" in words(answer.text)
    assert "hx-trigger" not in answer.text


def test_old_data_is_said_on_every_page_with_the_mend(office: Office) -> None:
    with office.app.database.begin() as db:
        add_sync_run(db, started_at=NOW - timedelta(hours=30))
        add_sync_run(db, state=RunState.FAILED, message="Salesforce does not answer.", started_at=NOW)
    for path in ("/", "/sync", "/waves", "/engagement"):
        page = words(office.admin.get(path).text)
        assert "last read 30 hours ago: no new invitations go out" in page
        assert "Salesforce does not answer" in page
