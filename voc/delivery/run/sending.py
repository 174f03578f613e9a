"""Hand due messages over, in two commits each; no transaction is open while mail is in flight.

Killed while *claimed*: tried again. Killed while *handing over*, which is committed after the body and
immediately before the final dot: unknown, and never repeated by itself.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from voc.base import log, preferences
from voc.base.db import Database
from voc.base.preferences import Preferences
from voc.base.secrets import Vault
from voc.base.words import InboundKind, MessageKind, MessageState
from voc.campaigns import run as campaigns
from voc.delivery import mime, rules
from voc.delivery.model import Claimed, Envelope, Handed, Outcome, Relay, Sent
from voc.delivery.run import effects
from voc.delivery.store import outbox
from voc.delivery.store import relay as relays
from voc.delivery.store.outbox import Verdict

_log = log.get("delivery")


def send_due(database: Database, relay: Relay, *, now: datetime, vault: Vault, worker: str, limit: int = 500) -> Sent:
    """Hand over what is due, at most `limit` messages. `worker` names this thread of this process.

    Stops early, with the reason, when sending is paused or the server cannot be reached.
    """
    with database.begin() as db:
        stopped = relays.sending_paused(db)
        counts = Counter(cancelled=outbox.cancel_unwanted(db))
        for message in outbox.give_up(db, now=now):
            effects.not_delivered(db, message.invitation_id, step=message.step, now=now)
    desk = _Desk(database, relay, vault, worker, now)
    while stopped is None and limit > 0:
        batch, wanted, stopped = _claim(desk, limit=min(limit, relay.at_once))
        if not batch:
            break
        limit -= len(batch)
        before = counts.total()
        stopped = _hand_over(desk, batch, wanted, counts)
        if counts.total() == before:
            break  # nothing could be tried: the next round sees further
    sent = Sent(**counts, stopped_because=stopped)
    if sent.handed_over or stopped:
        _log.info("messages sent", **counts, stopped_because=stopped)
    return sent


@dataclass(frozen=True)
class _Desk:
    """Where one worker works, and when."""

    database: Database
    relay: Relay
    vault: Vault
    worker: str
    now: datetime


def _claim(desk: _Desk, *, limit: int) -> tuple[list[Claimed], Preferences, str | None]:
    """The first commit: what is ours now, or why nothing is tried."""
    with desk.database.begin() as db:
        wanted = preferences.load(db)
        state = relays.relay(db, desk.relay.name)
        if state.open_until is not None and state.open_until > desk.now:
            until = f"{state.open_until:%H:%M} UTC"
            return [], wanted, f"The mail server {desk.relay.name} is left alone until {until}: {state.reason}"
        batch = outbox.claim(db, preferences=wanted, worker=desk.worker, now=desk.now, lasts=rules.LEASE, limit=limit)
        return batch, wanted, relays.sending_paused(db)


def _hand_over(desk: _Desk, batch: list[Claimed], wanted: Preferences, counts: Counter[str]) -> str | None:
    """Bodies, the second commit, the dots, and what the server said; why it cannot go on, or None."""
    mails = [desk.vault.decrypt(claimed.body) for claimed in batch]

    def commit_handing_over(ready: Sequence[int]) -> set[int]:
        with desk.database.begin() as db:
            ours = outbox.mark_handing_over(db, [batch[place] for place in ready], preferences=wanted)
        return {place for place in ready if batch[place].id in ours}

    envelopes = [
        Envelope(claimed.return_path, claimed.recipient, mail) for claimed, mail in zip(batch, mails, strict=True)
    ]
    answers = desk.relay.hand_over(envelopes, before_final_dots=commit_handing_over)
    verdicts = [
        _verdict(desk, claimed, handed, mail)
        for claimed, handed, mail in zip(batch, answers, mails, strict=True)
        if handed is not None
    ]
    with desk.database.begin() as db:
        _record(db, desk, verdicts)
        # Not tried, or called back at the last moment: what nobody wants any more is cancelled.
        outbox.give_back(db, [claimed for claimed, handed in zip(batch, answers, strict=True) if handed is None])
        counts["cancelled"] += outbox.cancel_unwanted(db) if len(verdicts) < len(batch) else 0
        _brake(db, [verdict.claimed for verdict in verdicts])
        stopped = _note_relay(db, desk, [verdict.handed for verdict in verdicts])
    counts.update(verdict.handed.outcome.value for verdict in verdicts)
    return stopped


def _verdict(desk: _Desk, claimed: Claimed, handed: Handed, mail: bytes) -> Verdict:
    if handed.outcome is Outcome.SENT:
        return Verdict(claimed, handed, masked=desk.vault.encrypt(mime.masked(mail)))
    if handed.outcome is not Outcome.LATER:
        return Verdict(claimed, handed)
    if handed.relay_down:
        return Verdict(claimed, handed, again_at=claimed.next_attempt_at)
    again_at = rules.next_attempt(claimed.attempts + 1, now=desk.now, give_up_at=claimed.give_up_at)
    return Verdict(claimed, handed, again_at=again_at)


def _record(db: Connection, desk: _Desk, verdicts: list[Verdict]) -> None:
    """Write down what the server said, and tell the stages it concerns."""
    ours = outbox.record(db, verdicts, now=desk.now, worker=desk.worker)
    for verdict in verdicts:
        claimed = verdict.claimed
        if claimed.id not in ours:
            _log.warning("a late commit was refused", message=claimed.id, outcome=verdict.handed.outcome)
        elif verdict.state is MessageState.SENT:
            if claimed.kind is MessageKind.CHASE and claimed.invitation_id is not None and claimed.step is not None:
                campaigns.record_sent(db, claimed.invitation_id, step=claimed.step, at=desk.now)
        elif verdict.state is MessageState.UNKNOWN:
            effects.not_delivered(db, claimed.invitation_id, step=claimed.step, now=desk.now)
        elif verdict.state is MessageState.FAILED:
            _refused(db, claimed, verdict.handed, now=desk.now)


def _brake(db: Connection, tried: list[Claimed]) -> None:
    ids = [claimed.invitation_id for claimed in tried if claimed.invitation_id is not None]
    if ids and outbox.sent_twice(db, ids):
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


def _note_relay(db: Connection, desk: _Desk, answers: list[Handed]) -> str | None:
    """The circuit, and the brake for refusals that cannot be about their recipients; why to stop, or None."""
    before = relays.relay(db, desk.relay.name)
    down = next((handed for handed in answers if handed.relay_down), None)
    refused = [
        handed
        for handed in answers
        if handed.outcome is Outcome.FAILED and rules.refused_recipient(handed) is not InboundKind.HARD_BOUNCE
    ]
    took = any(handed.outcome is Outcome.SENT for handed in answers)
    refusals = len(refused) + (0 if took else before.refusals)
    if down is not None:
        outages = before.outages + 1
        until = rules.circuit_until(outages, now=desk.now)
        relays.set_relay(db, desk.relay.name, relays.RelayState(until, outages, refusals, down.text), now=desk.now)
        return f"The mail server {desk.relay.name} is not available: {down.text}"
    if refused:
        state = relays.RelayState(None, 0, refusals, refused[-1].text)
        relays.set_relay(db, desk.relay.name, state, now=desk.now)
        if refusals >= rules.REFUSALS_IN_A_ROW:
            because = f"The mail server refused {refusals} messages in a row: {refused[-1].text}"
            relays.set_paused(db, because)
            return because
    elif took and before != relays.RelayState():
        relays.relay_well(db, desk.relay.name)
    return None
