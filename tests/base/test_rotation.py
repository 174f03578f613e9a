"""A new key for everything stored: readable at every moment, killed anywhere."""

from pathlib import Path

import pytest
from sqlalchemy import insert, select, update

from tests.builders import NOW, add_account, add_contact, add_csm, add_message
from voc import app as wiring
from voc.base import rotation, settings
from voc.base.db import Database
from voc.base.errors import Misconfigured
from voc.base.schema import message, secret
from voc.base.secrets import Vault, new_key
from voc.cli import main

OLD, NEW = new_key(), new_key()
MANY = 450


def fill(database: Database, vault: Vault) -> None:
    rows = [
        {"name": f"crm.{number:04}", "ciphertext": vault.encrypt(b"%d" % number), "changed_at": NOW}
        for number in range(MANY)
    ]
    with database.begin() as db:
        db.execute(insert(secret), rows)
        add_csm(db)
        add_account(db)
        add_contact(db)
        add_message(db, "inv:1:invitation", body=vault.encrypt(b"a mail"))
        add_message(db, "inv:2:invitation", body=None)


def read(database: Database, vault: Vault) -> list[bytes]:
    with database.read() as db:
        ciphers = list(db.execute(select(secret.c.ciphertext).order_by(secret.c.name)).scalars())
        ciphers += [body for body in db.execute(select(message.c.body).order_by(message.c.id)).scalars() if body]
    return [vault.decrypt(cipher) for cipher in ciphers]


WHOLE = [b"%d" % number for number in range(MANY)] + [b"a mail"]


def test_everything_gets_the_new_key_and_the_old_one_may_go(database: Database) -> None:
    fill(database, Vault([OLD]))
    renewed = rotation.rotate(database, Vault([NEW, OLD]))
    assert (renewed["secret"], renewed["message"]) == (MANY, 1)
    assert read(database, Vault([NEW])) == WHOLE
    assert set(rotation.rotate(database, Vault([NEW, OLD])).values()) == {0}


@pytest.mark.parametrize("batches", [1, 2, 3, 4])
def test_killed_midway_all_stays_readable_and_the_next_call_goes_on(sqlite: Database, batches: int) -> None:
    fill(sqlite, Vault([OLD]))
    both, left = Vault([NEW, OLD]), iter(range(batches))

    def die(_table: str, _rows: int) -> None:
        assert read(sqlite, both) == WHOLE
        next(left)

    while True:
        try:
            rotation.rotate(sqlite, both, progress=die)
        except StopIteration:
            assert read(sqlite, both) == WHOLE
            left = iter(range(batches + 1))
            batches += 1
        else:
            break
    assert read(sqlite, Vault([NEW])) == WHOLE


def test_what_another_process_writes_meanwhile_is_not_lost(sqlite: Database) -> None:
    fill(sqlite, Vault([OLD]))

    def write(table: str, _rows: int) -> None:
        with sqlite.begin() as db:
            db.execute(
                update(secret).where(secret.c.name == "crm.0449").values(ciphertext=Vault([OLD]).encrypt(b"449"))
            )

    rotation.rotate(sqlite, Vault([NEW, OLD]), progress=write)
    assert read(sqlite, Vault([NEW, OLD])) == WHOLE


def test_a_process_that_has_the_old_keys_reads_them_again_when_it_meets_a_new_one() -> None:
    entries = [OLD]
    running = Vault([OLD], read_again=lambda: entries)
    entries.insert(0, NEW)
    assert running.decrypt(Vault([NEW]).encrypt(b"said since")) == b"said since"
    with pytest.raises(Misconfigured):
        running.decrypt(Vault([new_key()]).encrypt(b"of another database"))


def test_a_process_that_only_writes_uses_the_new_key_from_the_moment_it_is_there() -> None:
    entries, stamps = [OLD], [1]
    running = Vault([OLD], read_again=lambda: entries, stamp=lambda: stamps[0])
    entries[:], stamps[:] = [NEW], [2]
    assert Vault([NEW]).decrypt(running.encrypt(b"said since")) == b"said since"


def test_blurred_values_stay_comparable_when_the_oldest_key_goes() -> None:
    before = Vault([NEW, OLD])
    assert Vault([NEW, before.pepper()]).blur("jane@example.com") == before.blur("jane@example.com")


def test_the_command_changes_the_key_in_three_steps(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    app = wiring.make(tmp_path, wiring.Wishes("Kestrel Works"), now=NOW)
    file = tmp_path / "secret.key"
    first = file.read_text().strip()
    fill(app.database, app.vault)
    for words, keys in (((), 2), ((), 2), (("--drop-old",), 1), ((), 2), (("--drop-old",), 1)):
        with pytest.raises(SystemExit) as ended:
            main(["rotate-keys", "--directory", str(tmp_path), *words])
        assert ended.value.code == 0
        assert len([entry for entry in file.read_text().split() if ":" not in entry]) == keys
        assert read(app.database, app.vault) == WHOLE  # a process that began with the first key
    assert file.stat().st_mode & 0o777 == 0o600
    assert first not in file.read_text()
    assert settings.vault(app.settings).blur("x") == Vault([first]).blur("x")
    assert first not in capsys.readouterr().out
    app.database.close()
