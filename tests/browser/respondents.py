"""Ana's page on a real server, for the browser tests and for looking at it."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from tests.browser.serving import served
from tests.responses.world import ask_ana
from voc.base import preferences
from voc.base.clock import ShiftedClock
from voc.base.db import Database
from voc.base.secrets import Vault
from voc.base.settings import Settings
from voc.base.tokens import RandomTokens
from voc.web.asgi import create
from voc.web.context import App

MORNING = datetime(2026, 3, 3, 9, 14, tzinfo=UTC)
QUESTIONNAIRES = Path(__file__).parents[2] / "questionnaires"


@contextmanager
def anas_page(database: Database, vault: Vault) -> Iterator[str]:
    """The address of a site where Ana was asked this morning; time runs on from there."""
    with database.begin() as db:
        preferences.change(db, {"company": "Kestrel Works"}, actor="Clara", now=MORNING)
        ask_ana(db)
    app = App(
        settings=Settings(),
        database=database,
        clock=ShiftedClock(MORNING),
        tokens=RandomTokens(),
        vault=vault,
        questionnaires=QUESTIONNAIRES,
    )
    with served(create(app)) as address:
        yield address
