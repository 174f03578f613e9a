"""The application over `world`, and its people signed in: for the tests of pages."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

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


@pytest.fixture
def company(sqlite: Database, clock: SetClock, vault: Vault, tokens: RandomTokens) -> Iterator[Company]:
    with sqlite.begin() as db:
        built = world.build(db)
    app = App(
        settings=Settings(),
        database=sqlite,
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

        yield Company(app, built, enter)
