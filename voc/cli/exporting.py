"""What leaves by command: any table in any format, the star schema for BI, the data dictionary."""

import re
from pathlib import Path
from typing import Any

import click

from voc import app as wiring
from voc.base import audit
from voc.base.access import TERMINAL
from voc.base.errors import Refused
from voc.cli import output
from voc.reports import export as kept
from voc.reports import tables
from voc.reports.star import dictionary, writing
from voc.reports.tables import Format
from voc.web.page_tables import TABLES, page_table
from voc.web.tables import write as write_page_table

_FORMATS = click.Choice([one.value for one in Format])


class _FolderUnlessNamed(click.Group):
    """`voc export FOLDER` writes the tables as they are kept; a name of a command is that command."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if args and args[0] not in self.commands and args[0] not in self.get_help_option_names(ctx):
            args = ["tables", *args]
        return super().parse_args(ctx, args)


@click.group(cls=_FolderUnlessNamed)
def export() -> None:
    """Tables as CSV, XLSX or Parquet; a star schema for BI with its data dictionary.

    Examples: voc export FOLDER, voc export table silent-accounts --out silent.xlsx, voc export star --out FOLDER
    """


@export.command(name="tables")
@click.argument("target", type=click.Path(file_okay=False, path_type=Path))
@output.directory
@output.as_json
@click.option("--table", "names", multiple=True, help="Only this table; may be repeated.")
@click.option("--format", "as_format", type=_FORMATS, default="csv", show_default=True)
def tables_command(*, target: Path, directory: Path, as_json: bool, names: tuple[str, ...], as_format: str) -> None:
    """Write the tables as they are kept, one file each.

    Example: voc export out --table invitations --table answers
    """
    app = wiring.open_app(directory)
    written = kept.write_files(app.database, target, names=names or None, as_format=Format(as_format))
    with app.database.begin() as db:
        detail = {"folder": str(target.resolve()), "as": as_format, "rows": written}
        audit.exported(db, what="tables", detail=detail, by="terminal", now=app.now())
    if as_json:
        output.emit({"directory": str(target.resolve()), "rows": written})
        return
    output.table(("table", "rows"), written.items(), right=(1,))


@export.command(name="table")
@click.argument("name", required=False)
@output.directory
@output.as_json
@output.at
@click.option("--out", "target", type=click.Path(dir_okay=False, path_type=Path), help="The file to write.")
@click.option("--format", "as_format", type=_FORMATS, help="As the file's ending says, if not given.")
@click.option("--where", "wheres", multiple=True, metavar="NAME=VALUE", help="A filter of the page; may be repeated.")
def table_command(
    *,
    name: str | None,
    directory: Path,
    as_json: bool,
    at: Any,
    target: Path | None,
    as_format: str | None,
    wheres: tuple[str, ...],
) -> None:
    """Write a table of a page as a file, with the page's filters. Without a name: which there are.

    Example: voc export table engagement-by-csm --where days=90 --out engagement.xlsx
    """
    if name is None:
        _list(as_json=as_json)
        return
    if target is None:
        raise click.UsageError("Name the file: --out FILE")
    chosen, wanted = page_table(name), _format(target, as_format)
    if wanted not in chosen.formats:
        raise Refused(f"{name} is written as {' or '.join(chosen.formats)}", field="format")
    filters = _filters(wheres)
    if missing := [one for one in re.findall(r"{(\w+)", chosen.path) if not filters.get(one)]:
        raise click.UsageError(f"{name} is of one page: name it with --where {missing[0]}=...")
    app = wiring.open_app(directory, at=at)
    with tables.whole(target) as out:
        asked_for = f"{target.resolve()} {' '.join(wheres)}".strip()
        _, rows = write_page_table(
            app, TERMINAL, chosen, filters, as_format=wanted, out=out, asked_for=asked_for, strict=True
        )
    if as_json:
        output.emit({"file": str(target.resolve()), "rows": rows})
        return
    output.say(f"{target}: {rows:,} rows")


def _list(*, as_json: bool) -> None:
    if as_json:
        output.emit([{"name": one.name, "title": one.title, "page": one.path} for one in TABLES])
        return
    output.table(("name", "what it is", "its page"), [(one.name, one.title, one.path) for one in TABLES])


def _format(target: Path, named: str | None) -> Format:
    ending = named or target.suffix.removeprefix(".").lower()
    if ending not in set(Format):
        raise Refused(f"{target.name} ends in no format: give --format csv, xlsx or parquet", field="format")
    return Format(ending)


def _filters(wheres: tuple[str, ...]) -> dict[str, str]:
    found = {}
    for where in wheres:
        name, equals, value = where.partition("=")
        if not equals:
            raise click.UsageError(f"{where!r} is no filter: write NAME=VALUE, such as days=90")
        found[name.strip()] = value.strip()
    return found


@export.command()
@output.directory
@output.as_json
@output.at
@click.option("--out", "target", type=click.Path(file_okay=False, path_type=Path), required=True, help="The folder.")
@click.option(
    "--format",
    "as_format",
    type=click.Choice([one.value for one in writing.FORMATS]),
    default="parquet",
    show_default=True,
)
@click.option("--personal", is_flag=True, help="Names, addresses and comments too, in files of their own.")
def star(*, directory: Path, as_json: bool, at: Any, target: Path, as_format: str, personal: bool) -> None:
    """Write the star schema for BI: facts and dimensions, all of one moment, with the data dictionary.

    Example: voc export star --out warehouse --format parquet
    """
    app = wiring.open_app(directory, at=at)
    with output.progress() as report:
        written = writing.write_star(
            app.database,
            target,
            vault=app.vault,
            now=app.now(),
            as_format=Format(as_format),
            personal=personal,
            report=report,
        )
    with app.database.begin() as db:
        detail = {"folder": str(target.resolve()), "as": as_format, "personal": personal, "rows": written.rows}
        audit.exported(db, what="star", detail=detail, by="terminal", now=app.now())
    if as_json:
        output.emit({"directory": str(target.resolve()), "personal": personal, "rows": written.rows})
        return
    output.table(("table", "rows"), [(name, f"{rows:,}") for name, rows in written.rows.items()], right=(1,))


@export.command(name="dictionary")
@click.option("--out", "target", type=click.Path(file_okay=False, path_type=Path), default=Path(), show_default=True)
def dictionary_command(*, target: Path) -> None:
    """Write the data dictionary of the star schema: dictionary.md for people, dictionary.csv for programs.

    Example: voc export dictionary --out .
    """
    with tables.whole(target / "dictionary.md") as out:
        out.write(dictionary.markdown().encode())
    with tables.whole(target / "dictionary.csv") as out:
        tables.csvs.write(out, dictionary.COLUMNS, dictionary.rows())
    output.say(f"{target / 'dictionary.md'} and {target / 'dictionary.csv'}")
