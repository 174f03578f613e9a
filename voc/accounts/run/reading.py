"""Bring rows in and keep them apart, each batch with the place from which another process would go on."""

from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence

from sqlalchemy import Connection

from voc.accounts import plan
from voc.accounts.connector import Page, Source
from voc.accounts.model import FileRead, Incoming, Kind, Problem, ProblemLevel, Reason
from voc.accounts.plan import Reading, Step, Watermark
from voc.accounts.run.comparing import MERGEABLE, Compared
from voc.accounts.run.underway import Underway
from voc.accounts.store import history, staging, sweeps, waiting, watermarks
from voc.base import clock
from voc.base.errors import Misconfigured, TryLater

_SECONDS_PER_BATCH = 3.0  # slow pages are kept sooner
_IDS_PER_BATCH = 10_000
_IDS_TO_ASK = 1_000
_LONGEST_ID = 500

Aliases = Mapping[Kind, Mapping[str, str]]
_Then = Callable[[Connection], None]


def read_all(run: Underway) -> None:
    """Every object in turn, from where an earlier process stopped. TryLater when the run should pause."""
    source = run.source
    assert source is not None
    problems = source.open()
    with run.database.read() as db:
        aliases = staging.aliases(db)
        marks = watermarks.marks(db, run.fingerprint)
    if not run.readings:
        run.readings = _planned(run, source, marks)
        with run.database.begin() as db:
            run.guard(db)
            staging.add_problems(db, run.id, problems)
            history.note(db, run.id, reading=run.readings)
    _stop_if_used_up(run)
    for kind in Kind:
        _Object(run, source, kind, aliases).read()


def _planned(run: Underway, source: Source, marks: Mapping[Kind, Watermark]) -> dict[Kind, Reading]:
    readings = {}
    for kind in Kind:
        readings[kind] = plan.reading(
            marks.get(kind),
            source.windows,
            every_run=source.in_full(kind),
            every_day=source.daily(kind),
            now=run.started_at,
        )
        if readings[kind].sweep and source.ids(kind) is None:
            readings[kind] = Reading(None, readings[kind].until)  # everything is the sweep
    return readings


def _stop_if_used_up(run: Underway) -> None:
    why = plan.why_stop(run.spent)
    if why is not None:
        raise TryLater(f"{why[0].upper()}{why[1:]}", at=plan.next_day(run.moment))


def _can_be_an_id(id: str) -> bool:
    """A database refuses NUL, and what is too long for its index: one such row must not stop a run."""
    return id.isprintable() and len(id) <= _LONGEST_ID


