"""Bounces, automatic replies and people's answers: kept once, and acted on in the same transaction.

A mail counts by the random return path it came back to; a reply also by the random id of the mail it
answers. Whoever it names, only the person that mail was for is acted on.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection

from voc.base import log
from voc.base.db import Database
from voc.base.secrets import Vault
from voc.base.settings import Settings
from voc.base.tokens import Tokens
from voc.base.words import InboundKind, MessageKind
from voc.delivery import inbound, replies
from voc.delivery.model import Incoming, OwnMessage, Party
from voc.delivery.run import effects
from voc.delivery.run.queueing import queue
from voc.delivery.store import inbox

_ABOUT_ADDRESS = frozenset({InboundKind.HARD_BOUNCE, InboundKind.SOFT_BOUNCE, InboundKind.POLICY_BOUNCE})
_log = log.get("delivery")


def receive(
    database: Database,
    raw: bytes,
    *,
    now: datetime,
    vault: Vault,
    tokens: Tokens,
    settings: Settings,
    envelope_to: Sequence[str] = (),
    source: str = "",
) -> InboundKind | None:
    """Take one mail that came back. None when it belongs to no message of ours, or reports success.

    Idempotent: the same mail again changes nothing. `envelope_to` are the addresses it was delivered
    to, where the server tells; else its headers say. Anything may come in here: it never raises for
    what a mail holds.
    """
    mail = inbound.parse(raw, envelope_to=envelope_to)
    with database.begin() as db:
        about = inbox.by_return_path(db, list(mail.sent_to))
        by_path = about is not None
        about = about or inbox.by_message_id(db, list(mail.answers[:20]))
        if about is None:
            _log.info("a mail that belongs to no message was left")
            return None
        said = inbound.understand(mail, recipient=about.recipient, received_on=now.date())
        if said is None:
            inbox.confirm_delivered(db, about.id, at=now)
            return None
        if not by_path and said.kind in (*_ABOUT_ADDRESS, InboundKind.COMPLAINT):
            # Message ids travel with every forwarded mail: they prove an answer, not a bounce.
            _log.warning("a bounce without our return path was left", message=about.id)
            return None
        kept = inbox.keep(db, key=inbox.digest(mail.key or raw.decode("latin-1")), about=about, said=said, at=now)
        if kept is not None:
            _act(db, about, said, mail, inbound_id=kept, now=now)
            if said.kind is InboundKind.REPLY:
                _forward(db, about, mail, now=now, vault=vault, tokens=tokens, settings=settings)
            if said.kind is InboundKind.POLICY_BOUNCE:
                _alert(db, said, now=now, vault=vault, tokens=tokens, settings=settings)
    _log.info("a mail came back", kind=said.kind, known=kept is None)
    return said.kind


def _act(
    db: Connection, about: OwnMessage, said: Incoming, mail: inbound.Mail, *, inbound_id: int, now: datetime
) -> None:
    if about.is_test or about.contact_id is None:
        return  # it went to the test address or to a colleague: nothing is learned about a contact
    if said.kind is InboundKind.HARD_BOUNCE:
        effects.address_gone(
            db,
            message_id=about.id,
            contact_id=about.contact_id,
            invitation_id=about.invitation_id,
            address=about.address,
            code=said.code or "",
            quote=said.quote,
            now=now,
        )
    elif said.kind is InboundKind.COMPLAINT:
        effects.complained(db, about, now=now)
    elif said.kind not in _ABOUT_ADDRESS:
        effects.replied(db, about, said, inbound_id=inbound_id, own_hand=mail.is_from(about.address), now=now)


def _forward(
    db: Connection,
    about: OwnMessage,
    mail: inbound.Mail,
    *,
    now: datetime,
    vault: Vault,
    tokens: Tokens,
    settings: Settings,
) -> None:
    """A person's answer is a conversation: it goes on to the CSM, who answers it directly."""
    with_whom = inbox.conversation(db, about.contact_id) if about.contact_id is not None else None
    if with_whom is None or with_whom.csm is None:
        return
    words = replies.unquoted(mail.text) or "(The reply has no text.)"
    queue(
        db,
        key=f"reply:{inbox.digest(mail.key or mail.text)[:32]}:{about.id}",
        kind=MessageKind.FOLLOW_UP,
        to=with_whom.csm,
        subject=f"{with_whom.contact_name} replied: {' '.join(mail.subject.split()) or about.subject}"[:200],
        body_text=(
            f"{with_whom.contact_name} at {with_whom.account_name} replied to our mail."
            " No reminder goes out any more.\nYour answer to this mail goes straight to them.\n\n"
            f"{words}\n"
        ),
        reply_to=Party(with_whom.contact_name, about.address),
        now=now,
        vault=vault,
        tokens=tokens,
        settings=settings,
    )


def _alert(db: Connection, said: Incoming, *, now: datetime, vault: Vault, tokens: Tokens, settings: Settings) -> None:
    """Refused for our reputation or set-up: one mail a day to each admin, and nobody is struck off."""
    for number, admin in enumerate(inbox.admins(db)):
        queue(
            db,
            key=f"alert:policy:{now.date()}:{number}",
            kind=MessageKind.ALERT,
            to=admin,
            subject="A mail server refuses our mail as such",
            body_text=(
                "A receiving mail server refused a message because of who sends it or how, not because of its"
                f" recipient.\n\nIt said: {said.quote or said.code}\n\nCheck SPF, DKIM and DMARC of the sending domain,"
                " and whether its address is on a block list. Contacts are not touched by this.\n"
            ),
            now=now,
            vault=vault,
            tokens=tokens,
            settings=settings,
        )
