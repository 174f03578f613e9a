"""What a night kept for a page is read as it was given: endless numbers too, each scope apart, the last writing."""

import math
from dataclasses import dataclass

from tests.builders import TODAY
from voc.base.db import Database
from voc.base.words import Scope
from voc.metrics.store import kept_pages

WHOLE, TEAM = (Scope.TOTAL, ""), (Scope.TEAM, "lead-1")


@dataclass(frozen=True)
class _Value:
    name: str
    number: float
    parts: list[float | None]


def test_many_values_are_read_as_they_were_given(database: Database) -> None:
    values = {f"page-{at}": _Value(f"«{at}»", math.inf if at == 7 else at / 3, [None, math.inf]) for at in range(450)}
    with database.begin() as db:
        kept_pages.keep_all(db, TODAY, ((page, WHOLE, 0, value) for page, value in values.items()))
    with database.read() as db:
        for page in ("page-0", "page-7", "page-449"):
            assert kept_pages.read(db, TODAY, page, _Value) == values[page]


def test_a_page_of_many_scopes_is_written_over_whole_and_others_stay(database: Database) -> None:
    first = [("cost", scope, days, _Value("first", days, [])) for scope in (WHOLE, TEAM) for days in range(150)]
    with database.begin() as db:
        kept_pages.keep(db, TODAY, "over", 1)
        kept_pages.keep_all(db, TODAY, first)
        again = [("cost", TEAM, days, _Value("again", days, [])) for days in range(250)]
        kept_pages.keep_all(db, TODAY, again)
    with database.read() as db:
        assert kept_pages.read(db, TODAY, "over", int) == 1
        assert kept_pages.read(db, TODAY, "cost", _Value, days=3) is None
        for days in (3, 249):
            assert kept_pages.read(db, TODAY, "cost", _Value, days=days, scope=TEAM) == _Value("again", days, [])