class _Object:
    """The reading of one kind of record."""

    def __init__(self, run: Underway, source: Source, kind: Kind, aliases: Aliases) -> None:
        self.run = run
        self.source = source
        self.kind = kind
        self.aliases = aliases
        self.reading = run.readings[kind]
        self.position = self.reading.position
        self.staged_to = self.reading.position
        self.rows = self.reading.rows
        with run.database.read() as db:
            self.compare = staging.has_any(db, kind)
            self.waits = waiting.any_of(db, kind)

    def read(self) -> None:
        if self.reading.step == Step.DONE:
            return
        with self.run.database.begin() as db:
            self.run.guard(db)
            staging.drop_behind(db, self.run.id, self.kind, self.reading.position)
        steps = {
            Step.PAGES: self._read_pages,
            Step.NAMED: self._read_named,
            Step.IDS: self._list_ids,
            Step.UNKNOWN: self._read_unknown,
        }
        for step, read_step in steps.items():
            if self.reading.step == step:
                read_step()

    def _read_pages(self) -> None:
        reading = self.reading
        pages = self.source.pages(self.kind, reading.span, after=reading.bookmark, known=self._known)
        self._take(pages, then=self._after_pages, bookmarked=True)

    def _after_pages(self, db: Connection) -> None:
        self.reading.bookmark = None
        if not self.reading.in_full:
            self.reading.step = Step.NAMED
            return
        self.reading.file = self._file()
        if not self.rows:
            self._look_for_emptiness(db, self.reading.file)
        self.reading.step = Step.DONE

    def _read_named(self) -> None:
        """Rows that waited for a record we have by now, and winners of merges that came without them."""
        if self.waits:
            self._ask(waiting.to_ask)
        if self.kind in MERGEABLE:
            self._ask(sweeps.missing_winners)
        with self.run.database.begin() as db:
            self.reading.step = Step.IDS if self.reading.sweep else Step.DONE
            self.reading.file = self._file()
            self._keep(db)

    def _list_ids(self) -> None:
        with self.run.database.begin() as db:
            self.run.guard(db)
            sweeps.begin(db, self.kind)
        listing = self.source.ids(self.kind) or ()
        try:
            for ids in _in_batches(listing):
                with self.run.database.begin() as db:
                    self.run.guard(db)
                    sweeps.stage(db, self.kind, [id for id in ids if self._is_wanted(id)])
                    self._keep(db)
                self.run.tell("reading", self.kind, self.source.share_read())
                _stop_if_used_up(self.run)
        finally:
            _let_go(listing)
        with self.run.database.begin() as db:
            self.reading.listed = sweeps.listed(db, self.kind)
            self.reading.step = Step.UNKNOWN
            if not self.reading.listed and self.reading.file is not None:
                self._look_for_emptiness(db, self.reading.file)
            self._keep(db)

    def _is_wanted(self, id: str) -> bool:
        forgotten = self.run.is_forgotten
        return _can_be_an_id(id) and not (self.kind == Kind.CONTACT and forgotten is not None and forgotten(id, None))

    def _read_unknown(self) -> None:
        self._ask(sweeps.unknown)
        with self.run.database.begin() as db:
            self.reading.step = Step.DONE
            if self.reading.file is not None:
                self.reading.file.rows = self.rows
            self._keep(db)

    def _ask(self, whom: Callable[..., Sequence[str]]) -> None:
        """The records with the ids that `whom` names, as they are now."""
        after = ""
        while True:
            with self.run.database.read() as db:
                ids = whom(db, self.kind, after=after, limit=_IDS_TO_ASK)
            if not ids:
                return
            self._take(self.source.some(self.kind, ids), then=lambda db: None)
            after = ids[-1]

    # --- a batch --------------------------------------------------------------------------------

    def _take(self, pages: Iterable[Page], *, then: _Then, bookmarked: bool = False) -> None:
        """Stage the rows of some pages, a few thousand per transaction, the last one together with `then`."""
        batch: list[Incoming] = []
        bookmark: str | None = None
        since = clock.seconds()
        try:
            for page in pages:
                batch += self._numbered(page.rows)
                bookmark = page.bookmark if bookmarked else None
                while len(batch) >= 2 * self.run.rows_per_batch:
                    self._stage(batch[: self.run.rows_per_batch], bookmark=None)
                    del batch[: self.run.rows_per_batch]
                if len(batch) >= self.run.rows_per_batch or clock.seconds() - since > _SECONDS_PER_BATCH:
                    self._stage(batch, bookmark=bookmark)
                    batch, since = [], clock.seconds()
                _stop_if_used_up(self.run)
        except TryLater:
            # A run that stops where it stood before leaves no sign of life: one day it is begun anew.
            if batch or bookmark not in (None, self.reading.bookmark):
                self._stage(batch, bookmark=bookmark)
            raise
        finally:
            _let_go(pages)
        self._stage(batch, bookmark=None, then=then)

    def _numbered(self, rows: list[Incoming]) -> list[Incoming]:
        for row in rows:
            if row.row:
                self.position = row.row
            else:
                self.position += 1
                row.row = self.position
            if not _can_be_an_id(row.id):
                row.id, row.cells, row.winner_id, row.reason = "", (), None, Reason.MISSING_ID
            elif row.winner_id and not _can_be_an_id(row.winner_id):
                row.winner_id = None
        return rows

    def _stage(self, rows: list[Incoming], *, bookmark: str | None, then: _Then | None = None) -> None:
        """Rows that are as we have them, and in a second step the others; the bookmark comes with the last."""
        self.rows += len(rows)
        self.run.rows += len(rows)
        self.staged_to = rows[-1].row if rows else self.staged_to
        with self.run.database.begin() as db:
            self.run.guard(db)
            same = staging.stage_unchanged(db, self.kind, rows) if self.compare and rows else 0
            if same == len(rows):
                self._mark(db, bookmark, then)
        if same < len(rows):
            self._stage_changed(self._others(rows) if same else rows, bookmark, then)
        if rows:
            self.run.tell("reading", self.kind, self.source.share_read())

    def _others(self, rows: list[Incoming]) -> list[Incoming]:
        with self.run.database.read() as db:
            same = staging.positions(db, self.kind, rows[0].row, rows[-1].row)
        return [row for row in rows if row.row not in same]

    def _stage_changed(self, rows: list[Incoming], bookmark: str | None, then: _Then | None) -> None:
        compared = Compared(self.run.database, self.kind, self.source, self.aliases)
        compared.read(rows, compare=self.compare)
        if self.run.is_forgotten is not None:
            compared.leave_out(self.run.is_forgotten)
        with self.run.database.begin() as db:
            self.run.guard(db)
            staging.stage(db, self.kind, compared.staged)
            staging.add_problems(db, self.run.id, compared.problems)
            self._mark(db, bookmark, then)

    def _mark(self, db: Connection, bookmark: str | None, then: _Then | None) -> None:
        if bookmark is not None or then is not None:
            self.reading.bookmark, self.reading.position, self.reading.rows = bookmark, self.staged_to, self.rows
        if then is not None:
            then(db)
        self._keep(db)

    def _keep(self, db: Connection) -> None:
        """How far the run is, in the same transaction as what it has read."""
        live = self.run.live("reading", self.kind, self.source.share_read())
        history.note(db, self.run.id, reading=self.run.readings, progress=live, usage=self.run.spent)

    # --- ends -----------------------------------------------------------------------------------

    def _file(self) -> FileRead:
        found = self.source.file(self.kind)
        found.rows, found.part = self.rows, found.part or not self.reading.in_full
        return found

    def _look_for_emptiness(self, db: Connection, file: FileRead) -> None:
        """No rows where there were some means that they were not exported, never that all are gone."""
        live = staging.live_count(db, self.kind)
        if self.kind == Kind.ACCOUNT and not live:
            if file.file is None:
                mend = "Check what its credential may see and which of its records are mapped; nothing was changed"
                raise Misconfigured(self.source.name, "it shows no accounts", mend)
            raise Misconfigured(file.file, "it has no rows", "Export the accounts again; nothing was changed")
        if live:
            self.reading.emptied = file.exported
            file.exported = False
            reason = Reason.MISSING_FILE if file.file is None else Reason.EMPTY_FILE
            if not staging.has_problem(db, self.run.id, self.kind, reason):
                found = Problem(ProblemLevel.FILE, reason, self.kind, file=file.file)
                staging.add_problems(db, self.run.id, [found])

    def _known(self, kind: Kind) -> Iterator[Sequence[str]]:
        after = ""
        while True:
            with self.run.database.read() as db:
                ids = sweeps.known(db, kind, after=after)
            if not ids:
                return
            yield ids
            after = ids[-1]


def _let_go(answers: Iterable[object]) -> None:
    """End what is still open behind them, such as a cursor, now and not when memory is tidied."""
    if isinstance(answers, Generator):
        answers.close()


def _in_batches(chunks: Iterable[Sequence[str]]) -> Iterator[list[str]]:
    batch: list[str] = []
    for chunk in chunks:
        batch += chunk
        while len(batch) >= _IDS_PER_BATCH:
            yield batch[:_IDS_PER_BATCH]
            del batch[:_IDS_PER_BATCH]
    if batch:
        yield batch
