"""What we wrote into a CRM does not come back from it as a change, an activity or a sign of life."""

from dataclasses import dataclass

import msgspec
import pytest
from sqlalchemy import func, select, update

from tests import builders as add
from tests.crm import promise
from tests.crm.company import standard
from tests.crm.peers import PEERS
from voc.accounts.connection import Crm, Switch
from voc.accounts.model import Kind, RunState
from voc.base import schema
from voc.base.db import Database
from voc.reports.write_back import write_back
from voc.stakeholders import run as stakeholders


@dataclass(frozen=True)
class Columns:
    """Fields of the stand-in's contact that are nobody's yet."""

    score: str
    asked: str


COLUMNS = {
    Crm.SALESFORCE: Columns("VOC_Score__c", "VOC_Last_Asked__c"),
    Crm.HUBSPOT: Columns("score", "last_asked"),
    Crm.ODOO: Columns("x_voc_score", "x_voc_last_asked"),
}


@pytest.mark.parametrize("name", ["salesforce", "hubspot", "odoo"])
def test_own_writes_do_not_come_back(name: str, database: Database) -> None:
    with PEERS[name](standard()) as peer:
        company = peer.company
        assert promise.sync(database, peer).state == RunState.COMPLETE
        contact_id, account_id = peer.id_of(Kind.CONTACT, "alder-0"), peer.id_of(Kind.ACCOUNT, "alder")
        with database.begin() as db:
            stakeholders.catch_up(db, company.now)
            version = add.add_questionnaire(db)
            wave = add.add_wave(db, campaign_id=add.add_campaign(db), questionnaire_version_id=version)
            person = {"contact_id": contact_id, "account_id": account_id}
            invitation = add.add_invitation(db, wave_id=wave, sent_at=company.now, **person)
            add.add_response(
                db,
                invitation_id=invitation,
                questionnaire_version_id=version,
                score=4,
                submitted_at=company.now,
            )
            owner = peer.id_of(Kind.CSM, "dana")
            case = add.add_follow_up(db, owner_csm_id=owner, contact_by=company.now, **person)
            signs = db.execute(select(func.count()).select_from(schema.sign_of_life)).scalar_one()
        connection, _ = peer.connection()
        columns = COLUMNS[connection.crm]
        connection = msgspec.structs.replace(
            connection,
            writes=frozenset({Switch.TASKS, Switch.SCORE, Switch.LAST_ASKED}),
            write_columns={Switch.SCORE: columns.score, Switch.LAST_ASKED: columns.asked},
        )

        def tell(holder: str) -> int:
            source = peer.source()
            try:
                report = write_back(
                    database, source, connection, base_url="https://voc.example", now=company.now, holder=holder
                )
            finally:
                source.close()
            assert (report.refused, report.later, report.left, report.message) == (0, 0, 0, None)
            return report.written

        assert tell("one") == 2
        company.wait(hours=30)  # the task is past its day, and everything that is read once a day is read
        report = promise.sync(database, peer)
        assert report.message == "Nothing changed."
        promise.must_be_equal(database, peer)
        with database.begin() as db:
            stakeholders.catch_up(db, company.now)
            assert db.execute(select(func.count()).select_from(schema.sign_of_life)).scalar_one() == signs
        assert tell("two") == 0
        with database.begin() as db:
            done = {"state": "resolved", "resolved_at": company.now}
            db.execute(update(schema.follow_up).where(schema.follow_up.c.id == case).values(**done))
        assert tell("three") == 1
        company.wait(hours=2)
        assert promise.sync(database, peer).message == "Nothing changed."
