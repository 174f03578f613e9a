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
from voc.base.secrets import Vault
from voc.base.settings import Settings
from voc.base.tokens import RandomTokens, Tokens
from voc.delivery import rules
from voc.delivery.model import Claimed, Relays, Sent
from voc.delivery.run import effects
from voc.delivery.run.alarms import Worker
from voc.delivery.run.crew import Crew
from voc.delivery.run.freezing import freeze_due
from voc.delivery.run.keeping import Opener
from voc.delivery.run.recording import Book
from voc.delivery.run.tray import Post, Tray
from voc.delivery.store import claims, holding
from voc.delivery.store import relay as relay_states
from voc.delivery.store.holding import Hold

_log = log.get("delivery")
_TIDY = 1000


def send_due(
    database: Database,
    relays: Relays,
    *,
    now: datetime,
    vault: Vault,
    worker: str,
    limit: int = 500,
    clock: Clock | None = None,
    tokens: Tokens | None = None,
    settings: Settings | None = None,
    freezes: bool = False,
) -> Sent:
    """Hand over what is due, at most `limit` messages, over all lines of one mail server or of several.

    `worker` names this process; no two calls that run at the same time may share a relay. `clock` runs
    on during a long call; without it the time stays at `now`. `settings` has the limits per recipient
    domain and who alarms come from. With `freezes` due steps are frozen too, behind what waits already
    and while the lines are at work. Where no server can be reached they stay due: a step can still be moved
    to the contact's next window, a frozen mail goes out as soon as the server is back, at night too.

    Stops early, with the reason, when sending is paused (alarms about that still go out) or no server
    can be reached. Returns when everything that was begun is recorded; what was claimed and not begun
    is back in the queue.
    """
    servers = list(relays) if isinstance(relays, Sequence) else [relays]
    who = Worker(worker, vault, clock or SetClock(now), tokens or RandomTokens(), settings or Settings())
    book = Book(database, who)
    with database.begin() as db:
        paused = relay_states.sending_paused(db)
        states = {server.name: relay_states.relay(db, server.name) for server in servers}
    posts = [Post(one, refusals=states[one.name].refusals) for one in servers if not states[one.name].is_shut(now)]
    shut = (
        None
        if posts
        else " ".join(
            f"The mail server {one.name} is left alone until {states[one.name].open_until:%H:%M} UTC: "
            f"{states[one.name].reason}"
            for one in servers
        )
    )
    stopped = paused or shut
    if stopped is not None:
        book.tidy(limit=_TIDY)
    desk = _Desk(database, posts, who, book, freezes)
    while posts and (stopped is None or stopped == paused):
        book.again = 0
        stopped = _send(desk, limit=limit - book.tried) or paused
        if not book.again or book.tried >= limit:
            break
    sent = Sent(**Counter(book.counts), frozen=book.frozen, stopped_because=stopped)
    if sent.handed_over or stopped:
        _log.info("messages sent", **book.counts, stopped_because=stopped)
    return sent


@dataclass(frozen=True)
class _Desk:
    """Where one worker works."""

    database: Database
    posts: list[Post]
    worker: Worker
    book: Book
    freezes: bool = False

    @property
    def together(self) -> int:
        """Claimed at once: enough to keep every line busy, and no more than goes out in a few seconds."""
        lines = sum(len(post.relay.lines) for post in self.posts)
        a_while = sum(post.relay.per_second for post in self.posts) * rules.CLAIM_SECONDS
        return max(2 * lines, min(rules.CLAIM, int(a_while)))


def _send(desk: _Desk, *, limit: int) -> str | None:
    """Claim, hand over, until nothing is due, the limit is reached, or it cannot go on: why not, or None."""
    batch = _claim(desk, limit=limit)
    if not batch:
        return None
    tray = Tray(desk.posts)
    crew = Crew(
        tray,
        opened=Opener(desk.database, desk.worker.vault).opened,
        commit=lambda claims: _commit(desk, claims),
        record=desk.book.record,
    )
    try:
        while batch:
            limit -= len(batch)
            tray.put(batch)
            crew.man(desk.posts, lines=len(batch))
            while not tray.wait_for_room(len(batch) // 2, at_most=rules.RENEW_SECONDS):
                _renew(desk)
            batch = _claim(desk, limit=limit) if limit > 0 and tray.takes else []
        tray.close()
        while not crew.is_done(at_most=rules.RENEW_SECONDS):
            _renew(desk)
    finally:
        try:
            crew.finish()
        finally:  # whatever broke one of them, what nobody has begun is free at once
            with desk.database.begin() as db:
                desk.book.counts["cancelled"] += holding.give_back(db, tray.left())
    return desk.book.stopped or tray.stopped_because


def _claim(desk: _Desk, *, limit: int) -> list[Claimed]:
    """The first commit: what is ours now, out of the queue and, if there is room, frozen just now."""
    limit = min(limit, desk.together)
    messages = _claim_waiting(desk, limit=limit)
    if desk.freezes and len(messages) < limit:
        messages += _freeze(desk, limit=limit - len(messages))
    return messages


def _freeze(desk: _Desk, *, limit: int) -> tuple[Claimed, ...]:
    now = desk.worker.clock.now()
    frozen = freeze_due(
        desk.database,
        desk.worker,
        now=now,
        limit=limit,
        hold=Hold(desk.worker.name, now + rules.LEASE),
        per_domain=desk.worker.settings.mail.per_domain,
    )
    desk.book.frozen += frozen.frozen
    desk.book.hold(frozen.held)
    return frozen.held


def _claim_waiting(desk: _Desk, *, limit: int) -> list[Claimed]:
    """Looks on while all it met had ended or must wait."""
    while True:
        now = desk.worker.clock.now()
        with desk.database.begin() as db:
            claim = claims.claim(
                db,
                preferences=preferences.load(db),
                worker=desk.worker.name,
                now=now,
                lasts=rules.LEASE,
                limit=limit,
                per_domain=desk.worker.settings.mail.per_domain,
            )
            for ended in claim.given_up:
                effects.not_delivered(db, ended.invitation_id, step=ended.step, now=now)
            workers = holding.at_work(db, claimed_since=now - rules.AT_WORK, lasts=rules.LEASE)
        for post in desk.posts:
            post.workers = max(workers, 1)
        desk.book.take(claim)
        if claim.messages or not claim.more:
            return claim.messages


def _renew(desk: _Desk) -> None:
    """A slow server never outlives the lease of what is handed to it."""
    with desk.database.begin() as db:
        holding.renew(db, desk.book.held(), until=desk.worker.clock.now() + rules.LEASE)


def _commit(desk: _Desk, these: list[Claimed]) -> set[int]:
    """The second commit: after the bodies, immediately before the dots. Test mode switched on by now is heard."""
    with desk.database.begin() as db:
        wanted = preferences.load(db)
        return holding.mark_handing_over(db, these, preferences=wanted, now=desk.worker.clock.now())
