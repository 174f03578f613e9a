"""Shared fixtures: a migrated database on both engines, a clock that stands still, a vault."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings
from xdist.remote import Producer

from tests import postgres
from tests.browser.chromium import browser, context_of
from tests.builders import NOW
from tests.reused import ReusedFile, ReusedServer
from tests.schedule import Together, together
from voc.base import migrate
from voc.base.clock import SetClock
from voc.base.db import Database
from voc.base.secrets import Vault, new_key
from voc.base.tokens import RandomTokens

# A second Playwright in one process would not start: the browser is everybody's.
__all__ = ["browser", "context_of"]

# How long a case takes says nothing on a machine that others use too.
settings.register_profile("unhurried", deadline=None)
settings.load_profile("unhurried")


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("template") / "template.db"
    database = Database(f"sqlite:///{path}")
    migrate.upgrade(database)
    with database.begin() as db:
        db.exec_driver_sql("COMMIT")
        db.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        db.exec_driver_sql("BEGIN")
    database.close()
    return path


@pytest.fixture(scope="session", autouse=True)
def _postgres_ends() -> Iterator[None]:
    yield
    postgres.stop()


@pytest.fixture(scope="session")
def postgres_server() -> postgres.Server:
    server = postgres.shared()
    server.execute("CREATE DATABASE voc_template")
    database = Database(server.url("voc_template"))
    migrate.upgrade(database)
    database.close()
    return server


@pytest.fixture(scope="session")
def sqlite_reused(tmp_path_factory: pytest.TempPathFactory) -> ReusedFile:
    return ReusedFile(tmp_path_factory.mktemp("sqlite"))


@pytest.fixture
def sqlite(sqlite_template: Path, sqlite_reused: ReusedFile) -> Iterator[Database]:
    """For tests of things that do not touch SQL themselves; a store's tests take `database`."""
    with sqlite_reused.copy_of(sqlite_template) as database:
        yield database


@pytest.fixture(scope="session")
def postgresql_reused(postgres_server: postgres.Server) -> ReusedServer:
    return ReusedServer(postgres.Emptied(postgres_server, "voc_template"))


@pytest.fixture
def postgresql(postgresql_reused: ReusedServer) -> Iterator[Database]:
    with postgresql_reused.empty() as database:
        yield database


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest) -> Database:
    """The same test on both engines."""
    found: Database = request.getfixturevalue(request.param)
    return found


@pytest.fixture
def clock() -> SetClock:
    return SetClock(NOW)


@pytest.fixture(scope="session")
def vault() -> Vault:
    return Vault([new_key()])


@pytest.fixture
def tokens() -> RandomTokens:
    return RandomTokens()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes longest begins first, so that no process is left alone with it at the end."""
    slow = {together(item.nodeid) for item in items if item.get_closest_marker("slow") or _by_browser(item)}
    items.sort(key=lambda item: (not together(item.nodeid).startswith("story"), together(item.nodeid) not in slow))


def _by_browser(item: pytest.Item) -> bool:
    return item.get_closest_marker("browser") is not None


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> Together:
    config.option.loadscopereorder = False  # by number of tests, which says nothing of how long they take
    return Together(config, log)
