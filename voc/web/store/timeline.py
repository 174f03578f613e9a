"""What happened at an account, or with one contact: facts of every stage in one order, for reading only.

Each source is cut to the latest few, so that a page costs the same after ten years.
"""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any

from sqlalchemy import ColumnElement, Connection, String, cast, false, func, literal, select

from voc.base import confidential
from voc.base.schema import (
    account_csm,
    activity,
    campaign,
    contact,
    csm,
    follow_up,
    follow_up_event,
    inbound,
    invitation,
    message,
    milestone,
    nudge,
    response,
    wave,
)
from voc.base.words import InboundKind, RecordState, ResponseState


@dataclass(frozen=True)
class Moment:
    """One line: `who` is a contact's name, `href` what it is about. The page puts it in words by its kind."""

    at: datetime
    kind: str
    words: str
    who: str = ""
    href: str = ""


def timeline(
    db: Connection, *, account_id: str | None = None, contact_id: str | None = None, until: datetime, limit: int = 40
) -> list[Moment]:
    """The latest first. Give an account, or a contact."""
    found: list[Moment] = []
    for source in _SOURCES:
        found.extend(source(db, account_id, contact_id, until, limit))
    found.sort(key=lambda moment: (moment.at, moment.kind, moment.words), reverse=True)
    return found[:limit]


def _about(columns: Any, account_id: str | None, contact_id: str | None) -> ColumnElement[bool]:
    if contact_id is not None:
        one: ColumnElement[bool] = columns.contact_id == contact_id
        return one
    whole: ColumnElement[bool] = columns.account_id == account_id
    return whole


def _name(row: Any) -> str:
    return " ".join(part for part in (row.first_name, row.last_name) if part) or row.email or ""


_PERSON = (contact.c.first_name, contact.c.last_name, contact.c.email)


def _noon(day: date) -> datetime:
    return datetime.combine(day, time(12), UTC)


def _asked(db: Connection, account_id: str | None, contact_id: str | None, until: datetime, limit: int) -> list[Moment]:
    """One line a wave: who was asked on its first day, and how many of them never got it."""
    query = (
        select(
            invitation.c.wave_id,
            wave.c.label,
            func.min(invitation.c.sent_at).label("at"),
            func.count().label("asked"),
            func.count(invitation.c.bounced_at).label("bounced"),
            func.count(invitation.c.answered_at).filter(confidential.named).label("answered"),
            func.count().filter(invitation.c.confidential).label("confidential"),
        )
        .join(wave, wave.c.id == invitation.c.wave_id)
        .where(_about(invitation.c, account_id, contact_id), invitation.c.sent_at <= until)
        .group_by(invitation.c.wave_id, wave.c.label)
        .order_by(func.min(invitation.c.sent_at).desc())
        .limit(limit)
    )
    return [
        Moment(row.at, "asked", _asked_words(row, alone=contact_id is not None), href=f"/waves/{row.wave_id}")
        for row in db.execute(query)
    ]


def _asked_words(row: Any, *, alone: bool) -> str:
    if alone:
        return f"Asked{' in confidence' if row.confidential else ''}: {row.label}"
    people = "1 person" if row.asked == 1 else f"{row.asked} people"
    lost = f", {row.bounced} bounced" if row.bounced else ""
    if row.confidential:
        return f"Asked in confidence: {people} in {row.label}{lost}"
    return f"Asked: {people} in {row.label}{lost}; {row.answered} answered"


def _answered(
    db: Connection, account_id: str | None, contact_id: str | None, until: datetime, limit: int
) -> list[Moment]:
    query = (
        select(response.c.submitted_at, response.c.score, response.c.complete, invitation.c.contact_id, *_PERSON)
        .join(invitation, invitation.c.id == response.c.invitation_id)
        .join(contact, contact.c.id == invitation.c.contact_id)
        .where(
            _about(invitation.c, account_id, contact_id),
            confidential.named,
            response.c.state == ResponseState.SUBMITTED,
            response.c.submitted_at <= until,
        )
        .order_by(response.c.submitted_at.desc(), response.c.id.desc())
        .limit(limit)
    )
    return [
        Moment(
            row.submitted_at,
            "answered",
            "answered" if row.score is None else f"answered {row.score}",
            _name(row),
            f"/contacts/{row.contact_id}",
        )
        for row in db.execute(query)
    ]


