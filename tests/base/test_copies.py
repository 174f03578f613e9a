"""A database that is not the one that was used here is paused; the same one never is."""

import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from tests.base.kept import silent
from tests.builders import NOW
from voc.base import copies, installations
from voc.base.backup import making, restoring
from voc.base.copies import Known
from voc.base.db import Database
from voc.base.place import Place, why_another
from voc.base.settings import Settings
from voc.base.tokens import RandomTokens

MINUTE = timedelta(minutes=1)


class Folder:
    """A folder with voc.toml, as far as it matters here: a worker that looks once a minute."""

    def __init__(self, path: Path, database: Database, base_url: str = "https://voice.kestrel.example") -> None:
        path.mkdir(exist_ok=True)
        self.path, self.database = path, database
        self.settings = Settings(database=database.url, base_url=base_url, state_file=str(path / "voc.state"))
        self.now = NOW

    def works(self, minutes: int = 1) -> str | None:
        said = None
        for _ in range(minutes):
            self.now += MINUTE
            said = copies.watch(self.database, self.settings, now=self.now, tokens=RandomTokens())
        return said

    def releases(self) -> None:
        with self.database.begin() as db:
            installations.believe(db)


@pytest.fixture
def home(database: Database, tmp_path: Path) -> Folder:
    with database.begin() as db:
        installations.create(db, epoch="the first", now=NOW)
    return Folder(tmp_path / "home", database)


@contextmanager
def as_it_was(database: Database, request: pytest.FixtureRequest, folder: Path) -> Iterator[Database]:
    """A copy of the database as it is now, made by its own means; yielded later means used later."""
    if database.path is not None:
        path = folder / "copy.db"
        with database.begin() as db:  # nobody writes meanwhile, all of it stands in the file
            db.exec_driver_sql("COMMIT")
            db.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
            db.exec_driver_sql("BEGIN")
        shutil.copy(database.path, path)
        copy = Database(f"sqlite:///{path}", durable=False)
        yield copy
        copy.close()
        return
    database.close()
    server = request.getfixturevalue("postgres_server")
    with server.database(database.url.rpartition("/")[2]) as url:
        copy = Database(url)
        yield copy
        copy.close()


def test_restarts_other_hosts_and_workers_with_folders_of_their_own_are_no_copies(home: Folder, tmp_path: Path) -> None:
    second = Folder(tmp_path / "second", home.database)
    bare = Folder(tmp_path / "bare", home.database)
    for _ in range(3):
        assert home.works(2) is None
        assert second.works() is None
        Path(bare.settings.state_file).unlink(missing_ok=True)  # a container keeps nothing
        assert bare.works() is None
    assert home.works() is None


