"""Rows beside what we have: what every decision of one run is taken from."""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Integer, Subquery, and_, case, cast, exists, null, select, union_all

from voc.accounts.connector import Source
from voc.accounts.model import Fate, Kind, RecordState
from voc.accounts.plan import Reading
from voc.accounts.store.tables import LOADED, STAGED, TARGET, staged_alias, target_alias

KNOWN_STATES = (RecordState.LIVE, RecordState.SET_ASIDE, RecordState.CLOSED)
Values = dict[str, ColumnElement[Any]]
# Rows that nothing in the file stands for come behind all that do.
BEHIND = 1_000_000_000


class Run:
    """What every decision of one run needs to know."""

    def __init__(
        self, *, run_id: int, as_of: date, source: Source, readings: Mapping[Kind, Reading], base_currency: str
    ) -> None:
        files = {kind: readings[kind].file or source.file(kind) for kind in Kind}
        self.id = run_id
        self.as_of = as_of
        self.column = source.column
        self.files = {kind: file.file for kind, file in files.items()}
        self.exported = {kind: file.exported for kind, file in files.items()}
        self.has_rows = {kind: reading.rows > 0 for kind, reading in readings.items()}
        self.part = {kind: file.part or not readings[kind].in_full for kind, file in files.items()}
        self.swept = {kind: reading.sweep and reading.listed > 0 for kind, reading in readings.items()}
        self.in_files = source.windows is None  # its rows have a place where a person finds them
        self.base_currency = base_currency


def standing_of(kind: Kind, id: ColumnElement[Any]) -> ColumnElement[str]:
    """known, deleted or unknown: by today's row if there is one that counts, else by what we have."""
    staged, ours = staged_alias(kind, "standing"), target_alias(kind, "ours")
    state = select(ours.c.state).where(ours.c.id == id).scalar_subquery()
    return case(
        (exists().where(staged.c.id == id, staged.c.fate.in_(LOADED)), "known"),
        (exists().where(staged.c.id == id, staged.c.fate == Fate.DELETED), "deleted"),
        (exists().where(staged.c.id == id, staged.c.fate == Fate.MERGED), "unknown"),
        (state.in_(KNOWN_STATES), "known"),
        (state == RecordState.DELETED, "deleted"),
        else_="unknown",
    )


def is_kept(kind: Kind) -> ColumnElement[bool]:
    """A rejected row of a record that stands, and that has no other row that counts."""
    staged, other = STAGED[kind], staged_alias(kind, "other")
    ours = target_alias(kind, "kept")
    return and_(
        staged.c.fate == Fate.REJECTED,
        exists().where(ours.c.id == staged.c.id, ours.c.state == RecordState.LIVE),
        ~exists().where(other.c.id == staged.c.id, other.c.fate.not_in((Fate.REJECTED, Fate.DUPLICATE))),
    )


def chunks(ids: list[str]) -> Iterator[list[str]]:
    for start in range(0, len(ids), 1_000):
        yield ids[start : start + 1_000]


def addressed(run: Run) -> Subquery:
    """Everybody with an address who will stand: loaded today, rejected but ours, or not read this time."""
    staged, ours = STAGED[Kind.CONTACT], TARGET[Kind.CONTACT]
    loaded = select(staged.c.id, staged.c.email, staged.c.account_id, staged.c.position, staged.c.line).where(
        staged.c.fate.in_(LOADED), staged.c.email.is_not(None)
    )
    kept = (
        select(ours.c.id, ours.c.email, ours.c.account_id, staged.c.position, staged.c.line)
        .join_from(staged, ours, ours.c.id == staged.c.id)
        .where(is_kept(Kind.CONTACT), ours.c.email.is_not(None))
    )
    if not run.part[Kind.CONTACT]:
        return union_all(loaded, kept).subquery("people")
    nowhere = cast(null(), Integer)
    rest = select(ours.c.id, ours.c.email, ours.c.account_id, nowhere, nowhere).where(
        ours.c.state == RecordState.LIVE,
        ~ours.c.ours,
        ours.c.email.is_not(None),
        ~exists().where(staged.c.id == ours.c.id),
    )
    return union_all(loaded, kept, rest).subquery("people")
