"""A row on its way: as it was read, as it is staged, what changed, what was wrong with it."""

import msgspec

from voc.accounts.model.records import Record
from voc.accounts.model.words import Fate, Kind, Reason
from voc.base.words import ProblemLevel


class Incoming(msgspec.Struct, gc=False):
    """One row as a connector read it. `row` and `line` are its place in a file; 0 and None where there is none.

    `cells` are the CRM's texts in the order of `rules.TEXTS[kind]`; `modified` is the CRM's moment
    of change, only ever compared; `digest` stands for everything in `cells`. A row that cannot be
    read has a `reason` and no cells.
    """

    id: str
    row: int
    line: int | None
    cells: tuple[str, ...] = ()
    digest: str = ""
    modified: str = ""
    deleted: bool = False
    winner_id: str | None = None
    reason: Reason | None = None


class Staged(msgspec.Struct, gc=False):
    """A row as it is kept apart until all rows are read. `record` is None for one without values."""

    row: Incoming
    fate: Fate
    record: Record | None = None
    hash: str | None = None
    fields: tuple[str, ...] = ()
    late: Reason | None = None


class Problem(msgspec.Struct, gc=False):
    """Something a person should know about one row, one field or one file."""

    level: ProblemLevel
    reason: Reason
    object: Kind
    file: str | None = None
    row: int | None = None
    line: int | None = None
    record_id: str | None = None
    field: str | None = None
    text: str | None = None


class Change(msgspec.Struct):
    """What is different in a record since the last run, and the record as it shall stand."""

    fate: Fate
    record: Record
    fields: tuple[str, ...] = ()


class Cleaned(msgspec.Struct):
    """A record and what was wrong with its texts.

    `late` is a reason to refuse the row that is asked only after the records it names are found.
    `unreadable` are the fields that keep yesterday's value.
    """

    record: Record
    problems: list[Problem]
    late: Reason | None = None
    unreadable: frozenset[str] = frozenset()
    missing: Reason | None = None
