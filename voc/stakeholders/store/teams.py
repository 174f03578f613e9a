"""Stakeholder teams out of the tables: what figures and lists read, in a constant number of queries."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, func, or_, select, true

from voc.base import confidential
from voc.base.among import among, unindexed
from voc.base.errors import NotFound
from voc.base.preferences import Preferences
from voc.base.schema import (
    account,
    alias,
    contact,
    contact_role,
    message,
    role_requirement,
    sign_of_life,
    suppression,
)
from voc.base.words import (
    AccountStatus,
    MessageKind,
    MessageState,
    RecordState,
    Role,
    Segment,
    Sign,
    SuppressionReason,
)
from voc.stakeholders import rules
from voc.stakeholders.model import Holder, Requirement, SignOfLife, Team
from voc.stakeholders.rules import Known

# Above this many ids a condition on them costs more than reading the table.
_WORTH_NAMING = 5_000


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
    """Teams by account id, of these accounts or, with None, of every valid customer. Eight queries, however many.

    Signs after `now` do not count; roles, addresses and suppressions are those of today. Unknown
    ids are left out. Ids must be resolved already (a merged account has no team of its own).
    """
    segments = _segments(db, account_ids)
    chosen = None if account_ids is None else set(segments)
    roles = _roles(db, chosen)
    everybody = _contacts(db, chosen, {contact_id for _account, contact_id in roles})
    known = _known(db, everybody, now=now)
    holders = _holders(segments, roles, everybody, known, now=now, preferences=preferences)
    matrix = role_matrix(db)
    return {
        account_id: rules.team(
            account_id,
            segment,
            matrix[segment] if segment else (),
            holders[account_id],
            fresh_cut=preferences.fresh_cut,
        )
        for account_id, segment in segments.items()
    }


def holders(
    db: Connection, people: Collection[tuple[str, str]], *, now: datetime, preferences: Preferences
) -> dict[tuple[str, str], Holder]:
    """(account, contact) -> that contact as the account's team shows them. Six queries, however many.

    Those who are gone are left out. The colleagues are not read: an account may have thousands.
    """
    accounts = {account_id for account_id, _contact in people}
    ids = {contact_id for _account, contact_id in people}
    standing = contact.c.state.in_([RecordState.LIVE, RecordState.SET_ASIDE])
    rows = db.execute(select(contact).where(_among(contact.c.id, ids), standing).order_by(contact.c.id)).all()
    known = _known(db, rows, now=now)
    roles = _roles(db, accounts, ids)
    found = _holders(dict.fromkeys(accounts), roles, rows, known, now=now, preferences=preferences)
    return {(account_id, one.contact_id): one for account_id, team in found.items() for one in team}


def signs(db: Connection, contact_id: str) -> list[SignOfLife]:
    """Everything that ever told us about the contact, under any id it had, the latest first."""
    found = _signs(db, {contact_id})[contact_id]
    return sorted(found, key=lambda sign: sign.at, reverse=True)


def _among(column: Any, ids: Collection[str] | None) -> ColumnElement[bool]:
    if ids is None or len(ids) > _WORTH_NAMING:
        return true()
    return among(column, ids)


def _segments(db: Connection, account_ids: Collection[str] | None) -> dict[str, Segment | None]:
    query = select(account.c.id, account.c.segment).order_by(account.c.id)
    if account_ids is None:
        query = query.where(account.c.state == RecordState.LIVE, account.c.status == AccountStatus.CUSTOMER)
    else:
        query = query.where(_among(account.c.id, account_ids))
    wanted = None if account_ids is None else set(account_ids)
    return {
        row.id: Segment(row.segment) if row.segment else None
        for row in db.execute(query)
        if wanted is None or row.id in wanted
    }


def _roles(
    db: Connection, account_ids: Collection[str] | None, contact_ids: Collection[str] | None = None
) -> dict[tuple[str, str], tuple[list[Role], bool]]:
    """(account, contact) -> the roles that stand, and whether the contact is the account's own."""
    wanted = _among(contact_role.c.account_id, account_ids), _among(contact_role.c.contact_id, contact_ids)
    rows = db.execute(select(contact_role).where(*wanted)).all()
    direct = {(row.account_id, row.contact_id): row.direct for row in rows if not row.by_csm}
    standing = rules.standing_roles(
        (row.account_id, row.contact_id, Role(row.role), row.by_csm, row.ended) for row in rows
    )
    return {pair: (roles, direct.get(pair, True)) for pair, roles in standing.items()}


