"""The real application on a SQLite database of its own, and somebody of each role to sign in as."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from litestar import Litestar

from tests.builders import add_csm
from tests.web.company import company, company_database, company_reused, company_template
from tests.web.people import Visitor, add_staff, visitor
from voc.base.clock import SetClock
from voc.base.db import Database
from voc.base.secrets import Vault
from voc.base.settings import Settings
from voc.base.tokens import RandomTokens
from voc.base.words import StaffRole
from voc.web.asgi import create
from voc.web.context import App

__all__ = ["company", "company_database", "company_reused", "company_template"]


@pytest.fixture
def app(sqlite: Database, clock: SetClock, vault: Vault, tokens: RandomTokens) -> App:
    with sqlite.begin() as db:
        add_csm(db, "lead-1", name="Ingrid Solheim", title="Team lead")
        add_csm(db, "csm-1", manager_id="lead-1")
        add_csm(db, "csm-2", name="Tomas Berg", manager_id="lead-2")
    return App(
        settings=Settings(),
        database=sqlite,
        clock=clock,
        tokens=tokens,
        vault=vault,
        questionnaires=Path("questionnaires"),
        wall=clock,
    )


@pytest.fixture
def site(app: App) -> Litestar:
    return create(app)


@pytest.fixture
def anonymous(app: App) -> Iterator[Visitor]:
    with visitor(app) as somebody:
        yield somebody


@pytest.fixture
def signed_in(app: App) -> Iterator[Callable[[StaffRole], Visitor]]:
    """`signed_in(StaffRole.CSM)`: a browser of that role. The CSM is csm-1, whose lead is lead-1."""
    with ExitStack() as doors:

        def enter(role: StaffRole) -> Visitor:
            email = f"{role}@vendor.example"
            add_staff(app, role, csm_id={"csm": "csm-1", "lead": "lead-1"}.get(role), email=email)
            somebody = doors.enter_context(visitor(app))
            answer = somebody.sign_in(email)
            assert answer.status_code in (200, 404), answer.text
            return somebody

        yield enter
