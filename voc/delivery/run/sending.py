"""Hand due messages over, in two commits each; no transaction is open while mail is in flight.

Killed while *claimed*: tried again. Killed while *handing over*, which is committed after the body and
immediately before the final dot: unknown, and never repeated by itself.
"""

from collections import Counter
from datetime import datetime

from sqlalchemy import Connection

from voc.base import clock, log, preferences
from voc.base.db import Database
from voc.base.preferences import Preferences
from voc.base.secrets import Vault
from voc.base.words import InboundKind, MessageKind
from voc.campaigns import run as campaigns
from voc.delivery import mime, rules
from voc.delivery.model import Claimed, Envelope, Handed, NoLongerOurs, Outcome, Relay, Sent
from voc.delivery.run import effects
from voc.delivery.store import outbox
from voc.delivery.store import relay as relays

BATCH = 25  # messages of one claim: few enough that a slow server does not outlast the lease

_log = log.get("delivery")


def send_due(database: Database, relay: Relay, *, now: datetime, vault: Vault, worker: str, limit: int = 500) -> Sent:
    """Hand over what is due, at most `limit` messages. `worker` names this thread of this process.

    Stops early, with the reason, when sending is paused or the server cannot be reached.
    """
    with database.begin() as db:
        paused = relays.sending_paused(db)
        counts = Counter(cancelled=outbox.cancel_unwanted(db))
        for message in outbox.give_up(db, now=now):
            effects.not_delivered(db, message.invitation_id, step=message.step, now=now)
    if paused is None:
        paused = _send_batches(database, relay, counts, now=now, vault=vault, worker=worker, limit=limit)
    sent = Sent(**counts, stopped_because=paused)
    if sent.handed_over or paused:
        _log.info("messages sent", **counts, stopped_because=paused)
    return sent


def _send_batches(
    database: Database, relay: Relay, counts: Counter[str], *, now: datetime, vault: Vault, worker: str, limit: int
) -> str | None:
    """Claim and hand over batch by batch; why it stopped before all was done, or None."""
    while limit > 0:
        with database.begin() as db:
            state = relays.relay(db, relay.name)
            if state.open_until is not None and state.open_until > now:
                return f"The mail server {relay.name} is left alone until {state.open_until:%H:%M} UTC: {state.reason}"
            set_by_owner = preferences.load(db)
            batch = outbox.claim(
                db, preferences=set_by_owner, worker=worker, now=now, lasts=rules.LEASE, limit=min(limit, BATCH)
            )
        if not batch:
            return None
        limit -= len(batch)
        stopped = _send_batch(database, relay, batch, counts, set_by_owner, now=now, vault=vault, worker=worker)
        if stopped is not None:
            return stopped
    return None


def _send_batch(
    database: Database,
    relay: Relay,
    batch: list[Claimed],
    counts: Counter[str],
    set_by_owner: Preferences,
    *,
    now: datetime,
    vault: Vault,
    worker: str,
) -> str | None:
    """Hand over what was claimed; what is not reached goes back into the queue."""
    started = clock.seconds()
    waiting = list(batch)
    try:
        while waiting:
            if clock.seconds() - started > rules.LEASE.total_seconds() / 2:
                return "The mail server is slow: the rest waits for the next round"
            claimed = waiting.pop(0)
            handed = _send_one(database, relay, claimed, set_by_owner, now=now, vault=vault, worker=worker)
            counts[handed.outcome if handed is not None else "cancelled"] += 1
            if handed is not None and handed.relay_down:
                return f"The mail server {relay.name} is not available: {handed.text}"
    finally:
        if waiting:
            with database.begin() as db:
                outbox.give_back(db, waiting)
    return None