def _contacts(db: Connection, account_ids: Collection[str] | None, holders: Collection[str]) -> Sequence[Any]:
    """Everybody of these accounts, and whoever holds a role there from elsewhere."""
    condition = or_(_among(contact.c.account_id, account_ids), _among(contact.c.id, holders))
    standing = contact.c.state.in_([RecordState.LIVE, RecordState.SET_ASIDE])
    return db.execute(select(contact).where(condition, standing).order_by(contact.c.id)).all()


def _known(db: Connection, rows: Sequence[Any], *, now: datetime) -> dict[str, Known]:
    ids = {row.id for row in rows}
    found = _signs(db, ids, until=now)
    for contact_id, at in _deliveries(db, ids, until=now).items():
        found[contact_id].append(SignOfLife(Sign.DELIVERED, at, "mail"))
    suppressed = _suppressed(db, {row.email for row in rows if row.email})
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


def _every_id(column: Any, ids: Collection[str]) -> ColumnElement[bool]:
    """The contact under its own id or under that of a record that was merged into it."""
    if len(ids) > _WORTH_NAMING:
        return true()
    losers = select(alias.c.loser_id).where(alias.c.kind == "contact", among(alias.c.winner_id, ids))
    return or_(among(column, ids), column.in_(losers))


def _signs(db: Connection, ids: Collection[str], *, until: datetime | None = None) -> dict[str, list[SignOfLife]]:
    known_as = func.coalesce(alias.c.winner_id, sign_of_life.c.contact_id)
    query = (
        select(known_as.label("known_as"), sign_of_life)
        .outerjoin(alias, and_(alias.c.kind == "contact", alias.c.loser_id == sign_of_life.c.contact_id))
        .where(_every_id(sign_of_life.c.contact_id, ids))
        .order_by(sign_of_life.c.at, sign_of_life.c.id)
    )
    if until is not None:
        query = query.where(sign_of_life.c.at <= until)
    found: dict[str, list[SignOfLife]] = defaultdict(list)
    for row in db.execute(query):
        found[row.known_as].append(SignOfLife(Sign(row.kind), row.at, row.source, row.quote))
    return found


def _deliveries(db: Connection, ids: Collection[str], *, until: datetime) -> dict[str, datetime]:
    """The latest mail that a server took for each; what test mode sent elsewhere is no evidence.

    A page names its day: a reminder of a confidential wave is left out, it says that they have not answered.
    """
    known_as = func.coalesce(alias.c.winner_id, message.c.contact_id)
    query = (
        select(known_as.label("known_as"), func.max(message.c.sent_at).label("at"))
        .outerjoin(alias, and_(alias.c.kind == "contact", alias.c.loser_id == message.c.contact_id))
        .where(
            _every_id(message.c.contact_id, ids),
            unindexed(message.c.state) == MessageState.SENT,
            message.c.kind.in_([MessageKind.CHASE, MessageKind.NUDGE]),
            message.c.recipient == message.c.address,
            message.c.sent_at <= until,
            confidential.mail_counted,
        )
        .group_by(known_as)
    )
    return {row.known_as: row.at for row in db.execute(query) if row.known_as is not None}


def _suppressed(db: Connection, addresses: Collection[str]) -> dict[str, frozenset[SuppressionReason]]:
    """Address -> why it must not be mailed. An opt-out or a bounce of one row holds for every row with the address."""
    found: dict[str, set[SuppressionReason]] = defaultdict(set)
    standing = select(suppression.c.address, suppression.c.reason).where(
        suppression.c.lifted_at.is_(None), _among(suppression.c.address, addresses)
    )
    for row in db.execute(standing):
        found[row.address].add(SuppressionReason(row.reason))
    flagged = select(contact.c.email, contact.c.opted_out, contact.c.bounced).where(
        contact.c.state == RecordState.LIVE,
        or_(contact.c.opted_out, contact.c.bounced),
        contact.c.email.is_not(None),
        _among(contact.c.email, addresses),
    )
    for address, opted_out, bounced in db.execute(flagged):
        if address and opted_out:
            found[address].add(SuppressionReason.OPT_OUT)
        if address and bounced:
            found[address].add(SuppressionReason.BOUNCED)
    return {address: frozenset(reasons) for address, reasons in found.items()}
