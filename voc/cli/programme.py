"""What a CSM does next, on the terminal."""

from pathlib import Path

import click

from voc import app as wiring
from voc.base import preferences
from voc.base.access import TERMINAL
from voc.cli import output
from voc.stakeholders import store as stakeholders


@click.command()
@output.directory
@output.as_json
@click.option("--csm", help="Only this CSM: part of the name, or the id in the CRM.")
@click.option("--most", default=20, help="How many steps to show.", show_default=True)
def recruiting(*, directory: Path, as_json: bool, csm: str | None, most: int) -> None:
    """Whom to find, confirm or replace, most valuable first.

    Example: voc recruiting --csm Whitlock
    """
    app = wiring.open_app(directory)
    with app.database.read() as db:
        steps = stakeholders.recruiting(db, TERMINAL, now=app.now(), preferences=preferences.load(db))
    if csm is not None:
        wanted = csm.lower()
        steps = [
            step
            for step in steps
            if step.account.csm_id == csm or (step.account.csm_name and wanted in step.account.csm_name.lower())
        ]
    if as_json:
        output.emit({"steps": steps})
        return
    if not steps:
        output.say("No step to take." if csm is None else f"No step to take for a CSM with {csm!r} in name or id.")
        return
    output.table(
        ("CSM", "what to do", "why", "minutes", "acts"),
        (
            (
                step.account.csm_name or "nobody",
                step.sentence,
                step.why,
                step.minutes,
                " / ".join(act.label for act in step.acts),
            )
            for step in steps[:most]
        ),
        right=(3,),
    )
    if len(steps) > most:
        output.say(f"{len(steps) - most} more, worth less: --most {len(steps)} shows them all.")
