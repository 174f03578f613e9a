"""Webhooks: kept before anything is done about them, then acted on once, in whatever order they came.

Nothing here depends on which of two events was first: a delivery never takes back a bounce, and what
is proven of an unknown message is looked up when it is unknown, not when the proof came.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import Connection
from sqlalchemy.exc import OperationalError

from voc.base import log
from voc.base.db import Database
from voc.base.errors import Misconfigured, TryLater, VocError
from voc.base.secrets import Vault
from voc.base.words import InboundKind, StopReason, SuppressionReason
from voc.delivery.fetching import Outgoing
from voc.delivery.model import Incoming, OwnMessage
from voc.delivery.providers import PROVIDERS, ses, verdict
from voc.delivery.providers.model import Call, Event, EventKind, Report, WhyNot
from voc.delivery.providers.reading import unpacked_mail
from voc.delivery.run import alerts, effects
from voc.delivery.run.masking import confirm_delivered
from voc.delivery.run.receiving import Desk
from voc.delivery.store import events as store
from voc.delivery.store import hook_keys, inbox
from voc.delivery.store.events import Kept, Waiting
from voc.stakeholders import run as stakeholders

AT_ONCE = 200
MOST = 5_000  # of one turn of the job; the rest has its turn ten seconds later
MOST_IN_ONE = 10_000  # events of one call, kept in one transaction
REFUSALS_KEPT = timedelta(days=90)
_LONGEST_QUOTE = 300
_ANOTHERS, _NOT_OURS = "taken by another worker", "not ours"

_log = log.get("delivery")


# --- what comes in ------------------------------------------------------------------------------


def why_not_even_look(database: Database, call: Call, *, provider: str, vault: Vault) -> WhyNot | None:
    """What the headers alone give away, before the body is read."""
    with database.read() as db:
        keys = hook_keys.keys(db, provider, vault=vault)
    return PROVIDERS[provider].glance(call, keys)


def take(
    database: Database,
    call: Call,
    *,
    provider: str,
    now: datetime,
    vault: Vault,
    certificate: Callable[[str], bytes],
) -> WhyNot | None:
    """Verify a call and keep what it says, encrypted and committed; or the reason why it is not taken."""
    offered = PROVIDERS[provider]
    if len(call.body) > offered.largest:
        return WhyNot.TOO_LARGE
    with database.read() as db:
        keys = hook_keys.keys(db, provider, vault=vault)
    why = offered.verify(call, replace(keys, certificate=certificate), now)
    if why is not None:
        return why
    pieces = offered.pieces(call)
    if len(pieces) > MOST_IN_ONE:
        return WhyNot.TOO_LARGE
    kept = [Kept(piece.event, vault.encrypt(piece.raw), piece.kind) for piece in pieces]
    with database.begin() as db:
        new = store.keep(db, provider, kept, now=now)
    _log.info("a webhook was taken", provider=provider, events=len(kept), new=new)
    return None


def refuse(database: Database, *, provider: str, reason: WhyNot, now: datetime) -> None:
    with database.begin() as db:
        store.refuse(db, provider, reason, now=now)
    _log.warning("a webhook was refused", provider=provider, reason=reason)


# --- what follows from it -----------------------------------------------------------------------


@dataclass(frozen=True)
class _Reading:
    """What acting on events needs besides them."""

    database: Database
    desk: Desk
    outgoing: Outgoing
    now: datetime


def catch_up(database: Database, desk: Desk, *, outgoing: Outgoing, now: datetime) -> dict[str, int]:
    """Act on what waits; counts by kind. Again changes nothing."""
    reading = _Reading(database, desk, outgoing, now)
    counts: Counter[str] = Counter()
    while counts.total() < MOST:
        with database.read() as db:
            batch = store.waiting(db, limit=AT_ONCE)
        for one in batch:
            counts[_caught_up(reading, one)] += 1
        if len(batch) < AT_ONCE:
            break
    counts["settled"] = _settle_proven(database, vault=desk.vault)
    return dict(counts)


def forget(db: Connection, *, now: datetime) -> None:
    """Drop counts that nobody looks at any more; once a night. What events said is dropped with all other such text."""
    store.forget_refusals(db, before=(now - REFUSALS_KEPT).date())


def _caught_up(at: _Reading, one: Waiting) -> str:
    try:
        if one.kind is EventKind.MAIL:
            return _mail(at, one)
        if one.kind is EventKind.CONFIRM:
            return _confirm(at, one)
        return _event(at, one)
    except Misconfigured:
        raise  # a setting's fault, such as a key that cannot be read: a complaint must not wait for a person
    except VocError as mistake:
        trouble = str(mistake)
    except OperationalError:
        raise  # the database's fault and not the event's: an opt-out would wait for a person
    except Exception as broken:
        # One event that breaks us must not stand before all the others for ever.
        with at.database.begin() as db:
            store.set_aside(db, one.id, trouble=f"Acting on it broke ({type(broken).__name__}); the log has it.")
        raise
    with at.database.begin() as db:
        store.set_aside(db, one.id, trouble=trouble)
    return "set aside"


def _mail(at: _Reading, one: Waiting) -> str:
    to, mime = unpacked_mail(at.desk.vault.decrypt(one.raw))
    with at.database.begin() as db:
        if not store.take(db, one.id):
            return _ANOTHERS
        taken = at.desk.take(db, mime, now=at.now, envelope_to=to, source=one.provider)
        store.settle(db, one.id, kind=EventKind.MAIL, now=at.now)
    return EventKind.MAIL if taken.ours else _NOT_OURS


def _confirm(at: _Reading, one: Waiting) -> str:
    """AWS asks whether we want the topic that an admin entered here."""
    address = ses.confirmation(at.desk.vault.decrypt(one.raw))
    try:
        if address is not None:
            at.outgoing.get(address)
    except OSError:
        raise TryLater(
            "AWS could not be told that we subscribe: read it again, or request the confirmation anew in SNS"
        ) from None
    with at.database.begin() as db:
        store.settle(db, one.id, kind=EventKind.CONFIRM, now=at.now)
    return EventKind.CONFIRM


def _event(at: _Reading, one: Waiting) -> str:
    event = PROVIDERS[one.provider].read(at.desk.vault.decrypt(one.raw))
    with at.database.begin() as db:
        if not store.take(db, one.id):
            return _ANOTHERS
        about, report = _ours(db, event)
        if about is not None and report is not None:
            said = _said(one, event, report)
            if said is not None and not about.is_test and about.contact_id is not None:
                # Else it went to the test address or to a colleague: nothing is learned about a contact.
                _act(db, at, one, about, said)
        store.settle(db, one.id, kind=event.kind, now=at.now, message_id=None if about is None else about.id)
    return event.kind if about is not None else _NOT_OURS


def _ours(db: Connection, event: Event) -> tuple[OwnMessage | None, Report | None]:
    """The message it is about, and what it says of that message's own recipient; nothing if it speaks of others."""
    if event.kind is EventKind.IGNORED:
        return None, None
    about = inbox.by_message_id(db, list(event.message_ids))
    if about is None and event.return_path is not None:
        about = inbox.by_return_path(db, [event.return_path])
    report = None if about is None else event.about(about.recipient)
    return (about, report) if report is not None else (None, None)


