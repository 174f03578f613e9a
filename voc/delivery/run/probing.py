"""Whether mail to our own return paths comes back here: one mail to ourselves, and when it was seen again.

It is handed over at once, by whoever asks, past test mode and pauses: it goes to nobody but us. What
comes back finds its row by the return path, like any reply.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from voc.base import preferences
from voc.base.secrets import Vault
from voc.base.settings import Settings
from voc.base.tokens import Tokens
from voc.base.words import MessageKind, MessageState
from voc.delivery import headers, mime
from voc.delivery.model import Envelope, Handed, Outcome, OwnMessage, Party
from voc.delivery.run.writing import Office
from voc.delivery.store import checks, outbox
from voc.delivery.store.outbox import Draft

_NAME = "replies"
_TEXT = "This mail was sent by voc to itself, to see whether replies and bounces come back. Nobody need do anything."
_WORDS = "A probe of the way back"


@dataclass(frozen=True)
class Probe:
    """The last one: `trouble` where no server took it, `came_at` once it was seen again."""

    sent_at: datetime
    address: str
    came_at: datetime | None = None
    trouble: str | None = None


@dataclass(frozen=True)
class Prepared:
    id: int
    envelope: Envelope


def prepare(db: Connection, *, now: datetime, vault: Vault, tokens: Tokens, settings: Settings) -> Prepared:
    """A mail to a return path of its own, held until `note_handed`: no worker touches it."""
    office = Office(vault, tokens, settings, preferences.load(db), now=now)
    id = office.random_id()
    path = office.return_path(id)
    mail = mime.assemble(
        sender=office.house,
        reply_to=None,
        to=Party(office.house.name, path),
        subject_line=_WORDS,
        text=_TEXT,
        html=f"<p>{_TEXT}</p>",
        message_id=office.message_id(id),
        at=now,
        more=headers.AUTOMATIC,
    )
    draft = Draft(
        key=f"probe:{id}",
        kind=MessageKind.TEST,
        address=path,
        recipient=path,
        return_path=path,
        subject=_WORDS,
        message_id=office.message_id(id),
        body=None,
        due_at=now,
        held_because="A probe: it is handed over by hand",
    )
    message_id = outbox.freeze(db, [draft], now=now)[draft.key]
    return Prepared(message_id, Envelope(path, path, office.signed(mail, sender=office.house.address)))


def note_handed(db: Connection, prepared: Prepared, handed: Handed | None, *, now: datetime) -> Probe:
    """What the mail server said of it."""
    taken = handed is not None and handed.outcome in (Outcome.SENT, Outcome.UNKNOWN)
    trouble = None if taken else (handed.text if handed is not None else "") or "the mail server did not take it"
    state = MessageState.SENT if taken else MessageState.CANCELLED
    outbox.end_probe(db, prepared.id, state=state, said=trouble, now=now)
    _keep(db, Probe(now, prepared.envelope.recipient, trouble=trouble), now=now)
    return Probe(now, prepared.envelope.recipient, trouble=trouble)


def note_return(db: Connection, own: OwnMessage | None, *, now: datetime) -> bool:
    """Whether `own`, a mail of ours that came in itself, is the last probe; its first sight counts."""
    if own is None or own.kind is not MessageKind.TEST:
        return False
    probe = last_probe(db)
    if probe is None or probe.address != own.recipient:
        return False
    if probe.came_at is None:
        _keep(db, Probe(probe.sent_at, probe.address, came_at=now), now=now)
    return True


def last_probe(db: Connection) -> Probe | None:
    kept = checks.last(db, _NAME)
    if kept is None:
        return None
    found = kept[1]
    came = found["came_at"]
    return Probe(
        datetime.fromisoformat(found["sent_at"]),
        found["address"],
        datetime.fromisoformat(came) if came else None,
        found["trouble"],
    )


def _keep(db: Connection, probe: Probe, *, now: datetime) -> None:
    came = probe.came_at.isoformat() if probe.came_at else None
    found = {"sent_at": probe.sent_at.isoformat(), "address": probe.address, "came_at": came, "trouble": probe.trouble}
    checks.keep(db, _NAME, found, now=now)
