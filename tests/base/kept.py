"""An installation in a folder, with somebody in it, on either database."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import insert

from tests import postgres
from tests.builders import NOW, add_account, add_contact, add_csm, add_message
from voc.base import installations
from voc.base.db import Database
from voc.base.schema import secret
from voc.base.secrets import Vault, new_key, write_key_file

AWKWARD = 'Zoë\tO\\Brien\n"\\N"'


def settle_in(folder: Path, database: Database) -> Vault:
    """voc.toml and a key beside that database, and a person with a mail."""
    folder.mkdir(exist_ok=True)
    key = new_key()
    write_key_file(folder, key)
    vault = Vault([key])
    (folder / "voc.toml").write_text(f'database = "{database.url}"  # where it is\n[mail]\nhost = "127.0.0.1"\n')
    with database.begin() as db:
        installations.create(db, epoch="the first", now=NOW)
        add_csm(db)
        add_account(db)
        add_contact(db, last_name=AWKWARD)
        add_message(db, "inv:1:invite", body=vault.encrypt(b"a mail"))
        db.execute(insert(secret).values(name="crm", ciphertext=b"\x00\xff\\x", changed_at=NOW))
    return vault


@contextmanager
def room_for(database: Database, folder: Path, request: pytest.FixtureRequest) -> Iterator[str | None]:
    """Where a restored copy of that database may go: an empty one of its kind; None is beside voc.toml."""
    if database.sqlite:
        yield None
        return
    server: postgres.Server = request.getfixturevalue("postgres_server")
    with server.database() as url:
        yield url


def silent(_what: str, _done: int, _total: int | None) -> None:
    """No bar."""
