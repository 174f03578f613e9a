"""Read the CRM and say what it brought."""

from datetime import date
from pathlib import Path

import click

from voc import app as wiring
from voc.accounts import run as accounts
from voc.accounts.model import Progress, SyncReport
from voc.base.errors import Misconfigured
from voc.base.words import ProblemLevel, RunState
from voc.cli import output
from voc.stakeholders import run as stakeholders

_LEVELS = {
    ProblemLevel.REJECTED: "refused: the row is not loaded",
    ProblemLevel.FIELD_ERROR: "field left empty",
    ProblemLevel.WARNING: "a person should look",
    ProblemLevel.FILE: "file",
}
_HEADS = ("object", "rows", "new", "changed", "unchanged", "deleted", "merged", "gone", "refused")


@click.command()
@output.directory
@output.as_json
@click.option("--source", help="csv:FOLDER; what voc.toml names as crm if not given.")
@click.option("--as-of", type=output.Day(), help="The day of the export, as 2026-03-02; today if not given.")
@output.at
def sync(*, directory: Path, as_json: bool, source: str | None, as_of: date | None, at: object) -> None:
    """Read an export, apply what changed, list what was refused or doubtful.

    Running it again changes nothing and says so.

    Example: voc sync --source csv:/srv/export --as-of 2026-03-02
    """
    app = wiring.open_app(directory, at=at)  # type: ignore[arg-type]  # click's converter makes it a moment
    named = source or app.settings.crm
    if named is None:
        raise Misconfigured("voc.toml: crm", "no source is named", "Write crm = 'csv:FOLDER', or give --source")
    now = app.now()
    with output.progress() as report:

        def watch(progress: Progress) -> None:
            report(f"{progress.phase} {progress.object or ''}".strip(), round(progress.share * 100), 100)

        found = accounts.sync(
            app.database, accounts.open_source(named), as_of=as_of or now.date(), now=now, progress=watch
        )
    with app.database.begin() as db:
        stakeholders.catch_up(db, now)
    if as_json:
        output.emit(found)
    else:
        _show(found)
    if found.state != RunState.COMPLETE:
        raise SystemExit(1)


def _show(found: SyncReport) -> None:
    output.table(
        _HEADS,
        (
            (kind, c.rows, c.created, c.updated + c.returned, c.unchanged, c.deleted, c.merged, c.gone, c.rejected)
            for kind, c in found.counts.items()
        ),
        right=range(1, len(_HEADS)),
    )
    for level, words in _LEVELS.items():
        for reason, count in found.problems.get(level, {}).items():
            output.say(f"{count:6}  {reason} ({words})")
    output.say(f"Run {found.run_id}: {found.message or found.state} ({found.rows} rows in {found.seconds:.1f} s)")
    if any(found.problems.values()):
        output.say(f"Each row with its file and line is on the page /sync/{found.run_id}.")
