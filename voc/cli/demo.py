"""`voc demo`: an invented company's year through the real code, then the pages."""

import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from voc import app as wiring
from voc.base import settings
from voc.base.errors import Refused
from voc.cli import output, serving
from voc.demo import build, pages
from voc.demo.mailbox import DemoRelay, Mailbox
from voc.demo.store import Totals

PORT = 8000


@click.command()
@click.option("--directory", "-d", type=click.Path(file_okay=False, path_type=Path), help="Keep the year here.")
@click.option("--build-only", is_flag=True, help="Make the database and stop; needs --directory.")
@click.option("--seed", default=7, show_default=True, help="Another seed, another year.")
@click.option("--port", type=int, help="Where the pages are served; 8000 if not named. Its mails lead there.")
@output.as_json
def demo(*, directory: Path | None, build_only: bool, seed: int, port: int | None, as_json: bool) -> None:
    """Play a year of an invented company and serve its pages. Nothing leaves this machine.

    Example: voc demo
    """
    if build_only and directory is None:
        raise click.UsageError("--build-only needs --directory: where is the year to be kept?")
    folder = directory or Path(tempfile.mkdtemp(prefix="voc-demo-"))
    try:
        if not build_only and (folder / settings.FILE).exists():
            _serve(folder, port=port)
            return
        port = port or PORT
        if not build_only:
            serving.refuse_taken_port("127.0.0.1", port)
        click.echo("Playing a year of an invented company; this takes about a minute.", err=True)
        totals = _build(folder, seed=seed, port=port)
        if as_json:
            output.emit({"totals": totals})
        else:
            _summary(totals)
            if build_only:
                output.say(f"`voc demo --directory {folder}` serves it and says who to sign in as.")
        if not build_only:
            _serve(folder)
    finally:
        if directory is None:
            shutil.rmtree(folder, ignore_errors=True)


def _build(folder: Path, *, seed: int, port: int) -> Totals:
    if (folder / settings.FILE).exists():
        raise Refused(f"There is an installation in {folder} already. Name an empty folder, or remove that one.")
    with all_or_nothing(folder), output.progress() as report:
        return build.build(folder, seed=seed, report=report, port=port)


@contextmanager
def all_or_nothing(folder: Path) -> Iterator[None]:
    """What is built there is removed on any error, and the folder too unless it was there before."""
    before = {*folder.iterdir()} if folder.exists() else None
    try:
        yield
    except BaseException:  # Ctrl-C too: half a year is no demo
        if before is None:
            shutil.rmtree(folder, ignore_errors=True)
        else:
            _remove({*folder.iterdir()} - before)
        raise


def _remove(paths: Iterable[Path]) -> None:
    for path in paths:
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)


def _summary(totals: Totals) -> None:
    output.say(
        f"Twelve months of an invented company: {totals.accounts} accounts, {totals.contacts} contacts, "
        f"{totals.messages} mails, {totals.bounces} bounces, {totals.answers} answers, "
        f"{totals.follow_ups} follow-ups, {totals.renewals} renewals."
    )


def _serve(folder: Path, *, port: int | None = None) -> None:
    app = wiring.open_app(folder)
    if port is not None and port != app.settings.port:
        raise Refused(
            f"The mails of that demo lead to port {app.settings.port}. Leave --port out, or build another for {port}."
        )
    if not app.demo:
        raise Refused(f"{folder} holds a real installation: `voc serve --directory {folder}` serves it.")
    mailbox = Mailbox(folder)
    output.say(f"\nPages:   {app.settings.base_url}/")
    output.say(f"Mailbox: {app.settings.base_url}/demo/mailbox   (open any mail as the respondent and answer it)")
    output.say(f"Sign in as, all with the password {pages.PASSWORD!r}:")
    for person in build.sign_ins():
        output.say(f"  {person.email:36} {person.name}: sees {person.sees}")
    output.say("Nothing leaves this machine. Ctrl-C ends it.")
    extra = pages.handlers(mailbox, build.sign_ins())
    serving.run(app, web=True, worker=True, relays=DemoRelay(mailbox, app.clock), extra=extra, level="WARNING")
