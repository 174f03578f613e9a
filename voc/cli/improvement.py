"""Improvements at the terminal: the list, a new one for a theme, and closing one."""

from datetime import date
from pathlib import Path

import click

from voc import app as wiring
from voc.base.access import TERMINAL
from voc.base.errors import NotFound
from voc.cli import output
from voc.followup import improving
from voc.followup.improving import ANYBODY
from voc.followup.run import improvements as run
from voc.followup.store import improvements as store
from voc.metrics.run.forest import book as code_book
from voc.metrics.store.forest import book


@click.group()
def improvement() -> None:
    """What departments do about themes, for every account that raised them.

    Example: voc improvement list
    """


@improvement.command("list")
@output.directory
@output.as_json
def listing(*, directory: Path, as_json: bool) -> None:
    """Open ones first, by due date.

    Example: voc improvement list --json
    """
    app = wiring.open_app(directory)
    today = app.now().date()
    with app.database.read() as db:
        found = store.listing(db, TERMINAL)
    if as_json:
        output.emit({"improvements": found})
        return
    rows = (
        (
            one.id,
            one.title,
            one.theme,
            one.department,
            one.owner,
            f"{one.due_on}{' overdue' if one.overdue(today) else ''}",
            str(one.state).replace("_", " "),
            one.accounts,
            one.drafted,
        )
        for one in found
    )
    output.table(
        ("id", "improvement", "theme", "department", "owner", "due", "state", "accounts", "lines"), rows, right=(7, 8)
    )


@improvement.command("open")
@output.directory
@output.as_json
@click.argument("theme")
@click.option("--title", required=True, help="What is to be better, in a few words.")
@click.option("--owner", required=True, help="Who sees it through.")
@click.option("--due", type=output.Day(), required=True, help="By when.")
@click.option("--department", help="The theme's own if not named.")
def open_one(
    *, directory: Path, as_json: bool, theme: str, title: str, owner: str, due: date, department: str | None
) -> None:
    """Open an improvement for a theme of the code book, by its key.

    Example: voc improvement open training --title "A course for administrators" --owner "Jo Lind" --due 2026-12-01
    """
    app = wiring.open_app(directory)
    now = app.now()
    with app.database.begin() as db:
        code_book.install(db, now=now)
        found = next((one for one in book.themes(db) if one.key == theme), None)
        if found is None:
            raise NotFound(f"There is no theme {theme!r}; `voc themes list` has the keys.")
        plan = improving.plan(
            title=title, department=department or found.department, owner=owner, due_on=due, not_before=now.date()
        )
        improvement_id = run.open_improvement(db, found.id, plan, viewer=TERMINAL, now=now)
    if as_json:
        output.emit({"improvement": improvement_id})
        return
    output.say(f"Improvement {improvement_id} is open, due {due}.")


@improvement.command()
@output.directory
@output.as_json
@click.argument("number", type=int)
@click.option("--done", required=True, help="What was done.")
@click.option("--line", default="", help="What customers are told; drafted from what was done if not given.")
def close(*, directory: Path, as_json: bool, number: int, done: str, line: str) -> None:
    """Close an improvement: everybody who raised its theme is told in their next invitation.

    Example: voc improvement close 3 --done "Twice a month since October"
    """
    app = wiring.open_app(directory)
    with app.database.begin() as db:
        found = store.one(db, number, TERMINAL)
        told = {ANYBODY: line or improving.draft(found.theme, done)}
        count = run.close(db, number, done=done, told=told, viewer=TERMINAL, now=app.now())
        accounts = len({account_id for account_id, _contact_id in store.drafted(db, number)})
    if as_json:
        output.emit({"improvement": number, "lines": count, "accounts": accounts})
        return
    who = f"{count} {'person' if count == 1 else 'people'} at {accounts} {'account' if accounts == 1 else 'accounts'}"
    has = "has a line in the next invitation" if count == 1 else "have a line in their next invitation"
    output.say(f"Improvement {number} is done; {who} {has}.")
