"""A CSM's word in person to somebody who has not answered: whom, in which words, sent or by hand."""

from pathlib import Path

import click

from voc import app as wiring
from voc.base.access import TERMINAL
from voc.base.errors import Refused
from voc.campaigns import run as campaigns
from voc.campaigns import store
from voc.campaigns.run import Nudge
from voc.cli import output
from voc.delivery import run as delivery
from voc.delivery.run import nudging


@click.group()
def nudge() -> None:
    """Write in person to people who have not answered; it goes in their CSM's name.

    Example: voc nudge list
    """


@nudge.command("list")
@output.directory
@output.as_json
@click.option("--wave", type=int, help="Only of this wave; every running one if not named.")
def listing(*, directory: Path, as_json: bool, wave: int | None) -> None:
    """Whom a personal word may still move: asked a week ago or longer, silent since, the largest account first.

    Example: voc nudge list --wave 2
    """
    app = wiring.open_app(directory)
    with app.database.read() as db:
        found = store.to_nudge(db, wave, TERMINAL, now=app.now(), limit=500)
    if as_json:
        output.emit({"to_nudge": found})
        return
    output.table(
        ("invitation", "who", "account", "asked", "open until", "nudged"),
        (
            (
                one.invitation_id,
                one.contact_name,
                one.account_name,
                f"{one.sent_at:%Y-%m-%d}",
                f"{one.closes_at:%Y-%m-%d}",
                one.nudged or "",
            )
            for one in found
        ),
    )


@nudge.command()
@output.directory
@output.as_json
@click.argument("invitation", type=int)
@click.option("--subject", help="Other than the prepared one.")
@click.option("--body", type=click.File(encoding="utf-8"), help="A file with your words, - for the keyboard.")
@click.option("--show", is_flag=True, help="Only print the mail.")
def send(
    *, directory: Path, as_json: bool, invitation: int, subject: str | None, body: click.File | None, show: bool
) -> None:
    """Send the prepared mail, or your words. Refused, with the reason and the day, when it may not go now.

    Example: voc nudge send 17 --show
    """
    app = wiring.open_app(directory)
    words = body.read() if body is not None else None  # type: ignore[attr-defined]  # click opens it
    with app.database.begin() as db:
        found = nudging.prepare(db, invitation, viewer=TERMINAL, now=app.now(), settings=app.settings, own=None)
        if found.why_not is not None or found.text is None or found.rendered is None:
            raise Refused(found.why_not or "There is nothing to send.")
        if show:
            output.say(f"Subject: {found.rendered.subject}\n\n{found.rendered.text}")
            return
        done = delivery.nudge(
            db,
            invitation,
            subject=subject or found.text.subject,
            body=words or found.text.body,
            viewer=TERMINAL,
            now=app.now(),
            vault=app.vault,
            tokens=app.tokens,
            settings=app.settings,
        )
    _tell(done, "goes out with the next sending", as_json=as_json)


@nudge.command("by-hand")
@output.directory
@output.as_json
@click.argument("invitation", type=int)
def by_hand(*, directory: Path, as_json: bool, invitation: int) -> None:
    """Say that the CSM wrote from their own mail program: it counts, and nothing is sent.

    Example: voc nudge by-hand 17
    """
    app = wiring.open_app(directory)
    with app.database.begin() as db:
        done = campaigns.nudged_by_hand(db, invitation, viewer=TERMINAL, now=app.now())
    _tell(done, "is recorded", as_json=as_json)


def _tell(done: Nudge, what: str, *, as_json: bool) -> None:
    if as_json:
        output.emit({"nudge": done.key, "next_on": done.next_on, "no_reminder_follows": done.no_next})
        return
    output.say(f"{done.key} to {done.address} {what}.")
    if done.next_on is not None:
        output.say(f"The next reminder moves to {done.next_on:%d %B %Y}.")
    if done.no_next:
        output.say("No reminder follows: it would come too near to the closing date.")
