"""What a nudge looks at, and that it was: writes `nudge`."""

from datetime import date, datetime, timedelta
from typing import Any

from msgspec.structs import replace
from sqlalchemy import Connection, and_, func, insert, select

from voc.base.access import TERMINAL, Viewer, visible_accounts
from voc.base.errors import NotFound
from voc.base.schema import account, alias, campaign, contact, csm, invitation, nudge, questionnaire_version, wave
from voc.base.words import AccountStatus, RecordState, StopReason
from voc.campaigns.model import DueStep, Step, WaveState
from voc.campaigns.nudges import Invited
from voc.campaigns.store import facts
from voc.campaigns.store.invitations import Standing
from voc.campaigns.store.rows import OF_TODAY, due_step


def row_of(db: Connection, invitation_id: int, viewer: Viewer = TERMINAL) -> Any:
    """The invitation with person, account and CSM of today; NotFound unless the viewer may see the account."""
    query = (
        select(
            invitation,
            *OF_TODAY,
            wave.c.state.label("wave_state"),
            csm.c.id.label("csm_now_id"),
        )
        .join(wave, wave.c.id == invitation.c.wave_id)
        .join(campaign, campaign.c.id == wave.c.campaign_id)
        .join(questionnaire_version, questionnaire_version.c.id == wave.c.questionnaire_version_id)
        .join(contact, contact.c.id == invitation.c.contact_id)
        .outerjoin(alias, and_(alias.c.kind == "account", alias.c.loser_id == invitation.c.account_id))
        .join(account, account.c.id == func.coalesce(alias.c.winner_id, invitation.c.account_id))
        .outerjoin(csm, and_(csm.c.id == account.c.csm_id, csm.c.active))
        .where(invitation.c.id == invitation_id, visible_accounts(viewer))
    )
    row = db.execute(query).first()
    if row is None:
        raise NotFound("There is no such invitation, or it is not yours.")
    return row


def invited(db: Connection, row: Any, standing: Standing, *, today: date) -> Invited:
    """`standing` is the same invitation, locked; suppression, consent and exclusions are read after that."""
    suppressed = facts.suppressed(db, [row]).get(row.address)
    excluded = facts.excluded(db, [row], today=today - timedelta(days=1))
    ends = [excluded.get((row.account_now_id, whom)) for whom in (None, row.contact_id)]
    away = [row.away_until_on, row.contact_away_until_on]
    return Invited(
        chased=replace(
            standing.chased,
            account_id=row.account_now_id,
            away_until_on=max((day for day in away if day is not None), default=None),
            set_aside=RecordState.SET_ASIDE in (row.contact_state, row.account_state),
            excluded_until_on=max((day for day in ends if day is not None), default=None),
        ),
        wave=WaveState(row.wave_state),
        confidential=row.confidential,
        sent_at=standing.sent_at,
        answered_at=standing.answered_at,
        stopped=(StopReason(row.stopped) if row.stopped else None) or suppressed or _gone(row),
        consented=row.address in facts.consented(db, [row]),
        in_confidence_until=_in_confidence_until(db, row.address),
    )


def _in_confidence_until(db: Connection, address: str) -> datetime | None:
    """The latest due date of what is asked of the address in confidence just now, whether it is answered or not."""
    query = (
        select(func.max(invitation.c.closes_at))
        .join(wave, wave.c.id == invitation.c.wave_id)
        .where(
            invitation.c.address == address,
            invitation.c.confidential,
            invitation.c.sent_at.is_not(None),
            wave.c.state.in_((WaveState.RUNNING, WaveState.PAUSED)),
        )
    )
    return db.execute(query).scalar()


def _gone(row: Any) -> StopReason | None:
    """What the CRM or a person said of them since."""
    if row.left_company or row.left_at is not None:
        return StopReason.LEFT
    if row.contact_state not in (RecordState.LIVE, RecordState.SET_ASIDE):
        return StopReason.GONE
    if row.account_status != AccountStatus.CUSTOMER:
        return StopReason.GONE
    return None


def letter_to(row: Any) -> DueStep:
    """The invitation as a mail to them needs it: worded as a reminder, due now by its caller."""
    return due_step(
        row, Step.REMINDER_1, due_at=row.sent_at, closes_at=row.closes_at, give_up_at=row.closes_at, last_step=False
    )


def add(db: Connection, invitation_id: int, *, at: datetime, by: str, by_hand: bool) -> int:
    """Its number, from 1."""
    count = select(func.count()).select_from(nudge).where(nudge.c.invitation_id == invitation_id)
    number: int = db.execute(count).scalar_one() + 1
    values = {"invitation_id": invitation_id, "number": number, "at": at, "by": by, "by_hand": by_hand}
    db.execute(insert(nudge).values(**values))
    return number
