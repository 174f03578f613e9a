"""What delivery tells the earlier stages, in the transaction of the fact itself."""

from datetime import datetime

from sqlalchemy import Connection

from voc.base import audit
from voc.base.access import Viewer
from voc.base.words import InboundKind, Sign, Step, StopReason, SuggestionKind, SuppressionReason
from voc.campaigns import run as campaigns
from voc.delivery import rules
from voc.delivery.model import Incoming, OwnMessage
from voc.delivery.store import inbox, outbox
from voc.stakeholders import run as stakeholders

SOURCE = "mail"


def not_delivered(db: Connection, invitation_id: int | None, *, step: Step | None, now: datetime) -> None:
    """A step is over without a 250 (unknown, refused or given up): the chase goes on with the next one."""
    if invitation_id is not None and step is not None:
        campaigns.record_not_sent(db, invitation_id, step=step, at=now)


def stop(db: Connection, invitation_id: int | None, *, reason: StopReason, now: datetime) -> None:
    """End the chase and call back what is queued of it."""
    if invitation_id is None:
        return
    ended = (
        campaigns.record_bounce(db, invitation_id, at=now)
        if reason is StopReason.BOUNCED
        else campaigns.stop(db, invitation_id, reason=reason, now=now)
    )
    for id in ended:
        outbox.cancel(db, id, reason=reason)


def they_replied(db: Connection, contact_id: str, *, viewer: Viewer, now: datetime) -> int:
    """A person answered the CSM by mail, which never came by us: the chase stops, and it is a sign of life.

    How many chases it stopped. NotFound if the contact is not the viewer's to see.
    """
    stakeholders.replied(db, contact_id=contact_id, viewer=viewer, now=now)
    under_way = campaigns.under_way(db, contact_id)
    for invitation_id in under_way:
        stop(db, invitation_id, reason=StopReason.REPLIED, now=now)
        audit.record(
            db,
            at=now,
            actor=viewer.name,
            action="reply told",
            object_kind="invitation",
            object_id=invitation_id,
        )
    return len(under_way)


def consent_withdrawn(db: Connection, contact_id: str, *, viewer: Viewer, now: datetime) -> int:
    """A person no longer agrees to be asked by mail; how many chases that stopped, with their queued mail.

    NotFound if the contact is not the viewer's to see. It stops nothing where their country wants no consent.
    """
    address = stakeholders.withdraw_consent(db, contact_id=contact_id, viewer=viewer, now=now)
    stopped = campaigns.stop_without_consent(db, address, now=now)
    for id in stopped:
        outbox.cancel(db, id, reason=StopReason.NO_CONSENT)
    return len(stopped)


def gone(db: Connection, about: OwnMessage, said: Incoming, *, contact_id: str, now: datetime) -> None:
    """A mail of ours came back: nobody is behind its address any more."""
    address_gone(
        db,
        message_id=about.id,
        contact_id=contact_id,
        invitation_id=about.invitation_id,
        address=about.address,
        code=said.code or "",
        quote=said.quote,
        now=now,
    )


def address_gone(
    db: Connection,
    *,
    message_id: int,
    contact_id: str,
    invitation_id: int | None,
    address: str,
    code: str,
    quote: str | None,
    now: datetime,
) -> None:
    """Nobody is behind the address any more: never mail it again, and let the CSM find the person."""
    outbox.mark_bounced(db, message_id, code=code, at=now)
    told_at = inbox.told_at(db, message_id, now=now)
    stakeholders.suppress(db, address=address, reason=SuppressionReason.BOUNCED, at=told_at, source=SOURCE)
    stakeholders.record(
        db,
        key=f"bounced:{message_id}",
        contact_id=contact_id,
        kind=Sign.BOUNCED,
        at=told_at,
        source=SOURCE,
        quote=quote,
    )
    _suggest(db, SuggestionKind.BOUNCED, contact_id=contact_id, key=address, now=now, address=address, quote=quote)
    stop(db, invitation_id, reason=StopReason.BOUNCED, now=now)


