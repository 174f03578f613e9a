"""A wave under way, person by person, as a rehearsal of its rest needs them."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, and_, func, select

from voc.base import confidential
from voc.base.access import Viewer, visible_accounts
from voc.base.schema import account, alias, campaign, contact, exclusion, invitation, message, wave
from voc.base.words import MessageState
from voc.campaigns.calendar import local_day
from voc.campaigns.model import Candidate, Chased, Plan, Role, Step, StopReason
from voc.campaigns.planning import First
from voc.campaigns.store.rows import chased_of

_ON_ITS_WAY = (MessageState.QUEUED, MessageState.CLAIMED, MessageState.HANDING_OVER)


@dataclass(frozen=True, slots=True)
class Person:
    """One invitation of the wave.

    `first` is what is planned next. `on_its_way` is a step whose mail waits in the outbox, with its
    moment; nothing is planned until it is sent. Else nothing more is sent, and the rest says why.
    """

    candidate: Candidate
    chased: Chased
    first: First | None
    on_its_way: tuple[Step, datetime] | None
    held_because: str | None
    answered_at: datetime | None
    stopped: StopReason | None


def people(db: Connection, wave_id: int, viewer: Viewer, *, now: datetime) -> list[Person]:
    """Everybody asked in the wave whom the viewer may see, by account and name. Two queries."""
    excluded = _excluded(db, today=now.date())
    waiting = and_(message.c.invitation_id == invitation.c.id, message.c.state.in_(_ON_ITS_WAY))
    query = (
        select(
            invitation,
            wave.c.launched_at,
            wave.c.resumed_at,
            campaign.c.priority,
            contact.c.first_name,
            contact.c.last_name,
            contact.c.state.label("contact_state"),
            contact.c.away_until_on.label("contact_away_until_on"),
            account.c.id.label("account_now_id"),
            account.c.csm_id.label("csm_now_id"),
            account.c.name.label("account_name"),
            account.c.state.label("account_state"),
            account.c.renewal_on,
            account.c.escalated_until_on,
            message.c.step.label("waiting_step"),
            message.c.next_attempt_at.label("waiting_at"),
        )
        .join(wave, wave.c.id == invitation.c.wave_id)
        .join(campaign, campaign.c.id == wave.c.campaign_id)
        .join(contact, contact.c.id == invitation.c.contact_id)
        .outerjoin(alias, and_(alias.c.kind == "account", alias.c.loser_id == invitation.c.account_id))
        .join(account, account.c.id == func.coalesce(alias.c.winner_id, invitation.c.account_id))
        .outerjoin(message, waiting)
        .where(invitation.c.wave_id == wave_id, confidential.undecided, visible_accounts(viewer))
        .order_by(account.c.name, contact.c.last_name, contact.c.first_name, invitation.c.id)
    )
    return [_person(row, excluded, now=now) for row in db.execute(query)]


def _excluded(db: Connection, *, today: date) -> dict[tuple[str, str | None], date]:
    query = (
        select(exclusion.c.account_id, exclusion.c.contact_id, func.max(exclusion.c.expires_on))
        .where(exclusion.c.ended_at.is_(None), exclusion.c.expires_on > today)
        .group_by(exclusion.c.account_id, exclusion.c.contact_id)
    )
    return {(account_id, contact_id): until for account_id, contact_id, until in db.execute(query)}


def _person(row: Any, excluded: dict[tuple[str, str | None], date], *, now: datetime) -> Person:
    candidate = Candidate(
        contact_id=row.contact_id,
        account_id=row.account_now_id,
        address=row.address,
        roles=tuple(Role(role) for role in row.roles),
        time_zone=row.time_zone,
        country=row.country,
        csm_id=row.csm_now_id,
        name=" ".join(part for part in (row.first_name, row.last_name) if part) or row.address,
        account_name=row.account_name,
    )
    chased, open_ = chased_of(row, excluded), row.stopped is None and row.answered_at is None
    first = None
    if open_ and row.next_step and row.due_at is not None and row.held_because is None:
        meant_on = row.intended_on or local_day(row.due_at, row.time_zone)
        first = First(candidate, chased, Plan(Step(row.next_step), meant_on, row.due_at))
    on_its_way = open_ and first is None and row.waiting_step is not None
    return Person(
        candidate,
        chased,
        first,
        (Step(row.waiting_step), row.waiting_at or now) if on_its_way else None,
        row.held_because,
        row.answered_at,
        StopReason(row.stopped) if row.stopped else None,
    )


def rules_settings(db: Connection, wave_id: int) -> Any:
    """The settings the wave was launched with, as they are stored."""
    return db.execute(select(wave.c.settings).where(wave.c.id == wave_id)).scalar_one()
