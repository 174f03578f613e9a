"""What happened at accounts, for campaigns by event: waiting to be asked about, and what came of it."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, and_, func, select

from voc.accounts.kinds import ContactKind, contact_kind
from voc.base.access import Viewer, visible_accounts
from voc.base.among import among
from voc.base.db import insert_once
from voc.base.schema import account, activity, alias, milestone, occasion, wave
from voc.base.words import AccountStatus, Occasion, RecordState
from voc.campaigns.model import CampaignSettings

LIVE = "went_live"  # the milestone that ends an onboarding


@dataclass(frozen=True, slots=True)
class Happened:
    """One event at an account; `key` is the same whenever it is looked for."""

    key: str
    account_id: str
    on: date


def waiting(
    db: Connection, campaign_id: int, settings: CampaignSettings, *, today: date, activity_kinds: Mapping[str, str]
) -> list[Happened]:
    """What happened at customers in the last `occasion_days`, and this campaign has not taken up yet, by account."""
    if settings.occasion is None:
        return []
    since = today - timedelta(days=settings.occasion_days)
    match settings.occasion:
        case Occasion.ONBOARDED:
            found = _milestones(db, since, today)
        case Occasion.REVIEWED:
            found = _reviews(db, since, today, activity_kinds)
        case Occasion.RENEWAL_AHEAD:
            found = _renewals(db, since, today, timedelta(days=settings.ahead_days))
    known = select(occasion.c.key).where(
        occasion.c.campaign_id == campaign_id, among(occasion.c.key, [one.key for one in found])
    )
    taken = set(db.execute(known).scalars())
    return sorted((one for one in found if one.key not in taken), key=lambda one: (one.account_id, one.on, one.key))


_CUSTOMER = and_(account.c.state == RecordState.LIVE, account.c.status == AccountStatus.CUSTOMER)


def _milestones(db: Connection, since: date, today: date) -> list[Happened]:
    query = _at_customers(milestone, milestone.c.kind == LIVE, since, today)
    return [Happened(f"milestone:{row.id}", row.account_id, row.on_day) for row in db.execute(query)]


def _reviews(db: Connection, since: date, today: date, activity_kinds: Mapping[str, str]) -> list[Happened]:
    words = db.execute(select(activity.c.kind).where(activity.c.on > since).distinct()).scalars()
    reviews = sorted(word for word in words if word and contact_kind(word, activity_kinds) == ContactKind.REVIEW)
    query = _at_customers(activity, activity.c.kind.in_(reviews), since, today)
    return [Happened(f"activity:{row.id}", row.account_id, row.on_day) for row in db.execute(query)]


def _at_customers(table: Any, condition: Any, since: date, today: date) -> Any:
    """Rows of the CRM at those who are customers today; a merged account's stand at the one it became."""
    merged = and_(alias.c.kind == "account", alias.c.loser_id == table.c.account_id)
    return (
        select(table.c.id, account.c.id.label("account_id"), table.c.on.label("on_day"))
        .outerjoin(alias, merged)
        .join(account, account.c.id == func.coalesce(alias.c.winner_id, table.c.account_id))
        .where(condition, table.c.state == RecordState.LIVE, table.c.on > since, table.c.on <= today, _CUSTOMER)
        .order_by(table.c.id)
    )


def _renewals(db: Connection, since: date, today: date, ahead: timedelta) -> list[Happened]:
    """It happens so many days before the day."""
    days = (account.c.renewal_on > since + ahead, account.c.renewal_on <= today + ahead)
    query = select(account.c.id, account.c.renewal_on).where(_CUSTOMER, *days).order_by(account.c.id)
    return [
        Happened(f"renewal:{id}:{renewal_on.isoformat()}", id, renewal_on - ahead)
        for id, renewal_on in db.execute(query)
        if renewal_on is not None
    ]


def take_up(
    db: Connection, campaign_id: int, happened: Collection[Happened], *, wave_id: int | None, now: datetime
) -> None:
    """Asked about in that wave, or (None) nobody could be asked: not looked at again either way."""
    for one in happened:
        row = {"campaign_id": campaign_id, "key": one.key, "account_id": one.account_id, "on": one.on}
        insert_once(db, occasion, {**row, "taken_up_at": now, "wave_id": wave_id})


@dataclass(frozen=True, slots=True)
class TakenUp:
    """`wave_id` None: nobody there could be asked."""

    account_id: str
    account_name: str
    on: date
    wave_id: int | None
    wave_label: str | None


def latest(db: Connection, viewer: Viewer, campaign_id: int, *, limit: int = 20) -> list[TakenUp]:
    """What the campaign took up last, at accounts that the viewer sees."""
    query = (
        select(occasion.c.account_id, account.c.name, occasion.c.on, occasion.c.wave_id, wave.c.label)
        .join(account, account.c.id == occasion.c.account_id)
        .outerjoin(wave, wave.c.id == occasion.c.wave_id)
        .where(occasion.c.campaign_id == campaign_id, visible_accounts(viewer))
        .order_by(occasion.c.taken_up_at.desc(), occasion.c.id.desc())
        .limit(limit)
    )
    return [TakenUp(*row) for row in db.execute(query)]