def complained(db: Connection, about: OwnMessage, *, now: datetime) -> None:
    """Pressed "this is spam": never again, and the wave pauses when several do."""
    told_at = inbox.told_at(db, about.id, now=now)
    stakeholders.suppress(db, address=about.address, reason=SuppressionReason.COMPLAINT, at=told_at, source=SOURCE)
    stop(db, about.invitation_id, reason=StopReason.COMPLAINED, now=now)
    if about.wave_id is None:
        return
    complaints, sent, running = inbox.complaints_of(db, about.wave_id)
    if running and rules.too_many_complaints(complaints, sent=sent):
        because = f"{complaints} of {sent} messages were reported as spam."
        campaigns.pause(db, about.wave_id, by="delivery", now=now, because=because)


def replied(
    db: Connection, about: OwnMessage, said: Incoming, *, inbound_id: int, own_hand: bool, now: datetime
) -> None:
    """An automatic reply, or a person's. `own_hand`: it came from the address we wrote to."""
    contact_id = about.contact_id
    if contact_id is None:
        return
    if said.kind is InboundKind.AWAY:
        if not inbox.is_of_a_reminder_in_confidence(db, inbound_id):
            _sign(db, Sign.OUT_OF_OFFICE, contact_id, inbound_id, said, now=now)
        if about.invitation_id is not None and said.until_on is not None:
            campaigns.away(db, about.invitation_id, until_on=said.until_on, now=now)
    elif said.kind is InboundKind.REPLY:
        if own_hand:
            _sign(db, Sign.REPLIED, contact_id, inbound_id, said, now=now)
        stop(db, about.invitation_id, reason=StopReason.REPLIED, now=now)
    elif said.kind is InboundKind.LEFT:
        _suggest(db, SuggestionKind.LEFT, contact_id=contact_id, key=str(inbound_id), now=now, quote=said.quote)
        _suggest_successor(db, contact_id, said, inbound_id=inbound_id, now=now)
        stop(db, about.invitation_id, reason=StopReason.LEFT, now=now)
    elif said.kind is InboundKind.CHANGED_ROLE:
        _suggest(db, SuggestionKind.CHANGED_ROLE, contact_id=contact_id, key=str(inbound_id), now=now, quote=said.quote)
        _suggest_successor(db, contact_id, said, inbound_id=inbound_id, now=now)


def _sign(db: Connection, kind: Sign, contact_id: str, inbound_id: int, said: Incoming, *, now: datetime) -> None:
    stakeholders.record(
        db, key=f"inbound:{inbound_id}", contact_id=contact_id, kind=kind, at=now, source=SOURCE, quote=said.quote
    )


def _suggest_successor(db: Connection, contact_id: str, said: Incoming, *, inbound_id: int, now: datetime) -> None:
    if said.successor_address is None and said.successor_name is None:
        return
    _suggest(
        db,
        SuggestionKind.SUCCESSOR,
        contact_id=contact_id,
        key=str(inbound_id),
        now=now,
        name=said.successor_name,
        address=said.successor_address,
        quote=said.quote,
    )


def suggestion_key(kind: SuggestionKind, contact_id: str, *, about: str) -> str:
    """The suggestion that a mail made; `about` is its number here or, of a bounce, the address."""
    # It fits its column whatever the address is like.
    return f"{kind}:{contact_id}:{inbox.digest(about)[:24]}"


def _suggest(
    db: Connection,
    kind: SuggestionKind,
    *,
    contact_id: str,
    key: str,
    now: datetime,
    name: str | None = None,
    address: str | None = None,
    quote: str | None = None,
) -> None:
    account_id = inbox.account_of(db, contact_id)
    if account_id is None:
        return
    stakeholders.suggest(
        db,
        key=suggestion_key(kind, contact_id, about=key),
        kind=kind,
        account_id=account_id,
        contact_id=contact_id,
        now=now,
        name=name,
        address=address,
        quote=quote,
    )
