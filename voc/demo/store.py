"""What came of the year, counted."""

from typing import Any

import msgspec
from sqlalchemy import Connection, func, select

from voc.base.schema import account, contact, follow_up, invitation, message, opportunity, response
from voc.base.words import MessageState, RecordState, ResponseState


class Totals(msgspec.Struct, frozen=True):
    accounts: int
    contacts: int
    invitations: int
    messages: int  # handed over
    bounces: int
    answers: int
    follow_ups: int
    renewals: int  # decided within the year


class Case(msgspec.Struct, frozen=True):
    id: int
    account_id: str
    contact_id: str | None
    owner_csm_id: str | None


def opened_after(db: Connection, follow_up_id: int) -> list[Case]:
    """The cases opened since that one, oldest first."""
    columns = (follow_up.c.id, follow_up.c.account_id, follow_up.c.contact_id, follow_up.c.owner_csm_id)
    rows = db.execute(select(*columns).where(follow_up.c.id > follow_up_id).order_by(follow_up.c.id))
    return [Case(*row) for row in rows]


def totals(db: Connection) -> Totals:
    def count(*conditions: Any) -> int:
        return db.execute(select(func.count()).where(*conditions)).scalar_one()

    return Totals(
        accounts=count(account.c.state == RecordState.LIVE),
        contacts=count(contact.c.state == RecordState.LIVE),
        invitations=count(invitation.c.sent_at.is_not(None)),
        messages=count(message.c.state == MessageState.SENT),
        bounces=count(message.c.bounced_at.is_not(None)),
        answers=count(response.c.state == ResponseState.SUBMITTED),
        follow_ups=count(follow_up.c.id.is_not(None)),
        renewals=count(opportunity.c.closed.is_(True), opportunity.c.state == RecordState.LIVE),
    )
