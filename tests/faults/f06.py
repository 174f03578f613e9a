"""F6: the web process is killed in the middle of a POST. Whoever was thanked has a row, and every row is whole."""

import signal
import time
from concurrent.futures import ThreadPoolExecutor

from tests.faults import crew
from tests.faults.databases import fresh
from tests.faults.page import SERVE, WARM, Person, Seen, ask, mistakes, send_all, until_served, warm_with
from tests.faults.promise import ANSWERS_ARE_KEPT
from tests.faults.table import Result, Row, on_both
from tests.postgres import free_port

PROVES = (ANSWERS_ARE_KEPT,)

_TOGETHER = 4
_POINTS = ("commit_before", "commit_after", None)  # None: from outside, some milliseconds after the first POST


def run(*, long: bool) -> Result:
    kills = 500 if long else 6

    def trial(engine: str) -> Row:
        seen: list[Seen] = []
        killed = 0
        with fresh(engine) as database:
            first, *people = ask(database, kills * _TOGETHER + 1)
            crew.shared().here(WARM, url=database.url, **warm_with(first))
            for number in range(kills):
                batch = people[number * _TOGETHER : (number + 1) * _TOGETHER]
                killed += _one_life(database.url, number, batch, seen)
            found = mistakes(database, seen, [first, *people])
        thanked = sum(one.thanked for one in seen)
        if killed < kills:
            found.append(f"only {killed} of {kills} were killed")
        broken = sum(one.status is None for one in seen)
        said = f"{len(seen):,} people pressed Send, {thanked:,} were thanked and have a row, {broken:,} saw it break"
        return Row("web process killed during POST", engine, killed, said, tuple(found[:10]))

    return on_both("F6", trial)


def _one_life(url: str, number: int, people: list[Person], seen: list[Seen]) -> bool:
    """One web process from its start to its death; whether it was killed."""
    port = free_port()
    point = _POINTS[number % len(_POINTS)]
    web = crew.shared().send(SERVE, url=url, port=port, point=point, nth=1 + number % _TOGETHER)
    until_served(port)
    if point is None:
        # Drawn by its number: from before the first statement to after the last commit.
        delay = 0.001 * (number * 7 % 40)
        seen += _with_kill_after(delay, web, port, people)
    else:
        seen += send_all(port, people, together=_TOGETHER)
        if not web.is_over():
            web.signal(signal.SIGKILL)
    return web.ended() == -signal.SIGKILL


def _with_kill_after(delay: float, web: crew.Member, port: int, people: list[Person]) -> list[Seen]:
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(send_all, port, people, together=_TOGETHER)
        time.sleep(delay)
        web.signal(signal.SIGKILL)
        return running.result()
