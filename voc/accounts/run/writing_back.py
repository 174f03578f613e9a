"""Bring into the CRM what our state says: in small batches, each noted before and after the CRM is asked.

No transaction is open while the CRM is. Whoever is killed in between leaves writes "handed over, no
word since": after a while they are written again under the same key, which makes no second record.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta

import msgspec
import structlog
from sqlalchemy import Connection as Transaction

from voc.accounts import plan, writing
from voc.accounts.connection import Connection, Switch
from voc.accounts.connector import Connector, Probe, WriteWhat
from voc.accounts.model import Spent
from voc.accounts.run.connecting import save_connection
from voc.accounts.store import connections
from voc.accounts.store import written_back as store
from voc.accounts.store.written_back import LastRun, Standing
from voc.accounts.writing import Planned, Wanted
from voc.base import clock, leases
from voc.base.db import Database
from voc.base.errors import GiveUp, Misconfigured, NotFound, Refused, TryLater, VocError
from voc.base.secrets import Vault

log = structlog.get_logger()

Watcher = Callable[[int], None]

SERVICE = "the service"
BATCH = 100
_LEASE = "writing back"
_LEASE_LASTS = timedelta(minutes=5)


class Busy(Refused):
    """Another run is at it."""


def note_switches(db: Transaction, connection: Connection, *, by: str = SERVICE, now: datetime) -> Standing:
    """Since when each switch is on, for exactly those that are. Another CRM begins with nothing written."""
    known = store.standing(db)
    crm = writing.identity(connection)
    if known.crm != crm:
        store.forget_all(db)
        known = Standing(crm=crm)
    since = {one: known.since.get(one, now) for one in sorted(connection.writes)}
    standing = msgspec.structs.replace(known, since=since)
    if standing != store.standing(db):
        store.save_standing(db, standing, by=by, now=now)
    return standing


def choose(
    db: Transaction,
    *,
    writes: frozenset[Switch],
    columns: Mapping[Switch, str],
    probe: Probe | None,
    actor: str,
    now: datetime,
    vault: Vault,
    private_hosts: tuple[str, ...] = (),
) -> Connection:
    """Turn each switch on or off and say which column takes it; audited with the connection.

    Refused, with the field `write_columns.<switch>`, for a column that cannot be it. `probe` is the
    last look at the CRM, if there was one.
    """
    before = connections.load_connection(db)
    if before is None:
        raise NotFound("No CRM is connected yet: begin under Settings > CRM.")
    named = {switch: column.strip() for switch, column in columns.items() if column.strip()}
    wanted = msgspec.structs.replace(before, writes=writes, write_columns=named)
    if (wrong := writing.why_not_columns(wanted, probe)) is not None:
        raise Refused(wrong[1], field=f"write_columns.{wrong[0]}")
    saved = save_connection(db, wanted, secrets={}, actor=actor, now=now, vault=vault, private_hosts=private_hosts)
    note_switches(db, saved, by=actor, now=now)
    return saved


def write_back(
    database: Database,
    connector: Connector,
    chunks: Iterable[Sequence[Wanted]],
    *,
    now: datetime,
    holder: str,
    progress: Watcher | None = None,
) -> LastRun:
    """One run: everything in `chunks` that the CRM was not told yet. `holder` names this run and no other.

    Stops politely, with the reason in `message`, when the CRM cannot be asked or the day's allowance
    is used; what is left is for the next run. Busy while another run is at it.
    """
    run = _Run(database, connector, now=now, holder=holder, progress=progress)
    run.begin()
    try:
        for batch in _batches(run, chunks):
            if why := plan.why_stop(plan.spent(Spent(), connector.usage(), now=run.now)):
                run.stop(why)
            if batch[0].write.what in run.stopped:
                run.left += len(batch)
            else:
                _write(run, batch)
        run.let_go()
    except VocError as error:
        run.stop(str(error))
        raise
    except BaseException:
        run.message = "It broke off in the middle; what the CRM was asked is asked again."
        raise
    finally:
        report = run.end()
    return report


def note_unable(db: Transaction, reason: str, *, now: datetime) -> None:
    """A run that could not even begin: the page says why, and an hour passes before the next."""
    standing = msgspec.structs.replace(store.standing(db), last=LastRun(at=now, message=reason))
    store.save_standing(db, standing, by=SERVICE, now=now)


class _Run:
    """What one run knows and counts."""

    def __init__(
        self, database: Database, connector: Connector, *, now: datetime, holder: str, progress: Watcher | None
    ) -> None:
        self.database = database
        self.connector = connector
        self.holder = holder
        self.tell = progress or (lambda _done: None)
        self.written = self.later = self.refused = self.left = 0
        self.message: str | None = None
        self.stopped: set[WriteWhat] = set()
        self.unwanted: set[str] = set()  # failed before; what is not asked for again is let go
        self._begun_at = now
        self._started = clock.seconds()
        self._fence = 0

    @property
    def now(self) -> datetime:
        return self._begun_at + timedelta(seconds=clock.seconds() - self._started)

    def begin(self) -> None:
        with self.database.begin() as db:
            self.hold(db)
            self.unwanted = set(store.failed(db))

    def hold(self, db: Transaction) -> None:
        """Take the lease, or lengthen it. Refused if it is somebody else's."""
        fence = leases.take(db, _LEASE, holder=self.holder, now=self.now, lasts=_LEASE_LASTS)
        if fence is None:
            raise Busy("Another write-back is running, or was killed a moment ago. Try again in five minutes.")
        self._fence = fence

    def guard(self, db: Transaction) -> None:
        if not leases.held(db, _LEASE, fence=self._fence):
            raise Busy("Another write-back has begun; this one stops here.")

    def stop(self, why: str, *, what: WriteWhat | None = None) -> None:
        """Write no more of a kind, or of any; the first `why` becomes the sentence of the report."""
        self.message = self.message or f"{why[0].upper()}{why[1:].rstrip('.')}."
        self.stopped |= set(WriteWhat) if what is None else {what}

    def let_go(self) -> None:
        with self.database.begin() as db:
            self.guard(db)
            store.let_go(db, sorted(self.unwanted))

    def end(self) -> LastRun:
        seconds = clock.seconds() - self._started
        report = LastRun(
            at=self._begun_at,
            written=self.written,
            later=self.later,
            refused=self.refused,
            left=self.left,
            requests=self.connector.usage().requests,
            seconds=round(seconds, 1),
            message=self.message,
        )
        with self.database.begin() as db:
            standing = msgspec.structs.replace(store.standing(db), last=report)
            store.save_standing(db, standing, by=SERVICE, now=self._begun_at)
            leases.release(db, _LEASE, fence=self._fence, now=self._begun_at)
        counts = {"written": self.written, "later": self.later, "refused": self.refused, "left": self.left}
        log.info("write back", **counts, requests=report.requests, seconds=report.seconds)
        return report


