"""A backup is one file, made while others write; it comes back whole, paused, over nothing."""

import sqlite3
import zipfile
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import insert, select

from tests.base.kept import AWKWARD, room_for, settle_in, silent
from tests.builders import NOW, add_contact
from voc.base import installations, settings
from voc.base.backup import making, restoring, sqlite, toml
from voc.base.db import Database
from voc.base.errors import GiveUp, Refused
from voc.base.schema import contact, secret
from voc.base.tokens import RandomTokens

LATER = NOW + timedelta(days=2)


def make(folder: Path, target: Path, *, with_key: bool = False) -> making.Made:
    return making.make(folder, target, now=NOW, with_key=with_key, report=silent)


def restore(path: Path, folder: Path, database: str | None = None) -> restoring.Restored:
    return restoring.restore(
        path, folder, database=database, now=LATER, tokens=RandomTokens(), environ={}, report=silent
    )


def test_a_backup_comes_back_as_it_was_and_nothing_leaves_it(
    database: Database, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    vault = settle_in(tmp_path / "one", database)
    made = make(tmp_path / "one", tmp_path, with_key=True)
    with database.begin() as db:
        add_contact(db, "con-2")
    with room_for(database, tmp_path, request) as url:
        done = restore(made.path, tmp_path / "two", url)
        chosen = settings.load(tmp_path / "two", {})
        copy = Database(chosen.database)
        with copy.begin() as db:
            here = installations.load(db)
            assert [row.last_name for row in db.execute(select(contact.c.last_name))] == [AWKWARD]
            assert db.execute(select(secret.c.ciphertext)).scalar_one() == b"\x00\xff\\x"
            add_contact(db, "con-3")
            db.execute(insert(secret).values(name="more", ciphertext=vault.encrypt(b"x"), changed_at=NOW))
        copy.close()
    assert done.key_there
    assert (tmp_path / "two" / "voc.toml").read_text().endswith('# where it is\n[mail]\nhost = "127.0.0.1"\n')
    assert here.sending_paused
    assert here.paused_because is not None
    assert "backup of 03 March 2026, 09:00 UTC" in here.paused_because
    assert (here.doubt_since, here.doubt_until) == (NOW, LATER)
    assert here.epoch != "the first"
    assert here.past_epochs == ["the first"]


def test_numbers_go_on_after_those_that_were_restored(
    postgresql: Database, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    settle_in(tmp_path / "one", postgresql)
    made = make(tmp_path / "one", tmp_path / "b.zip")
    with room_for(postgresql, tmp_path, request) as url:
        assert url is not None
        restore(made.path, tmp_path / "two", url)
        copy = Database(url)
        with copy.begin() as db:
            assert db.exec_driver_sql("SELECT nextval(pg_get_serial_sequence('message', 'id'))").scalar_one() == 2
        copy.close()


def test_while_others_write_the_copy_is_one_moment(sqlite: Database, tmp_path: Path) -> None:
    settle_in(tmp_path / "one", sqlite)
    written = iter(range(100))

    def write(what: str, _done: int, _total: int | None) -> None:
        if what == "Copying the database":
            with sqlite.begin() as db:
                add_contact(db, f"late-{next(written)}")

    made = making.make(tmp_path / "one", tmp_path / "b.zip", now=NOW, report=write)
    assert next(written) > 0
    assert made.manifest.counts["contact"] == 1


def test_nothing_is_overwritten_by_a_backup_or_a_restore(sqlite: Database, tmp_path: Path) -> None:
    settle_in(tmp_path / "one", sqlite)
    made = make(tmp_path / "one", tmp_path / "b.zip")
    with pytest.raises(Refused, match="never overwritten"):
        make(tmp_path / "one", tmp_path / "b.zip")
    with pytest.raises(Refused, match="exists already"):
        restore(made.path, tmp_path / "one")
    assert restore(made.path, tmp_path / "two").wrote == ["voc.toml"]
    with pytest.raises(Refused, match="exists already"):
        restore(made.path, tmp_path / "two")


def test_under_a_service_that_runs_nothing_is_restored_and_its_last_answers_stay(
    sqlite: Database, tmp_path: Path
) -> None:
    settle_in(tmp_path / "one", sqlite)
    made = make(tmp_path / "one", tmp_path / "b.zip")
    assert sqlite.path is not None
    moved = sqlite.path.with_name("broken.db")
    with sqlite.begin() as db:
        add_contact(db, "con-late")  # stands in the journal only
    sqlite.path.rename(moved)
    with pytest.raises(Refused, match="-wal is there without"):
        restore(made.path, tmp_path / "one")
    sqlite.path.with_name(f"{sqlite.path.name}-wal").rename(moved.with_name("broken.db-wal"))
    with sqlite3.connect(moved) as kept:
        assert kept.execute("SELECT id FROM contact WHERE id = 'con-late'").fetchall() == [("con-late",)]
    kept.close()


def test_a_backup_into_a_folder_that_is_not_there_is_refused_and_into_one_that_is_has_the_moment_as_its_name(
    sqlite: Database, tmp_path: Path
) -> None:
    settle_in(tmp_path / "one", sqlite)
    with pytest.raises(Refused, match="There is no folder"):
        make(tmp_path / "one", tmp_path / "nightly")
    assert not (tmp_path / "nightly").exists()
    (tmp_path / "nightly").mkdir()
    made = make(tmp_path / "one", tmp_path / "nightly")
    assert made.path.parent == tmp_path / "nightly"
    assert made.path.name.startswith("voc-2026-03-03-")


def test_into_the_old_folder_the_settings_and_the_key_that_are_there_stay(sqlite: Database, tmp_path: Path) -> None:
    settle_in(tmp_path / "one", sqlite)
    made = make(tmp_path / "one", tmp_path / "b.zip", with_key=True)
    key = (tmp_path / "one" / "secret.key").read_text()
    assert sqlite.path is not None
    sqlite.close()  # with its journal: a database that is open is not restored over
    sqlite.path.rename(tmp_path / "broken.db")
    (tmp_path / "one" / "secret.key").write_text(f"newer\n{key}")
    done = restore(made.path, tmp_path / "one")
    assert sorted(done.kept) == ["secret.key", "voc.toml"]
    assert (tmp_path / "one" / "secret.key").read_text() == f"newer\n{key}"
    assert sqlite.path.exists()


def test_a_database_of_postgresql_that_holds_something_is_left_alone(postgresql: Database, tmp_path: Path) -> None:
    settle_in(tmp_path / "one", postgresql)
    made = make(tmp_path / "one", tmp_path / "b.zip")
    with pytest.raises(Refused, match="not empty"):
        restore(made.path, tmp_path / "two", postgresql.url)
    assert not (tmp_path / "two" / "voc.toml").exists()


def damaged(made: Path, name: str) -> Path:
    """The same archive with one entry changed, its own checksums of the zip right."""
    path = made.with_name("damaged.zip")
    with zipfile.ZipFile(made) as old, zipfile.ZipFile(path, "w") as new:
        for entry in old.namelist():
            content = old.read(entry)
            new.writestr(entry, content[:-1] + bytes([content[-1] ^ 1]) if entry == name else content)
    return path


def test_a_damaged_or_cut_backup_changes_nothing(
    database: Database, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    settle_in(tmp_path / "one", database)
    made = make(tmp_path / "one", tmp_path / "b.zip").path
    cut = tmp_path / "cut.zip"
    cut.write_bytes(made.read_bytes()[:-200])
    inside = sqlite.ENTRY if database.sqlite else "tables/contact"
    with room_for(database, tmp_path, request) as url:
        for path in (cut, damaged(made, inside), damaged(made, "voc.toml"), tmp_path / "none.zip"):
            with pytest.raises(Refused, match=r"damaged|no file"):
                restore(path, tmp_path / "two", url)
        assert not [left for left in tmp_path.glob("two/*") if left.name != "voc.toml"]
        assert restore(made, tmp_path / "two", url).wrote == ["voc.toml"]


def test_a_backup_of_a_newer_version_is_refused(sqlite: Database, tmp_path: Path) -> None:
    settle_in(tmp_path / "one", sqlite)
    assert sqlite.path is not None
    with sqlite3.connect(sqlite.path) as db:
        db.execute("UPDATE alembic_version SET version_num = '9999'")
    db.close()
    made = make(tmp_path / "one", tmp_path / "b.zip")
    with pytest.raises(Refused, match="newer voc"):
        restore(made.path, tmp_path / "two")


def test_stopped_midway_nothing_is_left(database: Database, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    settle_in(tmp_path / "one", database)

    def stop(_what: str, _done: int, _total: int | None) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        making.make(tmp_path / "one", tmp_path / "b.zip", now=NOW, report=stop)
    assert not list(tmp_path.glob("*b.zip*"))
    made = make(tmp_path / "one", tmp_path / "b.zip")
    with room_for(database, tmp_path, request) as url:
        with pytest.raises(KeyboardInterrupt):
            restoring.restore(
                made.path, tmp_path / "two", database=url, now=LATER, tokens=RandomTokens(), environ={}, report=stop
            )
        assert not list((tmp_path / "two").iterdir())
        restore(made.path, tmp_path / "two", url)


def test_a_disk_that_does_not_take_it_is_said(sqlite: Database, tmp_path: Path) -> None:
    settle_in(tmp_path / "one", sqlite)
    with pytest.raises(GiveUp, match="could not be written"):
        make(tmp_path / "one", tmp_path / "nowhere" / "b.zip")


def test_no_password_of_a_database_is_in_a_backup() -> None:
    text = 'database = "postgresql+psycopg://voc:s%40cret@db/voc?password=again"\nbase_url = "http://127.0.0.1:8000"\n'
    shown = toml.without_passwords(text)
    assert "s%40cret" not in shown
    assert "again" not in shown
    assert shown.endswith('base_url = "http://127.0.0.1:8000"\n')


def test_a_line_of_the_settings_is_set_in_the_first_section_only() -> None:
    text = 'database = "a"  # here\n[mail]\ndatabase = "b"\n'
    assert toml.with_value(text, "database", "c") == 'database = "c"  # here\n[mail]\ndatabase = "b"\n'
    assert toml.with_value(text, "key", "k").startswith('database = "a"  # here\nkey = "k"\n')
