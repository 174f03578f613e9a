"""Settings > CRM > Write-back as an admin uses it: rehearse, switch on, see what was refused, try again."""

import csv
import io
from typing import Any

import pytest
from httpx import Response
from sqlalchemy import select

from tests.builders import NOW
from tests.reports.memory import CrmInMemory
from tests.web.company import Company
from tests.web.people import Visitor
from tests.web.world import HOSTILE
from voc.accounts.connection import Connection, Crm, Switch
from voc.accounts.connector import Write, WriteWhat, Wrote
from voc.accounts.store import connections, written_back
from voc.base import schema
from voc.reports.write_back import write_back

PATH = "/settings/crm/write-back"
FIELDS = {"column.last_asked": "Last_Asked__c", "column.score": "Score__c", "column.coverage": "Coverage__c"}


def connect(company: Company, crm: Crm = Crm.SALESFORCE, place: str = "https://acme.my.salesforce.com") -> None:
    with company.app.database.begin() as db:
        connections.put_connection(db, Connection(crm, place=place, user="client"), by="test", now=NOW)


def connection(company: Company) -> Connection:
    with company.app.database.read() as db:
        found = connections.load_connection(db)
    assert found is not None
    return found


@pytest.fixture
def clara(company: Company) -> Visitor:
    connect(company)
    visitor = company.enter("clara")
    visitor.get(PATH)
    return visitor


def submit(visitor: Visitor, do: str, **fields: Any) -> Response:
    return visitor.post(PATH, do=do, **fields)


def run(company: Company, crm: CrmInMemory) -> None:
    app = company.app
    write_back(app.database, crm, connection(company), base_url=app.settings.base_url, now=NOW, holder=str(id(crm)))


def test_everything_is_off_at_first_and_a_rehearsal_changes_nothing(company: Company, clara: Visitor) -> None:
    assert "Nothing is written into the CRM" in clara.page
    shown = submit(clara, "rehearse", **{"on.tasks": "1"}).text
    assert "Rehearsal: 5 writes if this were saved" in shown  # the open ones of the world
    assert "Get back to" in shown
    assert connection(company).writes == frozenset()
    with company.app.database.read() as db:
        assert written_back.standing(db).since == {}


def test_what_people_wrote_is_text_on_the_page(clara: Visitor) -> None:
    shown = submit(clara, "rehearse", **{"on.tasks": "1"}).text
    assert HOSTILE not in shown
    assert "&lt;script&gt;" in shown


def test_switching_on_is_audited_and_can_be_undone(company: Company, clara: Visitor) -> None:
    shown = submit(clara, "save", **{"on.tasks": "1", "on.score": "1"}, **FIELDS).text
    assert "within an hour" in shown
    assert connection(company).writes == {Switch.TASKS, Switch.SCORE}
    with company.app.database.read() as db:
        assert written_back.standing(db).since == {Switch.TASKS: NOW, Switch.SCORE: NOW}
        audited = db.execute(select(schema.audit.c.actor, schema.audit.c.detail)).all()
    assert [(actor, detail["to"]["writes"]) for actor, detail in audited] == [("Clara Wendt", ["score", "tasks"])]
    submit(clara, "save", **{f"column.{switch}": "" for switch in Switch})
    assert connection(company).writes == frozenset()
    with company.app.database.read() as db:
        assert written_back.standing(db).since == {}


def test_a_field_without_a_column_is_refused_beside_what_was_typed(company: Company, clara: Visitor) -> None:
    answer = submit(clara, "save", **{"on.coverage": "1", "on.score": "1", "column.score": "Score__c"})
    assert answer.status_code == 400
    assert "Name the CRM&#39;s field that takes it" in answer.text
    assert 'value="Score__c"' in answer.text
    assert connection(company).writes == frozenset()


def test_a_refused_write_shows_its_reason_and_is_tried_again_on_demand(company: Company, clara: Visitor) -> None:
    submit(clara, "save", **{"on.tasks": "1"})
    crm = CrmInMemory()

    def inactive(write: Write) -> Wrote | None:
        refused = write.what == WriteWhat.TASK and write.values["owner_id"] == "csm-jonas"
        return Wrote(write.key, done=False, why="The owner is inactive in the CRM.") if refused else None

    crm.say = inactive
    run(company, crm)
    shown = clara.get(PATH).text
    assert "The CRM refused 1 write: somebody must look" in shown
    assert "The owner is inactive in the CRM." in shown
    assert "Nothing: the CRM was told everything." in shown
    said = clara.post(f"{PATH}/again", key=f"followup:{company.world.follow_ups['late']}").text
    assert "It is tried again with the next run" in said
    assert "1 write for the next run" in said
    crm.say = lambda _write: None
    run(company, crm)
    assert "The CRM says what it should" in clara.get(PATH).text


def test_old_and_new_stand_beside_each_other_and_an_owner_by_name(company: Company, clara: Visitor) -> None:
    submit(clara, "save", **{"on.tasks": "1"})
    run(company, CrmInMemory())
    with company.app.database.begin() as db:
        table = schema.follow_up
        changed = table.update().where(table.c.id == company.world.follow_ups["new"]).values(owner_csm_id="csm-jonas")
        db.execute(changed)
    shown = clara.get(PATH).text
    assert "<s>Dana Whitlock</s>" in shown
    assert "Jonas Brandt" in shown


def test_the_file_holds_every_value_and_no_formula(company: Company, clara: Visitor) -> None:
    submit(clara, "save", **{"on.tasks": "1", "on.score": "1", "on.last_asked": "1"}, **FIELDS)
    answer = clara.get(f"{PATH}/rehearsal.csv")
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert {row["name"] for row in rows if row["what"] == "contact"} == {"Last_Asked__c", "Score__c"}
    assert len({row["key"] for row in rows if row["what"] == "task"}) == 5
    assert not [cell for row in rows for cell in row.values() if cell.startswith("=")]


def test_a_folder_takes_no_writes_and_says_so(company: Company) -> None:
    connect(company, Crm.CSV, "/srv/export")
    clara = company.enter("clara")
    assert "is only read" in clara.get(PATH).text
    assert submit(clara, "save", **{"on.tasks": "1"}).status_code == 400


def test_without_a_connection_the_page_leads_to_one(company: Company) -> None:
    assert "No CRM is connected yet" in company.enter("clara").get(PATH).text
