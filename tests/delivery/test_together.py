"""Freezing and sending at once: what is frozen is in the hands of who sends it, counted once, masked once sent."""

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, insert, select
from sqlalchemy.exc import OperationalError

from tests.builders import NOW, add_staff
from tests.delivery.world import (
    SETTINGS,
    Sink,
    add_due_wave,
    free_port,
    frozen,
    install,
    messages,
    queue_all,
    queue_due,
    relay_to,
    serving,
    states,
)
from voc.base import preferences, schema
from voc.base.db import Database
from voc.base.secrets import Vault, new_key
from voc.base.settings import Mail, Settings
from voc.base.tokens import RandomTokens
from voc.delivery import rules, run
from voc.delivery.model import Sent
from voc.delivery.run.crew import RECORDER
from voc.delivery.run.tray import Post
from voc.delivery.store import claims, holding
from voc.delivery.store import relay as relays


def send(database: Database, vault: Vault, relay: Any, *, settings: Settings = SETTINGS, **more: Any) -> Sent:
    return run.send_due(
        database,
        relay,
        now=NOW,
        vault=vault,
        worker="one",
        tokens=RandomTokens(),
        settings=settings,
        freezes=True,
        **more,
    )


def wave(database: Database, people: int) -> None:
    with database.begin() as db:
        install(db)
        add_staff(db, "clara@kestrel.example", role="admin")
        add_due_wave(db, people=people)


def test_due_steps_are_frozen_and_sent_in_one_go_and_their_links_masked(database: Database, vault: Vault) -> None:
    wave(database, 7)
    sink = Sink()
    with serving(sink) as port:
        relay = relay_to(port, connections=3)
        sent = send(database, vault, relay)
        again = send(database, vault, relay)
        relay.close()
    assert (sent.frozen, sent.sent, again.frozen, again.sent) == (7, 7, 0, 0)
    assert sorted(sink.recipients) == sorted(f"con-{number}@calder.example" for number in range(1, 8))
    with database.read() as db:
        planned = db.execute(select(schema.invitation.c.next_step)).scalars().all()
    assert planned == ["reminder_1"] * 7
    for row in messages(database):
        kept = frozen(database, row, vault)
        (mail,) = (content for _from, to, content in sink.mails if to == row.recipient)
        tokens = set(re.findall(rb"/[qu]/([A-Za-z0-9_-]{32})", mail.replace(b"=\r\n", b"")))
        assert len(tokens) == 2
        assert not any(token in kept.replace(b"=\r\n", b"") for token in tokens)


def test_while_no_server_is_there_due_steps_are_frozen_and_wait_in_the_queue(database: Database, vault: Vault) -> None:
    wave(database, 3)
    relay = relay_to(free_port())
    assert send(database, vault, relay).sent == 0
    assert send(database, vault, relay).stopped_because is not None
    assert states(database) == {"queued": 3}


def test_what_falls_due_while_no_server_is_there_is_not_sent_in_the_night_in_which_it_is_back(
    database: Database, vault: Vault
) -> None:
    wave(database, 3)
    night, sink = NOW + timedelta(hours=14), Sink()
    with serving(sink) as port:
        relay = relay_to(port)
        with database.begin() as db:
            relays.set_relay(db, relay.name, relays.RelayState(night, outages=7), now=NOW)
        assert send(database, vault, relay).stopped_because is not None
        assert (
            run.send_due(database, relay, now=night, vault=vault, worker="one", settings=SETTINGS, freezes=True).sent
            == 0
        )
        relay.close()
    assert sink.mails == []
    assert messages(database) == []
    with database.read() as db:
        moved = db.execute(select(schema.invitation.c.moved_because, schema.invitation.c.due_at)).all()
    assert all(why == "outside_window" and at is not None and at > night for why, at in moved)


def test_what_a_domain_has_no_room_for_is_frozen_and_waits(database: Database, vault: Vault) -> None:
    wave(database, 5)
    limited = Settings(base_url=SETTINGS.base_url, mail=Mail(from_address="a@b.example", per_domain={"*": 2.0}))
    with serving(Sink()) as port:
        relay = relay_to(port)
        assert send(database, vault, relay, settings=limited).sent == 2
        relay.close()
    assert states(database) == {"sent": 2, "queued": 3}
    waiting = [row for row in messages(database) if row.state == "queued"]
    assert all(row.worker is None and row.next_attempt_at > NOW for row in waiting)


