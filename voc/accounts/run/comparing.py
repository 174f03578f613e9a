"""Rows whose digest is not one we know, beside what we have: which are new, and what changed in the others."""

from collections.abc import Mapping

from voc.accounts import rules
from voc.accounts.connector import Source
from voc.accounts.model import Cleaned, Fate, Incoming, Kind, Problem, Staged
from voc.accounts.store import staging
from voc.accounts.store.staging import Kept
from voc.base.db import Database
from voc.base.erasure.remembering import Forgotten

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
        self.staged: list[Staged] = []
        self.problems: list[Problem] = []

    def read(self, rows: list[Incoming], *, compare: bool) -> None:
        """Without `compare` we have nothing of this kind yet."""
        cleaned = [self._clean(row) for row in rows]
        ours: dict[str, Kept] = {}
        if compare and rows:
            with self._database.read() as db:
                ours = staging.records(db, self._kind, [row.id for row in rows if row.cells])
        for row, found in zip(rows, cleaned, strict=True):
            if found is None:
                self.staged.append(Staged(row, _fate_of_row(self._kind, row)))
            else:
                self._compare(row, found, ours.get(row.id))

    def leave_out(self, is_forgotten: Forgotten) -> None:
        """Rows of people we were asked to forget are not kept, not even for a moment."""
        gone = {one.row.row for one in self.staged if self._is_of(one, is_forgotten)}
        self.staged = [one for one in self.staged if one.row.row not in gone]
        self.problems = [one for one in self.problems if one.row not in gone]

    def _is_of(self, staged: Staged, is_forgotten: Forgotten) -> bool:
        if self._kind == Kind.CONTACT:
            return is_forgotten(staged.row.id, getattr(staged.record, "email", None))
        return is_forgotten(getattr(staged.record, "contact_id", None), None)

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

    def _compare(self, row: Incoming, found: Cleaned, ours: Kept | None) -> None:
        for problem in found.problems:
            problem.file = self._source.file(self._kind).file
            problem.field = problem.field and self._source.column(self._kind, problem.field)
        self.problems += found.problems
        if found.missing is not None:
            row.reason = found.missing
            self.staged.append(Staged(row, Fate.REJECTED, found.record))  # an opt-out in it counts
            return
        change = rules.change_of(found, ours and ours.record, ours and ours.state)
        # A row with a problem is looked at again in the next run, so that its problem is told again.
        hash = f"{row.digest}!" if found.problems or found.unreadable else row.digest
        fate = change.fate
        if fate == Fate.UNCHANGED and ours is not None and ours.hash != hash:
            fate = Fate.REWORDED
        self.staged.append(Staged(row, fate, change.record, hash=hash, fields=change.fields, late=found.late))


def _fate_of_row(kind: Kind, row: Incoming) -> Fate:
    if row.reason is not None:
        return Fate.REJECTED
    return Fate.MERGED if row.winner_id and kind in MERGEABLE else Fate.DELETED
