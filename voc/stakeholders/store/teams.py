"""Stakeholder teams out of the tables: what figures and lists read, in a constant number of queries."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, or_, select

from voc.base.errors import NotFound
from voc.base.preferences import Preferences
from voc.base.schema import (
    account,
    contact,
    role_requirement,
)
from voc.base.words import (
    AccountStatus,
    RecordState,
    Role,
    Segment,
    Sign,
)
from voc.stakeholders import rules
from voc.stakeholders.model import Holder, Requirement, Seats, SignOfLife, Team
from voc.stakeholders.rules import Known
from voc.stakeholders.store import evidence


def role_matrix(db: Connection) -> dict[Segment, tuple[Requirement, ...]]:
    """What each segment requires, in the order of the roles; every segment is there, perhaps with nothing."""
    matrix: dict[Segment, list[Requirement]] = {segment: [] for segment in Segment}
    for row in db.execute(select(role_requirement)):
        segment = Segment(row.segment)
        matrix[segment].append(Requirement(segment, Role(row.role), row.weight, row.required_count))
    order = list(Role)
    return {segment: tuple(sorted(found, key=lambda one: order.index(one.role))) for segment, found in matrix.items()}


def team(db: Connection, account_id: str, *, now: datetime, preferences: Preferences) -> Team:
    """The team of one account, whatever its state; the caller has tested who may see it."""
    found = teams(db, [account_id], now=now, preferences=preferences)
    if account_id not in found:
        raise NotFound("There is no such account.")
    return found[account_id]


def teams(
    db: Connection, account_ids: Collection[str] | None, *, now: datetime, preferences: Preferences
) -> dict[str, Team]:
    """Teams by account id, of these accounts or, with None, of every valid customer. Ten queries, however many.

    Signs after `now` do not count; roles, addresses and suppressions are those of today. Unknown
    ids are left out. Ids must be resolved already (a merged account has no team of its own).
    """
    return {
        account_id: rules.team(account_id, segment, required, holders, fresh_cut=preferences.fresh_cut)
        for account_id, segment, required, holders in _people(db, account_ids, now=now, preferences=preferences)
    }


def seats(db: Connection, account_ids: Collection[str], *, now: datetime, preferences: Preferences) -> dict[str, Seats]:
    """The same without coverage and threads, where nobody asks for them."""
    return {
        account_id: rules.seats(account_id, segment, required, holders, fresh_cut=preferences.fresh_cut)
        for account_id, segment, required, holders in _people(db, account_ids, now=now, preferences=preferences)
    }


def _people(
    db: Connection, account_ids: Collection[str] | None, *, now: datetime, preferences: Preferences
) -> Iterator[tuple[str, Segment | None, Sequence[Requirement], Sequence[Holder]]]:
    """Each account with what its segment requires and everybody who counts there."""
    segments = _segments(db, account_ids)
    chosen = None if account_ids is None else set(segments)
    roles = evidence.roles(db, chosen)
    everybody = _contacts(db, chosen, {contact_id for _account, contact_id in roles})
    known = _known(db, everybody, now=now)
    holders = _holders(segments, roles, everybody, known, now=now, preferences=preferences)
    matrix = role_matrix(db)
    for account_id, segment in segments.items():
        yield account_id, segment, matrix[segment] if segment else (), holders[account_id]


def holders(
    db: Connection, people: Collection[tuple[str, str]], *, now: datetime, preferences: Preferences
) -> dict[tuple[str, str], Holder]:
    """(account, contact) -> that contact as the account's team shows them. Eight queries, however many.

    Those who are gone are left out. The colleagues are not read: an account may have thousands.
    """
    accounts = {account_id for account_id, _contact in people}
    ids = {contact_id for _account, contact_id in people}
    standing = contact.c.state.in_([RecordState.LIVE, RecordState.SET_ASIDE])
    rows = db.execute(
        select(*_OF_PERSON).where(evidence.among_these(contact.c.id, ids), standing).order_by(contact.c.id)
    ).all()
    known = _known(db, rows, now=now)
    roles = evidence.roles(db, accounts, ids)
    found = _holders(dict.fromkeys(accounts), roles, rows, known, now=now, preferences=preferences)
    return {(account_id, one.contact_id): one for account_id, team in found.items() for one in team}


def signs(db: Connection, contact_id: str) -> list[SignOfLife]:
    """Everything that ever told us about the contact, under any id it had, the latest first."""
    found = evidence.signs(db, {contact_id})[contact_id]
    return sorted(found, key=lambda sign: sign.at, reverse=True)


def _segments(db: Connection, account_ids: Collection[str] | None) -> dict[str, Segment | None]:
    query = select(account.c.id, account.c.segment).order_by(account.c.id)
    if account_ids is None:
        query = query.where(account.c.state == RecordState.LIVE, account.c.status == AccountStatus.CUSTOMER)
    else:
        query = query.where(evidence.among_these(account.c.id, account_ids))
    wanted = None if account_ids is None else set(account_ids)
    return {
        row.id: Segment(row.segment) if row.segment else None
        for row in db.execute(query)
        if wanted is None or row.id in wanted
    }


_OF_PERSON = (
    *(contact.c.id, contact.c.account_id, contact.c.first_name, contact.c.last_name, contact.c.title, contact.c.email),
    *(contact.c.state, contact.c.left_company, contact.c.left_at, contact.c.opted_out, contact.c.bounced),
    contact.c.away_until_on,
)


def _contacts(db: Connection, account_ids: Collection[str] | None, holders: Collection[str]) -> Sequence[Any]:
    """Everybody of these accounts, and whoever holds a role there from elsewhere."""
    condition = or_(
        evidence.among_these(contact.c.account_id, account_ids), evidence.among_these(contact.c.id, holders)
    )
    standing = contact.c.state.in_([RecordState.LIVE, RecordState.SET_ASIDE])
    return db.execute(select(*_OF_PERSON).where(condition, standing).order_by(contact.c.id)).all()


def _known(db: Connection, rows: Sequence[Any], *, now: datetime) -> dict[str, Known]:
    ids = {row.id for row in rows}
    found = evidence.signs(db, ids, until=now)
    for contact_id, at in evidence.deliveries(db, ids, until=now).items():
        found[contact_id].append(SignOfLife(Sign.DELIVERED, at, "mail"))
    suppressed = evidence.suppressed(db, {row.email for row in rows if row.email})
    return {
        row.id: Known(
            contact_id=row.id,
            first_name=row.first_name,
            last_name=row.last_name,
            title=row.title,
            address=row.email,
            live=row.state == RecordState.LIVE,
            left_company=row.left_company,
            left_at=row.left_at,
            opted_out=row.opted_out,
            bounced=row.bounced,
            suppressed=suppressed.get(row.email, frozenset()) if row.email else frozenset(),
            signs=found[row.id],
            away_until_on=row.away_until_on,
        )
        for row in rows
    }


def _holders(
    segments: Mapping[str, Segment | None],
    roles: Mapping[tuple[str, str], tuple[list[Role], bool]],
    rows: Iterable[Any],
    known: Mapping[str, Known],
    *,
    now: datetime,
    preferences: Preferences,
) -> dict[str, list[Holder]]:
    """Account -> its own contacts, and those who hold a role there from elsewhere."""
    pairs: dict[tuple[str, str], tuple[list[Role], bool]] = {(row.account_id, row.id): ([], True) for row in rows}
    pairs |= roles
    holders: dict[str, list[Holder]] = defaultdict(list)
    for (account_id, contact_id), (held, direct) in pairs.items():
        if account_id in segments and contact_id in known:
            one = rules.holder(
                known[contact_id],
                held,
                direct=direct,
                now=now,
                annual_loss=preferences.annual_loss,
                annual_loss_senior=preferences.annual_loss_senior,
            )
            holders[account_id].append(one)
    return holders
