"""The job that sends: a look whether anything is due, then freezing and handing over until little is left."""

import os
import socket
from collections.abc import Sequence
from datetime import datetime, timedelta

from voc.base import copies
from voc.delivery import run as delivery
from voc.delivery.model import Relays
from voc.delivery.store import due as outbox
from voc.jobs.model import Counts
from voc.web.context import App

_BATCH = 200
_MOST = 2_000
_ROUND_SECONDS = 10
_SENDS = timedelta(seconds=30)
"""In one go: then the beat comes again, with a new look at everything."""


def send(app: App, relays: Relays, now: datetime) -> Counts:
    """Freeze what is due into messages and hand them over."""
    delivery.recover(app.database, now=now)
    sent = delivery.send_due(
        app.database,
        relays,
        now=now,
        vault=app.vault,
        worker=worker_name(),
        limit=_batch(relays),
        clock=app.clock,
        tokens=app.tokens,
        settings=app.settings,
        freezes=True,
    )
    return {
        "queued": sent.frozen,
        "sent": sent.sent,
        "later": sent.later,
        "failed": sent.failed,
        "unknown": sent.unknown,
    }


def send_ours(app: App, relays: Relays, now: datetime) -> Counts:
    """`send` until little is left, but first a look whether this is a copy of the database that sent before."""
    with app.database.read() as db:
        due = outbox.next_due_at(db)
    if due is not None and due <= now and copies.watch(app.database, app.settings, now=now, tokens=app.tokens):
        return {}
    counts: Counts = {}
    batch = _batch(relays)
    while True:
        more = send(app, relays, app.now())
        counts = {key: counts.get(key, 0) + number for key, number in more.items()}
        if (more["queued"] < batch and more["sent"] < batch) or app.now() - now > _SENDS:
            return counts
        app.ending.check()  # nothing is in flight between two rounds


def drain(app: App, relays: Relays, now: datetime) -> Counts:
    """`send` until nothing that is due by `now` is left; nothing at all where nothing is due."""
    counts: Counts = {}
    with app.database.read() as db:
        due = outbox.next_due_at(db)
    if due is None or due > now:
        return counts
    batch = _batch(relays)
    while True:
        more = send(app, relays, now)
        counts = {key: counts.get(key, 0) + number for key, number in more.items()}
        if more["queued"] < batch and more["sent"] < batch:
            return counts


def _batch(relays: Relays) -> int:
    """Messages of one round: between two of them a worker may be ended, and starting its lines anew takes a moment."""
    pace = sum(one.per_second for one in (relays if isinstance(relays, Sequence) else [relays]))
    return max(_BATCH, min(_MOST, int(pace * _ROUND_SECONDS)))


def worker_name() -> str:
    return f"{socket.gethostname()[:40]}:{os.getpid()}"
