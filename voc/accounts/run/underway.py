"""One run while it is under way: what its phases share, and how far it is."""

from datetime import datetime, timedelta

from sqlalchemy import Connection

from voc.accounts import plan
from voc.accounts.connector import Source
from voc.accounts.model import Kind, Live, Progress, Spent, Watcher
from voc.accounts.store import history
from voc.base import clock, leases
from voc.base.db import Database
from voc.base.erasure.remembering import Forgotten
from voc.base.errors import Refused

ROWS_PER_BATCH = 4_000
_LEASE = "sync"
_LEASE_LASTS = timedelta(minutes=10)


class Overtaken(Refused):
    """Another sync has begun; whatever becomes of this run is for that one to say."""

    def __init__(self) -> None:
        super().__init__("Another sync has begun; this one stops here and has written nothing half.")


def take_lease(db: Connection, now: datetime) -> int:
    """The newest run wins: an older one that is still alive finds another fence before its next batch."""
    fence = leases.take(db, _LEASE, holder=_LEASE, now=now, lasts=_LEASE_LASTS)
    if fence is None:
        raise Refused("Another sync is running.")
    return fence


def guard(db: Connection, fence: int) -> None:
    """Whoever lost the lease to another may not write any more."""
    if not leases.held(db, _LEASE, fence=fence):
        raise Overtaken


class Underway:
    def __init__(
        self,
        database: Database,
        row: history.SyncRun,
        *,
        fence: int,
        now: datetime,
        progress: Watcher | None,
        source: Source | None = None,
    ) -> None:
        self.database = database
        self.id = row.id
        self.as_of = row.as_of
        self.source = source
        self.source_name = row.source
        self.fingerprint = row.fingerprint
        self.started_at = row.started_at
        self.counts = row.counts
        self.files = row.files
        self.readings = row.reading
        self.fence = fence
        self.now = now
        self.rows = sum(reading.rows for reading in self.readings.values())
        self.forgotten = 0
        self.is_forgotten: Forgotten | None = None  # people whom we were asked to forget
        self.rows_per_batch = ROWS_PER_BATCH
        self._spent_before = row.usage
        self._seconds_before = row.seconds or 0.0
        self._started = self._phase_started = clock.seconds()
        self._phase = ""
        self._progress = progress

    @property
    def seconds(self) -> float:
        """Worked on it so far, by all processes that did."""
        return self._seconds_before + clock.seconds() - self._started

    @property
    def moment(self) -> datetime:
        """Now, with the time that this run has taken."""
        return self.now + timedelta(seconds=clock.seconds() - self._started)

    @property
    def spent(self) -> Spent:
        if self.source is None:
            return self._spent_before
        return plan.spent(self._spent_before, self.source.usage(), now=self.moment)

    def live(self, phase: str, kind: Kind | None, share: float) -> Live:
        if phase != self._phase:
            self._phase, self._phase_started = phase, clock.seconds()
        taken = clock.seconds() - self._phase_started
        return Live(phase, kind, self.rows, share, at=self.moment, seconds=round(taken, 1))

    def note(self, db: Connection, phase: str, kind: Kind | None, share: float) -> None:
        """How far it is, in the transaction of a batch."""
        history.note(db, self.id, progress=self.live(phase, kind, share))

    def tell(self, phase: str, kind: Kind | None, share: float) -> None:
        if self._progress is not None:
            self._progress(Progress(phase=phase, object=kind, rows=self.rows, share=share))

    def guard(self, db: Connection) -> None:
        guard(db, self.fence)

    def is_current(self, db: Connection) -> bool:
        return leases.held(db, _LEASE, fence=self.fence)
