"""What the server said, written down in one transaction for all who came, and told to whom it concerns."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from voc.base import clock, log, preferences
from voc.base.db import Database
from voc.base.words import InboundKind, MessageState
from voc.campaigns import run as campaigns
from voc.campaigns.store import late
from voc.campaigns.store.late import LateMail
from voc.delivery import rules
from voc.delivery.model import Claimed, Handed, Outcome
from voc.delivery.run import brakes, effects, keeping
from voc.delivery.run.alarms import Worker
from voc.delivery.run.crew import Tried
from voc.delivery.store import ending, holding, verdicts
from voc.delivery.store.claims import Claim
from voc.delivery.store.verdicts import Verdict

_log = log.get("delivery")


@dataclass
class Book:
    """What one `send_due` has in hand and writes down, and the counts of it."""

    database: Database
    worker: Worker
    counts: Counter[str] = field(default_factory=Counter)
    frozen: int = 0
    again: int = 0  # messages that another line or server may take at once
    stopped: str | None = None
    _held: dict[int, Claimed] = field(default_factory=dict)

    def hold(self, these: Iterable[Claimed]) -> None:
        self._held.update((one.id, one) for one in these)

    def take(self, claim: Claim) -> None:
        self.hold(claim.messages)
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
            cancelled, given_up = ending.tidy(db, now=now, limit=limit)
            for ended in given_up:
                effects.not_delivered(db, ended.invitation_id, step=ended.step, now=now)
        self.counts["cancelled"] += cancelled

    def record(self, tried: list[Tried]) -> None:
        """A database that does not take it now is asked again: the answers are known to nobody else."""
        now = self.worker.clock.now()
        made = [self._verdict(one, one.handed, now=now) for one in tried if one.handed is not None]
        for pause in rules.RECORD_AGAIN_SECONDS:
            try:
                self._write(tried, made, now=now)
                break
            except DBAPIError as trouble:
                _log.warning("answers could not be written down, again", answers=len(made), reason=str(trouble.orig))
                clock.pause(pause)
        else:
            self._write(tried, made, now=now)
        self.again += sum(one.handed is not None and _at_once(one, one.handed) for one in tried)
        for each in tried:
            self._held.pop(each.claimed.id, None)
        self.counts.update(one.handed.outcome.value for one in made)

    def _write(self, tried: list[Tried], made: list[Verdict], *, now: datetime) -> None:
        untried = [one.claimed for one in tried if one.handed is None]
        with self.database.begin() as db:
            made = _in_polite_hours(db, made)
            campaigns.hold(db, [one.claimed.invitation_id for one in made if one.state is MessageState.FAILED])
            recorded = verdicts.record(db, made, now=now, worker=self.worker.name)
            mine = [one for one in made if one.claimed.id in recorded.ours]
            _tell(db, mine, now=now)
            cancelled = holding.give_back(db, untried)
            stopped = brakes.press(db, mine, worker=self.worker, now=now)
            for post in {one.post: None for one in tried}:
                answers = [one.handed for one in tried if one.post is post and one.handed is not None]
                stopped = brakes.note_server(db, post, answers, worker=self.worker, now=now) or stopped
        self.stopped = self.stopped or stopped
        self.counts["cancelled"] += cancelled
        for one in made:
            if one.claimed.id in recorded.late:
                _log.warning("a late commit was refused", message=one.claimed.id, outcome=one.handed.outcome)

    def _verdict(self, tried: Tried, handed: Handed, *, now: datetime) -> Verdict:
        claimed, name = tried.claimed, tried.post.relay.name
        if handed.outcome is Outcome.SENT:
            return Verdict(claimed, handed, name, masked=keeping.masked(self.worker.vault, tried.opened))
        if handed.outcome is not Outcome.LATER:
            return Verdict(claimed, handed, name)
        if not handed.relay_down:
            again_at = rules.next_attempt(claimed.attempts + 1, now=now, give_up_at=claimed.give_up_at)
            return Verdict(claimed, handed, name, again_at=again_at)
        again_at = claimed.next_attempt_at
        if not tried.others_stand:
            again_at = max(again_at, rules.circuit_until(1, now=now))
        return Verdict(claimed, handed, name, again_at=again_at, counts=False)


def _in_polite_hours(db: Connection, made: list[Verdict]) -> list[Verdict]:
    """What asks and was put off is tried again at an hour at which one may be asked, or not at all."""
    mails = [
        LateMail(one.claimed.id, one.claimed.invitation_id, one.claimed.step, one.again_at)
        for one in made
        if one.counts and one.again_at is not None and one.claimed.invitation_id is not None and one.claimed.asks
    ]
    if not mails:
        return made
    moments = late.first_polite(db, mails, preferences.load(db))
    return [one.again(moments[one.claimed.id]) if one.claimed.id in moments else one for one in made]


def _at_once(tried: Tried, handed: Handed) -> bool:
    """Another line may take it now."""
    return handed.outcome is Outcome.LATER and handed.relay_down and tried.others_stand


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
