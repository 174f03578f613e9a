"""F26: erased, an older backup put back, the CRM read again: no trace, and still never mailed."""

import shutil
from pathlib import Path

from sqlalchemy import select

from tests.accounts.exports import MONDAY, TUESDAY, Export, noon
from tests.base.test_erasure import dump
from voc.accounts import run
from voc.base import schema
from voc.base.db import Database
from voc.base.erasure import erasing
from voc.base.secrets import Vault
from voc.base.tokens import RandomTokens

NAMED = Export().put("Contact", "003ANA000001", LastName="Quintarelli", Email="zoe.quintarelli@calder.example")
NAMED.put("AccountContactRelation", "rel-zoe", ContactId="003ANA000001", Roles="Budget Holder")
NAMED.put("Event", "meeting", WhoId="003ANA000001", Subject="Lunch with Zoe Quintarelli")


def sync(database: Database, vault: Vault, folder: Path) -> None:
    source = run.open_source(f"csv:{NAMED.write(folder)}")
    run.sync(database, source, as_of=TUESDAY, now=noon(TUESDAY), vault=vault)


def people(database: Database) -> list[str | None]:
    with database.read() as db:
        query = select(schema.contact.c.last_name).where(schema.contact.c.state == "live")
        return list(db.execute(query.order_by(schema.contact.c.last_name)).scalars())


def erase(database: Database, vault: Vault, folder: Path) -> None:
    said = {"vault": vault, "tokens": RandomTokens(), "erased_file": folder / "erased.list", "by": "test"}
    erasing.erase(database, "zoe.quintarelli@calder.example", now=noon(MONDAY), **said)  # type: ignore[arg-type]  # said above


def test_the_crm_does_not_bring_an_erased_person_back(database: Database, vault: Vault, tmp_path: Path) -> None:
    sync(database, vault, tmp_path / "crm")
    assert people(database) == ["Quintarelli", "Ruiz", "Vik"]
    erase(database, vault, tmp_path)
    sync(database, vault, tmp_path / "crm")
    sync(database, vault, tmp_path / "crm")
    assert people(database) == ["Ruiz", "Vik"]
    assert "quintarelli" not in dump(database, vault)
    assert "003ana000001" not in dump(database, vault)


def test_nor_does_an_older_copy_of_the_database(sqlite: Database, vault: Vault, tmp_path: Path) -> None:
    sync(sqlite, vault, tmp_path / "crm")
    assert sqlite.path is not None
    sqlite.close()
    shutil.copy(sqlite.path, tmp_path / "older.db")
    erase(sqlite, vault, tmp_path)
    older = Database(f"sqlite:///{tmp_path / 'older.db'}", durable=False)
    assert "quintarelli" in dump(older, vault)
    erased = tmp_path / "erased.list"
    erasing.replay(older, vault=vault, tokens=RandomTokens(), erased_file=erased, now=noon(TUESDAY))
    sync(older, vault, tmp_path / "crm")
    assert people(older) == ["Ruiz", "Vik"]
    assert "quintarelli" not in dump(older, vault)
    older.close()
