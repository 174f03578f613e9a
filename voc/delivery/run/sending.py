"""Hand due messages over, in two commits each; no transaction is open while mail is in flight.

Killed while *claimed*: tried again. Killed while *handing over*, which is committed after the body and
immediately before the final dot: unknown, and never repeated by itself.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from voc.base import log, preferences
from voc.base.clock import Clock, SetClock
from voc.base.db import Database
from voc.base.preferences import Preferences
from voc.base.secrets import Vault
from voc.delivery import rules
from voc.delivery.model import Claimed, Relays, Sent
from voc.delivery.run import effects
from voc.delivery.run.crew import Crew
from voc.delivery.run.recording import Book
from voc.delivery.run.tray import Post, Tray
from voc.delivery.store import outbox
from voc.delivery.store import relay as relay_states

_log = log.get("delivery")


def send_due(
    database: Database,
    relays: Relays,
    *,
    now: datetime,
    vault: Vault,
    worker: str,
    limit: int = 500,
    clock: Clock | None = None,
) -> Sent:
    """Hand over what is due, at most `limit` messages, over all lines of one mail server or of several.

    `worker` names this process; no two that run at the same time may share a name, or a relay.
    `clock` runs on during a long call; without it the time stays at `now`. Stops early, with the
    reason, when sending is paused or no server can be reached. Returns when everything that was
    begun is recorded; what was claimed and not begun is back in the queue.
    """
    servers = list(relays) if isinstance(relays, Sequence) else [relays]
    clock = clock or SetClock(now)
    book = Book(database, vault, worker, clock, several=len(servers) > 1)
    with database.begin() as db:
        paused = relay_states.sending_paused(db)  # only alerts to our own people go then: the claim knows
        book.counts["cancelled"] += outbox.cancel_unwanted(db)
        for message in outbox.give_up(db, now=now):
            effects.not_delivered(db, message.invitation_id, step=message.step, now=now)
        states = {server.name: relay_states.relay(db, server.name) for server in servers}
    shut = [(server.name, states[server.name]) for server in servers if states[server.name].is_shut(now)]
    posts = [
        Post(server, refusals=states[server.name].refusals)
        for server in servers
        if not states[server.name].is_shut(now)
    ]
    stopped = None
    if not posts:
        stopped = " ".join(
            f"The mail server {name} is left alone until {state.open_until:%H:%M} UTC: {state.reason}"
            for name, state in shut
        )
    desk = _Desk(database, posts, vault, worker, clock, book)
    while stopped is None:
        book.again = 0
        stopped = _send(desk, limit=limit - book.tried)
        if not book.again or book.tried >= limit:
            break
    stopped = paused or stopped
    sent = Sent(**Counter(book.counts), stopped_because=stopped)
    if sent.handed_over or stopped:
        _log.info("messages sent", **book.counts, stopped_because=stopped)
    return sent


@dataclass(frozen=True)
class _Desk:
    """Where one worker works."""

    database: Database
    posts: list[Post]
    vault: Vault
    worker: str
    clock: Clock
    book: Book

    @property
    def together(self) -> int:
        """Claimed at once: enough to keep every line busy, and no more than goes out in a few seconds."""
        lines = sum(len(post.relay.lines) for post in self.posts)
        a_while = sum(post.relay.per_second for post in self.posts) * rules.CLAIM_SECONDS
        return max(2 * lines, min(rules.CLAIM, int(a_while)))


def _send(desk: _Desk, *, limit: int) -> str | None:
    """Claim, hand over, until nothing is due, the limit is reached, or it cannot go on: why not, or None."""
    batch, wanted = _claim(desk, limit=limit)
    if not batch:
        return None
    tray = Tray(desk.posts)
    crew = Crew(tray, desk.vault, commit=lambda claims: _commit(desk, claims, wanted), record=desk.book.record)
    try:
        while batch:
            limit -= len(batch)
            tray.put(batch)
            crew.man(desk.posts, lines=len(batch))
            while not tray.wait_for_room(len(batch) // 2, at_most=rules.RENEW_SECONDS):
                _renew(desk)
            batch, wanted = _claim(desk, limit=limit) if limit > 0 and tray.takes else ([], wanted)
        tray.close()
        while not crew.is_done(at_most=rules.RENEW_SECONDS):
            _renew(desk)
    finally:
        crew.finish()
        with desk.database.begin() as db:
            outbox.give_back(db, tray.left())
    return desk.book.stopped or tray.stopped_because


def _claim(desk: _Desk, *, limit: int) -> tuple[list[Claimed], Preferences]:
    """The first commit: what is ours now."""
    with desk.database.begin() as db:
        wanted = preferences.load(db)
        batch = outbox.claim(
            db,
            preferences=wanted,
            worker=desk.worker,
            now=desk.clock.now(),
            lasts=rules.LEASE,
            limit=min(limit, desk.together),
        )
    desk.book.take(batch)
    return batch, wanted


def _renew(desk: _Desk) -> None:
    """A slow server never outlives the lease of what is handed to it."""
    with desk.database.begin() as db:
        outbox.renew(db, desk.book.held(), until=desk.clock.now() + rules.LEASE)


def _commit(desk: _Desk, claims: list[Claimed], wanted: Preferences) -> set[int]:
    """The second commit: after the bodies, immediately before the dots."""
    with desk.database.begin() as db:
        return outbox.mark_handing_over(db, claims, preferences=wanted)