def test_a_copy_used_elsewhere_is_paused_once_and_says_where_it_came_from(
    home: Folder, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    home.works(5)
    with as_it_was(home.database, request, tmp_path) as copy:
        there = Folder(tmp_path / "there", copy)
        shutil.copy(home.settings.state_file, there.settings.state_file)
        said = there.works()
        assert said is not None
        assert said.startswith("this database was last used on 03 March 2026, 09:05 UTC ")
        with copy.read() as db:
            here = installations.load(db)
        assert here.sending_paused
        assert here.doubt_since == NOW + 5 * MINUTE
        assert there.works() == said
        there.releases()
        assert there.works(2) is None
    assert home.works() is None


def test_the_same_database_under_another_address_of_its_pages_is_a_copy(home: Folder, tmp_path: Path) -> None:
    home.works()
    other = Folder(tmp_path / "staging", home.database, "https://staging.kestrel.example")
    assert "https://staging.kestrel.example now" in (other.works() or "")


def test_an_older_copy_put_back_under_the_same_name_is_paused(home: Folder, tmp_path: Path) -> None:
    """Written into the very file, or by hand into the tables: only the folder knows better."""
    home.works(3)
    with home.database.begin() as db:
        old = installations.load(db)
    home.works(4)
    with home.database.begin() as db:
        assert old.place is not None
        assert old.used_at is not None
        for generation in range(old.generation + 1, old.generation + 5):
            db.exec_driver_sql(f"DELETE FROM installation_mark WHERE generation = {generation}")
        db.exec_driver_sql(f"UPDATE installation SET generation = {old.generation}")
    other = Folder(tmp_path / "other", home.database)
    assert other.works(6) is None  # has seen nothing of it, and even goes past the number that the folder knows
    assert "older than the one that this folder knew" in (home.works() or "")
    home.releases()
    assert home.works() is None
    assert other.works() is None


def test_another_installation_behind_the_same_name_is_paused(home: Folder, tmp_path: Path) -> None:
    home.works()
    copies.write(Path(home.settings.state_file), Known("quite another", 3, "x"))
    assert "another database" in (home.works() or "")


def test_a_move_that_is_announced_is_none(home: Folder, tmp_path: Path) -> None:
    home.works()
    moved = Folder(tmp_path / "home", home.database, "https://voice.new-name.example")
    copies.announce_move(moved.database, moved.settings)
    assert moved.works(2) is None


def test_a_rollback_that_nobody_could_see_can_be_announced(home: Folder) -> None:
    home.works()
    copies.announce_rollback(home.database, now=home.now + MINUTE, tokens=RandomTokens())
    assert "put back to how it was on 03 March 2026, 09:01 UTC" in (home.works() or "")


def test_after_a_restore_is_released_it_is_the_installation(sqlite: Database, tmp_path: Path) -> None:
    with sqlite.begin() as db:
        installations.create(db, epoch="the first", now=NOW)
    home = Folder(tmp_path / "home", sqlite)
    (home.path / "voc.toml").write_text(f'database = "{sqlite.url}"\n')
    home.works(2)
    made = making.make(home.path, tmp_path / "b.zip", now=home.now, report=silent)
    home.works(2)
    assert sqlite.path is not None
    sqlite.close()
    for path in sqlite.path.parent.glob("voc.db*"):
        path.unlink()
    restoring.restore(made.path, home.path, now=home.now, tokens=RandomTokens(), environ={}, report=silent)
    assert "this is a backup of 03 March 2026, 09:02 UTC" in (home.works() or "")
    home.releases()
    assert home.works(2) is None


def test_a_rehearsal_may_be_copied_at_will(sqlite: Database, tmp_path: Path) -> None:
    with sqlite.begin() as db:
        installations.create(db, epoch="the first", now=NOW, moment=NOW)
    assert Folder(tmp_path / "one", sqlite).works() is None
    assert Folder(tmp_path / "two", sqlite, "https://other.example").works() is None


FILE = Place("https://a.example", machine="m1", file="/srv/voc/voc.db", number=12, disk=5)
SERVER = Place("https://a.example", cluster="71", table="16384/16390")


@pytest.mark.parametrize(
    ("before", "now", "another"),
    [
        (FILE, FILE, False),
        (FILE, Place("https://a.example", "m1", "/srv/voc/voc.db", 12, 9), False),  # a disk's number changed
        (FILE, Place("https://a.example", "m1", "/opt/voc/voc.db", 12, 5), False),  # the folder was moved on its disk
        (FILE, Place("https://a.example", "m1", "/opt/voc/voc.db", 12, 9), True),  # the same number on another disk
        (FILE, Place("https://a.example", "m1", "/opt/voc/voc.db", 77, 5), True),
        (FILE, Place("https://a.example", "m1", "/srv/voc/voc.db", 77, 5), True),  # a copy put in its place
        (FILE, Place("https://a.example", "m2", "/srv/voc/voc.db", 12, 5), True),
        (FILE, Place("https://a.example", None, "/srv/voc/voc.db", None, None), False),  # now in a container
        (SERVER, Place("https://a.example", cluster="72", table="16384/16390"), True),
        (SERVER, Place("https://a.example", cluster="71", table="16384/17001"), True),
        (SERVER, Place("https://a.example", cluster=None, table="16384/16390"), False),  # it does not say any more
    ],
)
def test_a_place_is_told_from_another(before: Place, now: Place, another: bool) -> None:
    assert (why_another(before, now) is not None) == another


def test_threads_that_mark_at_once_never_leave_half_a_file(tmp_path: Path) -> None:
    path = tmp_path / "voc.state"

    def mark(number: int) -> bool:
        copies.write(path, Known("here", number, "x" * (1 + number % 60)))
        return copies.read(path) is not None

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(mark, range(400)))
    assert [one.name for one in tmp_path.iterdir()] == ["voc.state"]
