"""Several workers at one outbox: every message goes out exactly once."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor

from tests.builders import NOW
from tests.delivery.world import SETTINGS, Sink, add_due_wave, install, queue_all, queue_due, relay_to, serving, states
from voc.base.db import Database
from voc.base.secrets import Vault
from voc.base.tokens import RandomTokens
from voc.delivery import run

PEOPLE = 500


def test_three_workers_send_every_message_exactly_once(database: Database, vault: Vault) -> None:
    with database.begin() as db:
        install(db)
        add_due_wave(db, people=PEOPLE)
    queue_all(database, vault)
    sink = Sink()

    def work(name: str) -> int:
        relay, sent = relay_to(port), 0
        while step := run.send_due(database, relay, now=NOW, vault=vault, worker=name, limit=40).sent:
            sent += step
        relay.close()
        return sent

    with serving(sink) as port, ThreadPoolExecutor(3) as pool:
        shares = list(pool.map(work, ("one", "two", "three")))
    assert sum(shares) == PEOPLE
    assert max(Counter(sink.recipients).values()) == 1
    assert states(database) == {"sent": PEOPLE}


def test_planners_and_senders_at_once_freeze_and_send_each_step_once(database: Database, vault: Vault) -> None:
    people = 60
    with database.begin() as db:
        install(db)
        add_due_wave(db, people=people)
    sink = Sink()

    def work(name: str) -> None:
        relay, idle = relay_to(port), 0
        while idle < 3:
            queued = queue_due(database, now=NOW, vault=vault, tokens=RandomTokens(), settings=SETTINGS, limit=10)
            sent = run.send_due(database, relay, now=NOW, vault=vault, worker=name, limit=10)
            idle = 0 if queued or sent.handed_over else idle + 1
        relay.close()

    with serving(sink) as port, ThreadPoolExecutor(3) as pool:
        list(pool.map(work, ("one", "two", "three")))
    assert sorted(sink.recipients) == sorted(f"con-{number}@calder.example" for number in range(1, people + 1))
