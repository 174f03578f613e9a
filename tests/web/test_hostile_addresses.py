"""What a scanner or a mistyped address asks for is not found, and never breaks anything."""

from collections.abc import Callable
from contextlib import suppress

import pytest
from sqlalchemy import ColumnElement, func, select

from tests.web.people import Visitor
from voc.base.db import Database
from voc.base.errors import NotFound
from voc.base.schema import account, wave
from voc.base.words import StaffRole

SignedIn = Callable[[StaffRole], Visitor]
HUGE = "9" * 30


@pytest.mark.parametrize(
    "path",
    [
        f"/waves/{HUGE}",
        f"/waves/{HUGE}/people.csv",
        f"/follow-ups/{HUGE}",
        f"/sync/{HUGE}/problems.csv",
        f"/sync?before=-{HUGE}",
        f"/audit?before={HUGE}",
        "/accounts/%00",
        "/contacts/a%00b",
        "/static/%00",
        "/static/" + "a" * 5_000,
        "/static/../voc.toml",
    ],
)
def test_an_address_that_names_nothing_is_not_found(signed_in: SignedIn, path: str) -> None:
    assert signed_in(StaffRole.ADMIN).get(path).status_code in (200, 404)


@pytest.mark.parametrize("query", ["days=²", "days=0", "days=-1", "days=999999", "days=1000&as_of=0001-01-01"])
def test_a_window_that_makes_no_sense_breaks_neither_page_nor_file(signed_in: SignedIn, query: str) -> None:
    admin = signed_in(StaffRole.ADMIN)
    assert admin.get(f"/engagement?{query}").status_code == 200
    assert admin.get(f"/engagement/by-csm.csv?{query}").status_code == 400


@pytest.mark.parametrize("condition", [wave.c.id == int(HUGE), account.c.id == "a\x00b"])
def test_a_number_or_text_beyond_what_is_kept_names_nothing(database: Database, condition: ColumnElement[bool]) -> None:
    with suppress(NotFound), database.read() as db:
        assert not db.execute(select(func.count()).where(condition)).scalar_one()
