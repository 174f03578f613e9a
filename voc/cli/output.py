"""What commands print: tables and progress for people, one JSON document for programs."""

import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import click
import msgspec
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn
from rich.table import Table

from voc.base.errors import Misread
from voc.web.unread import FIRST_DAY

# Progress goes to the error stream, so that what a program reads stays clean.
terminal = Console(stderr=True, highlight=False)

Report = Callable[[str, int, int | None], None]

directory = click.option(
    "--directory",
    "-d",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path(),
    envvar="VOC_DIRECTORY",
    help="The folder with voc.toml; this one if not named.",
)
as_json = click.option("--json", "as_json", is_flag=True, help="Print one JSON document instead of text.")


class Day(click.ParamType[date]):
    name = "date"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> date:
        if isinstance(value, date):
            return value
        try:
            return date.fromisoformat(value)
        except ValueError:
            self.fail(f"{value!r} is not a day. Write it as 2026-03-02.", param, ctx)


def refuse_to_come(as_of: date | None, today: date) -> None:
    """Nobody knows how it will stand on a day to come; nothing is older than the first day."""
    if as_of is not None and not FIRST_DAY <= as_of <= today:
        raise Misread(f"--as-of {as_of} is no day from {FIRST_DAY} to today, {today}", field="as_of")


class Moment(click.ParamType[datetime]):
    name = "moment"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        if isinstance(value, datetime):
            return value
        try:
            moment = datetime.fromisoformat(value)
        except ValueError:
            self.fail(f"{value!r} is not a moment. Write it as 2026-03-02T09:00 (UTC).", param, ctx)
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


at = click.option("--at", type=Moment(), help="Move a rehearsal database forward to this moment (UTC) first.")


def emit(document: Any) -> None:
    """One JSON document on one line."""
    sys.stdout.write(msgspec.json.encode(document, order="deterministic").decode() + "\n")
    sys.stdout.flush()


def say(text: str = "") -> None:
    click.echo(text)


def tell_mistakes(mistakes: Sequence[Any], *, as_json: bool) -> None:
    """Each on a line, or all in one document; the command fails if there are any."""
    if as_json:
        emit({"mistakes": mistakes})
    for mistake in () if as_json else mistakes:
        say(str(mistake))
    if mistakes:
        raise SystemExit(1)


def table(heads: Sequence[str], rows: Iterable[Sequence[Any]], *, right: Sequence[int] = ()) -> None:
    """A plain table; `right` are the columns that hold numbers."""
    drawn = Table(box=None, pad_edge=False, header_style="bold")
    for number, head in enumerate(heads):
        drawn.add_column(head, justify="right" if number in right else "left", overflow="fold")
    for row in rows:
        drawn.add_row(*("" if cell is None else str(cell) for cell in row))
    # A pipe has no width: a table must not be folded to 80 columns there.
    width = None if sys.stdout.isatty() else 200
    Console(highlight=False, markup=False, width=width).print(drawn)


@contextmanager
def progress() -> Iterator[Report]:
    """A bar on a terminal, nothing elsewhere: `report(what, done, total or None)`."""
    if not terminal.is_terminal:
        yield lambda _what, _done, _total: None
        return
    columns = (TextColumn("{task.description:28}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=terminal, transient=True) as bar:
        tasks: dict[str, TaskID] = {}

        def report(what: str, done: int, total: int | None) -> None:
            if what not in tasks:
                tasks[what] = bar.add_task(what, total=total)
            bar.update(tasks[what], completed=done, total=total)

        yield report
