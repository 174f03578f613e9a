"""Change the key that encrypts what is stored."""

import os
from pathlib import Path

import click

from voc import app as wiring
from voc.base import audit, rotation, settings
from voc.base.errors import Refused
from voc.base.secrets import Vault, new_key, replace_key_file
from voc.cli import output
from voc.web.context import App

_VARIABLE = "VOC_SECRET_KEY"


@click.command("rotate-keys")
@output.directory
@output.as_json
@click.option("--drop-old", is_flag=True, help="Afterwards remove all keys but the newest.")
def rotate_keys(*, directory: Path, as_json: bool, drop_old: bool) -> None:
    """Make a new key and encrypt everything stored with it again. Nothing stops meanwhile.

    In three steps: `voc rotate-keys`; start `web` and `worker` again, so that they use the new key;
    `voc rotate-keys --drop-old`. Stopped anywhere, the same command goes on. Where the keys come
    from VOC_SECRET_KEY, put the new one first there; this command then encrypts again, and you
    remove the old ones.

    Example: voc rotate-keys
    """
    app = wiring.open_app(directory)
    from_variable = _from_variable()
    if drop_old and from_variable:
        raise Refused(f"The keys come from {_VARIABLE}: remove the old ones there.")
    renewed = rotate(app, add=not from_variable and not drop_old, drop=drop_old)
    with app.database.begin() as db:
        what = "old keys dropped" if drop_old else "keys changed"
        audit.record(db, at=app.now(), actor="terminal", action=what, object_kind="setting", object_id="secret keys")
    if as_json:
        output.emit({"renewed": renewed, "dropped": drop_old})
        return
    output.table(("table", "encrypted again"), sorted(renewed.items()), right=(1,))
    output.say(_next_step(dropped=drop_old, from_variable=from_variable))


def rotate(app: App, *, add: bool, drop: bool) -> dict[str, int]:
    """How many values of each table were encrypted again, with a new key where one is added."""
    if add:
        _add_key(app)
    # These keys and no later ones: the last look below still needs the old ones.
    vault = Vault(settings.key_entries(app.settings)) if not _from_variable() else settings.vault(app.settings)
    renewed = rotation.rotate(app.database, vault)
    if drop:
        replace_key_file(Path(app.settings.secret_key_file), [_keys(app)[0], vault.pepper()])
        # A transaction that was open meanwhile may have written under an old key.
        late = rotation.rotate(app.database, vault)
        renewed = {table: count + late[table] for table, count in renewed.items()}
    return renewed


def _from_variable() -> bool:
    return bool(os.environ.get(_VARIABLE))


def _add_key(app: App) -> None:
    """A new one goes first; one that was begun with is used up first."""
    entries = settings.key_entries(app.settings)
    if len(_keys(app)) == 1:
        replace_key_file(Path(app.settings.secret_key_file), [new_key(), *entries])


def _keys(app: App) -> list[str]:
    return [entry for entry in settings.key_entries(app.settings) if ":" not in entry]


def _next_step(*, dropped: bool, from_variable: bool) -> str:
    if dropped:
        return "Only the newest key is left. Keep a copy of the key file beside your backups of the database."
    if from_variable:
        return f"Start web and worker again with the same {_VARIABLE}, run this once more, then remove the old keys."
    return "Start web and worker again, then: voc rotate-keys --drop-old"
