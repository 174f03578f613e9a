"""What CSMs said about heads-ups, and the list of those that are still to go."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, and_, insert, or_, select, update

from voc.base.access import Viewer, visible_accounts
from voc.base.schema import account, campaign, contact, csm, heads_up, invitation, message, wave
from voc.base.words import MessageState, Step, WaveState
from voc.campaigns.model import HeadsUpText, Role

_OPEN = (WaveState.RUNNING, WaveState.PAUSED)


@dataclass(frozen=True, slots=True)
class Said:
    """A CSM's word on one heads-up. `text` is None while the questionnaire's own words stand."""

    text: HeadsUpText | None = None
    held: bool = False
    planned_on: date | None = None
    own_mail_at: datetime | None = None
    changed_at: datetime | None = None
    changed_by: str | None = None


_NOTHING = Said()


def _said(row: Any) -> Said:
    text = HeadsUpText(row.subject, row.own_text) if row.own_text is not None else None
    return Said(text, bool(row.held), row.planned_on, row.own_mail_at, row.changed_at, row.changed_by)


def said_of(db: Connection, invitation_id: int) -> Said:
    row = db.execute(select(*_SAID).where(heads_up.c.invitation_id == invitation_id)).first()
    return _NOTHING if row is None else _said(row)


_SAID = (
    heads_up.c.subject,
    heads_up.c.body.label("own_text"),
    heads_up.c.held,
    heads_up.c.planned_on,
    heads_up.c.own_mail_at,
    heads_up.c.changed_at,
    heads_up.c.changed_by,
)


def keep(db: Connection, invitation_id: int, *, by: str, now: datetime, **values: Any) -> None:
    """Change what is said, or begin to say something. The invitation's row is locked by the caller."""
    values |= {"changed_at": now, "changed_by": by}
    changed = db.execute(update(heads_up).where(heads_up.c.invitation_id == invitation_id).values(**values))
    if not changed.rowcount:
        db.execute(insert(heads_up).values(invitation_id=invitation_id, **values))


def own_texts(db: Connection, invitation_ids: Collection[int]) -> dict[int, HeadsUpText]:
    """Those of these invitations whose heads-up has words of its own: one query for a whole claim."""
    if not invitation_ids:
        return {}
    query = select(heads_up.c.invitation_id, heads_up.c.subject, heads_up.c.body.label("own_text")).where(
        heads_up.c.invitation_id.in_(sorted(invitation_ids)), heads_up.c.body.is_not(None)
    )
    return {row.invitation_id: HeadsUpText(row.subject, row.own_text) for row in db.execute(query)}


@dataclass(frozen=True, slots=True)
class ToGo:
    """One heads-up with whom it is for, when it goes and what was said about it.

    `due_at` is the moment of the step that is planned (`next_step`); with the heads-up held or sent by
    hand that is the invitation. `sent_at` is when the server took the heads-up, `state` its message's.
    """

    invitation_id: int
    wave_id: int
    wave: str
    wave_state: WaveState
    campaign: str
    questionnaire_version_id: int
    contact_id: str
    first_name: str | None
    name: str
    address: str
    roles: tuple[Role, ...]
    account_id: str
    account_name: str
    csm_id: str | None
    csm_name: str | None
    csm_title: str | None
    csm_email: str | None
    language: str
    time_zone: str
    country: str | None
    next_step: Step | None
    intended_on: date | None
    due_at: datetime | None
    held_because: str | None
    state: MessageState | None
    sent_at: datetime | None
    settings: Any
    said: Said

    @property
    def open(self) -> bool:
        """Still in the CSM's hands."""
        return self.next_step is Step.HEADS_UP and self.held_because is None


