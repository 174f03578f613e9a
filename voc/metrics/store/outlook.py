"""What is on its way for a scope: invitations that come due, and how large its last wave was. Reads only."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import Connection, func, select

from voc.base.schema import campaign, invitation, wave
from voc.base.words import WaveState


@dataclass(frozen=True)
class UnderWay:
    """Invitations of one book at one account that are due on one day."""

    csm_id: str | None
    segment: str | None
    account_id: str
    on: date
    rows: int


def under_way(db: Connection, *, csm_ids: Collection[str] | None, now: datetime) -> list[UnderWay]:
    """Sent, by name, and not due yet; of these CSMs or all."""
    columns = invitation.c
    query = (
        select(columns.csm_id, columns.segment, columns.account_id, columns.closes_at)
        .where(columns.closes_at > now, columns.sent_at.is_not(None), columns.bounced_at.is_(None))
        .where(columns.confidential.is_(False), columns.inherited.is_(False))
        .order_by(columns.id)
    )
    if csm_ids is not None:
        query = query.where(columns.csm_id.in_(sorted(csm_ids)))
    counted: dict[tuple[str | None, str | None, str, date], int] = {}
    for row in db.execute(query):
        key = (row.csm_id, row.segment, row.account_id, row.closes_at.date())
        counted[key] = counted.get(key, 0) + 1
    return [UnderWay(*key, rows) for key, rows in counted.items()]


@dataclass(frozen=True)
class LastWave:
    """`due_on`: when the next one's invitations come due, by the cadence of its campaign."""

    due_on: date
    books: tuple[tuple[str | None, str | None, str, int], ...]  # CSM, segment, account, invitations


def last_wave(db: Connection, *, csm_ids: Collection[str] | None, now: datetime, due_days: int) -> LastWave | None:
    """The latest large wave of a campaign that is on: the one whose next comes by the calendar."""
    query = (
        select(wave.c.id, wave.c.launched_at, campaign.c.settings)
        .join(campaign, campaign.c.id == wave.c.campaign_id)
        .where(wave.c.launched_at <= now, wave.c.state != WaveState.PLANNING, wave.c.confidential.is_(False))
        .order_by(wave.c.launched_at.desc(), wave.c.id.desc())
        .limit(20)
    )
    for row in db.execute(query):
        settings = row.settings or {}
        if not settings.get("on", True):
            continue
        next_on = row.launched_at.date() + timedelta(weeks=settings.get("cadence_weeks", 24))
        if next_on < now.date():
            continue
        return LastWave(next_on + timedelta(days=due_days), tuple(_books(db, row.id, csm_ids)))
    return None


def _books(
    db: Connection, wave_id: int, csm_ids: Collection[str] | None
) -> list[tuple[str | None, str | None, str, int]]:
    columns = invitation.c
    books = columns.csm_id, columns.segment, columns.account_id
    query = select(*books, func.count().label("rows")).where(columns.wave_id == wave_id, columns.sent_at.is_not(None))
    if csm_ids is not None:
        query = query.where(columns.csm_id.in_(sorted(csm_ids)))
    found = db.execute(query.group_by(*books).order_by(*books))
    return [(row.csm_id, row.segment, row.account_id, row.rows) for row in found]
