"""The audit log on the terminal."""

import re
from pathlib import Path

import click

from voc import app as wiring
from voc.base import audit as lines
from voc.base.errors import Refused
from voc.cli import output


@click.group()
def audit() -> None:
    """Who changed what, and who took data out; and whether the log itself was changed.

    Example: voc audit verify
    """


@audit.command()
@output.directory
@output.as_json
@click.option("--kept", help="What an earlier run said of the last line, such as 120:9f86d0...: is it still there?")
def verify(*, directory: Path, as_json: bool, kept: str | None) -> None:
    """Follow the chain from the first line to the last. Exit code 1 if a line was changed, moved or taken out.

    Lines taken off the end leave a whole chain. So keep what this says of the last line somewhere else
    (the nightly job writes it into the log of the worker, too), and give it back with --kept.

    Example: voc audit verify --kept 120:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
    """
    app = wiring.open_app(directory)
    mark = None if kept is None else _mark(kept)
    with app.database.read() as db:
        broken, last, count = lines.first_broken(db), lines.last(db), lines.count(db)
        holds = mark is None or lines.holds(db, mark)
    if as_json:
        output.emit({"lines": count, "broken_at": broken, "last": last and str(last), "kept_holds": holds})
    elif broken is None:
        output.say(f"{count} lines, each follows from the one before.\nThe last: {last or 'none'}")
    if broken is not None:
        raise Refused(
            f"line {broken} does not follow from the one before: compare with a backup, find out who can write"
        )
    if not holds:
        raise Refused(
            f"line {kept} is not there as it was: lines were taken off the end, or the log was written anew."
            " If a person was erased since, a line `person erased` says so"
        )


def _mark(kept: str) -> lines.Mark:
    found = re.fullmatch(r"([0-9]{1,18}):([0-9a-f]{64})", kept.strip())
    if found is None:
        raise Refused("--kept wants a number, a colon and 64 letters, as `voc audit verify` prints them")
    return lines.Mark(int(found[1]), found[2])