_CAME_IN = {
    InboundKind.HARD_BOUNCE: "mail bounced: the address is gone",
    InboundKind.SOFT_BOUNCE: "mail came back for now",
    InboundKind.COMPLAINT: "complained about our mail",
    InboundKind.AWAY: "is away",
    InboundKind.LEFT: "has left, says the auto-reply",
    InboundKind.CHANGED_ROLE: "changed roles, says the auto-reply",
    InboundKind.REPLY: "replied by mail",
}


def _came_in(
    db: Connection, account_id: str | None, contact_id: str | None, until: datetime, limit: int
) -> list[Moment]:
    about = contact.c.account_id == account_id if contact_id is None else inbound.c.contact_id == contact_id
    query = (
        select(
            confidential.came_in_at.label("at"),
            confidential.day_hidden.label("day_hidden"),
            inbound.c.kind,
            inbound.c.until_on,
            inbound.c.contact_id,
            *_PERSON,
        )
        .join(contact, contact.c.id == inbound.c.contact_id)
        .outerjoin(message, message.c.id == inbound.c.message_id)
        .outerjoin(invitation, invitation.c.id == message.c.invitation_id)
        .where(about, inbound.c.kind.in_(list(_CAME_IN)), inbound.c.at <= until, confidential.came_in_shown)
        .order_by(confidential.came_in_at.desc(), inbound.c.id.desc())
        .limit(limit)
    )
    found = []
    for row in db.execute(query):
        words = _CAME_IN[InboundKind(row.kind)]
        if row.kind == InboundKind.AWAY and row.until_on:
            words = f"is away until {row.until_on.day} {row.until_on:%B %Y}"
        if row.day_hidden:
            words += " (asked in confidence: it stands under the day on which they were asked)"
        found.append(Moment(row.at, "inbound", words, _name(row), f"/contacts/{row.contact_id}"))
    return found


def _nudged(
    db: Connection, account_id: str | None, contact_id: str | None, until: datetime, limit: int
) -> list[Moment]:
    query = (
        select(nudge.c.at, nudge.c.by, nudge.c.by_hand, invitation.c.contact_id, message.c.id, *_PERSON)
        .join(invitation, invitation.c.id == nudge.c.invitation_id)
        .join(contact, contact.c.id == invitation.c.contact_id)
        .outerjoin(message, message.c.key == _KEY_OF_NUDGE)
        .where(_about(invitation.c, account_id, contact_id), nudge.c.at <= until)
        .order_by(nudge.c.at.desc(), nudge.c.id.desc())
        .limit(limit)
    )
    return [
        Moment(
            row.at,
            "nudge",
            f"was nudged in person by {row.by}{', from their own mail' if row.by_hand else ''}",
            _name(row),
            f"/delivery/messages/{row.id}" if row.id is not None else f"/contacts/{row.contact_id}",
        )
        for row in db.execute(query)
    ]


_KEY_OF_NUDGE = literal("nudge:") + cast(nudge.c.invitation_id, String) + literal(":") + cast(nudge.c.number, String)


def _followed_up(
    db: Connection, account_id: str | None, contact_id: str | None, until: datetime, limit: int
) -> list[Moment]:
    query = (
        select(follow_up_event.c.at, follow_up_event.c.what, follow_up_event.c.by, follow_up.c.id)
        .join(follow_up, follow_up.c.id == follow_up_event.c.follow_up_id)
        .where(_about(follow_up.c, account_id, contact_id), follow_up_event.c.at <= until)
        .order_by(follow_up_event.c.at.desc(), follow_up_event.c.id.desc())
        .limit(limit)
    )
    return [
        Moment(row.at, "follow_up", f"Follow-up {row.what} by {row.by}", href=f"/follow-ups/{row.id}")
        for row in db.execute(query)
    ]


def _met(db: Connection, account_id: str | None, contact_id: str | None, until: datetime, limit: int) -> list[Moment]:
    query = (
        select(activity.c.on, activity.c.kind, activity.c.subject, contact.c.id, contact.c.state, *_PERSON)
        .outerjoin(contact, contact.c.id == activity.c.contact_id)
        .where(
            _about(activity.c, account_id, contact_id),
            activity.c.state == RecordState.LIVE,
            activity.c.on <= until.date(),
        )
        .order_by(activity.c.on.desc(), activity.c.id.desc())
        .limit(limit)
    )
    found = []
    for row in db.execute(query):
        what = row.kind or "Meeting"
        words = f"{what} in the CRM" + (f": {row.subject}" if row.subject and row.subject != what else "")
        # The CRM may name a lead, or somebody whom it deleted since: they have no page.
        href = f"/contacts/{row.id}" if row.state in (RecordState.LIVE, RecordState.SET_ASIDE) else ""
        found.append(Moment(_noon(row.on), "activity", words, _name(row), href))
    return found


