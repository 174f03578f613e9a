"""Both halves of the heads-up's lot, account by account: rows for `voc.campaigns.trial`."""

from collections import defaultdict

from sqlalchemy import Connection, case, func, or_, select

from voc.base import confidential
from voc.base.access import Viewer, visible_accounts
from voc.base.schema import account, campaign, invitation, wave
from voc.base.words import Disposition, WaveState
from voc.campaigns.trial import Half, Halves

NOT_COUNTED = (Disposition.UNKNOWN, Disposition.NOT_ELIGIBLE)
IN_TIME = (Disposition.COMPLETE, Disposition.PARTIAL)


def halves(
    db: Connection, viewer: Viewer, *, campaign_name: str | None = None, wave_id: int | None = None
) -> list[Halves]:
    """Of a campaign or one wave, the latest first; those where only one half was drawn are left out. One query.

    Counted are people whom the invitation reached, as they were drawn: a heads-up that its CSM held
    or sent by hand counts with its half, or the lot would not be one any more.
    """
    query = (
        select(
            wave.c.id,
            wave.c.label,
            wave.c.state,
            invitation.c.account_id,
            invitation.c.heads_up,
            func.count().label("asked"),
            func.count(case((invitation.c.disposition.in_(IN_TIME), 1))).label("answered"),
        )
        .join(wave, wave.c.id == invitation.c.wave_id)
        .join(campaign, campaign.c.id == wave.c.campaign_id)
        .join(account, account.c.id == invitation.c.account_id)
        .where(
            invitation.c.sent_at.is_not(None),
            invitation.c.bounced_at.is_(None),
            confidential.named,
            or_(invitation.c.disposition.is_(None), invitation.c.disposition.not_in(NOT_COUNTED)),
            visible_accounts(viewer),
        )
        .group_by(
            wave.c.id, wave.c.label, wave.c.state, wave.c.launched_at, invitation.c.account_id, invitation.c.heads_up
        )
        .order_by(wave.c.launched_at.desc(), wave.c.id.desc(), invitation.c.account_id)
    )
    if campaign_name is not None:
        query = query.where(campaign.c.name == campaign_name)
    if wave_id is not None:
        query = query.where(wave.c.id == wave_id)
    waves: dict[int, tuple[str, bool]] = {}
    sides: dict[tuple[int, bool], list[tuple[int, int]]] = defaultdict(list)
    for id, label, state, _account, heads_up, asked, answered in db.execute(query):
        waves[id] = (label, state in (WaveState.CLOSED, WaveState.STOPPED))
        sides[id, bool(heads_up)].append((answered, asked))
    return [
        Halves(id, label, over, Half(tuple(sides[id, True])), Half(tuple(sides[id, False])))
        for id, (label, over) in waves.items()
        if sides[id, True] and sides[id, False]
    ]
