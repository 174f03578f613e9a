"""Some rows of one object beside what we have: which are new, which changed, which are as they were."""

from collections.abc import Mapping

from voc.accounts import rules
from voc.accounts.connector import Source
from voc.accounts.model import Cleaned, Fate, Incoming, Kind, Problem, Record, RecordState, Staged
from voc.accounts.store import staging
from voc.accounts.store.tables import ALWAYS_IN_FULL
from voc.base.db import Database

MERGEABLE = (Kind.ACCOUNT, Kind.CONTACT)


class Compared:
    """`staged` are the rows with what becomes of them, as far as a row alone can tell; `problems` theirs."""

    def __init__(
        self, database: Database, kind: Kind, source: Source, aliases: Mapping[Kind, Mapping[str, str]]
    ) -> None:
        self._database = database
        self._kind = kind
        self._aliases = aliases
        self._source = source
        self._hashes: dict[str, str] = {}
        self.staged: list[Staged] = []
        self.problems: list[Problem] = []

    def read(self, rows: list[Incoming], *, compare: bool) -> None:
        """Without `compare` we have nothing of this kind yet."""
        changed = self._without_unchanged(rows) if compare else rows
        cleaned = [self._clean(row) for row in changed]
        stored = {}
        if compare and cleaned:
            with self._database.read() as db:
                stored = staging.records(db, self._kind, [row.id for row in changed if row.cells])
        for row, found in zip(changed, cleaned, strict=True):
            if found is None:
                self.staged.append(Staged(row, _fate_of_row(self._kind, row)))
            else:
                self._compare(row, found, stored)

    def _without_unchanged(self, rows: list[Incoming]) -> list[Incoming]:
        """Stage the rows whose digest we know, and hand back the others."""
        with self._database.read() as db:
            known = staging.known(db, self._kind, [row.id for row in rows if row.cells])
        changed = []
        for row in rows:
            found = known.get(row.id)
            if found and row.cells and found[0] == row.digest and found[1] == "live" and not self._in_full:
                self.staged.append(Staged(row, Fate.UNCHANGED, known=found[2]))
            else:
                changed.append(row)
        self._hashes = {id: found[0] for id, found in known.items()}
        return changed

    @property
    def _in_full(self) -> bool:
        return self._kind in ALWAYS_IN_FULL

    def _clean(self, row: Incoming) -> Cleaned | None:
        if not row.cells:
            return None
        return rules.record_of(
            self._kind,
            row,
            spellings=self._source.spellings,
            aliases=self._aliases,
            same_id=self._source.same_id,
        )

    def _compare(self, row: Incoming, found: Cleaned, stored: dict[str, tuple[Record, RecordState]]) -> None:
        for problem in found.problems:
            problem.file = self._source.file(self._kind).file
            problem.field = problem.field and self._source.column(self._kind, problem.field)
        self.problems += found.problems
        if found.missing is not None:
            row.reason = found.missing
            self.staged.append(Staged(row, Fate.REJECTED))
            return
        ours, state = stored.get(row.id, (None, None))
        change = rules.change_of(self._kind, found, ours, state)
        # A row with a problem is looked at again in the next run, so that its problem is told again.
        hash = f"{row.digest}!" if found.problems or found.unreadable else row.digest
        fate = change.fate
        if fate == Fate.UNCHANGED and self._hashes.get(row.id) != hash:
            fate = Fate.REWORDED
        self.staged.append(Staged(row, fate, change.record, hash=hash, fields=change.fields, late=found.late))


def _fate_of_row(kind: Kind, row: Incoming) -> Fate:
    if row.reason is not None:
        return Fate.REJECTED
    return Fate.MERGED if row.winner_id and kind in MERGEABLE else Fate.DELETED