def _said(one: Waiting, event: Event, report: Report) -> Incoming | StopReason | None:
    """What it says about the person, if anything."""
    if event.kind is EventKind.BOUNCED:
        kind = verdict.bounce_kind(report, event.says)
        return Incoming(kind, code=report.code and report.code[:16], quote=report.text[:_LONGEST_QUOTE] or None)
    if event.kind is EventKind.COMPLAINED:
        return Incoming(InboundKind.COMPLAINT, quote=f"Reported to {one.provider}")
    return StopReason.OPTED_OUT if event.kind is EventKind.UNSUBSCRIBED else None


def _act(db: Connection, at: _Reading, one: Waiting, about: OwnMessage, said: Incoming | StopReason) -> None:
    if isinstance(said, StopReason):
        source = effects.SOURCE
        stakeholders.suppress(db, address=about.address, reason=SuppressionReason.OPT_OUT, at=at.now, source=source)
        effects.stop(db, about.invitation_id, reason=said, now=at.now)
    elif _is_news(db, one, about, said):
        if said.kind is InboundKind.COMPLAINT:
            effects.complained(db, about, now=at.now)
        else:
            _bounced(db, at, about, said)


def _is_news(db: Connection, one: Waiting, about: OwnMessage, said: Incoming) -> bool:
    """Each thing is said once of a message, however many of a provider's events say it."""
    key = inbox.digest(f"event:{said.kind}:{about.id}")
    return (
        inbox.keep(db, key=key, about=about, said=said, at=one.received_at, source=one.provider, raw=None) is not None
    )


def _bounced(db: Connection, at: _Reading, about: OwnMessage, said: Incoming) -> None:
    if said.kind is InboundKind.HARD_BOUNCE and about.contact_id is not None:
        effects.gone(db, about, said, contact_id=about.contact_id, now=at.now)
    elif said.kind is InboundKind.POLICY_BOUNCE:
        alerts.refused_as_such(
            db, said, now=at.now, vault=at.desk.vault, tokens=at.desk.tokens, settings=at.desk.settings
        )


def _settle_proven(database: Database, *, vault: Vault) -> int:
    with database.read() as db:
        found = store.proven(db)
    for one in found:
        with database.begin() as db:
            confirm_delivered(db, one.message_id, vault=vault, at=one.said_at)
    return len(found)


# --- how they stand -----------------------------------------------------------------------------


def standing(db: Connection, *, now: datetime) -> list[store.Standing]:
    """Each provider's webhook as it stands, for the page, the doctor and Prometheus."""
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    return store.standing(db, list(PROVIDERS), midnight=midnight, week=(now - timedelta(days=6)).date())
