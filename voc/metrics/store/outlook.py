"""What is on its way for a scope: invitations that come due, and how large its last wave was. Reads only.

The database counts, by day and book: that is little, however many invitations are under way. Accounts are read of
chosen books alone, those that have few of them.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, TypeAlias

from sqlalchemy import ColumnElement, Connection, func, select

from voc.base.schema import campaign, invitation, wave
from voc.base.words import WaveState
from voc.campaigns.store.rows import settings_of

_COLUMNS = invitation.c
BookSent: TypeAlias = tuple[str | None, str | None, int]  # CSM, segment, invitations


@dataclass(frozen=True)
class Sent:
    """Invitations of one book that are due on one day; an inherited one counts for the team, not for the CSM."""

    csm_id: str | None
    segment: str | None
    inherited: bool
    on: date
    rows: int


@dataclass(frozen=True)
class AccountSent:
    """An account in a CSM's own book with an invitation due on a day."""

    csm_id: str
    segment: str | None
    account_id: str
    on: date


def under_way(db: Connection, *, csm_ids: Collection[str] | None, now: datetime) -> list[Sent]:
    """Sent, by name, and not due yet; of these CSMs or all."""
    columns = _COLUMNS.csm_id, _COLUMNS.segment, _COLUMNS.inherited, _day(db).label("due_on")
    query = _by_name(select(*columns, func.count()), csm_ids).where(_COLUMNS.closes_at > now)
    group = "csm_id", "segment", "inherited", "due_on"
    found = db.execute(query.group_by(*group).order_by(*group))
    return [Sent(row[0], row[1], row[2], date.fromisoformat(row[3]), row[4]) for row in found]


def accounts_sent(
    db: Connection, *, csm_ids: Collection[str], after: datetime, until: datetime | None = None
) -> list[AccountSent]:
    """The accounts of these CSMs whose invitations are due in (after, until], or later."""
    columns = _COLUMNS.csm_id, _COLUMNS.segment, _COLUMNS.account_id, _day(db).label("due_on")
    query = _by_name(select(*columns).distinct(), csm_ids)
    query = query.where(_COLUMNS.inherited.is_(False), _COLUMNS.closes_at > after)
    if until is not None:
        query = query.where(_COLUMNS.closes_at <= until)
    found = db.execute(query.order_by("csm_id", "segment", "account_id", "due_on"))
    return [AccountSent(row[0], row[1], row[2], date.fromisoformat(row[3])) for row in found]


def _by_name(query: Any, csm_ids: Collection[str] | None) -> Any:
    sent = query.where(_COLUMNS.sent_at.is_not(None), _COLUMNS.bounced_at.is_(None), _COLUMNS.confidential.is_(False))
    return sent if csm_ids is None else sent.where(_COLUMNS.csm_id.in_(sorted(csm_ids)))


def _day(db: Connection) -> ColumnElement[str]:
    """The day in UTC on which it is due, as text: 2026-03-03."""
    if db.dialect.name == "postgresql":
        return func.to_char(func.timezone("UTC", _COLUMNS.closes_at), "YYYY-MM-DD")
    return func.substr(_COLUMNS.closes_at, 1, 10)


@dataclass(frozen=True)
class LastWave:
    """`due_on`: when the next one's invitations come due, by the cadence of its campaign."""

    id: int
    due_on: date
    books: tuple[BookSent, ...]


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
        settings = settings_of(row.settings or {})
        next_on = row.launched_at.date() + timedelta(weeks=settings.cadence_weeks)
        if not settings.on or next_on < now.date():
            continue
        return LastWave(row.id, next_on + timedelta(days=due_days), tuple(_books(db, row.id, csm_ids)))
    return None


def _books(db: Connection, wave_id: int, csm_ids: Collection[str] | None) -> list[BookSent]:
    books = _COLUMNS.csm_id, _COLUMNS.segment
    query = select(*books, func.count()).where(_COLUMNS.wave_id == wave_id, _COLUMNS.sent_at.is_not(None))
    if csm_ids is not None:
        query = query.where(_COLUMNS.csm_id.in_(sorted(csm_ids)))
    return [(row[0], row[1], row[2]) for row in db.execute(query.group_by(*books).order_by(*books))]


def accounts_of_wave(db: Connection, wave_id: int, *, csm_ids: Collection[str]) -> list[tuple[str, str | None, str]]:
    """CSM, segment and account: those of these CSMs whom that wave asked."""
    columns = _COLUMNS.csm_id, _COLUMNS.segment, _COLUMNS.account_id
    query = select(*columns).distinct().where(_COLUMNS.wave_id == wave_id, _COLUMNS.sent_at.is_not(None))
    found = db.execute(query.where(_COLUMNS.csm_id.in_(sorted(csm_ids))).order_by(*columns))
    return [(row[0], row[1], row[2]) for row in found if row[0] is not None]
