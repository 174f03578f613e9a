"""How many of each account's due invitations were answered, by the CSM at sending: what the likeness is read from."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Select, and_, case, func, or_, select

from voc.base.confidential import named
from voc.base.narrowed import Narrowed, accounts_within
from voc.base.schema import account, alias, invitation, wave
from voc.base.words import Disposition, WaveState
from voc.metrics.columns.alike import Answered
from voc.metrics.store.bulk import Field, Kind, read
from voc.metrics.store.company.ground import Winners

_IN_TIME = (Disposition.COMPLETE, Disposition.PARTIAL)
_NOT_COUNTED = (Disposition.UNKNOWN, Disposition.NOT_ELIGIBLE)


def answered(db: Connection, *, days: int, moment: datetime, part: Narrowed) -> Answered:
    """Due in the `days` up to the moment; segment as frozen in each, country as of today. As `response_rate` counts."""
    columns, after = invitation.c, moment - timedelta(days=days)
    due = or_(
        and_(columns.closes_at > after, columns.closes_at <= moment),
        and_(columns.closes_at.is_(None), columns.disposed_at > after, columns.disposed_at <= moment),
    )
    counted = (
        named,
        due,
        columns.sent_at <= moment,
        columns.csm_id.is_not(None),
        ~columns.inherited,
        columns.disposition.not_in(_NOT_COUNTED),
        wave.c.launched_at <= moment,
        wave.c.state != WaveState.PLANNING,
        *((columns.segment == part.segment,) if part.segment is not None else ()),
    )
    fields = (
        Field("account", columns.account_id, Kind.KEY),
        Field("csm", columns.csm_id, Kind.KEY),
        Field("answered", func.sum(case((columns.disposition.in_(_IN_TIME), 1), else_=0)), Kind.WHOLE),
        Field("asked", func.count(), Kind.WHOLE),
    )
    merged = and_(alias.c.kind == "account", alias.c.loser_id == columns.account_id)
    here = account.c.id == func.coalesce(alias.c.winner_id, columns.account_id)

    def build(wanted: list[Any]) -> Select[Any]:
        query = select(*wanted).select_from(invitation).join(wave, wave.c.id == columns.wave_id).where(*counted)
        if part.countries is not None:
            query = query.outerjoin(alias, merged).join(account, here)
            query = query.where(*accounts_within(Narrowed(countries=part.countries)))
        return query.group_by(columns.account_id, columns.csm_id)

    found = read(db, fields, build)
    return Answered(Winners(db, "account").of(found["account"]), found["csm"], found["answered"], found["asked"])
