"""Writers that wait share one commit, and nobody's mishap is another's."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.exc import IntegrityError

from tests import looped
from voc.base.clock import pause
from voc.base.fairlock import FairLock
from voc.base.together import MOST, Together


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    made = create_engine(f"sqlite:///{tmp_path / 'some.db'}", connect_args={"check_same_thread": False})

    @event.listens_for(made, "connect")
    def on_connect(connection: Any, _entry: Any) -> None:
        connection.isolation_level = None
        connection.execute("PRAGMA foreign_keys=ON")

    @event.listens_for(made, "begin")
    def on_begin(db: Connection) -> None:
        db.exec_driver_sql("BEGIN IMMEDIATE")

    with made.begin() as db:
        db.execute(text("CREATE TABLE said (id INTEGER PRIMARY KEY, after INTEGER REFERENCES said (id))"))
    yield made
    made.dispose()


def say(id: int, after: int | None = None) -> Callable[[Connection], int]:
    def work(db: Connection) -> int:
        if id < 0:
            raise ValueError(id)
        db.execute(text("INSERT INTO said VALUES (:id, :after)"), {"id": id, "after": after})
        return id

    return work


def all_at_once(engine: Engine, works: list[Callable[[Connection], int]]) -> tuple[list[int | BaseException], int]:
    """What became of each, and how many commits it took, when all of them wait for one writer."""
    lock = threading.Lock()
    together = Together(engine, lock)
    commits: list[Connection] = []
    event.listen(engine, "commit", commits.append)
    found: list[int | BaseException] = [RuntimeError("never ran")] * len(works)

    def ask(place: int) -> None:
        try:
            found[place] = together.run(works[place])
        except Exception as mistake:  # noqa: BLE001 - whatever it is, the test looks at it
            found[place] = mistake

    with lock:
        threads = [threading.Thread(target=ask, args=(place,)) for place in range(len(works))]
        for thread in threads:
            thread.start()
        while together.waiting < len(works):
            pause(0.001)
    for thread in threads:
        thread.join(10)
    return found, len(commits)


def kept(engine: Engine) -> set[int]:
    with engine.connect() as db:
        return set(db.execute(text("SELECT id FROM said")).scalars())


def test_all_who_wait_are_served_by_one_commit_and_each_gets_its_own_result(engine: Engine) -> None:
    found, commits = all_at_once(engine, [say(id) for id in range(MOST)])
    assert found == list(range(MOST))
    assert kept(engine) == set(range(MOST))
    assert commits == 1


def test_more_than_fit_into_one_commit_take_two(engine: Engine) -> None:
    found, commits = all_at_once(engine, [say(id) for id in range(MOST + 3)])
    assert found == list(range(MOST + 3))
    assert commits == 2


def test_an_error_is_its_own_and_leaves_nothing_while_the_others_are_kept(engine: Engine) -> None:
    found, _commits = all_at_once(engine, [say(1), say(-2), say(3), say(1)])
    errors = [type(one) for one in found if isinstance(one, BaseException)]
    assert sorted(error.__name__ for error in errors) == ["IntegrityError", "ValueError"]
    assert kept(engine) == {1, 3}


def test_a_commit_that_fails_is_everybodys_error_and_nobody_is_told_that_it_was_kept(engine: Engine) -> None:
    def orphan(db: Connection) -> int:
        db.execute(text("PRAGMA defer_foreign_keys=ON"))
        return say(7, after=99)(db)  # found out at the commit

    found, _commits = all_at_once(engine, [say(1), orphan, say(3)])
    assert [type(one) for one in found] == [IntegrityError] * 3
    assert kept(engine) == set()


def test_a_transaction_that_the_database_ended_takes_everybodys_work_with_it(engine: Engine) -> None:
    def full(db: Connection) -> int:
        db.exec_driver_sql("ROLLBACK")  # what SQLite does by itself when the disk is full
        raise OSError("disk full")

    found, _commits = all_at_once(engine, [say(1), full, say(3)])
    assert all(isinstance(one, Exception) for one in found), found
    assert kept(engine) == set()
    assert all_at_once(engine, [say(4)])[0] == [4]


def test_the_event_loop_waits_for_the_commit_and_each_gets_its_own_result_or_error(engine: Engine) -> None:
    lock = FairLock()
    together = Together(engine, lock)
    commits: list[Connection] = []
    event.listen(engine, "commit", commits.append)

    async def ask() -> list[int | BaseException]:
        with lock:
            asked = [asyncio.ensure_future(together.soon(say(id))) for id in (1, -2, 3)]
            while together.waiting < len(asked):
                await asyncio.sleep(0)
            assert kept(engine) == set()
        return await asyncio.gather(*asked, return_exceptions=True)

    found = looped.run(ask())
    together.close()
    assert isinstance(found[1], ValueError)
    assert (found[0], found[2]) == (1, 3)
    assert kept(engine) == {1, 3}
    assert len(commits) == 1


def test_who_went_away_does_not_stop_the_others_and_its_work_is_kept(engine: Engine) -> None:
    lock = FairLock()
    together = Together(engine, lock)

    async def ask() -> int:
        with lock:
            gone, stays = (asyncio.ensure_future(together.soon(say(id))) for id in (1, 2))
            while together.waiting < 2:
                await asyncio.sleep(0)
            gone.cancel()
            await asyncio.sleep(0)
        return await stays

    assert looped.run(ask()) == 2
    together.close()
    assert kept(engine) == {1, 2}


def test_after_a_close_it_serves_again(engine: Engine) -> None:
    together = Together(engine, FairLock())
    for id in (1, 2):
        assert looped.run(together.soon(say(id))) == id
        together.close()
    together.close()
    assert kept(engine) == {1, 2}


def test_a_lock_goes_to_whoever_waited_longest() -> None:
    lock, order = FairLock(), []

    def take(number: int) -> None:
        with lock:
            order.append(number)

    threads = [threading.Thread(target=take, args=(number,)) for number in range(5)]
    with lock:
        for number, thread in enumerate(threads):
            thread.start()
            while lock.waiting <= number:
                pause(0.001)
    with lock:
        order.append(99)
    for thread in threads:
        thread.join(10)
    assert order == [0, 1, 2, 3, 4, 99]
