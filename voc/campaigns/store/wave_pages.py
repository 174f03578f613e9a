"""Read-models of the waves' pages: how far each wave is, what became of everybody asked, who was not asked.

What a CSM or lead sees is their own accounts; counts are made by the database, so that a wave of a
hundred thousand costs a page the same.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, case, exists, false, func, literal, or_, select

from voc.base import confidential
from voc.base.access import Viewer, visible_accounts
from voc.base.errors import NotFound
from voc.base.schema import account, campaign, census_member, contact, csm, invitation, message, response, wave
from voc.base.words import (
    AccountStatus,
    Disposition,
    MessageKind,
    MessageState,
    NotAsked,
    RecordState,
    ResponseState,
    Role,
    Step,
    StopReason,
    WaveState,
)
from voc.campaigns.store.closing import HELD


class Standing(StrEnum):
    """Where one invitation stands, in the order of its life."""

    PLANNED = "planned"  # nothing sent yet
    WAITING = "waiting"  # sent, no answer yet
    ANSWERED = "answered"
    BOUNCED = "bounced"
    STOPPED = "stopped"  # refused, left, replied in person ...
    SILENT = "silent"  # due, and no answer came
    IN_CONFIDENCE = "in_confidence"  # sent; whether they answered is shown to nobody


@dataclass(frozen=True)
class WaveRow:
    """A wave with its counts. `asked` are invitations, `not_asked` people of the census with a reason."""

    id: int
    label: str
    campaign: str
    state: WaveState
    launched_at: datetime
    launched_by: str
    closes_at: datetime | None
    closed_at: datetime | None
    paused_because: str | None
    asked: int
    answered: int
    not_asked: int
    confidential: bool


@dataclass(frozen=True)
class Tally:
    """How many invitations share all of this; the whole progress of a wave is made of such rows."""

    csm_id: str | None
    csm_name: str | None
    heads_up: bool
    sent: bool
    bounced: bool
    standing: Standing
    stopped: StopReason | None
    disposition: Disposition | None
    people: int


@dataclass(frozen=True)
class Asked:
    """One invitation as a list shows it; `last_step` is the latest mail the server took."""

    invitation_id: int
    contact_id: str
    name: str
    roles: tuple[Role, ...]
    account_id: str
    account_name: str
    csm_id: str | None
    csm_name: str | None
    standing: Standing
    stopped: StopReason | None
    disposition: Disposition | None
    sent_at: datetime | None
    answered_at: datetime | None
    by_phone: bool  # somebody of ours typed the answer in
    next_step: Step | None
    due_at: datetime | None
    held_because: str | None
    last_step: Step | None
    last_sent_at: datetime | None
    bounced: bool = False
    heads_up: bool = False


@dataclass(frozen=True)
class LeftOut:
    """Somebody of the census who was not asked."""

    contact_id: str
    name: str
    roles: tuple[Role, ...]
    account_id: str
    account_name: str
    csm_name: str | None
    reason: NotAsked
    detail: str | None


_ANSWERED = confidential.answered
_BOUNCED = or_(invitation.c.bounced_at.is_not(None), confidential.disposition == Disposition.UNKNOWN)
_STANDING = case(
    (_ANSWERED, literal(Standing.ANSWERED.value)),
    (_BOUNCED, literal(Standing.BOUNCED.value)),
    (confidential.disposition == Disposition.SILENT, literal(Standing.SILENT.value)),
    (or_(confidential.stopped.is_not(None), confidential.disposition.is_not(None)), literal(Standing.STOPPED.value)),
    (invitation.c.sent_at.is_(None), literal(Standing.PLANNED.value)),
    (invitation.c.confidential, literal(Standing.IN_CONFIDENCE.value)),
    else_=literal(Standing.WAITING.value),
)


def _among(account_id: Any, viewer: Viewer) -> ColumnElement[bool]:
    condition: ColumnElement[bool] = account_id.in_(select(account.c.id).where(visible_accounts(viewer)))
    return condition


def rows(db: Connection, viewer: Viewer, *, wave_id: int | None = None) -> list[WaveRow]:
    """Waves, the latest first, with the counts of what this viewer may see. Three queries."""
    query = (
        select(wave, campaign.c.name.label("campaign_name"))
        .select_from(wave.join(campaign, campaign.c.id == wave.c.campaign_id))
        .order_by(wave.c.launched_at.desc(), wave.c.id.desc())
    )
    if wave_id is not None:
        query = query.where(wave.c.id == wave_id)
    asked = {row.wave_id: row for row in db.execute(_asked_counts(viewer))}
    left_out = {row.wave_id: row.people for row in db.execute(_left_out_counts(viewer))}
    return [
        WaveRow(
            id=row.id,
            label=row.label,
            campaign=row.campaign_name,
            state=WaveState(row.state),
            launched_at=row.launched_at,
            launched_by=row.launched_by,
            closes_at=row.closes_at,
            closed_at=row.closed_at,
            paused_because=row.paused_because,
            asked=asked[row.id].asked if row.id in asked else 0,
            answered=asked[row.id].answered if row.id in asked else 0,
            not_asked=left_out.get(row.id, 0),
            confidential=row.confidential,
        )
        for row in db.execute(query)
    ]


def row(db: Connection, wave_id: int, viewer: Viewer) -> WaveRow:
    found = rows(db, viewer, wave_id=wave_id)
    if not found:
        raise NotFound("There is no such wave.")
    return found[0]


def held(db: Connection, wave_id: int, viewer: Viewer) -> int:
    """How many steps of the wave wait for a person."""
    mine = _among(invitation.c.account_id, viewer)
    found = select(func.count()).select_from(invitation).where(invitation.c.wave_id == wave_id, *HELD, mine)
    return db.execute(found).scalar_one()


def _asked_counts(viewer: Viewer) -> Any:
    return (
        select(
            invitation.c.wave_id,
            func.count().label("asked"),
            func.sum(case((_ANSWERED, 1), else_=0)).label("answered"),
        )
        .where(_among(invitation.c.account_id, viewer))
        .group_by(invitation.c.wave_id)
    )


def _left_out_counts(viewer: Viewer) -> Any:
    return (
        select(census_member.c.wave_id, func.count().label("people"))
        .where(census_member.c.reason.is_not(None), _among(census_member.c.account_id, viewer))
        .group_by(census_member.c.wave_id)
    )


def tally(db: Connection, wave_id: int, viewer: Viewer) -> list[Tally]:
    """Everybody asked whom this viewer may see, counted by CSM and by what became of them. One query."""
    sent, bounced = invitation.c.sent_at.is_not(None), _BOUNCED
    what = (
        invitation.c.csm_id,
        csm.c.name.label("csm_name"),
        invitation.c.heads_up,
        sent.label("sent"),
        func.coalesce(bounced, false()).label("bounced"),
        _STANDING.label("standing"),
        confidential.stopped.label("stopped"),
        confidential.disposition.label("disposition"),
    )
    inner = (
        select(*what)
        .select_from(invitation.outerjoin(csm, csm.c.id == invitation.c.csm_id))
        .where(invitation.c.wave_id == wave_id, _among(invitation.c.account_id, viewer))
        .subquery()
    )
    counted = select(inner, func.count().label("people")).group_by(*inner.c).order_by(*inner.c)
    return [
        Tally(
            csm_id=row.csm_id,
            csm_name=row.csm_name,
            heads_up=bool(row.heads_up),
            sent=bool(row.sent),
            bounced=bool(row.bounced),
            standing=Standing(row.standing),
            stopped=StopReason(row.stopped) if row.stopped else None,
            disposition=Disposition(row.disposition) if row.disposition else None,
            people=row.people,
        )
        for row in db.execute(counted)
    ]


_BY_PHONE = (
    exists()
    .where(response.c.invitation_id == invitation.c.id, response.c.state == ResponseState.SUBMITTED)
    .where(response.c.channel == "phone")
    .correlate(invitation)
)


def asked(
    db: Connection,
    wave_id: int,
    viewer: Viewer,
    *,
    standings: Sequence[Standing] = (),
    csm_id: str | None = None,
    limit: int | None = None,
) -> list[Asked]:
    """Invitations by account and name; `standings` and `csm_id` narrow them. Two queries."""
    query = (
        select(*confidential.shown, contact.c.first_name, contact.c.last_name, account.c.name.label("account_name"))
        .add_columns(csm.c.name.label("csm_name"), _STANDING.label("standing"), _BY_PHONE.label("by_phone"))
        .add_columns(func.coalesce(_BOUNCED, false()).label("came_back"))
        .select_from(
            invitation.join(contact, contact.c.id == invitation.c.contact_id)
            .join(account, account.c.id == invitation.c.account_id)
            .outerjoin(csm, csm.c.id == invitation.c.csm_id)
        )
        .where(invitation.c.wave_id == wave_id, visible_accounts(viewer))
        .order_by(account.c.name, contact.c.last_name, contact.c.first_name, invitation.c.id)
        .limit(limit)
    )
    if standings:
        query = query.where(_STANDING.in_([standing.value for standing in standings]))
    if csm_id is not None:
        query = query.where(invitation.c.csm_id == csm_id)
    found = db.execute(query).all()
    last = _last_mails(db, wave_id) if found else {}
    return [_asked(row, last.get(row.id)) for row in found]


def _last_mails(db: Connection, wave_id: int) -> dict[int, tuple[str | None, datetime]]:
    """Invitation -> the latest step the server took, and when."""
    latest = (
        select(message.c.invitation_id, func.max(message.c.sent_at).label("at"))
        .where(message.c.wave_id == wave_id, message.c.kind == MessageKind.CHASE)
        .where(message.c.state == MessageState.SENT, confidential.mail_counted)
        .group_by(message.c.invitation_id)
        .subquery()
    )
    query = select(message.c.invitation_id, message.c.step, message.c.sent_at).join(
        latest, and_(latest.c.invitation_id == message.c.invitation_id, latest.c.at == message.c.sent_at)
    )
    return {row.invitation_id: (row.step, row.sent_at) for row in db.execute(query.order_by(message.c.id))}


def _asked(row: Any, last: tuple[str | None, datetime] | None) -> Asked:
    step, at = last or (None, None)
    return Asked(
        invitation_id=row.id,
        contact_id=row.contact_id,
        name=_name(row),
        roles=tuple(Role(role) for role in row.roles),
        account_id=row.account_id,
        account_name=row.account_name,
        csm_id=row.csm_id,
        csm_name=row.csm_name,
        standing=Standing(row.standing),
        stopped=StopReason(row.stopped) if row.stopped else None,
        disposition=Disposition(row.disposition) if row.disposition else None,
        sent_at=row.sent_at,
        answered_at=row.answered_at,
        by_phone=row.by_phone,
        next_step=Step(row.next_step) if row.next_step else None,
        due_at=row.due_at,
        held_because=row.held_because,
        last_step=Step(step) if step else None,
        last_sent_at=at,
        bounced=bool(row.came_back),
        heads_up=row.heads_up,
    )


def _name(row: Any) -> str:
    return " ".join(part for part in (row.first_name, row.last_name) if part) or "no name in the CRM"


def left_out(db: Connection, wave_id: int, viewer: Viewer) -> list[LeftOut]:
    """Everybody of the census who was not asked, with the first reason, by account and name."""
    query = (
        select(census_member, contact.c.first_name, contact.c.last_name)
        .add_columns(account.c.name.label("account_name"), csm.c.name.label("csm_name"))
        .select_from(
            census_member.join(contact, contact.c.id == census_member.c.contact_id)
            .join(account, account.c.id == census_member.c.account_id)
            .outerjoin(csm, csm.c.id == account.c.csm_id)
        )
        .where(census_member.c.wave_id == wave_id, census_member.c.reason.is_not(None), visible_accounts(viewer))
        .order_by(account.c.name, contact.c.last_name, contact.c.first_name, census_member.c.id)
    )
    return [
        LeftOut(
            contact_id=row.contact_id,
            name=_name(row),
            roles=tuple(Role(role) for role in row.roles),
            account_id=row.account_id,
            account_name=row.account_name,
            csm_name=row.csm_name,
            reason=NotAsked(row.reason),
            detail=row.detail,
        )
        for row in db.execute(query)
    ]


def csm_names(db: Connection) -> dict[str, str]:
    """Every CSM's name by id."""
    return {row.id: row.name for row in db.execute(select(csm.c.id, csm.c.name).order_by(csm.c.id))}


def account_names(db: Connection, viewer: Viewer) -> dict[str, str]:
    """Names by id of the valid customers this viewer may see: those that a wave could take in."""
    query = select(account.c.id, account.c.name).where(
        account.c.state == RecordState.LIVE, account.c.status == AccountStatus.CUSTOMER, visible_accounts(viewer)
    )
    return {row.id: row.name for row in db.execute(query.order_by(account.c.id))}
