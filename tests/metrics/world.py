"""A company for the figures' tests: one wave after the other, with only what a test cares about said."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, update

from tests import builders
from tests.builders import NOW
from voc.base import schema
from voc.stakeholders import run as stakeholders

DAY = timedelta(days=1)


class World:
    """A team lead with two CSMs; `ask` sends and settles an invitation."""

    def __init__(self, db: Connection) -> None:
        self.db = db
        stakeholders.install_defaults(db)
        builders.add_csm(db, "lead-1", name="Marcus Oyelaran")
        builders.add_csm(db, "csm-1", name="Dana Whitlock", manager_id="lead-1")
        builders.add_csm(db, "csm-2", name="Ben Carver", manager_id="lead-1")
        self.version = builders.add_questionnaire(db)
        self.campaign = builders.add_campaign(db)
        self.waves: dict[str, int] = {}

    def wave(self, label: str = "one", *, launched_days_ago: float = 100) -> int:
        if label not in self.waves:
            self.waves[label] = builders.add_wave(
                self.db,
                campaign_id=self.campaign,
                questionnaire_version_id=self.version,
                label=label,
                launched_at=NOW - launched_days_ago * DAY,
            )
        return self.waves[label]

    def ask(
        self,
        contact_id: str,
        *,
        account_id: str = "acc-1",
        days_ago: float = 60,
        answer: int | None = None,
        after_days: float = 2,
        disposition: str | None = "silent",
        wave: str = "one",
        roles: tuple[str, ...] = ("champion",),
        **values: Any,
    ) -> int:
        """An invitation sent `days_ago`; `answer` is the score given `after_days`, late after day 21."""
        sent_at = NOW - days_ago * DAY
        due_at = sent_at + 21 * DAY
        answered_at = sent_at + after_days * DAY if answer is not None else None
        if answer is not None and after_days <= 21:
            disposition = disposition if disposition in ("complete", "partial") else "complete"
        settled = due_at <= NOW or (answer is not None and after_days <= 21)
        row: dict[str, Any] = {
            "contact_id": contact_id,
            "account_id": account_id,
            "roles": list(roles),
            "sent_at": sent_at,
            "closes_at": due_at,
            "disposition": disposition if settled else None,
            "disposed_at": (answered_at if answer is not None and after_days <= 21 else due_at) if settled else None,
            "answered_at": answered_at,
        }
        if disposition == "unknown":
            row["bounced_at"] = sent_at + DAY
        invitation_id = builders.add_invitation(self.db, wave_id=self.wave(wave), **{**row, **values})
        if answer is not None:
            builders.add_response(
                self.db,
                invitation_id=invitation_id,
                questionnaire_version_id=self.version,
                score=answer,
                submitted_at=answered_at,
                saved_at=answered_at,
            )
            assert answered_at is not None
            builders.add_sign(self.db, contact_id, "answered", answered_at, key=f"answered:{invitation_id}")
        return invitation_id

    def leave_out(
        self, contact_id: str, reason: str, *, account_id: str = "acc-1", wave: str = "one", **values: Any
    ) -> None:
        row: dict[str, Any] = {"roles": ["champion"], "address": f"{contact_id}@calder.example", **values}
        self.db.execute(
            schema.census_member.insert().values(
                wave_id=self.wave(wave), contact_id=contact_id, account_id=account_id, reason=reason, **row
            )
        )

    def hand_over(self, account_id: str, to: str, *, at: datetime) -> None:
        hand_over(self.db, account_id, to, at=at)


def hand_over(db: Connection, account_id: str, to: str, *, at: datetime) -> None:
    table = schema.account_csm
    db.execute(update(table).where(table.c.account_id == account_id, table.c.to_at.is_(None)).values(to_at=at))
    db.execute(table.insert().values(account_id=account_id, csm_id=to, from_at=at))
    db.execute(update(schema.account).where(schema.account.c.id == account_id).values(csm_id=to))
