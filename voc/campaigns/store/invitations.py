"""One invitation: read it, and write what happened to it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from typing import Any

from sqlalchemy import Connection, Update, and_, bindparam, case, func, insert, or_, select, update

from voc.base import confidential
from voc.base.access import Viewer, visible_accounts
from voc.base.errors import NotFound
from voc.base.schema import account, campaign, chase_event, contact_quota, invitation, wave
from voc.base.types import Instant
from voc.campaigns.model import Chased, Disposition, Dropped, Plan, Role, Step, StopReason, WaveState, Why
from voc.campaigns.quarantine import NUDGE
from voc.campaigns.store.rows import chased_as_asked, stop_rows


@dataclass(frozen=True, slots=True)
class Invitation:
    """One person in one wave. `roles`, `csm_id`, `segment` and `arr` are as they were when it was sent."""

    id: int
    wave_id: int
    contact_id: str
    account_id: str
    address: str
    csm_id: str | None
    inherited: bool
    segment: str | None
    roles: tuple[Role, ...]
    arr: Decimal | None
    currency: str | None
    language: str
    time_zone: str
    country: str | None
    heads_up: bool
    next_step: Step | None
    intended_on: date | None
    due_at: datetime | None
    held_because: str | None
    moved_because: Why | None
    sent_at: datetime | None
    closes_at: datetime | None
    stopped: StopReason | None
    stopped_at: datetime | None
    disposition: Disposition | None
    answered_at: datetime | None
    bounced_at: datetime | None
    wave_state: WaveState
    questionnaire_version_id: int
    campaign: str
    label: str
    confidential: bool


def _query(viewer: Viewer | None) -> Any:
    columns = invitation.columns if viewer is None else confidential.shown
    return (
        select(
            *columns,
            wave.c.state.label("wave_state"),
            wave.c.questionnaire_version_id,
            wave.c.label,
            campaign.c.name.label("campaign"),
        )
        .select_from(invitation)
        .join(wave, wave.c.id == invitation.c.wave_id)
        .join(campaign, campaign.c.id == wave.c.campaign_id)
    )


def invitation_of(row: Any) -> Invitation:
    return Invitation(
        id=row.id,
        wave_id=row.wave_id,
        contact_id=row.contact_id,
        account_id=row.account_id,
        address=row.address,
        csm_id=row.csm_id,
        inherited=row.inherited,
        segment=row.segment,
        roles=tuple(Role(role) for role in row.roles),
        arr=row.arr,
        currency=row.currency,
        language=row.language,
        time_zone=row.time_zone,
        country=row.country,
        heads_up=row.heads_up,
        next_step=Step(row.next_step) if row.next_step else None,
        intended_on=row.intended_on,
        due_at=row.due_at,
        held_because=row.held_because,
        moved_because=Why(row.moved_because) if row.moved_because else None,
        sent_at=row.sent_at,
        closes_at=row.closes_at,
        stopped=StopReason(row.stopped) if row.stopped else None,
        stopped_at=row.stopped_at,
        disposition=Disposition(row.disposition) if row.disposition else None,
        answered_at=row.answered_at,
        bounced_at=row.bounced_at,
        wave_state=WaveState(row.wave_state),
        questionnaire_version_id=row.questionnaire_version_id,
        campaign=row.campaign,
        label=row.label,
        confidential=row.confidential,
    )


def invitation_by_id(db: Connection, invitation_id: int, viewer: Viewer | None = None) -> Invitation:
    """NotFound if there is none, or if it is not the viewer's to see (None: the respondent's own token led here).

    What a viewer gets of a confidential one does not say whether it was answered.
    """
    query = _query(viewer).where(invitation.c.id == invitation_id)
    if viewer is not None:
        query = query.join(account, account.c.id == invitation.c.account_id).where(visible_accounts(viewer))
    row = db.execute(query).first()
    if row is None:
        raise NotFound("There is no such invitation.")
    return invitation_of(row)


@dataclass(frozen=True, slots=True)
class Standing:
    """An invitation locked for a change, with what its rules need."""

    id: int
    wave_id: int
    contact_id: str
    chased: Chased
    settings: Any
    running: bool  # the chase goes on: not stopped, not answered
    next_step: Step | None
    intended_on: date | None
    due_at: datetime | None
    sent_at: datetime | None
    closes_at: datetime | None
    answered_at: datetime | None
    disposition: Disposition | None
    latest_step: Step | None  # the last one that was claimed


_LATEST = (
    select(contact_quota.c.step)
    .where(contact_quota.c.invitation_id == invitation.c.id, contact_quota.c.step != NUDGE)
    .order_by(contact_quota.c.id.desc())
    .limit(1)
    .correlate(invitation)
    .scalar_subquery()
)
_ONE = (
    select(
        invitation,
        wave.c.settings,
        wave.c.launched_at,
        wave.c.resumed_at,
        campaign.c.priority,
        account.c.escalated_until_on,
        account.c.renewal_on,
        _LATEST.label("latest_step"),
    )
    .join(wave, wave.c.id == invitation.c.wave_id)
    .join(campaign, campaign.c.id == wave.c.campaign_id)
    .join(account, account.c.id == invitation.c.account_id)
    .where(invitation.c.id == bindparam("sought"))
)
_LOCK = _ONE.with_for_update(of=invitation)


def lock(db: Connection, invitation_id: int) -> Standing:
    """The row, locked until the transaction ends. NotFound if there is none."""
    return _standing(db.execute(_LOCK, {"sought": invitation_id}).first())


def look(db: Connection, invitation_id: int) -> Standing:
    """The same without the lock, to show what would follow."""
    return _standing(db.execute(_ONE, {"sought": invitation_id}).first())


def _standing(row: Any) -> Standing:
    if row is None:
        raise NotFound("There is no such invitation.")
    return Standing(
        id=row.id,
        wave_id=row.wave_id,
        contact_id=row.contact_id,
        chased=chased_as_asked(row, priority=row.priority, since_at=row.resumed_at or row.launched_at),
        settings=row.settings,
        running=row.stopped is None and row.answered_at is None,
        next_step=Step(row.next_step) if row.next_step else None,
        intended_on=row.intended_on,
        due_at=row.due_at,
        sent_at=row.sent_at,
        closes_at=row.closes_at,
        answered_at=row.answered_at,
        disposition=Disposition(row.disposition) if row.disposition else None,
        latest_step=Step(row.latest_step) if row.latest_step else None,
    )


def hold(db: Connection, invitation_ids: Sequence[int]) -> None:
    """Lock the rows, in their order, until the transaction ends."""
    if invitation_ids:
        of_these = select(invitation.c.id).where(invitation.c.id.in_(invitation_ids))
        db.execute(of_these.order_by(invitation.c.id).with_for_update()).all()


def write(db: Connection, invitation_id: int, **values: Any) -> None:
    new = {f"new_{column}": value for column, value in values.items()}
    db.execute(_writing(tuple(sorted(values))), {"sought": invitation_id, **new})


@cache
def _writing(columns: tuple[str, ...]) -> Update:
    new = {column: bindparam(f"new_{column}", type_=invitation.c[column].type) for column in columns}
    return update(invitation).where(invitation.c.id == bindparam("sought")).values(new)


_AT, _DECIDED = bindparam("answered", type_=Instant()), bindparam("decided", type_=invitation.c.disposition.type)
_ON_TIME = or_(invitation.c.closes_at.is_(None), invitation.c.closes_at >= _AT)
_DECIDES = and_(_ON_TIME, or_(invitation.c.disposition.is_(None), invitation.c.disposition != Disposition.COMPLETE))
# One statement, since every answer runs it; it locks the row, and reads it anew after waiting for somebody else's.
_ANSWER = (
    update(invitation)
    .where(invitation.c.id == bindparam("sought"))
    .values(
        answered_at=func.coalesce(invitation.c.answered_at, _AT),
        disposition=case((_DECIDES, _DECIDED), else_=invitation.c.disposition),
        disposed_at=case((_DECIDES, _AT), else_=invitation.c.disposed_at),
        stopped=func.coalesce(invitation.c.stopped, StopReason.ANSWERED),
        stopped_at=func.coalesce(invitation.c.stopped_at, _AT),
        next_step=None,
        due_at=None,
        held_because=None,
        moved_because=None,
    )
    .returning(invitation.c.stopped, invitation.c.stopped_at)
)


def write_answer(db: Connection, invitation_id: int, *, complete: bool, at: datetime) -> bool:
    """Answered, and the chase ended unless it was over: True if this ended it. NotFound if there is none."""
    decided = Disposition.COMPLETE if complete else Disposition.PARTIAL
    row = db.execute(_ANSWER, {"sought": invitation_id, "answered": at, "decided": decided}).first()
    if row is None:
        raise NotFound("There is no such invitation.")
    return bool(row.stopped == StopReason.ANSWERED and row.stopped_at == at)


def write_plan(
    db: Connection, invitation_id: int, plan: Plan | Dropped | None, *, now: datetime, **values: Any
) -> None:
    """The next step, or that there is none; a dropped or moved one leaves a line with its reason."""
    if isinstance(plan, Plan):
        values |= {"next_step": plan.step, "intended_on": plan.on, "due_at": plan.at, "moved_because": plan.why}
    else:
        values |= {"next_step": None, "due_at": None, "moved_because": None}
    write(db, invitation_id, **values)
    if plan is not None and plan.why is not None:
        what = "moved" if isinstance(plan, Plan) else "dropped"
        add_event(db, invitation_id, at=now, step=plan.step, what=what, why=plan.why, on=plan.on)


def write_plan_or_stop(db: Connection, invitation_id: int, plan: Plan | Dropped, *, now: datetime) -> None:
    """Like `write_plan`; but an invitation that finds no day any more ends the chase before it began."""
    write_plan(db, invitation_id, plan, now=now)
    if isinstance(plan, Dropped) and plan.step in (Step.HEADS_UP, Step.INVITE):
        stop_rows(db, [invitation_id], reason=StopReason.NO_DAY, now=now)


def add_event(
    db: Connection, invitation_id: int, *, at: datetime, step: Step, what: str, why: Why | None, on: date | None
) -> None:
    row = {"invitation_id": invitation_id, "at": at, "step": step, "what": what, "why": why, "on": on}
    db.execute(insert(chase_event).values(**row))


def write_bounce(db: Connection, invitation_id: int, *, at: datetime) -> None:
    """The first bounce of somebody who never answered."""
    open_ = (invitation.c.answered_at.is_(None)) & (invitation.c.bounced_at.is_(None))
    db.execute(update(invitation).where(invitation.c.id == invitation_id, open_).values(bounced_at=at))


def open_of_contact(db: Connection, contact_id: str) -> list[int]:
    query = select(invitation.c.id).where(invitation.c.contact_id == contact_id, invitation.c.stopped.is_(None))
    return list(db.execute(query.where(invitation.c.answered_at.is_(None)).order_by(invitation.c.id)).scalars())


def open_of_address(db: Connection, address: str) -> list[int]:
    """Every invitation to the address whose chase is not over."""
    query = select(invitation.c.id).where(invitation.c.address == address, invitation.c.stopped.is_(None))
    return list(db.execute(query.order_by(invitation.c.id)).scalars())


def reserve(
    db: Connection,
    *,
    address: str,
    account_id: str,
    invitation_id: int,
    step: str,
    priority: int,
    on: date,
    at: datetime,
) -> None:
    db.execute(
        insert(contact_quota).values(
            address=address,
            account_id=account_id,
            invitation_id=invitation_id,
            step=step,
            priority=priority,
            on=on,
            at=at,
        )
    )
