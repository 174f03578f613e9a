"""What is known of people, by id: roles that stand, signs of life, deliveries, suppressions; a query each."""

from collections import defaultdict
from collections.abc import Collection
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, bindparam, func, or_, select, true

from voc.base import confidential
from voc.base.among import among, unindexed
from voc.base.schema import alias, contact, contact_role, message, sign_of_life, suppression
from voc.base.types import Instant
from voc.base.words import MessageKind, MessageState, RecordState, Role, Sign, SuppressionReason
from voc.stakeholders import rules
from voc.stakeholders.model import SignOfLife

# Above this many ids a condition on them costs more than reading the table, even one of a million rows.
_WORTH_NAMING = 50_000


_ROLES = {role.value: role for role in Role}  # an enum's own look-up takes three times as long
_SIGNS = {sign.value: sign for sign in Sign}


def among_these(column: Any, ids: Collection[str] | None) -> ColumnElement[bool]:
    return among(column, ids) if ids is not None and _worth_naming(ids) else true()


def _worth_naming(ids: Collection[str] | None) -> bool:
    return ids is not None and len(ids) <= _WORTH_NAMING


def roles(
    db: Connection, account_ids: Collection[str] | None, contact_ids: Collection[str] | None = None
) -> dict[tuple[str, str], tuple[list[Role], bool]]:
    """(account, contact) -> the roles that stand, and whether the contact is the account's own."""
    query = _roles(_worth_naming(account_ids), _worth_naming(contact_ids))
    rows = db.execute(query, {"accounts": account_ids, "contacts": contact_ids}).all()
    direct = {(account, contact): direct for account, contact, _, by_csm, _, direct in rows if not by_csm}
    standing = rules.standing_roles(
        (account, contact, _ROLES[role], by_csm, ended) for account, contact, role, by_csm, ended, _ in rows
    )
    return {pair: (roles, direct.get(pair, True)) for pair, roles in standing.items()}


@cache
def _roles(of_accounts: bool, of_contacts: bool) -> Any:
    by = contact_role.c
    return select(by.account_id, by.contact_id, by.role, by.by_csm, by.ended, by.direct).where(
        among(by.account_id, "accounts") if of_accounts else true(),
        among(by.contact_id, "contacts") if of_contacts else true(),
    )


def signs(db: Connection, ids: Collection[str], *, until: datetime | None = None) -> dict[str, list[SignOfLife]]:
    query = _signs(_worth_naming(ids), until is not None)
    found: dict[str, list[SignOfLife]] = defaultdict(list)
    for known_as, kind, at, source, quote in db.execute(query, {"ids": _with_merged(db, ids), "until": until}):
        found[known_as].append(SignOfLife(_SIGNS[kind], at, source, quote))
    return found


@cache
def _signs(of_these: bool, bounded: bool) -> Any:
    by = sign_of_life.c
    return (
        select(func.coalesce(alias.c.winner_id, by.contact_id).label("known_as"), by.kind, by.at, by.source, by.quote)
        .outerjoin(alias, and_(alias.c.kind == "contact", alias.c.loser_id == by.contact_id))
        .where(
            among(by.contact_id, "ids") if of_these else true(),
            by.at <= bindparam("until", type_=Instant()) if bounded else true(),
        )
        .order_by(by.at, by.id)
    )


def _with_merged(db: Connection, ids: Collection[str]) -> Collection[str]:
    """These and the records that were merged into them: read first, for as an alternative in the condition they would
    keep PostgreSQL from looking anybody up by an index."""
    if not _worth_naming(ids):
        return ids
    return [*ids, *db.execute(_merged(), {"ids": ids}).scalars()]


@cache
def _merged() -> Any:
    return select(alias.c.loser_id).where(alias.c.kind == "contact", among(alias.c.winner_id, "ids"))


def deliveries(db: Connection, ids: Collection[str], *, until: datetime) -> dict[str, datetime]:
    """The latest mail that a server took for each; what test mode sent elsewhere is no evidence.

    A page names its day: a reminder of a confidential wave is left out, it says that they have not answered.
    """
    rows = db.execute(_deliveries(_worth_naming(ids)), {"ids": _with_merged(db, ids), "until": until})
    return {row.known_as: row.at for row in rows if row.known_as is not None}


@cache
def _deliveries(of_these: bool) -> Any:
    known_as = func.coalesce(alias.c.winner_id, message.c.contact_id)
    return (
        select(known_as.label("known_as"), func.max(message.c.sent_at).label("at"))
        .outerjoin(alias, and_(alias.c.kind == "contact", alias.c.loser_id == message.c.contact_id))
        .where(
            among(message.c.contact_id, "ids") if of_these else true(),
            unindexed(message.c.state) == MessageState.SENT,
            message.c.kind.in_([MessageKind.CHASE, MessageKind.NUDGE]),
            message.c.recipient == message.c.address,
            message.c.sent_at <= bindparam("until", type_=Instant()),
            confidential.mail_counted,
        )
        .group_by(known_as)
    )


def suppressed(db: Connection, addresses: Collection[str]) -> dict[str, frozenset[SuppressionReason]]:
    """Address -> why it must not be mailed. An opt-out or a bounce of one row holds for every row with the address."""
    found: dict[str, set[SuppressionReason]] = defaultdict(set)
    standing = select(suppression.c.address, suppression.c.reason).where(
        suppression.c.lifted_at.is_(None), among_these(suppression.c.address, addresses)
    )
    for row in db.execute(standing):
        found[row.address].add(SuppressionReason(row.reason))
    flagged = select(contact.c.email, contact.c.opted_out, contact.c.bounced).where(
        contact.c.state == RecordState.LIVE,
        or_(contact.c.opted_out, contact.c.bounced),
        contact.c.email.is_not(None),
        among_these(contact.c.email, addresses),
    )
    for address, opted_out, bounced in db.execute(flagged):
        if address and opted_out:
            found[address].add(SuppressionReason.OPT_OUT)
        if address and bounced:
            found[address].add(SuppressionReason.BOUNCED)
    return {address: frozenset(reasons) for address, reasons in found.items()}
