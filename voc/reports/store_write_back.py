"""What the CRM should be told, out of our tables. Each function reads one portion, so that no look is long.

Nothing of a confidential invitation is here, and of people and accounts only those that stand in the
CRM: a person added by a CSM has no record there.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, String, and_, case, cast, exists, func, literal, or_, select

from voc.base.schema import (
    account,
    alias,
    contact,
    csm,
    follow_up,
    invitation,
    message,
    response,
    written_back,
)
from voc.base.words import AccountStatus, FollowUpKind, FollowUpState, RecordState, ResponseState, Step
from voc.stakeholders.rules import full_name

_CLOSED = (FollowUpState.RESOLVED, FollowUpState.CONFIRMED)


@dataclass(frozen=True)
class Case:
    """A follow-up as the CRM may know it: without the person if they are gone, without their id if the CRM does
    not have them, without an owner if nobody active owns it."""

    id: int
    kind: FollowUpKind
    closed: bool
    account_id: str
    account_name: str
    contact_id: str | None
    contact_name: str | None
    owner_id: str | None
    owner_zone: str | None
    contact_by: datetime


def cases(db: Connection, *, since: datetime, after: int, limit: int) -> list[Case]:
    """Follow-ups that were open at or after `since`, and those the CRM has a task for already; by id."""
    merged, merged_contact = alias.alias("merged_account"), alias.alias("merged_contact")
    query = (
        select(
            follow_up.c.id,
            follow_up.c.kind,
            follow_up.c.state,
            follow_up.c.contact_by,
            account.c.id.label("account_id"),
            account.c.name.label("account_name"),
            case((~contact.c.ours, contact.c.id)).label("contact_id"),
            contact.c.first_name,
            contact.c.last_name,
            contact.c.email,
            csm.c.id.label("owner_id"),
            csm.c.time_zone,
        )
        .outerjoin(merged, and_(merged.c.kind == "account", merged.c.loser_id == follow_up.c.account_id))
        .join(account, account.c.id == func.coalesce(merged.c.winner_id, follow_up.c.account_id))
        .outerjoin(
            merged_contact,
            and_(merged_contact.c.kind == "contact", merged_contact.c.loser_id == follow_up.c.contact_id),
        )
        .outerjoin(
            contact,
            and_(
                contact.c.id == func.coalesce(merged_contact.c.winner_id, follow_up.c.contact_id),
                contact.c.state == RecordState.LIVE,
            ),
        )
        .outerjoin(
            csm,
            and_(csm.c.id == follow_up.c.owner_csm_id, csm.c.active, csm.c.state == RecordState.LIVE),
        )
        .outerjoin(response, response.c.id == follow_up.c.response_id)
        .outerjoin(invitation, invitation.c.id == response.c.invitation_id)
        .where(
            follow_up.c.id > after,
            account.c.state == RecordState.LIVE,
            func.coalesce(invitation.c.confidential, False).is_(False),
            or_(
                follow_up.c.state.not_in(_CLOSED),
                follow_up.c.resolved_at >= since,
                _told_of("followup:", follow_up.c.id),
            ),
        )
        .order_by(follow_up.c.id)
        .limit(limit)
    )
    return [_case(row) for row in db.execute(query)]


def _case(row: Any) -> Case:
    named = row.first_name or row.last_name or row.email
    return Case(
        id=row.id,
        kind=FollowUpKind(row.kind),
        closed=row.state in _CLOSED,
        account_id=row.account_id,
        account_name=row.account_name,
        contact_id=row.contact_id,
        contact_name=full_name(row.first_name, row.last_name, row.email) if named else None,
        owner_id=row.owner_id,
        owner_zone=row.time_zone,
        contact_by=row.contact_by,
    )


def _told_of(prefix: str, id: ColumnElement[Any]) -> ColumnElement[bool]:
    return exists().where(written_back.c.key == literal(prefix).concat(cast(id, String)))


@dataclass(frozen=True)
class Person:
    """A contact of the CRM and what is known of asking them; None for never, or for nothing that may be told."""

    id: str
    name: str
    asked_at: datetime | None
    answered_at: datetime | None
    score: int | None


def people(db: Connection, *, after: str, limit: int) -> list[Person]:
    """Contacts that were ever invited, or of whom the CRM was told something; by id."""
    query = (
        select(contact.c.id, contact.c.first_name, contact.c.last_name, contact.c.email)
        .where(
            contact.c.id > after,
            contact.c.state == RecordState.LIVE,
            ~contact.c.ours,
            or_(
                exists().where(invitation.c.contact_id == contact.c.id),
                exists().where(alias.c.kind == "contact", alias.c.winner_id == contact.c.id),
                _told_of("contact:", contact.c.id),
            ),
        )
        .order_by(contact.c.id)
        .limit(limit)
    )
    rows = db.execute(query).all()
    ids = [row.id for row in rows]
    asked, answered, scores = _asked(db, ids), *_answered(db, ids)
    return [
        Person(
            id=row.id,
            name=full_name(row.first_name, row.last_name, row.email),
            asked_at=asked.get(row.id),
            answered_at=answered.get(row.id),
            score=scores.get(row.id),
        )
        for row in rows
    ]


# A merged contact's history is told of the winner.
_KNOWN_AS = func.coalesce(alias.c.winner_id, invitation.c.contact_id)
_MERGED = and_(alias.c.kind == "contact", alias.c.loser_id == invitation.c.contact_id)


def _of(ids: Sequence[str]) -> ColumnElement[bool]:
    losers = select(alias.c.loser_id).where(alias.c.kind == "contact", alias.c.winner_id.in_(ids))
    told = or_(invitation.c.contact_id.in_(ids), invitation.c.contact_id.in_(losers))
    return and_(told, ~invitation.c.confidential)


def _asked(db: Connection, ids: Sequence[str]) -> dict[str, datetime]:
    """When each was last invited; what test mode sent to another address asked nobody."""
    elsewhere = exists().where(
        message.c.invitation_id == invitation.c.id,
        message.c.step == Step.INVITE,
        message.c.recipient != message.c.address,
    )
    query = (
        select(_KNOWN_AS.label("known_as"), func.max(invitation.c.sent_at).label("at"))
        .select_from(invitation)
        .outerjoin(alias, _MERGED)
        .where(_of(ids), invitation.c.sent_at.is_not(None), ~elsewhere)
        .group_by(_KNOWN_AS)
    )
    return {row.known_as: row.at for row in db.execute(query)}


def _answered(db: Connection, ids: Sequence[str]) -> tuple[dict[str, datetime], dict[str, int]]:
    """When each last answered, and the score of the last answer that has one."""
    query = (
        select(_KNOWN_AS.label("known_as"), response.c.submitted_at, response.c.score)
        .select_from(response)
        .join(invitation, invitation.c.id == response.c.invitation_id)
        .outerjoin(alias, _MERGED)
        .where(_of(ids), response.c.state == ResponseState.SUBMITTED, response.c.submitted_at.is_not(None))
        .order_by(response.c.submitted_at, response.c.id)
    )
    answered: dict[str, datetime] = {}
    scores: dict[str, int] = {}
    for known_as, at, score in db.execute(query):
        if at is not None:
            answered[known_as] = at
        if score is not None:
            scores[known_as] = score
    return answered, scores


def customers(db: Connection, *, after: str, limit: int) -> list[tuple[str, str]]:
    """Id and name of customers, by id."""
    query = select(account.c.id, account.c.name).where(
        account.c.id > after, account.c.state == RecordState.LIVE, account.c.status == AccountStatus.CUSTOMER
    )
    return [(row.id, row.name) for row in db.execute(query.order_by(account.c.id).limit(limit))]
