"""How it stands with the CRM, in plain words: its age, the last run, the credentials; and what a look at it finds."""

from datetime import datetime, timedelta

from voc.accounts import checks, schedule
from voc.accounts.checking import why_not_read
from voc.accounts.connection import Connection, Secret
from voc.accounts.run import checking, connect
from voc.accounts.store import SyncRun, connections, history
from voc.base import preferences
from voc.base.errors import VocError
from voc.base.words import RunState
from voc.cli.findings import Finding
from voc.web.context import App


def examine(app: App, *, call: bool) -> list[Finding]:
    """`call`: the CRM is spoken to as well."""
    with app.database.read() as db:
        stored = connections.load_connection(db)
        set_now = connections.which_secrets(db)
        newest = history.newest(db)
    found = [_age(app, stored), *_newest(newest, app.now())]
    if stored is not None:
        found += _credentials(stored, missing=[one for one in checks.needed(stored) if one not in set_now])
        found += _called(app, stored) if call else []
    return found


def _age(app: App, stored: Connection | None) -> Finding:
    with app.database.read() as db:
        stale_after = timedelta(hours=preferences.load(db).stale_after_hours)
        read_at = history.last_complete_at(db)
    if read_at is None:
        mend = (
            "Run `voc sync`." if stored else "Connect it under Settings > CRM, or run `voc sync --source csv:FOLDER`."
        )
        return Finding(False, "the CRM was never read", mend)
    fresh = app.now() - read_at <= stale_after
    mend = "No new invitations go out from older data. Run `voc sync`, and switch the reading on under Settings > CRM."
    return Finding(fresh, f"the CRM was last read {read_at:%Y-%m-%d %H:%M} UTC", mend)


def _newest(newest: SyncRun | None, now: datetime) -> list[Finding]:
    """Of the newest run, if it is not what we work with."""
    if newest is None or newest.state == RunState.COMPLETE:
        return []
    said, where = (newest.message or "").rstrip("."), f"/sync/{newest.id}"
    match newest.state:
        case RunState.RUNNING if schedule.is_alive(newest, now=now):
            return [Finding(True, f"run {newest.id} reads the CRM just now")]
        case RunState.RUNNING:
            heard = f"{schedule.heard_at(newest):%Y-%m-%d %H:%M}"
            what = f"run {newest.id} was not heard of since {heard} UTC"
            return [Finding(False, what, "`voc sync` goes on where it was.")]
        case RunState.PAUSED:
            when = (
                f"by itself at {newest.resume_at:%Y-%m-%d %H:%M} UTC" if newest.resume_at else "with the next reading"
            )
            return [Finding(False, f"run {newest.id} is paused: {said}", f"It goes on {when}; or run `voc sync`.")]
        case RunState.HELD:
            return [Finding(False, f"run {newest.id}: {said}", f"Decide on the page {where}.")]
    return [Finding(False, f"run {newest.id} failed: {said}", f"See {where}; `voc sync --check` says what is wrong.")]


def _credentials(stored: Connection, *, missing: list[Secret]) -> list[Finding]:
    found = []
    if missing:
        names = ", ".join(checks.plain_name(one) for one in missing)
        found.append(Finding(False, f"{stored.crm}: the {names} is missing", "Enter it under Settings > CRM."))
    switched = "on" if stored.on else "off"
    every = f", every {stored.every_minutes} minutes" if stored.on else ""
    found.append(
        Finding(stored.on, f"reading {stored.crm} on schedule is {switched}{every}", "Settings > CRM > Switch on.")
    )
    return found


def _called(app: App, stored: Connection) -> list[Finding]:
    try:
        with app.database.read() as db:
            secrets = connections.stored_secrets(db, app.vault)
        connector = connect(stored, secrets, app.outside())
        try:
            probe = checking.check(connector, now=app.now()).probe
        finally:
            connector.close()
    except VocError as mistake:
        return [Finding(False, f"{stored.crm} cannot be checked: {mistake}", "See Settings > CRM > Check.")]
    wrong = [*why_not_read(probe), *probe.missing_grants, *probe.warnings]
    found = [Finding(False, one.rstrip("."), "See Settings > CRM > Check.") for one in wrong]
    return found or [Finding(True, f"{stored.crm} lets us in as {probe.signed_in_as or 'expected'}; all is readable")]
