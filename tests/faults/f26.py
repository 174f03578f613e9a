"""F26: a person is erased, an older backup is put back, the CRM is read again: no trace, and still not mailed."""

import contextlib
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from tests import postgres
from tests.accounts.exports import TUESDAY, Export, noon
from tests.base.kept import silent
from tests.base.test_erasure import ADDRESS, FIRST, ID, LAST, fill, traces
from tests.builders import NOW
from tests.faults.databases import url_of
from tests.faults.table import Result, Row, on_both
from voc.accounts import run as accounts
from voc.app import open_app
from voc.base import installations
from voc.base.backup import making, restoring
from voc.base.db import Database
from voc.base.erasure import erasing, remembering
from voc.base.errors import Refused
from voc.base.secrets import Vault, new_key, write_key_file
from voc.base.tokens import RandomTokens

_EXPORT = Export().put("Contact", ID, FirstName=FIRST, LastName=LAST, Email=ADDRESS)
_EXPORT.put("AccountContactRelation", "rel-zoe", ContactId=ID, Roles="Budget Holder")
_EXPORT.put("Event", "meeting", WhoId=ID, Subject=f"Lunch with {FIRST} {LAST}")


def run(*, long: bool) -> Result:
    return on_both("F26", *((_everywhere, _from_the_crm) if long else (_everywhere,)))


def _everywhere(engine: str) -> Row:
    """The person in every table that can hold one, in mails and in what came back."""

    def lay(database: Database, vault: Vault) -> None:
        with database.begin() as db:
            fill(db, vault)

    return _row("in every table, restored from an older backup", engine, lay, lambda _database, _vault: None)


def _from_the_crm(engine: str) -> Row:
    return _row("in the CRM, read again before and after an older backup", engine, _read_crm, _read_crm)


def _read_crm(database: Database, vault: Vault) -> None:
    with tempfile.TemporaryDirectory(prefix="voc-crm-") as folder:
        source = accounts.open_source(f"csv:{_EXPORT.write(Path(folder) / 'crm')}")
        accounts.sync(database, source, as_of=TUESDAY, now=noon(TUESDAY), vault=vault)


Act = Callable[[Database, Vault], None]


def _row(what: str, engine: str, lay: Act, again: Act) -> Row:
    found: list[str] = []
    with tempfile.TemporaryDirectory(prefix="voc-f26-") as place, _home(engine, Path(place) / "home") as (home, url):
        database, vault = Database(url), _vault(home)
        lay(database, vault)
        before = len(traces(database, vault))
        backup = making.make(home, Path(place) / "older.zip", now=NOW, report=silent).path
        said = {"tokens": RandomTokens(), "erased_file": home / "erased.list", "by": "test", "now": NOW}
        erasing.erase(database, ADDRESS, vault=vault, **said)  # type: ignore[arg-type]  # said above
        found += _bytes_left(home)  # while others have it open
        again(database, vault)
        found += _left(database, vault, "after the erasure")
        database.close()
        with _put_back(engine, home, backup):
            app = open_app(home)
            again(app.database, app.vault)
            again(app.database, app.vault)
            found += _left(app.database, app.vault, "after the restore")
            app.database.close()
            found += _bytes_left(home)
    if before < 3:
        found.append(f"only {before} traces to be removed")
    return Row(what, engine, before, f"{before} places named the person, then none did", tuple(found[:10]))


@contextlib.contextmanager
def _home(engine: str, home: Path) -> Iterator[tuple[Path, str]]:
    """An installation in a folder; on SQLite its database is inside."""
    home.mkdir()
    write_key_file(home, new_key())
    with url_of(engine) as made:
        url = made
        if engine == "sqlite":
            Path(made.removeprefix("sqlite:///")).rename(home / "voc.db")
            url = f"sqlite:///{home / 'voc.db'}"
        (home / "voc.toml").write_text(f'database = "{url}"\n')
        database = Database(url)
        with database.begin() as db:
            installations.create(db, epoch="the first", now=NOW)
        database.close()
        yield home, url


def _vault(home: Path) -> Vault:
    return Vault((home / "secret.key").read_text().split())


@contextlib.contextmanager
def _put_back(engine: str, home: Path, backup: Path) -> Iterator[None]:
    """Into the same folder: the list of the erased stands there, and the key."""

    def restore(url: str | None) -> None:
        restoring.restore(backup, home, database=url, now=NOW, tokens=RandomTokens(), environ={}, report=silent)

    if engine == "sqlite":
        for path in home.glob("voc.db*"):
            path.unlink()
        restore(None)
        yield
        return
    with postgres.shared().database() as url:
        (home / "voc.toml").unlink()
        restore(url)
        yield


def _left(database: Database, vault: Vault, when: str) -> list[str]:
    found = [f"{when}: {line[:80]}" for line in traces(database, vault)]
    with database.read() as db, contextlib.suppress(Refused):
        remembering.refuse(db, vault, ADDRESS.upper())
        found.append(f"{when}: the address would be taken again")
    return found


def _bytes_left(home: Path) -> list[str]:
    """In files, whatever a table says: what SQLite frees is not what it overwrites."""
    needles = (LAST.encode(), ADDRESS.encode(), ADDRESS.upper().encode(), ID.encode())
    return [
        f"{path.name} still holds {needle.decode()}"
        for path in sorted(home.iterdir())
        if path.is_file()
        for needle in needles
        if needle in path.read_bytes()
    ]
