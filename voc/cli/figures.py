"""Figures with their counts, and the board page."""

from datetime import date
from pathlib import Path

import click

from voc import app as wiring
from voc.base import audit
from voc.base.access import TERMINAL
from voc.base.words import Scope
from voc.cli import output
from voc.metrics import run as metrics
from voc.metrics import wording
from voc.metrics.catalogue import BY_NAME
from voc.web import board as board_page
from voc.web import board_view, pdf


@click.command()
@output.directory
@output.as_json
@output.at
@click.option("--scope", type=click.Choice([scope.value for scope in Scope]), default="total", show_default=True)
@click.option("--id", "ids", multiple=True, help="Only this account, CSM or team; may be repeated.")
@click.option("--as-of", type=output.Day(), help="As it stood at the end of that day; now if not given.")
@click.option("--window", type=click.Choice(["90", "180", "365"]), help="Days; the setting if not given.")
def figures(
    *,
    directory: Path,
    as_json: bool,
    at: object,
    scope: str,
    ids: tuple[str, ...],
    as_of: date | None,
    window: str | None,
) -> None:
    """Every figure with numerator, denominator, interval, state and the version of its definition.

    Example: voc figures --scope csm --json
    """
    app = wiring.open_app(directory, at=at)  # type: ignore[arg-type]  # click's converter makes it a moment
    output.refuse_to_come(as_of, app.now().date())
    with app.database.read() as db:
        found = metrics.figures(
            db,
            scope=Scope(scope),
            ids=ids or None,
            now=app.now(),
            as_of=as_of,
            window_days=int(window) if window else None,
        )
    if as_json:
        output.emit({"scope": scope, "figures": found})
        return
    for one in found:
        output.say(f"\n{one.name or 'All'}")
        rows = (
            (BY_NAME[figure.name].label, wording.value(figure), wording.counts(figure), wording.interval(figure))
            for figure in one.figures.values()
        )
        output.table(("figure", "value", "count", "interval"), rows, right=(1,))


@click.command()
@output.directory
@output.at
@click.option("--team", help="Only this team, by the id of its lead.")
@click.option("--as-of", type=output.Day(), help="As it stood at the end of that day; now if not given.")
@click.option("--pdf", "file", type=click.Path(dir_okay=False, path_type=Path), required=True, help="Write it here.")
def board(*, directory: Path, at: object, team: str | None, as_of: date | None, file: Path) -> None:
    """The board page of the whole company or one team as one A4 page.

    Example: voc board --pdf board.pdf
    """
    app = wiring.open_app(directory, at=at)  # type: ignore[arg-type]  # click's converter makes it a moment
    output.refuse_to_come(as_of, app.now().date())
    page = board_page.made(app, TERMINAL, team_id=team, as_of=as_of)
    file.write_bytes(pdf.drawn(board_view.sheet(page)))
    with app.database.begin() as db:
        audit.exported(db, what="board-page", detail={"file": str(file.resolve())}, by="terminal", now=app.now())
    output.say(f"{page.heading} {file}")
