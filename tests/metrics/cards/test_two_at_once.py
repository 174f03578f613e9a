"""Two leaders at one scorecard at once: nobody's text is lost silently, and nothing is done twice. Both databases."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from tests.metrics.cards.test_months import CARD, CLARA, FEBRUARY, FIRST_OF_MARCH, IN_MARCH, VERA, _measured
from voc.base.db import Database
from voc.base.errors import Refused
from voc.base.words import MeasureFile
from voc.metrics.run import cards as run
from voc.metrics.store import cards as store


@pytest.fixture
def frozen(database: Database) -> Database:
    """A scorecard in use since February, and that month frozen."""
    company = _measured(database)
    run.catch_up(company, FIRST_OF_MARCH)
    return company


def at_once(*works: Callable[[], object]) -> list[object]:
    """What each gave, or what it was refused with."""
    ready = Barrier(len(works))

    def done(work: Callable[[], object]) -> object:
        ready.wait()
        try:
            return work()
        except Refused as refused:
            return refused

    with ThreadPoolExecutor(len(works)) as pool:
        return list(pool.map(done, works))


def refused(found: list[object]) -> list[str]:
    return [one.reason for one in found if isinstance(one, Refused)]


def save(database: Database, text: str, *, by: str) -> Callable[[], int]:
    def work() -> int:
        with database.begin() as db:
            return run.save(db, "response", text, by=by, now=IN_MARCH, seen=1)[0].number

    return work


def test_of_two_who_save_at_once_the_second_is_told_whose_text_came_between(frozen: Database) -> None:
    found = at_once(
        *(save(frozen, CARD.replace("50%", f"{points}%"), by=f"Leader {points}") for points in (60, 61, 62, 63))
    )
    assert sorted(one for one in found if isinstance(one, int)) == [2]
    assert len(refused(found)) == 3
    with frozen.read() as db:
        newest = store.versions(db, MeasureFile.SCORECARD, "response")[0]
    assert all(f"{newest.saved_by} saved version 2" in one for one in refused(found))


def test_whoever_saves_a_file_without_having_looked_makes_the_next_version(frozen: Database) -> None:
    with frozen.begin() as db:
        run.save(db, "response", CARD.replace("50%", "60%"), by="Marcus", now=IN_MARCH, seen=1)
        assert run.save(db, "response", CARD.replace("50%", "70%"), by="terminal", now=IN_MARCH)[0].number == 3


def test_a_version_that_one_has_not_looked_at_is_not_put_in_use(frozen: Database) -> None:
    with frozen.begin() as db:
        run.save(db, "response", CARD.replace("50%", "60%"), by="Marcus", now=IN_MARCH)
        with pytest.raises(Refused, match="Marcus saved version 2"):
            run.use(db, "response", by="Clara", now=IN_MARCH, seen=1)
        assert store.in_use(db, MeasureFile.SCORECARD)["response"].file.number == 1
        run.use(db, "response", by="Clara", now=IN_MARCH, seen=2)
        assert store.in_use(db, MeasureFile.SCORECARD)["response"].file.number == 2


def test_of_two_who_approve_a_month_at_once_one_does(frozen: Database) -> None:
    def approve(viewer: object) -> Callable[[], object]:
        def work() -> object:
            with frozen.begin() as db:
                return run.approve(db, "response", FEBRUARY, revision=1, viewer=viewer, now=IN_MARCH)  # type: ignore[arg-type]

        return work

    found = at_once(approve(VERA), approve(CLARA))
    assert len(refused(found)) == 1, found


def test_of_two_who_correct_a_month_at_once_one_does(frozen: Database) -> None:
    def correct(by: str) -> Callable[[], object]:
        return lambda: run.correct(
            frozen, "response", FEBRUARY, revision=1, reason="The CRM came late", by=by, now=IN_MARCH
        )

    found = at_once(correct("Clara"), correct("Vera"))
    assert [one for one in found if isinstance(one, int)] == [2]
    assert "Look at it first" in refused(found)[0]


def test_a_month_that_is_counted_anew_meanwhile_is_not_approved_unseen(frozen: Database) -> None:
    def correct() -> object:
        return run.correct(
            frozen, "response", FEBRUARY, revision=1, reason="The CRM came late", by="Marcus", now=IN_MARCH
        )

    def approve() -> object:
        with frozen.begin() as db:
            return run.approve(db, "response", FEBRUARY, revision=1, viewer=VERA, now=IN_MARCH)

    at_once(correct, approve)
    with frozen.read() as db:
        newest, first = store.frozen(db, "response", FEBRUARY)
    assert (newest.revision, newest.approved_at) == (2, None)
    assert first.revision == 1
