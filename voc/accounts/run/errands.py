"""Do what an admin asked of the CRM on a page: the check and the try. The page shows how far it is.

A worker does them, as it does the readings: it stands where the CRM can be reached and folders are.
"""

from collections.abc import Callable
from datetime import datetime

import msgspec
import structlog

from voc.accounts.checking import Checked, Tried, meaning, whereabouts
from voc.accounts.connection import Connection
from voc.accounts.connector import Outside
from voc.accounts.model import Kind, Progress, Watcher
from voc.accounts.run.checking import check
from voc.accounts.run.connecting import connect
from voc.accounts.run.trying import try_out
from voc.accounts.store import connections
from voc.accounts.store import errands as store
from voc.base.db import Database
from voc.base.errors import Misconfigured, VocError
from voc.base.secrets import Vault
from voc.base.words import ErrandKind

log = structlog.get_logger()

_BROKE = "It stopped on a mistake of ours; the log has it. Nothing was written."


def look(
    database: Database,
    kind: ErrandKind,
    *,
    vault: Vault,
    outside: Outside,
    check_ending: Callable[[], None] = lambda: None,
) -> bool:
    """Do the check or the try that waits; False if none does. What stopped it is kept for the page.

    `check_ending` is called at each step and may raise to end it there.
    """
    with database.begin() as db:
        mine = store.take(db, kind, now=outside.now())
    if mine is None:
        return False
    found: Checked | Tried | None = None
    trouble: str | None = _BROKE
    try:
        watch = _watcher(database, mine, outside, check_ending)
        found = _found(database, mine, vault=vault, watch=watch, outside=outside)
        trouble = None
    except VocError as mistake:
        trouble = str(mistake)
    except Exception:
        log.exception("errand broke", kind=kind.value)
    ciphertext = None if found is None else vault.encrypt(msgspec.json.encode(found))
    with database.begin() as db:
        store.end(db, mine, trouble=trouble, ciphertext=ciphertext, now=outside.now())
    return True


def _found(
    database: Database, mine: store.Errand, *, vault: Vault, watch: Watcher, outside: Outside
) -> Checked | Tried:
    with database.read() as db:
        connection = connections.load_connection(db)
        secrets = connections.stored_secrets(db, vault)
    if connection is None:
        raise Misconfigured("Settings > CRM", "no CRM is connected", "Set it up there first")
    connector = connect(connection, secrets, outside)
    try:
        if mine.kind == ErrandKind.CHECK:
            return check(connector, now=outside.now(), tell=lambda kind, share: watch(_looking(kind, share)))
        return try_out(database, connector, now=outside.now(), progress=watch)
    finally:
        connector.close()


def _looking(kind: Kind, share: float) -> Progress:
    return Progress(phase="looking", object=kind, rows=0, share=share)


def _watcher(database: Database, mine: store.Errand, outside: Outside, check_ending: Callable[[], None]) -> Watcher:
    """Keeps how far it is, once a second at most."""
    last: list[datetime] = []

    def watch(progress: Progress) -> None:
        check_ending()
        now = outside.now()
        if last and (now - last[0]).total_seconds() < 1:
            return
        last[:] = [now]
        with database.begin() as db:
            store.seen(db, mine, progress, now=now)

    return watch


# --- what a page shows of it --------------------------------------------------------------------


def checked(errand: store.Errand | None, connection: Connection, vault: Vault) -> Checked | None:
    """What the last check of this CRM found."""
    if errand is None or errand.ciphertext is None or errand.of != whereabouts(connection):
        return None
    return msgspec.json.decode(vault.decrypt(errand.ciphertext), type=Checked)


def tried(errand: store.Errand | None, connection: Connection, vault: Vault) -> Tried | None:
    """What the last try of exactly this connection found."""
    if errand is None or errand.ciphertext is None or errand.of != meaning(connection):
        return None
    return msgspec.json.decode(vault.decrypt(errand.ciphertext), type=Tried)
