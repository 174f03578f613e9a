"""The tables as they are kept, in any format: all rows that a viewer may see, moments in UTC."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from sqlalchemy import Connection

from voc.base.access import TERMINAL, Viewer
from voc.base.db import Database
from voc.base.errors import NotFound, Refused
from voc.reports import store
from voc.reports.cells import Cell
from voc.reports.tables import About, Column, Format, Kind, csvs, write_file


@dataclass(frozen=True)
class Table:
    """`rows(db, viewer)` yields one line after the other, in the order of `columns`."""

    name: str
    columns: Sequence[Column]
    rows: Callable[[Connection, Viewer], Iterator[Sequence[Cell]]]


ACCOUNT_COLUMNS = (
    Column("id"),
    Column("name"),
    Column("parent_id"),
    Column("csm_id"),
    Column("segment"),
    Column("industry"),
    Column("country"),
    Column("arr", Kind.MONEY),
    Column("currency"),
    Column("renewal_on", Kind.DAY),
    Column("customer_since_on", Kind.DAY),
    Column("status"),
    Column("churned_on", Kind.DAY),
    Column("state"),
)
CONTACT_COLUMNS = (
    Column("id"),
    Column("account_id"),
    Column("first_name"),
    Column("last_name"),
    Column("email"),
    Column("title"),
    Column("department"),
    Column("country"),
    Column("language"),
    Column("time_zone"),
    Column("opted_out", Kind.YES),
    Column("bounced", Kind.YES),
    Column("left_company", Kind.YES),
    Column("left_at", Kind.MOMENT),
    Column("state"),
    Column("roles"),
)
INVITATION_COLUMNS = (
    Column("id", Kind.WHOLE),
    Column("wave"),
    Column("account_id"),
    Column("contact_id"),
    Column("address"),
    Column("csm_id"),
    Column("inherited", Kind.YES),
    Column("segment"),
    Column("arr", Kind.MONEY),
    Column("currency"),
    Column("freshness", Kind.SHARE),
    Column("sent_at", Kind.MOMENT),
    Column("closes_at", Kind.MOMENT),
    Column("stopped"),
    Column("disposition"),
    Column("answered_at", Kind.MOMENT),
    Column("bounced_at", Kind.MOMENT),
    Column("roles"),
)
ANSWER_COLUMNS = (
    Column("response_id", Kind.WHOLE),
    Column("invitation_id", Kind.WHOLE),
    Column("account_id"),
    Column("contact_id"),
    Column("submitted_at", Kind.MOMENT),
    Column("channel"),
    Column("entered_by"),
    Column("complete", Kind.YES),
    Column("score", Kind.WHOLE),
    Column("question"),
    Column("number", Kind.WHOLE),
    Column("text"),
    Column("choices"),
)
FOLLOW_UP_COLUMNS = (
    Column("id", Kind.WHOLE),
    Column("kind"),
    Column("state"),
    Column("account_id"),
    Column("contact_id"),
    Column("score", Kind.WHOLE),
    Column("owner_csm_id"),
    Column("opened_at", Kind.MOMENT),
    Column("acknowledge_by", Kind.MOMENT),
    Column("acknowledged_at", Kind.MOMENT),
    Column("contact_by", Kind.MOMENT),
    Column("contacted_at", Kind.MOMENT),
    Column("resolve_by", Kind.MOMENT),
    Column("resolved_at", Kind.MOMENT),
    Column("confirmed_at", Kind.MOMENT),
    Column("cause"),
    Column("outcome"),
)
FIGURE_COLUMNS = (
    Column("as_of", Kind.DAY),
    Column("scope"),
    Column("scope_id"),
    Column("name"),
    Column("window_days", Kind.WHOLE),
    Column("value", Kind.NUMBER),
    Column("numerator", Kind.NUMBER),
    Column("denominator", Kind.NUMBER),
    Column("low", Kind.NUMBER),
    Column("high", Kind.NUMBER),
    Column("level", Kind.NUMBER),
    Column("interval_kind"),
    Column("state"),
    Column("reason"),
    Column("definition_version", Kind.WHOLE),
)

_TABLES = (
    Table("accounts", ACCOUNT_COLUMNS, store.accounts),
    Table("contacts", CONTACT_COLUMNS, store.contacts),
    Table("invitations", INVITATION_COLUMNS, store.invitations),
    Table("answers", ANSWER_COLUMNS, store.answers),
    Table("follow_ups", FOLLOW_UP_COLUMNS, store.follow_ups),
    Table("figures", FIGURE_COLUMNS, store.figures),
)


def tables() -> Mapping[str, Table]:
    """What can be exported, by name."""
    return {table.name: table for table in _TABLES}


def table(name: str) -> Table:
    """NotFound, with the names there are."""
    if name not in tables():
        raise NotFound(f"There is no table {name!r}. There are: {', '.join(tables())}.")
    return tables()[name]


def write_table(db: Connection, name: str, out: BinaryIO, *, viewer: Viewer = TERMINAL) -> int:
    """One table as CSV to an open file; returns the number of rows."""
    chosen = table(name)
    return csvs.write(out, chosen.columns, chosen.rows(db, viewer))


def write_files(
    database: Database,
    folder: Path,
    *,
    names: Sequence[str] | None = None,
    as_format: Format = Format.CSV,
    viewer: Viewer = TERMINAL,
) -> dict[str, int]:
    """Each table as a file in the folder (made if missing), all of one moment; returns rows by table.

    A file appears under its name only when it is whole; Refused if the folder cannot be written.
    """
    chosen = [table(name) for name in names] if names is not None else list(_TABLES)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as problem:
        raise Refused(
            f"The export could not be written to {folder}: {problem.strerror or problem}. Name another folder.",
            field="folder",
        ) from None
    with database.read() as db:
        return {
            one.name: write_file(
                folder / f"{one.name}.{as_format}",
                one.columns,
                one.rows(db, viewer),
                as_format=as_format,
                about=About(one.name),
            )
            for one in chosen
        }
