"""Many invitations whose step has just gone out: read and locked at once, their next steps written at once."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, select

from voc.base import bulk
from voc.base.among import among
from voc.base.errors import NotFound
from voc.base.schema import account, campaign, chase_event, contact_quota, invitation, wave
from voc.campaigns.model import Chased, Dropped, Plan, Step
from voc.campaigns.quarantine import NUDGE
from voc.campaigns.store.rows import chased_as_asked


@dataclass(frozen=True, slots=True)
class WaveRules:
    """What is the same for a whole wave."""

    id: int
    settings: Any
    priority: int
    since_at: datetime


@dataclass(frozen=True, slots=True)
class Chasing:
    """An invitation locked for its next step."""

    id: int
    wave: WaveRules
    chased: Chased
    running: bool  # the chase goes on: not stopped, not answered
    next_step: Step | None
    sent_at: datetime | None
    latest_step: Step | None  # the last one that was claimed


@dataclass(frozen=True, slots=True)
class _Keep:
    """The next step stays as it is."""


KEEP: Final = _Keep()


@dataclass(frozen=True, slots=True)
class Planned:
    """What an invitation's row says from now on; `following` is None when no step is left."""

    id: int
    following: Plan | Dropped | _Keep | None
    sent_at: datetime | None
    closes_at: datetime | None


_LOCK = (
    select(
        invitation.c.id,
        invitation.c.wave_id,
        invitation.c.address,
        invitation.c.account_id,
        invitation.c.time_zone,
        invitation.c.country,
        invitation.c.heads_up,
        invitation.c.closes_at,
        invitation.c.away_until_on,
        invitation.c.stopped,
        invitation.c.answered_at,
        invitation.c.next_step,
        invitation.c.sent_at,
        account.c.escalated_until_on,
        account.c.renewal_on,
    )
    .join(account, account.c.id == invitation.c.account_id)
    .where(among(invitation.c.id, "ids"))
    .order_by(invitation.c.id)
    .with_for_update(of=invitation)
)
_WAVES = (
    select(wave.c.id, wave.c.settings, wave.c.launched_at, wave.c.resumed_at, campaign.c.priority)
    .join(campaign, campaign.c.id == wave.c.campaign_id)
    .where(among(wave.c.id, "ids"))
)
_CLAIMED = (
    select(contact_quota.c.invitation_id, contact_quota.c.step)
    .where(among(contact_quota.c.invitation_id, "ids"), contact_quota.c.step != NUDGE)
    .order_by(contact_quota.c.id)
)


def standings(db: Connection, invitation_ids: Collection[int]) -> dict[int, Chasing]:
    """The rows, locked until the transaction ends. NotFound if one is missing."""
    ids = sorted(set(invitation_ids))
    rows = db.execute(_LOCK, {"ids": ids}).all()
    if len(rows) < len(ids):
        raise NotFound("There is no such invitation.")
    waves = {
        row.id: WaveRules(row.id, row.settings, row.priority, row.resumed_at or row.launched_at)
        for row in db.execute(_WAVES, {"ids": sorted({row.wave_id for row in rows})})
    }
    latest = {row.invitation_id: Step(row.step) for row in db.execute(_CLAIMED, {"ids": ids})}
    return {row.id: _chasing(row, waves[row.wave_id], latest.get(row.id)) for row in rows}


def _chasing(row: Any, of_wave: WaveRules, latest: Step | None) -> Chasing:
    return Chasing(
        id=row.id,
        wave=of_wave,
        chased=chased_as_asked(row, priority=of_wave.priority, since_at=of_wave.since_at),
        running=row.stopped is None and row.answered_at is None,
        next_step=Step(row.next_step) if row.next_step else None,
        sent_at=row.sent_at,
        latest_step=latest,
    )


def write_plans(db: Connection, plans: Sequence[Planned], *, now: datetime) -> None:
    """The next steps, or that there are none; a dropped or moved one leaves a line with its reason."""
    planned: list[bulk.Row] = []
    unplanned: list[bulk.Row] = []
    sent: list[bulk.Row] = []
    events: list[bulk.Row] = []
    for one in plans:
        row = {"id": one.id, "sent_at": one.sent_at, "closes_at": one.closes_at}
        step = one.following
        if isinstance(step, _Keep):
            sent.append(row)
            continue
        if isinstance(step, Plan):
            planned.append(
                {**row, "next_step": step.step, "intended_on": step.on, "due_at": step.at, "moved_because": step.why}
            )
        else:
            unplanned.append({**row, "next_step": None, "due_at": None, "moved_because": None})
        if step is not None and step.why is not None:
            what = "moved" if isinstance(step, Plan) else "dropped"
            event = {"at": now, "step": step.step, "what": what, "why": step.why, "on": step.on}
            events.append({"invitation_id": one.id, **event})
    for rows in (planned, unplanned, sent):
        bulk.update_each(db, invitation, rows)
    bulk.insert_all(db, chase_event, events)
