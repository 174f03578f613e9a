"""Any table as CSV: UTF-8 with its mark, no cell that a spreadsheet would run, moments in UTC."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from sqlalchemy import Connection

from voc.base.access import TERMINAL, Viewer
from voc.base.db import Database
from voc.base.errors import NotFound, Refused
from voc.reports import cells, store
from voc.reports.cells import Cell

UTF8_WITH_MARK = "utf-8-sig"  # with the mark, spreadsheets read it as UTF-8


@dataclass(frozen=True)
class Table:
    """`rows(db, viewer)` yields one line after the other, in the order of `heads`."""

    name: str
    heads: Sequence[str]
    rows: Callable[[Connection, Viewer], Iterator[Sequence[Cell]]]


_TABLES = (
    Table(
        "accounts",
        [
            "id",
            "name",
            "parent_id",
            "csm_id",
            "segment",
            "industry",
            "country",
            "arr",
            "currency",
            "renewal_on",
            "customer_since_on",
            "status",
            "churned_on",
            "state",
        ],
        store.accounts,
    ),
    Table(
        "contacts",
        [
            "id",
            "account_id",
            "first_name",
            "last_name",
            "email",
            "title",
            "department",
            "country",
            "language",
            "time_zone",
            "opted_out",
            "bounced",
            "left_company",
            "left_at",
            "state",
            "roles",
        ],
        store.contacts,
    ),
    Table(
        "invitations",
        [
            "id",
            "wave",
            "account_id",
            "contact_id",
            "address",
            "csm_id",
            "inherited",
            "segment",
            "arr",
            "currency",
            "freshness",
            "sent_at",
            "closes_at",
            "stopped",
            "disposition",
            "answered_at",
            "bounced_at",
            "roles",
        ],
        store.invitations,
    ),
    Table(
        "answers",
        [
            "response_id",
            "invitation_id",
            "account_id",
            "contact_id",
            "submitted_at",
            "channel",
            "entered_by",
            "complete",
            "score",
            "question",
            "number",
            "text",
            "choices",
        ],
        store.answers,
    ),
    Table(
        "follow_ups",
        [
            "id",
            "kind",
            "state",
            "account_id",
            "contact_id",
            "score",
            "owner_csm_id",
            "opened_at",
            "acknowledge_by",
            "acknowledged_at",
            "contact_by",
            "contacted_at",
            "resolve_by",
            "resolved_at",
            "confirmed_at",
            "cause",
            "outcome",
        ],
        store.follow_ups,
    ),
    Table(
        "figures",
        [
            "as_of",
            "scope",
            "scope_id",
            "name",
            "window_days",
            "value",
            "numerator",
            "denominator",
            "low",
            "high",
            "level",
            "interval_kind",
            "state",
            "reason",
            "definition_version",
        ],
        store.figures,
    ),
)


def tables() -> Mapping[str, Table]:
    """What can be exported, by name."""
    return {table.name: table for table in _TABLES}


def table(name: str) -> Table:
    """NotFound, with the names there are."""
    if name not in tables():
        raise NotFound(f"There is no table {name!r}. There are: {', '.join(tables())}.")
    return tables()[name]


def write_table(db: Connection, name: str, out: TextIO, *, viewer: Viewer = TERMINAL) -> int:
    """One table to an open text file, such as stdout; returns the number of rows."""
    chosen = table(name)
    return cells.write_rows(out, chosen.heads, chosen.rows(db, viewer))


def write_csv(
    database: Database, folder: Path, *, names: Sequence[str] | None = None, viewer: Viewer = TERMINAL
) -> dict[str, int]:
    """Each table as NAME.csv in the folder (made if missing), all of one moment; returns rows by table.

    A file appears under its name only when it is whole; Refused if the folder cannot be written.
    """
    chosen = [table(name).name for name in names] if names is not None else list(tables())
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with database.read() as db:
            return {name: _write_file(db, name, folder / f"{name}.csv", viewer) for name in chosen}
    except OSError as problem:
        raise Refused(
            f"The export could not be written to {folder}: {problem.strerror or problem}. Name another folder.",
            field="folder",
        ) from None


def _write_file(db: Connection, name: str, path: Path, viewer: Viewer) -> int:
    unfinished = path.with_suffix(".csv.part")
    try:
        with unfinished.open("w", encoding=UTF8_WITH_MARK, newline="") as out:
            written = write_table(db, name, out, viewer=viewer)
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)
    return written