def _handed_over(
    db: Connection, account_id: str | None, _contact_id: str | None, until: datetime, limit: int
) -> list[Moment]:
    since = false() if account_id is None else account_csm.c.account_id == account_id
    query = (
        select(account_csm.c.from_at, account_csm.c.csm_id, csm.c.name)
        .outerjoin(csm, csm.c.id == account_csm.c.csm_id)
        .where(since, account_csm.c.from_at <= until)
        .order_by(account_csm.c.from_at.desc())
        .limit(limit)
    )
    return [
        Moment(row.from_at, "owner", f"In the hands of {row.name or row.csm_id}" if row.csm_id else "Without a CSM")
        for row in db.execute(query)
    ]


def _reached(
    db: Connection, account_id: str | None, _contact_id: str | None, until: datetime, limit: int
) -> list[Moment]:
    since = false() if account_id is None else milestone.c.account_id == account_id
    query = (
        select(milestone.c.on, milestone.c.kind)
        .where(since, milestone.c.state == RecordState.LIVE, milestone.c.on <= until.date())
        .order_by(milestone.c.on.desc(), milestone.c.id.desc())
        .limit(limit)
    )
    return [Moment(_noon(row.on), "milestone", row.kind.replace("_", " ").capitalize()) for row in db.execute(query)]


_SOURCES: tuple[Callable[[Connection, str | None, str | None, datetime, int], list[Moment]], ...] = (
    _asked,
    _answered,
    _came_in,
    _nudged,
    _followed_up,
    _met,
    _handed_over,
    _reached,
)


@dataclass(frozen=True)
class Asked:
    """One invitation, as a place of the account page tells it: "Relationship, June: asked, silent"."""

    contact_id: str
    wave_id: int
    wave: str
    campaign: str
    sent_at: datetime | None
    answered_at: datetime | None
    bounced_at: datetime | None
    disposition: str | None
    stopped: str | None
    confidential: bool
    score: int | None

    @property
    def outcome(self) -> str:
        if self.answered_at is not None:
            return "answered" if self.score is None else f"answered {self.score}"
        if self.bounced_at is not None:
            return "bounced"
        if self.stopped and self.stopped not in ("wave_closed", "answered"):
            return self.stopped.replace("_", " ")
        if self.sent_at is None:
            return "planned"
        if self.confidential:
            return "asked in confidence"
        return "asked, silent" if self.disposition else "asked, waiting"


def asked_of(db: Connection, account_id: str, *, until: datetime) -> dict[str, list[Asked]]:
    """The invitations of an account by contact, the latest first."""
    scored = (
        select(response.c.invitation_id, func.max(response.c.score).label("score"))
        .join(invitation, invitation.c.id == response.c.invitation_id)
        .where(invitation.c.account_id == account_id, response.c.state == ResponseState.SUBMITTED, confidential.named)
        .group_by(response.c.invitation_id)
        .subquery()
    )
    query = (
        select(
            invitation.c.contact_id,
            invitation.c.wave_id,
            wave.c.label.label("wave"),
            campaign.c.name.label("campaign"),
            invitation.c.sent_at,
            confidential.answered_at.label("answered_at"),
            confidential.bounced_at.label("bounced_at"),
            confidential.disposition.label("disposition"),
            confidential.stopped.label("stopped"),
            invitation.c.confidential,
            scored.c.score,
        )
        .join(wave, wave.c.id == invitation.c.wave_id)
        .join(campaign, campaign.c.id == wave.c.campaign_id)
        .outerjoin(scored, scored.c.invitation_id == invitation.c.id)
        .where(invitation.c.account_id == account_id, wave.c.launched_at <= until)
        .order_by(wave.c.launched_at.desc(), invitation.c.id)
    )
    found: dict[str, list[Asked]] = defaultdict(list)
    for row in db.execute(query):
        found[row.contact_id].append(Asked(*row))
    return found
