"""Pause all mail to the outside, and let it go again."""

from pathlib import Path

import click
from sqlalchemy import Connection

from voc import app as wiring
from voc.base import installations
from voc.base.errors import Refused
from voc.cli import output
from voc.delivery import run as delivery
from voc.delivery.run import copied

BY = "terminal"


@click.group()
def sending() -> None:
    """Pause all mail, and let it go again. The page Delivery does the same.

    Example: voc sending resume --directory /srv/voc
    """


@sending.command()
@click.argument("reason")
@output.directory
@output.as_json
def pause(*, reason: str, directory: Path, as_json: bool) -> None:
    """Nothing leaves to anybody outside until it is resumed. Answers, bounces and replies still come in.

    REASON stands on top of every page.

    Example: voc sending pause "The mail server is moved"
    """
    app = wiring.open_app(directory)
    with app.database.begin() as db:
        if installations.load(db).sending_paused:
            raise Refused("Sending is paused already: `voc doctor` says why")
        delivery.pause_sending(db, because=reason, by=BY, now=app.now())
    _told("Sending is paused. `voc sending resume` lets it go again.", paused=True, as_json=as_json)


@sending.command()
@output.directory
@output.as_json
@click.option("--mail-nobody-twice", "careful", is_flag=True, help="Of a copy: repeat nothing that may have gone.")
@click.option("--nothing-was-sent", "nothing", is_flag=True, help="Of a copy: no other one was at work; plan all anew.")
def resume(*, directory: Path, as_json: bool, careful: bool, nothing: bool) -> None:
    """Mail goes out again: what is overdue by more than a day in each person's next window.

    A restored backup or a copy asks for one of the two options: only you know whether another
    installation went on sending meanwhile.

    Example: voc sending resume
    """
    app = wiring.open_app(directory)
    with app.database.begin() as db:
        here = installations.load(db)
        if not here.sending_paused:
            raise Refused("Sending is not paused")
        if copied.doubt(db, now=app.now()) is not None and careful == nothing:
            raise Refused(f"{_doubt(db)}. Choose --mail-nobody-twice or --nothing-was-sent")
        settled = delivery.resume_sending(db, by=BY, now=app.now(), nothing_was_sent=nothing)
    said = "Mail goes out again."
    if settled is not None and settled.unknown:
        said += f" {settled.unknown:,} that may have been sent wait on the page Delivery for your word."
    _told(said, paused=False, as_json=as_json)


def _doubt(db: Connection) -> str:
    here = installations.load(db)
    since = f" What happened after {here.doubt_since:%Y-%m-%d %H:%M} UTC is not in it" if here.doubt_since else ""
    return f"This database waits because {here.paused_because}.{since}"


def _told(said: str, *, paused: bool, as_json: bool) -> None:
    if as_json:
        output.emit({"sending_paused": paused})
    else:
        output.say(said)
