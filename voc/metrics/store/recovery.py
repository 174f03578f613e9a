"""What each person answered from wave to wave, and whether our people got in touch in between."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, and_, func, select

from voc.base.access import Viewer, visible_accounts
from voc.base.confidential import named
from voc.base.schema import account, alias, contact, follow_up, invitation, response
from voc.base.words import FollowUpKind, ResponseState
from voc.metrics.recovery import Answer, Contact
from voc.stakeholders.rules import full_name


@dataclass(frozen=True)
class Known:
    """What a row of the page says of a person and their account."""

    contact_name: str
    account_id: str
    account_name: str


def answers(db: Connection, viewer: Viewer, *, since: datetime, now: datetime) -> tuple[list[Answer], dict[str, Known]]:
    """Every named invitation sent since then at the viewer's accounts, and whose it was; merged people are one."""
    theirs, of_account = alias.alias("theirs"), alias.alias("of_account")
    person = func.coalesce(theirs.c.winner_id, invitation.c.contact_id)
    place = func.coalesce(of_account.c.winner_id, invitation.c.account_id)
    query = (
        select(
            invitation.c.id,
            invitation.c.wave_id,
            invitation.c.sent_at,
            invitation.c.closes_at,
            invitation.c.answered_at,
            person.label("contact_id"),
            place.label("account_id"),
            account.c.name.label("account_name"),
            contact.c.first_name,
            contact.c.last_name,
            contact.c.email,
        )
        .outerjoin(theirs, and_(theirs.c.kind == "contact", theirs.c.loser_id == invitation.c.contact_id))
        .outerjoin(of_account, and_(of_account.c.kind == "account", of_account.c.loser_id == invitation.c.account_id))
        .join(account, account.c.id == place)
        .join(contact, contact.c.id == person)
        .where(
            named, visible_accounts(viewer), invitation.c.sent_at > since, invitation.c.sent_at <= now,
            invitation.c.bounced_at.is_(None),
        )
        .order_by(invitation.c.sent_at, invitation.c.id)
    )  # fmt: skip
    scores, contacts = _scores(db, since=since, now=now), _contacts(db, since=since, now=now)
    found: list[Answer] = []
    known: dict[str, Known] = {}
    for row in db.execute(query):
        known[row.contact_id] = Known(
            full_name(row.first_name, row.last_name, row.email), row.account_id, row.account_name
        )
        found.append(_answer(row, scores.get(row.id), contacts.get((row.wave_id, row.contact_id)), now=now))
    return found, known


def _answer(row: Any, score: int | None, touched: Contact | None, *, now: datetime) -> Answer:
    due = row.closes_at is not None and row.closes_at <= now
    return Answer(
        contact_id=row.contact_id,
        account_id=row.account_id,
        wave_id=row.wave_id,
        invitation_id=row.id,
        sent_at=row.sent_at,
        settled=due or score is not None,
        score=score,
        contact=touched or Contact.NONE,
        followed_up=touched is not None,
    )


def _scores(db: Connection, *, since: datetime, now: datetime) -> dict[int, int]:
    """The latest submitted score of each invitation."""
    query = (
        select(response.c.invitation_id, response.c.score)
        .where(
            response.c.state == ResponseState.SUBMITTED,
            response.c.score.is_not(None),
            response.c.submitted_at > since,
            response.c.submitted_at <= now,
        )
        .order_by(response.c.submitted_at, response.c.id)
    )
    return {row.invitation_id: row.score for row in db.execute(query) if row.score is not None}


def _contacts(db: Connection, *, since: datetime, now: datetime) -> dict[tuple[int, str], Contact]:
    """By wave and person: the best of what was done about their follow-ups."""
    winner = func.coalesce(alias.c.winner_id, follow_up.c.contact_id).label("contact_id")
    query = (
        select(winner, follow_up.c.wave_id, follow_up.c.contacted_at, follow_up.c.contact_by)
        .outerjoin(alias, and_(alias.c.kind == "contact", alias.c.loser_id == follow_up.c.contact_id))
        .where(
            follow_up.c.kind != FollowUpKind.SILENT_ACCOUNT,
            follow_up.c.contact_id.is_not(None),
            follow_up.c.wave_id.is_not(None),
            follow_up.c.opened_at > since,
        )
        .order_by(follow_up.c.id)
    )
    found: dict[tuple[int, str], list[Contact]] = defaultdict(list)
    for row in db.execute(query):
        touched = row.contacted_at is not None and row.contacted_at <= now
        in_time = touched and row.contacted_at <= row.contact_by
        found[row.wave_id, row.contact_id].append(
            Contact.IN_TIME if in_time else Contact.LATE if touched else Contact.NONE
        )
    return {key: min(kinds, key=list(Contact).index) for key, kinds in found.items()}
