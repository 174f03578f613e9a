"""What the server said, written down in one transaction for all who came, and told to whom it concerns."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection

from voc.base import log
from voc.base.db import Database
from voc.base.words import InboundKind, MessageState
from voc.campaigns import run as campaigns
from voc.delivery import mime, rules
from voc.delivery.model import Claimed, Handed, Outcome
from voc.delivery.run import brakes, effects
from voc.delivery.run.alarms import Worker
from voc.delivery.run.crew import Tried
from voc.delivery.store import claims, verdicts
from voc.delivery.store.claims import Claim
from voc.delivery.store.verdicts import Verdict

_log = log.get("delivery")


@dataclass
class Book:
    """What one `send_due` has in hand and writes down, and the counts of it."""

    database: Database
    worker: Worker
    counts: Counter[str] = field(default_factory=Counter)
    again: int = 0  # messages that another line or server may take at once
    stopped: str | None = None
    _held: dict[int, Claimed] = field(default_factory=dict)

    def take(self, claim: Claim) -> None:
        self._held.update((one.id, one) for one in claim.messages)
        self.counts["cancelled"] += claim.cancelled

    def held(self) -> list[Claimed]:
        """What is claimed and not recorded yet."""
        return list(self._held.copy().values())

    @property
    def tried(self) -> int:
        return self.counts.total() - self.counts["cancelled"]

    def tidy(self, *, limit: int) -> None:
        """Nothing is sent now; what is over all the same ends, and its chase goes on."""
        now = self.worker.clock.now()
        with self.database.begin() as db:
            cancelled, given_up = claims.tidy(db, now=now, limit=limit)
            for ended in given_up:
                effects.not_delivered(db, ended.invitation_id, step=ended.step, now=now)
        self.counts["cancelled"] += cancelled

    def record(self, tried: list[Tried]) -> None:
        now = self.worker.clock.now()
        made = [self._verdict(one, one.handed, now=now) for one in tried if one.handed is not None]
        untried = [one.claimed for one in tried if one.handed is None]
        with self.database.begin() as db:
            campaigns.hold(db, [one.claimed.invitation_id for one in made if one.state is MessageState.FAILED])
            ours = verdicts.record(db, made, now=now, worker=self.worker.name)
            mine = [one for one in made if one.claimed.id in ours]
            _tell(db, mine, now=now)
            cancelled = claims.give_back(db, untried)
            stopped = brakes.press(db, mine, worker=self.worker, now=now)
            for post in {one.post: None for one in tried}:
                answers = [one.handed for one in tried if one.post is post and one.handed is not None]
                stopped = brakes.note_server(db, post, answers, worker=self.worker, now=now) or stopped
        self.stopped = self.stopped or stopped
        for one in made:
            if one.claimed.id not in ours:
                _log.warning("a late commit was refused", message=one.claimed.id, outcome=one.handed.outcome)
        for each in tried:
            self._held.pop(each.claimed.id, None)
        self.counts.update(one.handed.outcome.value for one in made)
        self.counts["cancelled"] += cancelled

    def _verdict(self, tried: Tried, handed: Handed, *, now: datetime) -> Verdict:
        claimed, name = tried.claimed, tried.post.relay.name
        if handed.outcome is Outcome.SENT:
            return Verdict(claimed, handed, name, masked=self.worker.vault.encrypt(mime.masked(tried.mail)))
        if handed.outcome is not Outcome.LATER:
            return Verdict(claimed, handed, name)
        if not handed.relay_down:
            again_at = rules.next_attempt(claimed.attempts + 1, now=now, give_up_at=claimed.give_up_at)
            return Verdict(claimed, handed, name, again_at=again_at)
        again_at = claimed.next_attempt_at
        if tried.others_stand:
            self.again += 1
        else:
            again_at = max(again_at, rules.circuit_until(1, now=now))
        return Verdict(claimed, handed, name, again_at=again_at, counts=False)


def _tell(db: Connection, made: list[Verdict], *, now: datetime) -> None:
    """What follows for the chases: for those that were taken, or may have been, all at once."""
    over = (MessageState.SENT, MessageState.UNKNOWN)
    steps = [
        (one.claimed.invitation_id, one.claimed.step)
        for one in made
        if one.state in over and one.claimed.invitation_id is not None and one.claimed.step is not None
    ]
    if steps:
        campaigns.record_many_sent(db, steps, at=now)
    for one in made:
        if one.state is MessageState.FAILED:
            _refused(db, one.claimed, one.handed, now=now)


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