def to_go(
    db: Connection,
    viewer: Viewer,
    *,
    wave_id: int | None = None,
    account_id: str | None = None,
    invitation_id: int | None = None,
    limit: int | None = None,
) -> list[ToGo]:
    """Heads-ups of open waves that have not been followed by the invitation yet, the next to go first."""
    mail = and_(message.c.invitation_id == invitation.c.id, message.c.step == Step.HEADS_UP)
    query = (
        select(
            invitation,
            wave.c.label,
            wave.c.state.label("wave_state"),
            wave.c.settings,
            wave.c.questionnaire_version_id,
            campaign.c.name.label("campaign"),
            contact.c.first_name,
            contact.c.last_name,
            account.c.name.label("account_name"),
            csm.c.name.label("csm_name"),
            csm.c.title.label("csm_title"),
            csm.c.email.label("csm_email"),
            message.c.state.label("mail_state"),
            message.c.sent_at.label("mail_sent_at"),
            *_SAID,
        )
        .join(wave, wave.c.id == invitation.c.wave_id)
        .join(campaign, campaign.c.id == wave.c.campaign_id)
        .join(contact, contact.c.id == invitation.c.contact_id)
        .join(account, account.c.id == invitation.c.account_id)
        .outerjoin(csm, and_(csm.c.id == account.c.csm_id, csm.c.active))
        .outerjoin(heads_up, heads_up.c.invitation_id == invitation.c.id)
        .outerjoin(message, mail)
        .where(
            invitation.c.heads_up,
            invitation.c.sent_at.is_(None),
            invitation.c.stopped.is_(None),
            wave.c.state.in_(_OPEN),
            or_(
                invitation.c.next_step == Step.HEADS_UP,
                heads_up.c.held,
                heads_up.c.own_mail_at.is_not(None),
                message.c.id.is_not(None),
            ),
            visible_accounts(viewer),
        )
        .order_by(invitation.c.due_at, account.c.name, contact.c.last_name, invitation.c.id)
        .limit(limit)
    )
    for column, wanted in (
        (invitation.c.wave_id, wave_id),
        (invitation.c.account_id, account_id),
        (invitation.c.id, invitation_id),
    ):
        if wanted is not None:
            query = query.where(column == wanted)
    return [_to_go(row) for row in db.execute(query)]


def _to_go(row: Any) -> ToGo:
    return ToGo(
        invitation_id=row.id,
        wave_id=row.wave_id,
        wave=row.label,
        wave_state=WaveState(row.wave_state),
        campaign=row.campaign,
        questionnaire_version_id=row.questionnaire_version_id,
        contact_id=row.contact_id,
        first_name=row.first_name,
        name=" ".join(part for part in (row.first_name, row.last_name) if part) or row.address,
        address=row.address,
        roles=tuple(Role(role) for role in row.roles),
        account_id=row.account_id,
        account_name=row.account_name,
        csm_id=row.csm_id,
        csm_name=row.csm_name,
        csm_title=row.csm_title,
        csm_email=row.csm_email,
        language=row.language,
        time_zone=row.time_zone,
        country=row.country,
        next_step=Step(row.next_step) if row.next_step else None,
        intended_on=row.intended_on,
        due_at=row.due_at,
        held_because=row.held_because,
        state=MessageState(row.mail_state) if row.mail_state else None,
        sent_at=row.mail_sent_at,
        settings=row.settings,
        said=_said(row),
    )


def open_at_account(db: Connection, wave_id: int, account_id: str) -> Sequence[tuple[int, str | None]]:
    """Invitation and first name of everybody there whose heads-up can still be changed, in the order of ids."""
    query = (
        select(invitation.c.id, contact.c.first_name)
        .join(contact, contact.c.id == invitation.c.contact_id)
        .where(
            invitation.c.wave_id == wave_id,
            invitation.c.account_id == account_id,
            invitation.c.stopped.is_(None),
            invitation.c.sent_at.is_(None),
            or_(
                invitation.c.next_step == Step.HEADS_UP,
                invitation.c.id.in_(select(heads_up.c.invitation_id).where(heads_up.c.held)),
            ),
        )
        .order_by(invitation.c.id)
    )
    return [(id, first_name) for id, first_name in db.execute(query)]
