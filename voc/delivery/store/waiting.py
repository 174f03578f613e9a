"""Why a queued mail does not go yet, for pages: the same conditions as the claim's, with what they were."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import Connection, and_, func, or_, select

from voc.base.among import among
from voc.base.preferences import Preferences
from voc.base.schema import account, exclusion, installation, invitation, message, wave
from voc.base.words import MessageKind, MessageState, WaveState
from voc.delivery.store.may_go import ASKING


class Because(StrEnum):
    SENDING_PAUSED = "sending_paused"
    TEST_MODE = "test_mode"  # it was frozen for a real person
    WAVE_PAUSED = "wave_paused"
    ESCALATED = "escalated"
    EXCLUDED = "excluded"
    LATER = "later"  # its next moment is to come


@dataclass(frozen=True)
class Waits:
    """`until`: the first day on which this no longer stands in its way, where one is known."""

    because: Because
    until: date | None = None


def why_waiting(db: Connection, ids: Collection[int], wanted: Preferences, *, now: datetime) -> dict[int, Waits]:
    """By id, of those of these messages that are queued and may not go now: the first reason, the widest first."""
    today = now.date()
    excluded = select(func.max(exclusion.c.expires_on)).where(
        exclusion.c.account_id == invitation.c.account_id,
        or_(exclusion.c.contact_id.is_(None), exclusion.c.contact_id == invitation.c.contact_id),
        exclusion.c.ended_at.is_(None),
        exclusion.c.expires_on > today,
    )
    rows = db.execute(
        select(
            message.c.id,
            message.c.kind,
            message.c.recipient,
            message.c.created_at,
            message.c.next_attempt_at,
            wave.c.state.label("wave_state"),
            account.c.escalated_until_on,
            excluded.correlate(invitation).scalar_subquery().label("excluded_until_on"),
        )
        .outerjoin(invitation, and_(invitation.c.id == message.c.invitation_id, message.c.kind.in_(ASKING)))
        .outerjoin(account, account.c.id == invitation.c.account_id)
        .outerjoin(wave, and_(wave.c.id == message.c.wave_id, message.c.kind.in_(ASKING)))
        .where(among(message.c.id, "ids"), message.c.state == MessageState.QUEUED),
        {"ids": ids},
    )
    paused_at = db.execute(select(installation.c.paused_at).where(installation.c.sending_paused)).first()
    found: dict[int, Waits] = {}
    for row in rows:
        told = row.kind == MessageKind.ALERT and paused_at and paused_at[0] and row.created_at >= paused_at[0]
        if paused_at is not None and not told:
            found[row.id] = Waits(Because.SENDING_PAUSED)
        elif wanted.test_mode and row.recipient != (wanted.test_address or ""):
            found[row.id] = Waits(Because.TEST_MODE)
        elif row.wave_state in (WaveState.PAUSED, WaveState.PLANNING):
            found[row.id] = Waits(Because.WAVE_PAUSED)
        elif row.escalated_until_on is not None and row.escalated_until_on > today:
            found[row.id] = Waits(Because.ESCALATED, row.escalated_until_on)
        elif row.excluded_until_on is not None:
            found[row.id] = Waits(Because.EXCLUDED, row.excluded_until_on)
        elif row.next_attempt_at is not None and row.next_attempt_at > now:
            found[row.id] = Waits(Because.LATER)
    return found
