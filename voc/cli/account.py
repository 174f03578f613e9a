"""What a person says about one account."""

from datetime import date
from pathlib import Path

import click

from voc import app as wiring
from voc.base.access import TERMINAL
from voc.campaigns import run as campaigns
from voc.campaigns.run.pauses import Moved
from voc.cli import output


@click.group()
def account() -> None:
    """Pause the mail to an account under escalation, by the CRM's id of the account.

    Example: voc account escalate 001A --until 2026-06-30 --reason "Two outages"
    """


@account.command()
@output.directory
@output.as_json
@click.argument("account_id")
@click.option("--until", type=output.Day(), required=True, help="The first day on which they may be asked again.")
@click.option("--reason", required=True, help="Why; shown on the account's page.")
def escalate(*, directory: Path, as_json: bool, account_id: str, until: date, reason: str) -> None:
    """Nobody there is asked or reminded before that day; what was meant for earlier moves.

    Example: voc account escalate 001A --until 2026-06-30 --reason "Two outages"
    """
    app = wiring.open_app(directory)
    with app.database.begin() as db:
        moved = campaigns.escalate(db, account_id, reason=reason, until_on=until, viewer=TERMINAL, now=app.now())
    _tell(f"{account_id} is under escalation until {until}.", moved, as_json=as_json)


@account.command("end-escalation")
@output.directory
@output.as_json
@click.argument("account_id")
def end_escalation(*, directory: Path, as_json: bool, account_id: str) -> None:
    """They may be asked again; what was moved goes back to its day, or into the next window.

    Example: voc account end-escalation 001A
    """
    app = wiring.open_app(directory)
    with app.database.begin() as db:
        moved = campaigns.end_escalation(db, account_id, viewer=TERMINAL, now=app.now())
    _tell(f"The escalation at {account_id} has ended.", moved, as_json=as_json)


def _tell(said: str, moved: Moved, *, as_json: bool) -> None:
    if as_json:
        output.emit({"moved": moved.steps, "without_day": moved.without_day, "first_on": moved.first_on})
        return
    output.say(said)
    if moved.first_on is not None:
        output.say(f"Mails that move: {moved.steps}, the first to {moved.first_on:%d %B %Y}.")
    if moved.without_day:
        output.say(f"Mails left out unless it ends sooner: {moved.without_day}.")
