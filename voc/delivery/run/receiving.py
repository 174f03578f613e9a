"""Bounces, automatic replies and people's answers: kept once, and acted on in the same transaction.

A mail counts by the random return path it came back to; a reply also by the random id of the mail it
answers, a complaint by the return path or the unsubscribe link in the mail it is about. Whoever it
names, only the person that mail was for is acted on.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from voc.base import log
from voc.base.db import Database
from voc.base.secrets import Vault
from voc.base.settings import Settings
from voc.base.tokens import Tokens, hash_token
from voc.base.words import InboundKind, MessageKind, MessageState
from voc.delivery import inbound, replies
from voc.delivery.model import Incoming, OwnMessage, Party
from voc.delivery.run import alerts, effects, probing
from voc.delivery.run.masking import confirm_delivered
from voc.delivery.run.queueing import queue
from voc.delivery.store import inbox

FLOOD = 30  # mails about one message in a day: a loop, or somebody's robot
LONGEST_KEPT = 1_000_000  # bytes of a mail: beyond are attachments
_LONGEST_FORWARDED = 20_000

_ABOUT_ADDRESS = frozenset({InboundKind.HARD_BOUNCE, InboundKind.SOFT_BOUNCE, InboundKind.POLICY_BOUNCE})
_NEVER_LEFT = frozenset({MessageState.QUEUED, MessageState.CLAIMED, MessageState.HELD, MessageState.CANCELLED})
_log = log.get("delivery")


@dataclass(frozen=True)
class Taken:
    """What became of one mail. `ours`: it concerns a message of ours; `kind`: what it said, if anything."""

    ours: bool
    kind: InboundKind | None = None
    flood: bool = False  # too many about that message: nothing was done, and it may come again later


_LEFT_ALONE = Taken(ours=False)


@dataclass(frozen=True)
class Desk:
    """What taking mail needs besides the mail."""

    vault: Vault
    tokens: Tokens
    settings: Settings

    def take(
        self, db: Connection, raw: bytes, *, now: datetime, envelope_to: Sequence[str] = (), source: str = ""
    ) -> Taken:
        """One mail that came back, in the transaction of the caller. The same mail again changes nothing."""
        mail = inbound.parse(raw, envelope_to=envelope_to)
        if mail.key and probing.note_return(db, inbox.by_message_id(db, [mail.key]), now=now):
            return Taken(ours=True)
        about, by_path = _about(db, mail)
        if about is None:
            _log.info("a mail that belongs to no message was left")
            return _LEFT_ALONE
        said = inbound.understand(mail, recipient=about.recipient, received_on=now.date())
        if said is None:
            confirm_delivered(db, about.id, vault=self.vault, at=now)
            return Taken(ours=True)
        if not by_path and said.kind in (*_ABOUT_ADDRESS, InboundKind.COMPLAINT):
            # Message ids travel with every forwarded mail: they prove an answer, not a bounce.
            _log.warning("a bounce without our return path was left", message=about.id)
            return _LEFT_ALONE
        key = inbox.digest(f"{about.id} {mail.key or mail.essence}")
        known = inbox.is_kept(db, key)
        if not known and inbox.count_about(db, about.id, since=now - timedelta(days=1)) >= FLOOD:
            _log.warning("more mail about one message than anybody writes was left", message=about.id)
            return Taken(ours=True, flood=True)
        kept = (
            None
            if known
            else inbox.keep(
                db, key=key, about=about, said=said, at=now, source=source, raw=self.vault.encrypt(raw[:LONGEST_KEPT])
            )
        )
        if kept is not None:
            self._act(db, about, said, mail, inbound_id=kept, now=now)
        _log.info("a mail came back", kind=said.kind, known=kept is None)
        return Taken(ours=True, kind=said.kind)

    def _act(
        self, db: Connection, about: OwnMessage, said: Incoming, mail: inbound.Mail, *, inbound_id: int, now: datetime
    ) -> None:
        if said.kind is InboundKind.POLICY_BOUNCE:
            alerts.refused_as_such(db, said, now=now, vault=self.vault, tokens=self.tokens, settings=self.settings)
        if about.is_test or about.contact_id is None:
            return  # it went to the test address or to a colleague: nothing is learned about a contact
        if said.kind is InboundKind.HARD_BOUNCE:
            effects.gone(db, about, said, contact_id=about.contact_id, now=now)
        elif said.kind is InboundKind.COMPLAINT:
            effects.complained(db, about, now=now)
        elif said.kind not in _ABOUT_ADDRESS:
            effects.replied(db, about, said, inbound_id=inbound_id, own_hand=mail.is_from(about.address), now=now)
        if said.kind is InboundKind.REPLY:
            self._forward(db, about, mail, now=now)

    def _forward(self, db: Connection, about: OwnMessage, mail: inbound.Mail, *, now: datetime) -> None:
        """A person's answer is a conversation: it goes on to the CSM, who answers it directly."""
        with_whom = inbox.conversation(db, about.contact_id) if about.contact_id is not None else None
        if with_whom is None:
            return
        readers = [with_whom.csm] if with_whom.csm is not None else inbox.admins(db)
        for number, reader in enumerate(readers):
            if mail.went_to(reader.address):
                continue  # Reply-To named both of us: they have it
            queue(
                db,
                key=f"reply:{inbox.digest(mail.key or mail.essence)[:32]}:{about.id}:{number}",
                kind=MessageKind.FOLLOW_UP,
                to=reader,
                subject=f"{with_whom.contact_name} replied: {mail.subject or about.subject}"[:200],
                body_text=_forwarded(with_whom, about, mail),
                reply_to=Party(with_whom.contact_name, about.address),
                now=now,
                vault=self.vault,
                tokens=self.tokens,
                settings=self.settings,
            )


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
    to, where the server tells; else its headers say. `source` is how it came. Anything may come in
    here: it never raises for what a mail holds.
    """
    with database.begin() as db:
        desk = Desk(vault, tokens, settings)
        return desk.take(db, raw, now=now, envelope_to=envelope_to, source=source).kind


def _about(db: Connection, mail: inbound.Mail) -> tuple[OwnMessage | None, bool]:
    """The message it is about, and whether a return path or a link says so that only its recipient knows."""
    if mail.key and inbox.by_message_id(db, [mail.key]) is not None:
        return None, False  # our own mail came round to us
    about = inbox.by_return_path(db, list(mail.sent_to))
    if about is None and inbound.is_complaint(mail):
        # A complaint comes to the address its sender was told, and encloses the mail it is about.
        reported = inbound.reported(mail)
        about = inbox.by_return_path(db, list(reported.return_paths))
        about = about or inbox.by_link(db, [hash_token(token) for token in reported.tokens])
    if about is not None:
        return (None if about.state in _NEVER_LEFT and about.attempts == 0 else about), True
    return inbox.by_message_id(db, list(mail.answers[:20])), False


def _forwarded(with_whom: inbox.Conversation, about: OwnMessage, mail: inbound.Mail) -> str:
    words = replies.unquoted(mail.text)[:_LONGEST_FORWARDED] or "(The reply has no text.)"
    other = "" if mail.is_from(about.address) or not mail.sender else f"\nIt came from {mail.sender}."
    attached = f"\nIt has {mail.attachments} attached, which stay in the mailbox." if mail.attachments else ""
    return (
        f"{with_whom.contact_name} at {with_whom.account_name} replied to our mail."
        f" No reminder goes out any more.\nYour answer to this mail goes straight to them.{other}{attached}\n\n"
        f"{words}\n"
    )