def _batches(run: _Run, chunks: Iterable[Sequence[Wanted]]) -> Iterator[list[Planned]]:
    """What is due, a hundred of one kind at a time: what stops tasks need not stop fields."""
    batch: list[Planned] = []
    for chunk in chunks:
        if batch and chunk and batch[0].write.what != chunk[0].what:
            yield batch
            batch = []
        with run.database.read() as db:
            told = store.told(db, [one.key for one in chunk])
        for wanted in chunk:
            found = writing.planned(wanted, told.get(wanted.key), now=run.now)
            if found is None:
                continue
            run.unwanted.discard(wanted.key)
            if found.due:
                batch.append(found)
            if len(batch) == BATCH:
                yield batch
                batch = []
    if batch:
        yield batch


def _write(run: _Run, batch: Sequence[Planned]) -> None:
    with run.database.begin() as db:
        run.hold(db)
        store.hand_over(db, batch, until=run.now + writing.UNSURE_FOR, now=run.now)
    try:
        wrote = {one.key: one for one in run.connector.write([one.write for one in batch])}
    except (TryLater, Misconfigured) as error:
        _put_off(run, batch, error)
        return
    except GiveUp as error:
        # Perhaps something in this very batch: it waits longer each time, and others have their turn.
        run.stop(str(error))
        wrote = {}
    outcomes = [writing.after(one, wrote.get(one.write.key), now=run.now) for one in batch]
    with run.database.begin() as db:
        run.guard(db)
        store.note(db, outcomes)
    run.written += sum(one.why is None for one in outcomes)
    run.later += sum(one.why is not None and one.again_at is not None for one in outcomes)
    run.refused += sum(one.why is not None and one.again_at is None for one in outcomes)
    run.tell(run.written + run.later + run.refused)


def _put_off(run: _Run, batch: Sequence[Planned], error: TryLater | Misconfigured) -> None:
    """The CRM could not be asked. Part of it may have arrived: no second try before that would show."""
    # A right or a field that is missing there may be missing for these alone.
    run.stop(str(error), what=batch[0].write.what if isinstance(error, Misconfigured) else None)
    run.left += len(batch)
    again_at = run.now + writing.UNSURE_FOR
    if isinstance(error, TryLater) and error.at is not None:
        again_at = max(again_at, error.at)
    with run.database.begin() as db:
        run.guard(db)
        store.put_off(db, [one.write.key for one in batch], again_at=again_at, why=str(error))
