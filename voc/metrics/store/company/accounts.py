"""Accounts as columns: whose each is, what it pays, when anyone there was asked and answered."""

from datetime import datetime

import numpy as np
from sqlalchemy import case, func, or_, select

from voc.base.confidential import named
from voc.base.schema import account_csm, invitation
from voc.metrics.columns.kinds import MISSING, Column, here, last_of, most_of
from voc.metrics.columns.model import Accounts, Asked
from voc.metrics.store.bulk import Field, Kind, read
from voc.metrics.store.company.ground import Ground


def accounts(ground: Ground, asked: Asked, *, since: datetime) -> Accounts:
    """`asked` are the invitations after `since`."""
    rows = ground.rows
    last, first = _ever(ground, asked, since)
    return Accounts(
        ids=ground.ids,
        names=ground.names,
        owner=_owners(ground),
        segment=rows["segment"].astype(np.int64),
        region=ground.region,
        customer=rows["customer"],
        arr=ground.amount(rows["cents"], rows["currency"]),
        has_amount=~np.isnan(rows["cents"]),
        renewal_on=rows["renewal_on"],
        since_on=rows["since_on"],
        last_answered=last,
        first_delivered=first,
    )


def _owners(ground: Ground) -> Column:
    """At the moment; whom the CRM names where nobody is known to have held it."""
    found = ground.csm(ground.rows["csm"])
    fields = (
        Field("account", account_csm.c.account_id, Kind.KEY),
        Field("csm", account_csm.c.csm_id, Kind.KEY),
        Field("from_at", account_csm.c.from_at, Kind.TIME),
        Field("id", account_csm.c.id, Kind.WHOLE),
    )
    standing = (
        account_csm.c.from_at <= ground.moment,
        or_(account_csm.c.to_at.is_(None), account_csm.c.to_at > ground.moment),
        *ground.theirs(account_csm.c.account_id),
    )
    held = read(ground.db, fields, lambda columns: select(*columns).where(*standing))
    at = ground.own_account(held["account"])  # a merged record's owners are not the winner's
    known = at >= 0
    rows = last_of(at[known], (held["from_at"][known], held["id"][known]), len(found))
    csm = ground.csm(held["csm"][known])
    return np.where(rows >= 0, csm[rows], found) if len(csm) else found


def _ever(ground: Ground, asked: Asked, since: datetime) -> tuple[Column, Column]:
    """When anyone of each account last answered, and when the first invitation arrived, over all time."""
    count = len(ground.ids)
    own = ~asked.elsewhere & ~asked.confidential & here(asked.sent)
    late = here(asked.due) & (asked.bounced > asked.due)
    arrived = own & (~here(asked.bounced) | late)
    last = most_of(asked.account, asked.answered, count, none=MISSING)
    first = -most_of(asked.account[arrived], -asked.sent[arrived], count, none=MISSING + 1)
    first = np.where(first == -(MISSING + 1), MISSING, first)
    columns = invitation.c
    arrived_then = or_(columns.bounced_at.is_(None), columns.bounced_at > columns.closes_at)
    answered = func.max(case((columns.answered_at <= ground.moment, columns.answered_at)))
    fields = (
        Field("account", columns.account_id, Kind.KEY),
        Field("answered", answered, Kind.TIME),
        Field("sent", func.min(case((arrived_then, columns.sent_at))), Kind.TIME),
    )
    before = named, columns.closes_at <= since, *ground.theirs(columns.account_id)
    old = read(ground.db, fields, lambda wanted: select(*wanted).where(*before).group_by(columns.account_id))
    at = ground.account(old["account"])
    known = at >= 0
    np.maximum.at(last, at[known], old["answered"][known])
    sent = known & here(old["sent"])
    first = np.where(here(first), first, np.iinfo(np.int64).max)
    np.minimum.at(first, at[sent], old["sent"][sent])
    return last, np.where(first == np.iinfo(np.int64).max, MISSING, first)
