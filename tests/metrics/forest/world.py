"""A company whose customers wrote something: accounts of two CSMs, one comment a person unless told otherwise."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, select

from tests import builders as add
from tests.builders import NOW
from voc.base import schema
from voc.base.access import Viewer
from voc.base.words import StaffRole

DAY = timedelta(days=1)
DANA = Viewer(staff_id=1, name="Dana Whitlock", role=StaffRole.CSM, csm_id="csm-1")
BEN = Viewer(staff_id=2, name="Ben Carver", role=StaffRole.CSM, csm_id="csm-2")
LEAD = Viewer(staff_id=3, name="Ingrid Solheim", role=StaffRole.LEAD, csm_id="lead-1")
LEADER = Viewer(staff_id=4, name="Marcus Oyelaran", role=StaffRole.LEADER)
QUEUE = "Our ticket sat in a queue."
TAUGHT = "Nobody was ever trained."


class World:
    def __init__(self, db: Connection) -> None:
        self.db = db
        add.add_csm(db, "lead-1", name="Ingrid Solheim")
        add.add_csm(db, "csm-1", name="Dana Whitlock", manager_id="lead-1")
        add.add_csm(db, "csm-2", name="Ben Carver", manager_id="lead-1")
        self.version = add.add_questionnaire(db)
        self.wave = self.another_wave()

    def another_wave(self, **values: Any) -> int:
        campaign = self.db.execute(select(schema.campaign.c.id)).scalar() or add.add_campaign(self.db)
        return add.add_wave(self.db, campaign_id=campaign, questionnaire_version_id=self.version, **values)

    def account(self, number: int, *, csm: str = "csm-1", **values: Any) -> str:
        id = f"acc-{number}"
        known = self.db.execute(select(schema.account.c.id).where(schema.account.c.id == id)).scalar()
        return known or add.add_account(self.db, id, name=f"Account {number}", csm_id=csm, country="Germany", **values)

    def writes(
        self,
        text: str,
        *,
        account: int = 1,
        person: str = "",
        score: int = 4,
        at: datetime = NOW - DAY,
        csm: str = "csm-1",
        language: str = "en",
        wave: int | None = None,
        **values: Any,
    ) -> int:
        """A submitted answer; its response."""
        account_id = self.account(account, csm=csm)
        contact_id = person or f"con-{account}"
        if not self.db.execute(select(schema.contact.c.id).where(schema.contact.c.id == contact_id)).scalar():
            add.add_contact(self.db, contact_id, account_id=account_id)
        invitation = {"contact_id": contact_id, "account_id": account_id, "csm_id": csm, "sent_at": at - 3 * DAY}
        invitation |= {"answered_at": at, "disposition": "complete", "arr": Decimal(1000), "currency": "USD", **values}
        invitation_id = add.add_invitation(self.db, wave_id=wave or self.wave, **invitation)
        return add.add_response(
            self.db,
            invitation_id=invitation_id,
            questionnaire_version_id=self.version,
            score=score,
            verbatim=text,
            language=language,
            started_at=at,
            saved_at=at,
            submitted_at=at,
        )
