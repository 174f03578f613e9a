"""Due invitations counted by CSM, segment, role and channel: one grouped query, as large as there are kinds."""

import json
from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, String, and_, case, cast, func, select

from voc.base.confidential import named
from voc.base.narrowed import Narrowed, accounts_within
from voc.base.schema import account, alias, campaign, invitation, wave
from voc.base.words import Disposition, Role
from voc.metrics.mix import Cell

_ANSWERED = (Disposition.COMPLETE, Disposition.PARTIAL)
_BASE = (*_ANSWERED, Disposition.REFUSED, Disposition.SILENT, Disposition.OTHER)


def cells(
    db: Connection,
    *,
    after: datetime,
    moment: datetime,
    segment: str | None = None,
    countries: Collection[str] | None = None,
) -> list[Cell]:
    """Due in (after, moment], under the owner at sending; the channel is the campaign, with or without a heads-up.

    `countries` are those of the account today, None for every one.
    """
    columns = invitation.c
    roles = cast(columns.roles, String)
    channel = campaign.c.name + case((columns.heads_up, " after a heads-up"), else_="")
    answered = func.sum(case((columns.disposition.in_(_ANSWERED), 1), else_=0))
    query = (
        select(
            columns.csm_id,
            columns.inherited,
            columns.segment,
            roles.label("roles"),
            channel.label("channel"),
            answered.label("answered"),
            func.count().label("invitations"),
        )
        .join(wave, wave.c.id == columns.wave_id)
        .join(campaign, campaign.c.id == wave.c.campaign_id)
        .where(
            named,
            columns.sent_at.is_not(None),
            columns.closes_at > after,
            columns.closes_at <= moment,
            columns.disposition.in_(_BASE),
        )
        .group_by(columns.csm_id, columns.inherited, columns.segment, roles, channel)
        .order_by(columns.csm_id, columns.inherited, columns.segment, roles, channel)
    )
    if segment is not None:
        query = query.where(columns.segment == segment)
    if countries is not None:
        merged = and_(alias.c.kind == "account", alias.c.loser_id == columns.account_id)
        query = query.outerjoin(alias, merged)
        query = query.join(account, account.c.id == func.coalesce(alias.c.winner_id, columns.account_id))
        query = query.where(*accounts_within(Narrowed(countries=countries)))
    return [_cell(row) for row in db.execute(query)]


def _cell(row: Any) -> Cell:
    held = {Role(role) for role in json.loads(row.roles)}
    return Cell(
        csm_id=row.csm_id,
        inherited=row.inherited,
        segment=row.segment or "",
        role=next((role for role in Role if role in held), None),
        channel=row.channel,
        answered=int(row.answered),
        invitations=row.invitations,
    )
