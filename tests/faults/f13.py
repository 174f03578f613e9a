"""F13: an opt-out or an answer at the moment of the claim. Nothing is claimed, or ended, after it was committed.

Two claims stand before a mail: the planner's, which freezes it, and the sender's, which is asked once
more before the final dot. Both are raced by people who opt out and people who answer.
"""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from sqlalchemy import select

from tests.builders import NOW
from tests.delivery.world import SETTINGS, add_due_wave, install, queue_due
from tests.faults.databases import fresh
from tests.faults.table import Result, Row, on_both
from voc.base.db import Database
from voc.base.schema import invitation, message
from voc.base.secrets import Vault, new_key
from voc.base.tokens import RandomTokens
from voc.base.words import StopReason, SuppressionReason
from voc.campaigns import run as campaigns
from voc.delivery import run as delivery
from voc.delivery.model import Envelope, Handed, Line, Outcome, Sent, Stage
from voc.stakeholders import run as stakeholders

_PAUSE = threading.Event()  # never set: waiting for it lets others go first


def run(*, long: bool) -> Result:
    people = 500 if long else 40
    trials = [lambda engine, end=end: _planned(engine, people, end) for end in (_opt_out, _answer)] + [
        lambda engine, end=end: _sent(engine, people, end) for end in (_opt_out, _answer)
    ]
    return on_both("F13", *trials)


End = Callable[[Database, int, str], None]


def _opt_out(database: Database, invitation_id: int, address: str) -> None:
    with database.begin() as db:
        stakeholders.suppress(db, address=address, reason=SuppressionReason.OPT_OUT, at=NOW, source="page")
        for ended in campaigns.stop(db, invitation_id, reason=StopReason.OPTED_OUT, now=NOW):
            delivery.cancel(db, ended, reason=StopReason.OPTED_OUT)


def _answer(database: Database, invitation_id: int, _address: str) -> None:
    with database.begin() as db:
        for ended in campaigns.record_answer(db, invitation_id, complete=True, at=NOW):
            delivery.cancel(db, ended, reason=StopReason.ANSWERED)


class _Race:
    """What was committed, and what was claimed, in the order in which it happened."""

    def __init__(self) -> None:
        self.order: list[tuple[str, str]] = []

    def end_all(self, database: Database, people: Sequence[tuple[int, str]], end: End) -> None:
        """From the far end, so that it meets the claims in the middle."""
        for id, address in reversed(people):
            end(database, id, address)
            self.order.append(("ended", address))

    def mistakes(self) -> list[str]:
        ended, found = set(), []
        for what, address in self.order:
            if what == "ended":
                ended.add(address)
            elif address in ended:
                found.append(f"{what} after it was committed: {address}")
        return found

    def is_over(self, people: int) -> bool:
        return sum(what == "ended" for what, _address in self.order) == people

    @property
    def claimed(self) -> int:
        return sum(what == "claimed" for what, _address in self.order)


def _planned(engine: str, people: int, end: End) -> Row:
    """The planner's claim. A mail frozen after the end was committed would find nobody to call it back."""
    race, vault = _Race(), Vault([new_key()])
    with fresh(engine) as database:
        asked = _lay(database, people)

        def plan() -> None:
            while queue_due(database, now=NOW, vault=vault, tokens=RandomTokens(), settings=SETTINGS, limit=2):
                _PAUSE.wait(0.001)

        _together(lambda: race.end_all(database, asked, end), plan)
        with database.read() as db:
            rows = db.execute(select(message.c.address, message.c.state)).all()
            stopped = db.execute(select(invitation.c.id).where(invitation.c.stopped.is_not(None))).all()
    found = [f"frozen and not called back: {row.address}" for row in rows if row.state != "cancelled"]
    if len(stopped) != people:
        found.append(f"{people - len(stopped)} chases go on")
    said = f"{len(rows)} were frozen first and called back, {people - len(rows)} never frozen"
    return Row(f"{_NAMES[end]} racing with the planner's claim", engine, people, said, tuple(found[:10]))


def _sent(engine: str, people: int, end: End) -> Row:
    """The sender's claim, and its second look before the dot; most of its mails it freezes itself."""
    race, vault = _Race(), Vault([new_key()])
    with fresh(engine) as database:
        asked = _lay(database, people)
        how: dict[str, Any] = {"now": NOW, "vault": vault, "tokens": RandomTokens(), "settings": SETTINGS}
        queue_due(database, **how, limit=people // 20)

        def send() -> None:
            told = Sent()
            while told.handed_over or told.frozen or not race.is_over(people):
                told = delivery.send_due(database, _Told(race), **how, worker="one", limit=2, freezes=True)
                _PAUSE.wait(0.001)

        _together(lambda: race.end_all(database, asked, end), send)
        with database.read() as db:
            states = [row.state for row in db.execute(select(message.c.state))]
    found = race.mistakes()
    if set(states) - {"sent", "cancelled"}:
        found.append(f"left behind: {sorted(set(states))}")
    said = f"{race.claimed} went out before, {states.count('cancelled')} were called back"
    return Row(f"{_NAMES[end]} racing with the sender", engine, people, said, tuple(found[:10]))


_NAMES: dict[End, str] = {_opt_out: "opt-out", _answer: "answer"}


def _lay(database: Database, people: int) -> list[tuple[int, str]]:
    with database.begin() as db:
        install(db)
        add_due_wave(db, people=people)
        rows = db.execute(select(invitation.c.id, invitation.c.address).order_by(invitation.c.id))
        return [(row.id, row.address) for row in rows]


def _together(*works: Callable[[], None]) -> None:
    with ThreadPoolExecutor(len(works)) as pool:
        for running in [pool.submit(work) for work in works]:
            running.result()


class _Told:
    """A mail server that says, in the moment before the dot, what its worker began when."""

    name = "told"
    per_second = 10_000.0

    def __init__(self, race: _Race) -> None:
        self._race = race

    @property
    def lines(self) -> Sequence[Line]:
        return [self]

    def hand_over(self, envelope: Envelope, *, before_final_dot: Callable[[], bool]) -> Handed | None:
        asked_at = len(self._race.order)
        if not before_final_dot():
            return None
        # Stands where it was asked: what was ended before that, and is granted all the same, shows.
        self._race.order.insert(asked_at, ("claimed", envelope.recipient))
        return Handed(Outcome.SENT, Stage.DOT, 250, "kept")

    def close(self) -> None: ...