def _send_one(
    database: Database,
    relay: Relay,
    claimed: Claimed,
    set_by_owner: Preferences,
    *,
    now: datetime,
    vault: Vault,
    worker: str,
) -> Handed | None:
    """Claimed -> handing over -> what the server said; None if the message was called back on the way."""
    mail = vault.decrypt(claimed.body)

    def commit_handing_over() -> None:
        with database.begin() as db:
            if not outbox.mark_handing_over(db, claimed, preferences=set_by_owner):
                raise NoLongerOurs

    envelope = Envelope(claimed.return_path, claimed.recipient, mail)
    try:
        handed = relay.hand_over(envelope, before_final_dot=commit_handing_over)
    except NoLongerOurs:
        with database.begin() as db:
            outbox.give_back(db, [claimed])
            outbox.cancel_unwanted(db)
        return None
    masked = vault.encrypt(mime.masked(mail)) if handed.outcome is Outcome.SENT else None
    with database.begin() as db:
        _record(db, relay.name, claimed, handed, now=now, worker=worker, masked=masked)
    return handed


def _record(
    db: Connection, relay: str, claimed: Claimed, handed: Handed, *, now: datetime, worker: str, masked: bytes | None
) -> None:
    again_at = None
    if handed.outcome is Outcome.LATER:
        again_at = (
            claimed.next_attempt_at
            if handed.relay_down
            else rules.next_attempt(claimed.attempts + 1, now=now, give_up_at=claimed.give_up_at)
        )
    if not outbox.record(db, claimed, handed, now=now, worker=worker, again_at=again_at, masked=masked):
        _log.warning("a late commit was refused", message=claimed.id, outcome=handed.outcome)
        return
    _note_relay(db, relay, handed, now=now)
    if handed.outcome is Outcome.SENT:
        _sent(db, claimed, now=now)
    elif handed.outcome is Outcome.UNKNOWN:
        effects.not_delivered(db, claimed.invitation_id, step=claimed.step, now=now)
    elif again_at is None:
        _refused(db, claimed, handed, now=now)


def _sent(db: Connection, claimed: Claimed, *, now: datetime) -> None:
    if claimed.kind is not MessageKind.CHASE or claimed.invitation_id is None or claimed.step is None:
        return
    campaigns.record_sent(db, claimed.invitation_id, step=claimed.step, at=now)
    assert claimed.contact_id is not None
    assert claimed.wave_id is not None
    if outbox.times_sent(db, contact_id=claimed.contact_id, wave_id=claimed.wave_id, step=claimed.step) > 1:
        relays.set_paused(db, "A contact was sent the same step of a wave twice. Find out why before sending goes on.")


def _refused(db: Connection, claimed: Claimed, handed: Handed, *, now: datetime) -> None:
    kind = rules.refused_recipient(handed)
    if kind is InboundKind.HARD_BOUNCE and claimed.contact_id is not None and not claimed.is_test:
        effects.address_gone(
            db,
            message_id=claimed.id,
            contact_id=claimed.contact_id,
            invitation_id=claimed.invitation_id,
            address=claimed.address,
            code=rules.enhanced_code(handed.text) or str(handed.code),
            quote=handed.text,
            now=now,
        )
    else:
        effects.not_delivered(db, claimed.invitation_id, step=claimed.step, now=now)


def _note_relay(db: Connection, name: str, handed: Handed, *, now: datetime) -> None:
    """The circuit, and the brake for refusals that cannot be about their recipients."""
    before = relays.relay(db, name)
    if handed.relay_down:
        outages = before.outages + 1
        until = rules.circuit_until(outages, now=now)
        relays.set_relay(db, name, relays.RelayState(until, outages, before.refusals, handed.text), now=now)
    elif handed.outcome is Outcome.FAILED and rules.refused_recipient(handed) is not InboundKind.HARD_BOUNCE:
        refusals = before.refusals + 1
        relays.set_relay(db, name, relays.RelayState(None, 0, refusals, handed.text), now=now)
        if refusals >= rules.REFUSALS_IN_A_ROW:
            relays.set_paused(db, f"The mail server refused {refusals} messages in a row: {handed.text}")
    elif handed.outcome is Outcome.SENT and before != relays.RelayState():
        relays.relay_well(db, name)
