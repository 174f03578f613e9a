"""Read the CRM and say what it brought; or only look at it, or only try."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import click
from rich.progress import BarColumn, TaskProgressColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bar

from voc import app as wiring
from voc import jobs
from voc.accounts import run as accounts
from voc.accounts.checking import Checked, Tried, why_not_read
from voc.accounts.connection import Connection, Crm
from voc.accounts.connector import Connector, FieldState, Source
from voc.accounts.model import Counts, Progress, SyncReport, Watcher
from voc.accounts.run import checking, trying
from voc.accounts.store import connections, history
from voc.base.errors import Misconfigured
from voc.base.words import ProblemLevel, RunState
from voc.cli import output
from voc.web.context import App

_LEVELS = {
    ProblemLevel.REJECTED: "refused: the row is not loaded",
    ProblemLevel.FIELD_ERROR: "field left empty",
    ProblemLevel.WARNING: "a person should look",
    ProblemLevel.FILE: "file",
}
_HEADS = ("object", "rows", "new", "changed", "unchanged", "deleted", "merged", "gone", "refused")
_STATES = {
    FieldState.MISSING: "is not there",
    FieldState.UNREADABLE: "may not be read",
    FieldState.CALCULATED: "is calculated: read once a day in full",
}


@click.command()
@output.directory
@output.as_json
@click.option(
    "--source",
    metavar="NAME",
    help="csv:FOLDER, or crm for the connection of Settings > CRM; that one, or what voc.toml names, if not given.",
)
@click.option("--as-of", type=output.Day(), help="The day of the export, as 2026-03-02; today if not given.")
@click.option("--check", is_flag=True, help="Only look: rights, fields, what changed in 30 days. Nothing is read.")
@click.option("--try", "only_try", is_flag=True, help="Read and decide, say what would change, and write nothing.")
@output.at
def sync(
    *, directory: Path, as_json: bool, source: str | None, as_of: date | None, check: bool, only_try: bool, at: object
) -> None:
    """Read the CRM, apply what changed, list what was refused or doubtful.

    A reading that was stopped or paused goes on where it was. Running it again changes nothing and
    says so. Exit 1 unless the reading is complete.

    Example: voc sync --source csv:/srv/export --as-of 2026-03-02
    """
    if check and only_try:
        raise click.UsageError("--check and --try do not go together.")
    app = wiring.open_app(directory, at=at)  # type: ignore[arg-type]  # click's converter makes it a moment
    if check:
        _look(app, _connector(app, source), as_json=as_json)
    elif only_try:
        _try(app, _source(app, source), as_json=as_json)
    else:
        _read(app, _source(app, source), as_of=as_of, as_json=as_json)


def _source(app: App, name: str | None) -> Source:
    found = jobs.crm_source(app) if name is None else _named(app, name)
    if found is None:
        mend = "Connect one under Settings > CRM, write crm = 'csv:FOLDER', or give --source"
        raise Misconfigured("voc.toml: crm", "no source is named", mend)
    return found


def _named(app: App, name: str) -> Source:
    return accounts.open_source(name, database=app.database, vault=app.vault, outside=app.outside())


def _connector(app: App, name: str | None) -> Connector:
    """A folder can be looked at too, without being set up anywhere."""
    with app.database.read() as db:
        stored = connections.load_connection(db)
        secrets = connections.stored_secrets(db, app.vault)
    named = name or (None if stored else app.settings.crm)
    if named is not None and named.startswith("csv:"):
        return accounts.connect(Connection(crm=Crm.CSV, place=named.removeprefix("csv:")), {}, app.outside())
    if stored is None and named is None:
        raise Misconfigured(
            "Settings > CRM", "no CRM is connected", "Connect one there, or name a folder: --source csv:FOLDER"
        )
    if stored is None or named not in (None, accounts.STORED, stored.crm):
        raise Misconfigured("--source", "there is no such connection", "Set it up under Settings > CRM, or csv:FOLDER")
    return accounts.connect(stored, secrets, app.outside())


# --- read ---------------------------------------------------------------------------------------


def _read(app: App, source: Source, *, as_of: date | None, as_json: bool) -> None:
    try:
        with _bar() as watch:
            found = jobs.read_crm(app, source, now=app.now(), as_of=as_of, progress=watch)
    except KeyboardInterrupt:
        _say_how_it_stopped(app)
        raise
    if as_json:
        output.emit(found)
    else:
        _show(found)
    if found.state != RunState.COMPLETE:
        raise SystemExit(1)


def _say_how_it_stopped(app: App) -> None:
    with app.database.read() as db:
        newest = history.newest(db)
    if newest is not None and newest.state == RunState.PAUSED:
        click.echo(f"voc: run {newest.id} is paused; `voc sync` goes on where it stopped.", err=True)
    elif newest is not None and newest.state == RunState.RUNNING:
        click.echo(f"voc: run {newest.id} had read everything; `voc sync` finishes writing it.", err=True)


@contextmanager
def _bar() -> Iterator[Watcher | None]:
    """Rows and the time that is left on a terminal; nothing elsewhere."""
    if not output.terminal.is_terminal:
        yield None
        return
    columns = (
        TextColumn("{task.description:24}"),
        BarColumn(),
        TaskProgressColumn(),
        TextColumn("{task.fields[rows]:>10,} rows"),
        TimeRemainingColumn(),
    )
    with Bar(*columns, console=output.terminal, transient=True) as bar:
        phases: dict[str, Any] = {}

        def watch(progress: Progress) -> None:
            if progress.phase not in phases:
                phases[progress.phase] = bar.add_task(progress.phase, total=1.0, rows=progress.rows)
            what = f"{progress.phase} {progress.object or ''}".strip().replace("_", " ")
            bar.update(phases[progress.phase], completed=progress.share, rows=progress.rows, description=what)

        yield watch


def _show(found: SyncReport) -> None:
    _counts(found.counts)
    for level, words in _LEVELS.items():
        for reason, count in found.problems.get(level, {}).items():
            output.say(f"{count:6}  {reason} ({words})")
    used = found.usage
    if used.requests:
        share = f", {used.used or used.requests_today:,} of {used.allowance:,} of today used" if used.allowance else ""
        output.say(f"{used.requests:,} requests{share}.")
    output.say(f"Run {found.run_id}: {found.message or found.state} ({found.rows} rows in {found.seconds:.1f} s)")
    if found.resume_at is not None:
        output.say(f"It can go on from {found.resume_at:%Y-%m-%d %H:%M} UTC.")
    if any(found.problems.values()):
        output.say(f"Each row with its place is on the page /sync/{found.run_id}.")


def _counts(counts: Any) -> None:
    def cells(kind: str, c: Counts) -> tuple[Any, ...]:
        changed = c.updated + c.returned
        return (kind, c.rows, c.created, changed, c.unchanged, c.deleted, c.merged, c.gone + c.closed, c.rejected)

    output.table(_HEADS, (cells(kind, one) for kind, one in counts.items()), right=range(1, len(_HEADS)))


# --- only look ----------------------------------------------------------------------------------


def _try(app: App, source: Source, *, as_json: bool) -> None:
    try:
        with _bar() as watch:
            found = trying.try_out(app.database, source, now=app.now(), progress=watch)
    finally:
        source.close()
    if as_json:
        output.emit(found)
    else:
        _show_try(found)
    if found.state != RunState.COMPLETE:
        raise SystemExit(1)


def _show_try(found: Tried) -> None:
    _counts(found.counts)
    for doubt in found.doubts:
        output.say(f"{doubt.count:6}  {doubt.object}: {doubt.sentence} ({_LEVELS[doubt.level]})")
    if found.cut:
        output.say(f"Of {', '.join(found.cut)} only the first rows were read.")
    output.say(f"A try: {found.message} {found.rows} rows in {found.seconds:.1f} s; nothing was written.")


def _look(app: App, connector: Connector, *, as_json: bool) -> None:
    try:
        found = checking.check(connector, now=app.now())
    finally:
        connector.close()
    refusals = why_not_read(found.probe)
    if as_json:
        output.emit({"refused": refusals, "probe": found.probe, "spelled": found.spelled})
    else:
        _show_look(found, refusals, output.say)
    if refusals or found.probe.missing_grants:
        raise SystemExit(1)


def _show_look(found: Checked, refusals: list[str], say: Callable[[str], None]) -> None:
    probe = found.probe
    if probe.signed_in_as or probe.version:
        say(f"Signed in as {probe.signed_in_as or 'nobody by name'}, version {probe.version or 'unknown'}.")
    output.table(
        ("object", "in the CRM", "readable", "rows", "changed in 30 days", "fields found"),
        (
            (one.kind, one.object or "-", "yes" if one.readable else "NO", one.rows, one.changed_30_days,
             f"{sum(item.state in (FieldState.FOUND, FieldState.CALCULATED) for item in one.fields)}"
             f" of {len(one.fields)}")
            for one in probe.objects
        ),
        right=(3, 4, 5),
    )  # fmt: skip
    for one in probe.objects:
        if one.why:
            say(f"{one.kind}: {one.why}")
        for item in one.fields:
            if item.state in _STATES:
                say(f"{one.kind}.{item.field} ({item.column}) {_STATES[item.state]}.")
    for text in (*probe.missing_grants, *probe.warnings, *found.unseen):
        say(f"LOOK {text}")
    for text in refusals:
        say(f"NOTHING IS READ: {text}")
