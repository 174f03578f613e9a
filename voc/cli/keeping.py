"""Back up an installation, and put a backup back."""

from pathlib import Path

import click

from voc import app as wiring
from voc.base import copies, installations
from voc.base.backup import making, restoring
from voc.base.clock import SystemClock
from voc.base.secrets import KEY_FILE
from voc.base.settings import Settings
from voc.base.tokens import RandomTokens
from voc.cli import output

ERASED_FILE = Settings().erased_file


@click.command()
@output.directory
@output.as_json
@click.argument("target", type=click.Path(path_type=Path))
@click.option("--with-key", is_flag=True, help="Put the key file into it too: whoever has the backup then has it all.")
def backup(*, directory: Path, as_json: bool, target: Path, with_key: bool) -> None:
    """Write the whole installation into one new file, while it serves and sends.

    TARGET is a .zip file that is not there yet, or a folder: then the file is named by the moment. It holds
    the database as of one moment, voc.toml without passwords, and your own questionnaires. Keep the key
    file apart from it: without the key the stored mails cannot be read, with it everything can.

    Example: voc backup /backups --directory /srv/voc
    """
    with output.progress() as report:
        made = making.make(directory, target, now=SystemClock().now(), with_key=with_key, report=report)
    rows = sum(made.manifest.counts.values())
    if as_json:
        output.emit({"path": str(made.path), "bytes": made.size, "rows": rows, "manifest": made.manifest})
        return
    output.say(f"Wrote {made.path}: {made.size / 1e6:,.1f} MB, {rows:,} rows, revision {made.manifest.revision}.")
    if with_key:
        output.say(
            f"LOOK It holds {KEY_FILE}: keep it like a password. Whoever has this file can read every mail in it."
        )
    else:
        output.say(
            f"The key file is not in it: keep a copy of {KEY_FILE} elsewhere, a backup is of little use without."
        )


@click.command()
@output.as_json
@click.argument("backup", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--directory", "-d", type=click.Path(file_okay=False, path_type=Path), required=True, help="Where to.")
@click.option("--database", help="Where the database goes; needed where its address has a password.")
def restore(*, backup: Path, directory: Path, database: str | None, as_json: bool) -> None:
    """Put a backup back, with sending paused. Nothing that is there is overwritten.

    Into an empty folder, or into the old one once the broken database is moved away: its voc.toml, key
    and list of erased people are kept then. Sending stays paused until somebody has read on the page
    Delivery what may have happened since the backup, and resumes it there.

    Example: voc restore /backups/voc-2026-11-20-030000.zip --directory /srv/voc
    """
    with output.progress() as report:
        done = restoring.restore(
            backup, directory, database=database, now=SystemClock().now(), tokens=RandomTokens(), report=report
        )
    rows = sum(done.manifest.counts.values())
    if as_json:
        fields = {"directory": str(directory.resolve()), "database": done.database, "rows": rows}
        output.emit({**fields, "wrote": done.wrote, "kept": done.kept, "key": done.key_there, "sending_paused": True})
        return
    output.say(f"Restored {rows:,} rows of {done.manifest.made_at:%d %B %Y, %H:%M} UTC into {done.database}.")
    if done.kept:
        output.say(f"Kept what was there: {', '.join(done.kept)}.")
    for number, step in enumerate(_what_is_left(directory, key_there=done.key_there), start=1):
        output.say(f"{number}. {step}")


def _what_is_left(directory: Path, *, key_there: bool) -> list[str]:
    steps = []
    if not key_there:
        steps.append(f"LOOK Put the {KEY_FILE} of then into {directory}, or its keys into VOC_SECRET_KEY.")
    erased = directory / ERASED_FILE
    if not erased.exists():
        steps.append(f"Put the newest {ERASED_FILE} there as well, or whoever was forgotten since is remembered again.")
    return [
        *steps,
        f"`voc serve --directory {directory}`. Sending is paused, and every page says so.",
        "Sign in as an admin, read on the page Delivery what may have been sent since, and resume it there.",
    ]


@click.group()
def announce() -> None:
    """Say what was done to this installation from outside, before it is started again.

    Example: voc announce moved --directory /srv/voc
    """


@announce.command()
@output.directory
@output.as_json
def moved(*, directory: Path, as_json: bool) -> None:
    """It lives here now: another folder, disk, machine, server or address, and the old one is off for good.

    Without this it would take itself for a copy, and pause. Stop the old one first.

    Example: voc announce moved --directory /srv/voc
    """
    app = wiring.open_app(directory)
    copies.announce_move(app.database, app.settings)
    with app.database.read() as db:
        waits = installations.in_doubt(db)
    if as_json:
        output.emit({"moved": True, "sending_paused": waits})
    elif waits:
        output.say("Noted. It is paused as a copy already: read the notice on the page Delivery, and resume it there.")
    else:
        output.say("Noted: this is the installation. It goes on where it stopped.")


@announce.command("rolled-back")
@output.directory
@output.as_json
def rolled_back(*, directory: Path, as_json: bool) -> None:
    """The whole machine or disk was put back to an earlier state, its folder and database together.

    Nothing inside can see that. This pauses sending, so that nobody is mailed twice.

    Example: voc announce rolled-back --directory /srv/voc
    """
    app = wiring.open_app(directory)
    because = copies.announce_rollback(app.database, now=app.now(), tokens=app.tokens)
    if as_json:
        output.emit({"sending_paused": True, "because": because})
        return
    output.say(f"Sending is paused: {because}. Read the notice on the page Delivery, and resume it there.")
