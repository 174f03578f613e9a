"""Who holds which role where, how fresh each is, and whether they may be written to."""

from collections.abc import Collection, Mapping
from typing import Any

import numpy as np
from sqlalchemy import ColumnElement, func, or_, select, true

from voc.base import confidential
from voc.base.among import among, unindexed
from voc.base.schema import alias, contact, contact_role, message, sign_of_life, suppression
from voc.base.words import MessageKind, MessageState, RecordState, Sign
from voc.metrics.columns import freshness
from voc.metrics.columns.freshness import SIGNS, Signs
from voc.metrics.columns.kinds import MISSING, Column, here, last_of, most_of, numbered
from voc.metrics.columns.model import ROLES, SEGMENTS, Holders
from voc.metrics.store.bulk import Field, Kind, read
from voc.metrics.store.company.ground import Ground, Keys
from voc.stakeholders import store as stakeholders
from voc.stakeholders.rules import SENIOR, STRENGTH


def matrix(ground: Ground) -> tuple[Column, Column]:
    weight, required = np.zeros((len(SEGMENTS) + 1, len(ROLES))), np.ones((len(SEGMENTS) + 1, len(ROLES)), np.int64)
    for segment, wanted in stakeholders.role_matrix(ground.db).items():
        for one in wanted:
            place = SEGMENTS.index(segment), ROLES.index(one.role)
            weight[place], required[place] = one.weight, one.required_count
    return weight, required


def holders(ground: Ground) -> Holders:
    people = None if ground.records is None else _people(ground)
    contacts = _contacts(ground, people)
    where = Keys(contacts["id"])
    signs = _signs(ground, where, len(contacts["id"]), people)
    reachable = _reachable(ground, contacts, signs)
    held = _roles(ground, where)
    # Decision makers and sponsors change posts more often; the loss goes by all roles held at that account.
    pair, pairs, _ = numbered(held["account"], held["contact"])
    senior = np.zeros(pairs, np.bool_)
    senior[pair[np.isin(held["role"], [ROLES.index(role) for role in SENIOR])]] = True
    usual, often = ground.preferences.annual_loss, ground.preferences.annual_loss_senior
    slow, quick = (
        (
            freshness.values(signs, moment=ground.at, annual_loss=loss),
            freshness.own_word_apart(signs, moment=ground.at, annual_loss=loss),
        )
        for loss in (usual, often)
    )
    who, fast = held["contact"], senior[pair]
    return Holders(
        account=held["account"],
        contact=contacts["id"][who],
        address=contacts["address"][who],
        role=held["role"],
        reachable=reachable[who],
        value=np.where(fast, quick[0][who], slow[0][who]),
        without_own_word=np.where(fast, quick[1][who], slow[1][who]),
        confirmed_at=signs.latest([Sign.CONFIRMED])[who],
        entered_at=signs.latest([Sign.EDITED])[who],
    )


def _people(ground: Ground) -> list[str]:
    """Whoever holds a role at the ground's accounts, with the records that were merged into them."""
    held = select(contact_role.c.contact_id).distinct().where(*ground.theirs(contact_role.c.account_id))
    found = list(ground.db.execute(held).scalars())
    merged = select(alias.c.loser_id).where(alias.c.kind == "contact", among(alias.c.winner_id, found))
    return [*found, *ground.db.execute(merged).scalars()]


def _of(column: Any, people: Collection[str] | None) -> list[ColumnElement[bool]]:
    return [] if people is None else [among(column, people)]


def _contacts(ground: Ground, people: Collection[str] | None) -> dict[str, Column]:
    fields = (
        Field("id", contact.c.id, Kind.KEY),
        Field("address", contact.c.email, Kind.KEY),
        Field("live", contact.c.state == RecordState.LIVE, Kind.FLAG),
        Field("left", contact.c.left_company, Kind.FLAG),
        Field("left_at", contact.c.left_at, Kind.TIME),
        Field("refused", or_(contact.c.opted_out, contact.c.bounced), Kind.FLAG),
    )
    standing = contact.c.state.in_([RecordState.LIVE, RecordState.SET_ASIDE]), *_of(contact.c.id, people)
    return read(ground.db, fields, lambda columns: select(*columns).where(*standing))