class Flaky(Database):
    """A database that goes away under the recorder, so often; `after`: its commit was done, and nobody heard of it."""

    def __init__(self, url: str, *, times: int, after: bool) -> None:
        super().__init__(url)
        self._left, self._after = times, after

    @contextmanager
    def begin(self) -> Iterator[Connection]:
        with super().begin() as db:
            yield db
            if _recording() and self._left and not self._after:
                self._left -= 1
                raise OperationalError("commit", {}, Exception("gone"))
        if _recording() and self._left:
            self._left -= 1
            raise OperationalError("commit", {}, Exception("gone"))


def _recording() -> bool:
    return threading.current_thread().name == RECORDER


@pytest.mark.parametrize("after", [False, True])
def test_an_answer_that_the_database_did_not_take_is_written_down_again_and_once(
    database: Database, vault: Vault, after: bool
) -> None:
    wave(database, 2)
    flaky = Flaky(database.url, times=2, after=after)
    with serving(Sink()) as port:
        relay = relay_to(port, connections=1)
        assert send(flaky, vault, relay).sent == 2
        relay.close()
    flaky.close()
    assert states(database) == {"sent": 2}
    with database.read() as db:
        assert db.execute(select(schema.attempt.c.outcome)).scalars().all() == ["sent", "sent"]


def test_workers_share_the_pace_of_a_server(database: Database, vault: Vault) -> None:
    wave(database, 2)
    queue_all(database, vault)

    def at_work(db: Connection, *, minutes_later: float = 0) -> int:
        now = NOW + timedelta(minutes=minutes_later)
        return holding.at_work(db, claimed_since=now - rules.AT_WORK, lasts=rules.LEASE)

    with database.begin() as db:
        assert at_work(db) == 0
        for name in ("one", "two"):
            hold: dict[str, Any] = {"worker": name, "now": NOW, "lasts": rules.LEASE, "limit": 1}
            assert claims.claim(db, preferences=preferences.load(db), **hold).messages
        assert at_work(db, minutes_later=1.5) == 2
        # Killed: its lease lasts for eight minutes more, its part of the pace is the others' by now.
        assert at_work(db, minutes_later=2.5) == 0
    post = Post(relay_to(free_port(), per_second=10.0))
    post.workers = 2
    assert post.pace == 5.0


def test_a_wave_with_more_messages_than_its_own_steps_stops_and_the_admins_are_told(
    database: Database, vault: Vault
) -> None:
    wave(database, 2)
    queue_due(database, now=NOW, vault=vault, tokens=RandomTokens(), settings=SETTINGS, limit=1)
    (frozen,) = messages(database)
    known = {name: value for name, value in frozen._mapping.items() if name != "id"}
    copies = [
        {**known, "state": "held", "key": f"k{n}", "return_path": f"{n}@b.example", "message_id": f"<{n}@b.example>"}
        for n in range(8)  # with the next one 10: five for each of two people, whose wave has four steps
    ]
    with database.begin() as db:
        db.execute(insert(schema.message), copies)
    assert queue_due(database, now=NOW, vault=vault, tokens=RandomTokens(), settings=SETTINGS) == 1
    with database.read() as db:
        assert "2 people and 4 steps" in str(db.execute(select(schema.installation.c.paused_because)).scalar())
        alerts = db.execute(select(schema.message.c.recipient).where(schema.message.c.kind == "alert")).scalars().all()
    assert alerts == ["clara@kestrel.example"]


def test_a_sealed_body_opens_with_any_of_the_keys_and_with_no_other() -> None:
    old, new = new_key(), new_key()
    sealed = Vault([old]).seal(b"Hello")
    both = Vault([new, old])
    assert both.decrypt(sealed) == b"Hello"
    fresh = both.renewed(sealed)
    assert fresh is not None
    assert Vault([new]).decrypt(fresh) == b"Hello"
    assert both.renewed(fresh) is None
    for broken in (sealed[:-1] + bytes([sealed[-1] ^ 1]), sealed[:9]):
        with pytest.raises(Exception, match="secret key"):
            both.decrypt(broken)
