"""How delivery stands: what its page, the doctor and a rehearsal ask."""

from datetime import datetime, timedelta

from sqlalchemy import Connection, and_, func, not_, or_, select

from voc.base import confidential, preferences, stencils
from voc.base.access import Viewer, visible_accounts
from voc.base.errors import NotFound
from voc.base.schema import account, contact, inbound, installation, message
from voc.base.secrets import Vault
from voc.base.words import InboundKind, MessageState
from voc.delivery.model import Health

_BOUNCES = (InboundKind.HARD_BOUNCE, InboundKind.SOFT_BOUNCE, InboundKind.POLICY_BOUNCE, InboundKind.COMPLAINT)


def health(db: Connection, *, now: datetime, days: int = 30) -> Health:
    """What waits and what is stuck now; what was sent and came back, over the last `days`."""
    since = now - timedelta(days=days)
    stuck = (MessageState.UNKNOWN, MessageState.FAILED, MessageState.HELD)
    counts = {
        row.state: row.number
        for row in db.execute(
            select(message.c.state, func.count().label("number"))
            .where(
                or_(
                    message.c.state.in_((*stuck, MessageState.QUEUED)),
                    and_(message.c.state == MessageState.SENT, message.c.sent_at >= since),
                    and_(message.c.state == MessageState.CANCELLED, message.c.created_at >= since),
                )
            )
            .group_by(message.c.state)
        )
    }
    wanted = preferences.load(db)
    site = db.execute(select(installation.c.sending_paused, installation.c.paused_because)).first()
    return Health(
        waiting=counts.get(MessageState.QUEUED, 0),
        overdue_since=db.execute(
            select(func.min(message.c.due_at)).where(
                message.c.state == MessageState.QUEUED, message.c.next_attempt_at <= now
            )
        ).scalar(),
        sent=counts.get(MessageState.SENT, 0),
        unknown=counts.get(MessageState.UNKNOWN, 0),
        failed=counts.get(MessageState.FAILED, 0),
        held=counts.get(MessageState.HELD, 0),
        cancelled=counts.get(MessageState.CANCELLED, 0),
        bounced=_bounced(db, since=since),
        paused_because=(site.paused_because or "Sending is paused") if site and site.sending_paused else None,
        test_address=wanted.test_address if wanted.test_mode else None,
        waiting_for_test_address=wanted.test_mode and not wanted.test_address,
    )


def _bounced(db: Connection, *, since: datetime) -> dict[InboundKind, int]:
    """Messages that came back, by class; refusals during sending have no mail of their own and count as hard."""
    rows = db.execute(
        select(inbound.c.kind, func.count(func.distinct(inbound.c.message_id)).label("number"))
        .where(inbound.c.kind.in_(_BOUNCES), inbound.c.at >= since, not_(confidential.of_a_reminder))
        .group_by(inbound.c.kind)
    )
    found = {InboundKind(row.kind): row.number for row in rows}
    refused = db.execute(
        select(func.count()).where(message.c.state == MessageState.FAILED, message.c.bounced_at >= since)
    ).scalar_one()
    if refused:
        found[InboundKind.HARD_BOUNCE] = found.get(InboundKind.HARD_BOUNCE, 0) + refused
    return found


def mail_text(db: Connection, message_id: int, viewer: Viewer, *, vault: Vault) -> bytes:
    """The whole mail as it was made; once it is sent, its links are struck out. NotFound if not the viewer's."""
    body = db.execute(
        select(message.c.body)
        .outerjoin(contact, contact.c.id == message.c.contact_id)
        .outerjoin(account, account.c.id == contact.c.account_id)
        .where(message.c.id == message_id, visible_accounts(viewer))
    ).scalar()
    if body is None:
        raise NotFound("There is no such mail, or it is not kept any more.")
    return stencils.opened(db, body, vault=vault)
