"""Bring into the CRM what is switched on, or say what would be."""

from pathlib import Path
from typing import Any

import click
import msgspec

from voc import app as wiring
from voc.accounts.connection import Connection, Switch
from voc.accounts.connector import WriteWhat
from voc.accounts.store import connections
from voc.accounts.writing import FIELDS, Planned, State
from voc.base.errors import Misconfigured, Refused
from voc.cli import output
from voc.reports import write_back as writing
from voc.web.context import App

_WHAT = {WriteWhat.TASK: "task", WriteWhat.CONTACT: "contact", WriteWhat.ACCOUNT: "account"}
_HEADS = ("what", "about", "state", "written now")
_PLACE = "Settings > CRM > Write-back"


@click.command("write-back")
@output.directory
@output.as_json
@click.option("--rehearse", is_flag=True, help="Say what would be written now; nothing is sent.")
@click.option(
    "--switch",
    "switches",
    type=click.Choice([one.value for one in Switch]),
    multiple=True,
    help="With --rehearse: as if just these were on. May be given several times.",
)
def write_back(*, directory: Path, as_json: bool, rehearse: bool, switches: tuple[str, ...]) -> None:
    """Write tasks, days, scores and coverage into the CRM, each as it is switched on under Settings.

    Running it again writes only what changed since. A record that the CRM refuses is listed on the page
    with its reason, and not tried again until it changes or somebody says so.

    Example: voc write-back --rehearse --switch tasks
    """
    if switches and not rehearse:
        raise click.UsageError("--switch goes with --rehearse: what is on is chosen on the page.")
    app = wiring.open_app(directory)
    if rehearse:
        _rehearse(app, as_json=as_json, switches=frozenset(Switch(one) for one in switches))
    else:
        _run(app, as_json=as_json)


def _run(app: App, *, as_json: bool) -> None:
    with output.progress() as report:
        found = writing.bring_back(
            app.database,
            vault=app.vault,
            outside=app.outside(),
            base_url=app.settings.base_url,
            now=app.now(),
            holder=app.tokens.new(),
            progress=lambda done: report("writing", done, None),
        )
    if found is None:
        raise Misconfigured(_PLACE, "nothing is switched on", "Switch something on there, or add --rehearse --switch")
    if as_json:
        output.emit(found)
    else:
        output.say(f"{found.written} written, {found.later} to try again later, {found.refused} refused.")
        if found.message:
            output.say(f"It stopped early: {found.message} {found.left} are left for the next run.")
        if found.refused:
            output.say(f"The reasons are on the page {_PLACE}.")
    if found.refused or found.message:
        raise SystemExit(1)


def _rehearse(app: App, *, as_json: bool, switches: frozenset[Switch]) -> None:
    with app.database.read() as db:
        connection = connections.load_connection(db)
    if connection is None:
        raise Misconfigured("Settings > CRM", "no CRM is connected", "Set it up there first")
    planned = writing.rehearse(
        app.database, _as_if(connection, switches), base_url=app.settings.base_url, now=app.now()
    )
    if as_json:
        output.emit([_plain(one) for one in planned])
        return
    found = list(planned)
    output.table(_HEADS, ([_WHAT[one.wanted.what], one.wanted.about, one.state, _values(one)] for one in found))
    due = sum(one.due for one in found)
    output.say(f"{due} would be written now, {len(found) - due} wait or were refused. Nothing was sent.")


def _as_if(connection: Connection, switches: frozenset[Switch]) -> Connection:
    chosen = switches or connection.writes
    if not chosen:
        raise Refused("Nothing is switched on. Add --switch to see what one would write.")
    columns = {one: connection.write_columns.get(one) or f"({one})" for one in FIELDS}  # not chosen yet
    return msgspec.structs.replace(connection, writes=chosen, write_columns=columns)


def _values(plan: Planned) -> str:
    if plan.state == State.REFUSED:
        return (plan.told.why if plan.told else None) or ""
    names = ("due_on", "owner_id") if plan.wanted.what == WriteWhat.TASK else tuple(plan.write.values)
    return ", ".join(f"{name}: {_change(plan, name)}" for name in names)


def _change(plan: Planned, name: str) -> str:
    old, new = plan.before.get(name), plan.write.values[name]
    return new if old is None or old == new else f"{old or 'empty'} -> {new or 'empty'}"


def _plain(plan: Planned) -> dict[str, Any]:
    return {
        "key": plan.write.key,
        "what": plan.write.what,
        "record_id": plan.write.record_id,
        "state": plan.state,
        "why": plan.told.why if plan.told else None,
        "before": plan.before,
        "values": plan.write.values,
    }