def _signs(ground: Ground, where: Keys, count: int, people: Collection[str] | None) -> Signs:
    known = read(
        ground.db,
        (
            Field("contact", sign_of_life.c.contact_id, Kind.KEY),
            Field("kind", sign_of_life.c.kind, Kind.WORD, SIGNS),
            Field("at", sign_of_life.c.at, Kind.TIME),
        ),
        lambda columns: select(*columns).where(
            sign_of_life.c.at <= ground.moment, *_of(sign_of_life.c.contact_id, people)
        ),
    )
    contacts = where.place(ground.contacts.of(known["contact"]))
    kept = contacts >= 0
    mails = read(
        ground.db,
        (
            Field("contact", message.c.contact_id, Kind.KEY),
            Field("at", func.max(message.c.sent_at), Kind.TIME),
        ),
        lambda columns: (
            select(*columns)
            .where(
                message.c.contact_id.is_not(None),
                (message.c.state if people is None else unindexed(message.c.state)) == MessageState.SENT,
                message.c.kind.in_([MessageKind.CHASE, MessageKind.NUDGE]),
                message.c.recipient == message.c.address,
                message.c.sent_at <= ground.moment,
                confidential.mail_counted,
                *_of(message.c.contact_id, people),
            )
            .group_by(message.c.contact_id)
        ),
    )
    to = where.place(ground.contacts.of(mails["contact"]))
    got = to >= 0
    delivered = most_of(to[got], mails["at"][got], count, none=MISSING)
    return Signs(contacts[kept], known["kind"][kept], known["at"][kept], delivered)


def _reachable(ground: Ground, contacts: Mapping[str, Column], signs: Signs) -> Column:
    """Live, there, with an address that neither the person nor a bounce nor a complaint has closed."""
    closed = read(
        ground.db,
        (Field("address", suppression.c.address, Kind.KEY),),
        lambda columns: select(*columns).where(suppression.c.lifted_at.is_(None)),
    )["address"]
    flagged = contacts["address"][contacts["live"] & contacts["refused"] & (contacts["address"] != 0)]
    shut = np.isin(contacts["address"], np.concatenate([closed, flagged]))
    left_at = np.maximum(signs.latest([Sign.LEFT]), contacts["left_at"])
    gone = here(left_at) & ~(signs.latest(list(STRENGTH)) > left_at)
    there = contacts["live"] & ~contacts["left"] & ~gone & ~contacts["refused"]
    found: Column = there & (contacts["address"] != 0) & ~shut
    return found


def _roles(ground: Ground, where: Keys) -> dict[str, Column]:
    """The roles that stand: a CSM's word overrules the CRM's row."""
    found = read(
        ground.db,
        (
            Field("account", contact_role.c.account_id, Kind.KEY),
            Field("contact", contact_role.c.contact_id, Kind.KEY),
            Field("role", contact_role.c.role, Kind.WORD, ROLES),
            Field("by_csm", contact_role.c.by_csm, Kind.FLAG),
            Field("ended", contact_role.c.ended, Kind.FLAG),
        ),
        lambda columns: select(*columns).where(true(), *ground.theirs(contact_role.c.account_id)),
    )
    group, groups, _ = numbered(found["account"], found["contact"], found["role"])
    last = last_of(group, (found["by_csm"],), groups)
    last = last[~found["ended"][last]] if groups else last
    account_at = ground.own_account(found["account"][last])
    contact_at = where.place(found["contact"][last])
    kept = (account_at >= 0) & (contact_at >= 0)
    return {"account": account_at[kept], "contact": contact_at[kept], "role": found["role"][last][kept]}
