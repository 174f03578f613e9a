"""Who answered and whom we met at one account in a year: what says how many people carry it."""

from collections import Counter
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, func, select

from voc.accounts.kinds import HUMAN, contact_kind
from voc.base import confidential
from voc.base.among import among
from voc.base.schema import activity, alias, contact, invitation
from voc.base.words import RecordState
from voc.stakeholders import rules
from voc.stakeholders.model import Carried, Carrier

CARRIED_DAYS = 365


def carried(db: Connection, account_id: str, *, now: datetime, activity_kinds: Mapping[str, str]) -> Carried:
    """The account's answers by name and its meetings, calls and reviews with a person, of the last 365 days.

    The caller has tested who may see the account. Answers in confidence are left out; records that the CRM merged
    are one person and one account.
    """
    ids = [account_id, *db.execute(_merged(account_id)).scalars()]
    answers = Counter(row.id for row in _answers(db, ids, now=now))
    met = _activities(db, ids, now=now)
    meetings = Counter(row.id for row in met if contact_kind(row.kind, activity_kinds) in HUMAN)
    people = db.execute(
        select(contact.c.id, contact.c.first_name, contact.c.last_name, contact.c.email, contact.c.state).where(
            contact.c.id.in_(sorted({*answers, *meetings}))
        )
    ).all()
    return rules.carried(
        Carrier(
            row.id,
            rules.full_name(row.first_name, row.last_name, row.email),
            answers[row.id],
            meetings[row.id],
            here=row.state in (RecordState.LIVE, RecordState.SET_ASIDE),
        )
        for row in people
    )


def _merged(account_id: str) -> Select[str]:
    """Read first: as an alternative in a condition it would keep PostgreSQL from looking the account up by an index."""
    return select(alias.c.loser_id).where(alias.c.kind == "account", alias.c.winner_id == account_id)


def _answers(db: Connection, account_ids: Collection[str], *, now: datetime) -> list[Any]:
    at = invitation.c.answered_at
    inside = and_(at > now - timedelta(days=CARRIED_DAYS), at <= now)
    here = among(invitation.c.account_id, account_ids)
    return _of_people(db, invitation.c.contact_id, here, confidential.named, inside)


def _activities(db: Connection, account_ids: Collection[str], *, now: datetime) -> list[Any]:
    today = now.date()
    inside = and_(activity.c.on > today - timedelta(days=CARRIED_DAYS), activity.c.on <= today)
    standing = activity.c.state == RecordState.LIVE
    here = among(activity.c.account_id, account_ids)
    return _of_people(db, activity.c.contact_id, here, standing, inside, also=(activity.c.kind,))


def _of_people(db: Connection, of: Any, *where: ColumnElement[bool], also: tuple[Any, ...] = ()) -> list[Any]:
    """A row for each, with the id under which the CRM has its person today."""
    query = (
        select(contact.c.id, *also)
        .select_from(of.table)
        .outerjoin(alias, and_(alias.c.kind == "contact", alias.c.loser_id == of))
        .join(contact, contact.c.id == func.coalesce(alias.c.winner_id, of))
        .where(*where)
    )
    return list(db.execute(query))
