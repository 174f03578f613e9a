"""The application over `world`, and its people signed in: for the tests of pages."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.reused import ReusedFile
from tests.web import world
from tests.web.people import Visitor, visitor
from tests.web.world import World
from voc.base.clock import SetClock
from voc.base.db import Database
from voc.base.secrets import Vault
from voc.base.settings import Settings
from voc.base.tokens import RandomTokens
from voc.web.context import App


@dataclass
class Company:
    """`enter("dana")` gives a browser in which Dana is signed in."""

    app: App
    world: World
    enter: Callable[[str], Visitor]


@pytest.fixture(scope="session")
def company_template(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, World]:
    """A database with the company in it, to copy: building it anew for every test took as long as the test."""
    path = tmp_path_factory.mktemp("company") / "voc.db"
    shutil.copy(sqlite_template, path)
    database = Database(f"sqlite:///{path}", durable=False)
    with database.begin() as db:
        built = world.build(db)
    database.close()
    return path, built


@pytest.fixture(scope="session")
def company_reused(tmp_path_factory: pytest.TempPathFactory) -> ReusedFile:
    return ReusedFile(tmp_path_factory.mktemp("company"))


@pytest.fixture
def company_database(company_template: tuple[Path, World], company_reused: ReusedFile) -> Iterator[Database]:
    with company_reused.copy_of(company_template[0]) as database:
        yield database


@pytest.fixture
def company(
    company_template: tuple[Path, World],
    company_database: Database,
    clock: SetClock,
    vault: Vault,
    tokens: RandomTokens,
) -> Iterator[Company]:
    _, built = company_template
    app = App(
        settings=Settings(),
        database=company_database,
        clock=clock,
        tokens=tokens,
        vault=vault,
        questionnaires=Path(__file__).parents[2] / "questionnaires",
    )
    with ExitStack() as doors:

        def enter(who: str) -> Visitor:
            somebody = doors.enter_context(visitor(app))
            somebody.sign_in(f"{who}@vendor.example")
            return somebody

        yield Company(app, deepcopy(built), enter)
