"""Shared fixtures: a migrated database on both engines, a clock that stands still, a vault."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from tests import postgres
from tests.browser.chromium import browser, context_of
from tests.builders import NOW
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


@pytest.fixture
def sqlite(sqlite_template: Path, tmp_path: Path) -> Iterator[Database]:
    """For tests of things that do not touch SQL themselves; a store's tests take `database`."""
    path = tmp_path / "voc.db"
    shutil.copy(sqlite_template, path)
    # Without fsync: what is tested here is not the disk. The tests that kill processes open their own.
    database = Database(f"sqlite:///{path}", durable=False)
    yield database
    database.close()


@pytest.fixture(scope="session")
def postgres_emptied(postgres_server: postgres.Server) -> postgres.Emptied:
    return postgres.Emptied(postgres_server, "voc_template")


@pytest.fixture
def postgresql(postgres_emptied: postgres.Emptied) -> Iterator[Database]:
    with postgres_emptied.database() as url:
        database = Database(url)
        yield database
        database.close()


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


@pytest.hookimpl(tryfirst=True)  # xdist reads the groups in its own
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What stays together when several processes share the work: a file, or a telling of the story in tests/flow.

    The story takes a minute; file by file every process would play it again.
    """
    for item in items:
        item.add_marker(pytest.mark.xdist_group(_group(item)))


def _group(item: pytest.Item) -> str:
    used = getattr(item, "fixturenames", ())
    if not {"by_http", "by_browser", "told"}.intersection(used):
        return item.location[0]
    callspec = getattr(item, "callspec", None)
    told = callspec.params.get("told") if callspec is not None else None
    return "story by browser" if "by_browser" in (told, *used) else "story by http"
