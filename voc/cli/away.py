"""Who is away, and who looks after their follow-ups."""

from datetime import date
from pathlib import Path

import click

from voc import app as wiring
from voc.base.access import TERMINAL
from voc.cli import output
from voc.followup.deputies import Deputy
from voc.followup.run import deputies as run
from voc.followup.store import deputies as store


@click.group()
def away() -> None:
    """Name who looks after a CSM's follow-ups while that CSM is away.

    Example: voc away list
    """


@away.command("list")
@output.directory
@output.as_json
def list_(*, directory: Path, as_json: bool) -> None:
    """Who stands in for whom, now and from which day on.

    Example: voc away list
    """
    app = wiring.open_app(directory)
    with app.database.read() as db:
        found = store.listing(db, TERMINAL, today=app.now().date())
    if as_json:
        output.emit([_told(one) for one in found])
        return
    for one in found:
        output.say(f"{one.id}  {_words(one)}")
    if not found:
        output.say("Nobody is away.")


@away.command("set")
@output.directory
@output.as_json
@click.argument("csm_id")
@click.option("--deputy", required=True, help="The CRM's id of the colleague who stands in.")
@click.option("--from", "from_on", type=output.Day(), required=True, help="The first day.")
@click.option("--to", "to_on", type=output.Day(), required=True, help="The last day.")
def set_(*, directory: Path, as_json: bool, csm_id: str, deputy: str, from_on: date, to_on: date) -> None:
    """The deputy sees the follow-ups of that CSM and is told of new ones by mail; the clocks run on.

    Example: voc away set 005A --deputy 005B --from 2026-07-01 --to 2026-07-14
    """
    app = wiring.open_app(directory)
    with app.database.begin() as db:
        made = run.appoint(
            db, csm_id=csm_id, deputy_csm_id=deputy, from_on=from_on, to_on=to_on, viewer=TERMINAL, now=app.now()
        )
    _tell(made, _words(made), as_json=as_json)


@away.command()
@output.directory
@output.as_json
@click.argument("deputy_id", type=int)
def end(*, directory: Path, as_json: bool, deputy_id: int) -> None:
    """The CSM is back, or will not go. The number is that of `voc away list`.

    Example: voc away end 3
    """
    app = wiring.open_app(directory)
    with app.database.begin() as db:
        ended = run.end(db, deputy_id, viewer=TERMINAL, now=app.now())
    _tell(ended, f"{ended.away.name} looks after the follow-ups again.", as_json=as_json)


def _tell(one: Deputy, said: str, *, as_json: bool) -> None:
    if as_json:
        output.emit(_told(one))
    else:
        output.say(said)


def _words(one: Deputy) -> str:
    return f"{one.deputy.name} stands in for {one.away.name} from {one.from_on} to {one.to_on}."


def _told(one: Deputy) -> dict[str, object]:
    return {
        "id": one.id,
        "csm": one.away.csm_id,
        "deputy": one.deputy.csm_id,
        "from": one.from_on,
        "to": one.to_on,
        "said_by": one.said_by,
    }
