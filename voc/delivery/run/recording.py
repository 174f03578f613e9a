"""What the server said, written down in one transaction for all who came, and told to whom it concerns."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection

from voc.base import log
from voc.base.clock import Clock
from voc.base.db import Database
from voc.base.secrets import Vault
from voc.base.words import InboundKind, MessageKind, MessageState
from voc.campaigns import run as campaigns
from voc.delivery import mime, rules
from voc.delivery.model import Claimed, Handed, Outcome
from voc.delivery.run import effects
from voc.delivery.run.crew import Tried
from voc.delivery.run.tray import Post
from voc.delivery.store import outbox
from voc.delivery.store import relay as relays
from voc.delivery.store.outbox import Verdict

_log = log.get("delivery")


@dataclass
class Book:
    """What one `send_due` writes down, and the counts of it."""

    database: Database
    vault: Vault
    worker: str
    clock: Clock
    several: bool  # servers: what one of them could not take, another may at once
    counts: Counter[str] = field(default_factory=Counter)
    again: int = 0  # messages that another server may take at once
    stopped: str | None = None
    _held: dict[int, Claimed] = field(default_factory=dict)

    def take(self, batch: list[Claimed]) -> None:
        self._held.update((one.id, one) for one in batch)

    def held(self) -> list[Claimed]:
        """What is claimed and not recorded yet."""
        return list(self._held.copy().values())

    @property
    def tried(self) -> int:
        return self.counts.total() - self.counts["cancelled"]

    def record(self, tried: list[Tried]) -> None:
        now = self.clock.now()
        verdicts = [self._verdict(one, one.handed, now=now) for one in tried if one.handed is not None]
        untried = [one.claimed for one in tried if one.handed is None]
        with self.database.begin() as db:
            campaigns.hold(db, [one.claimed.invitation_id for one in verdicts if one.state is MessageState.FAILED])
            ours = outbox.record(db, verdicts, now=now, worker=self.worker)
            _tell(db, [one for one in verdicts if one.claimed.id in ours], now=now)
            cancelled = outbox.give_back(db, untried)
            self._brake(db, verdicts)
            for post in {one.post: None for one in tried}:
                self._note_server(db, post, [one.handed for one in tried if one.post is post and one.handed], now=now)
        for one in verdicts:
            if one.claimed.id not in ours:
                _log.warning("a late commit was refused", message=one.claimed.id, outcome=one.handed.outcome)
        for each in tried:
            self._held.pop(each.claimed.id, None)
        self.counts.update(one.handed.outcome.value for one in verdicts)
        self.counts["cancelled"] += cancelled

    def _verdict(self, tried: Tried, handed: Handed, *, now: datetime) -> Verdict:
        claimed, name = tried.claimed, tried.post.relay.name
        if handed.outcome is Outcome.SENT:
            return Verdict(claimed, handed, name, masked=self.vault.encrypt(mime.masked(tried.mail)))
        if handed.outcome is not Outcome.LATER:
            return Verdict(claimed, handed, name)
        if handed.relay_down:
            if self.several or tried.post.down is None:
                self.again += 1
                return Verdict(claimed, handed, name, again_at=claimed.next_attempt_at)
            return Verdict(
                claimed, handed, name, again_at=max(claimed.next_attempt_at, rules.circuit_until(1, now=now))
            )
        again_at = rules.next_attempt(claimed.attempts + 1, now=now, give_up_at=claimed.give_up_at)
        return Verdict(claimed, handed, name, again_at=again_at)

    def _brake(self, db: Connection, verdicts: list[Verdict]) -> None:
        sent = [one.claimed.id for one in verdicts if one.state is MessageState.SENT]
        if sent and outbox.sent_twice(db, sent):
            self._pause(db, "A contact was sent the same step of a wave twice. Find out why before sending goes on.")

    def _note_server(self, db: Connection, post: Post, answers: list[Handed], *, now: datetime) -> None:
        """The circuit, and the brake for refusals that cannot be about their recipients."""
        name, before = post.relay.name, relays.relay(db, post.relay.name)
        down = next((one for one in answers if one.relay_down), None) if post.down is not None else None
        refused = [one for one in answers if rules.refuses_us(one)]
        took = any(one.outcome is Outcome.SENT for one in answers)
        refusals = len(refused) + (0 if took else before.refusals)
        if down is not None:
            outages = before.outages + 1
            until = rules.circuit_until(outages, now=now)
            relays.set_relay(db, name, relays.RelayState(until, outages, refusals, down.text), now=now)
        elif refused:
            relays.set_relay(db, name, relays.RelayState(None, 0, refusals, refused[-1].text), now=now)
            if refusals >= rules.REFUSALS_IN_A_ROW:
                self._pause(db, f"The mail server refused {refusals} messages in a row: {refused[-1].text}")
        elif took and before != relays.RelayState():
            relays.relay_well(db, name)

    def _pause(self, db: Connection, because: str) -> None:
        relays.set_paused(db, because, at=self.clock.now())
        self.stopped = because


def _tell(db: Connection, verdicts: list[Verdict], *, now: datetime) -> None:
    for one in verdicts:
        claimed = one.claimed
        if one.state is MessageState.SENT:
            if claimed.kind is MessageKind.CHASE and claimed.invitation_id is not None and claimed.step is not None:
                campaigns.record_sent(db, claimed.invitation_id, step=claimed.step, at=now)
        elif one.state is MessageState.UNKNOWN:
            effects.not_delivered(db, claimed.invitation_id, step=claimed.step, now=now)
        elif one.state is MessageState.FAILED:
            _refused(db, claimed, one.handed, now=now)


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
