"""What a leader and a CSM talk about: the words of customers, and what was closed and confirmed."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, and_, func, select

from voc.base.access import Viewer, visible_accounts
from voc.base.among import among
from voc.base.confidential import named
from voc.base.schema import account, alias, answer, contact, csm, follow_up, invitation, response
from voc.base.words import Cause, FollowUpKind, FollowUpState, ResponseState
from voc.metrics.store.merges import records_of
from voc.stakeholders.rules import full_name

_THE_WHY = "why"


@dataclass(frozen=True)
class Said:
    """One answer in the person's own words."""

    account_id: str
    account_name: str
    who: str
    score: int
    words: str
    at: datetime


@dataclass(frozen=True)
class Closed:
    """A follow-up that the customer confirmed, with what was done."""

    id: int
    kind: FollowUpKind
    account_name: str
    cause: Cause | None
    outcome: str
    in_time: bool
    confirmed_at: datetime


def said(db: Connection, viewer: Viewer, *, csm_id: str, since: datetime, until: datetime, limit: int) -> list[Said]:
    """The latest words from each of the CSM's accounts, the newest first; never of a confidential wave."""
    merged = and_(alias.c.kind == "account", alias.c.loser_id == invitation.c.account_id)
    owned = db.execute(select(account.c.id).where(visible_accounts(viewer), account.c.csm_id == csm_id)).scalars()
    query = (
        select(
            account.c.id,
            account.c.name,
            contact.c.first_name,
            contact.c.last_name,
            contact.c.email,
            response.c.score,
            answer.c.text,
            response.c.submitted_at,
        )
        .join(invitation, invitation.c.id == response.c.invitation_id)
        .join(answer, and_(answer.c.response_id == response.c.id, answer.c.question == _THE_WHY))
        .outerjoin(alias, merged)
        .join(account, account.c.id == func.coalesce(alias.c.winner_id, invitation.c.account_id))
        .join(contact, contact.c.id == invitation.c.contact_id)
        .where(
            named,
            among(invitation.c.account_id, records_of(db, owned)),
            account.c.csm_id == csm_id,
            response.c.state == ResponseState.SUBMITTED,
            response.c.score.is_not(None),
            answer.c.text.is_not(None),
            response.c.submitted_at > since,
            response.c.submitted_at <= until,
        )
        .order_by(response.c.submitted_at.desc(), response.c.id.desc())
    )
    found: dict[str, Said] = {}
    for row in db.execute(query):
        words = (row.text or "").strip()
        if words and row.id not in found and row.score is not None and row.submitted_at is not None:
            who = full_name(row.first_name, row.last_name, row.email)
            found[row.id] = Said(row.id, row.name, who, row.score, words, row.submitted_at)
    return list(found.values())[:limit]


def closed(db: Connection, viewer: Viewer, *, csm_id: str, since: datetime, until: datetime) -> list[Closed]:
    """Follow-ups the customer confirmed, the newest first."""
    merged = and_(alias.c.kind == "account", alias.c.loser_id == follow_up.c.account_id)
    table = follow_up.c
    query = (
        select(
            table.id,
            table.kind,
            table.cause,
            table.outcome,
            table.contacted_at,
            table.contact_by,
            table.confirmed_at,
            account.c.name,
        )
        .outerjoin(alias, merged)
        .join(account, account.c.id == func.coalesce(alias.c.winner_id, table.account_id))
        .join(csm, csm.c.id == table.owner_csm_id)
        .where(
            visible_accounts(viewer),
            table.owner_csm_id == csm_id,
            table.state == FollowUpState.CONFIRMED,
            table.outcome.is_not(None),
            table.confirmed_at > since,
            table.confirmed_at <= until,
        )
        .order_by(table.confirmed_at.desc(), table.id.desc())
    )
    return [
        Closed(
            id=row.id,
            kind=FollowUpKind(row.kind),
            account_name=row.name,
            cause=Cause(row.cause) if row.cause else None,
            outcome=row.outcome,
            in_time=row.contacted_at is not None and row.contacted_at <= row.contact_by,
            confirmed_at=row.confirmed_at,
        )
        for row in db.execute(query)
        if row.outcome is not None and row.confirmed_at is not None
    ]
