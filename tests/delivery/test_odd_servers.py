"""Mail servers that answer too early, too long, or something else than they were asked."""

import contextlib
import socket
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from tests.builders import NOW
from tests.delivery.world import Sink, add_due_wave, install, messages, queue_all, relay_to, serving, states
from voc.base import clock
from voc.base.db import Database
from voc.base.errors import VocError
from voc.base.schema import message
from voc.base.secrets import Vault
from voc.delivery import run
from voc.delivery.model import Envelope, Handed, Outcome

LETTER = Envelope("b-1@kestrel.example", "ana@calder.example", b"Subject: Hello\r\n\r\nHello\r\n")


@contextlib.contextmanager
def saying(*, data: bytes, dot: bytes = b"250 kept\r\n", drip: bool = False, pipelining: bool = True) -> Iterator[int]:
    """Polite up to DATA; then what is given. Dripping, it sends a letter now and then and never ends a line."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            with contextlib.suppress(OSError):
                guest, _where = listening.accept()
                with guest, guest.makefile("rb") as lines:
                    guest.sendall(b"220 here\r\n")
                    for line in lines:
                        word = line.strip().upper()
                        if word.startswith(b"EHLO"):
                            guest.sendall(b"250-here\r\n250 PIPELINING\r\n" if pipelining else b"250 here\r\n")
                        elif word == b"DATA":
                            guest.sendall(data)
                        elif word == b".":
                            guest.sendall(dot)
                            while drip:
                                clock.pause(0.02)
                                guest.sendall(b"2")
                        elif word.startswith((b"MAIL", b"RCPT")):
                            guest.sendall(b"250 ok\r\n")

        threading.Thread(target=serve, daemon=True).start()
        yield int(listening.getsockname()[1])


def handed_to(port: int, **more: Any) -> Handed:
    relay = relay_to(port, connections=1, **more)
    handed = relay.lines[0].hand_over(LETTER, before_final_dot=lambda: True)
    relay.close()
    assert handed is not None
    return handed


@pytest.mark.parametrize("pipelining", [True, False])
def test_a_250_before_the_dot_is_no_answer_to_it(pipelining: bool) -> None:
    with saying(data=b"354 go on\r\n250 kept already\r\n", dot=b"", pipelining=pipelining) as port:
        assert handed_to(port, timeout_seconds=0.3).outcome is Outcome.LATER


def test_a_refusal_before_the_dot_is_believed() -> None:
    with saying(data=b"354 go on\r\n552 5.3.4 too long\r\n") as port:
        assert handed_to(port).outcome is Outcome.FAILED


@pytest.mark.parametrize("answer", [b"221 bye\r\n", b"220 here\r\n", b"354 go on\r\n", b"nonsense\r\n"])
def test_after_the_dot_nothing_but_250_means_sent(answer: bytes) -> None:
    with saying(data=b"354 go on\r\n", dot=answer) as port:
        assert handed_to(port).outcome is Outcome.UNKNOWN


def test_an_answer_that_drips_in_has_no_more_time_than_silence() -> None:
    began = clock.seconds()
    with saying(data=b"354 go on\r\n", dot=b"", drip=True) as port:
        assert handed_to(port, timeout_seconds=0.5).outcome is Outcome.UNKNOWN
    assert clock.seconds() - began < 3


@contextlib.contextmanager
def dripping(*whole: bytes) -> Iterator[int]:
    """Says those answers, one to the call and one to each line, and from then on a letter now and then."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            with contextlib.suppress(OSError):
                guest, _where = listening.accept()
                with guest:
                    for answer in whole:
                        guest.sendall(answer)
                        guest.recv(1000)
                    while True:
                        clock.pause(0.02)
                        guest.sendall(b"2")

        threading.Thread(target=serve, daemon=True).start()
        yield int(listening.getsockname()[1])


@pytest.mark.parametrize("whole", [(), (b"220 here\r\n",), (b"220 here\r\n", b"250 PIPELINING\r\n")])
def test_a_greeting_that_drips_in_and_a_slow_welcome_hold_no_line(whole: tuple[bytes, ...]) -> None:
    began = clock.seconds()
    with dripping(*whole) as port:
        handed = handed_to(port, timeout_seconds=0.1)
    assert (handed.outcome, handed.relay_down) == (Outcome.LATER, True)
    assert clock.seconds() - began < 3


def test_an_answer_of_many_lines_ends_somewhere() -> None:
    with saying(data=b"354 go on\r\n", dot=b"250-more\r\n" * 20_000) as port:
        assert handed_to(port).outcome is Outcome.UNKNOWN


def test_one_body_that_cannot_be_read_frees_all_that_nobody_has_begun(database: Database, vault: Vault) -> None:
    with database.begin() as db:
        install(db)
        add_due_wave(db, people=5)
    queue_all(database, vault)
    first = messages(database)[0].id
    with database.begin() as db:
        db.execute(message.update().where(message.c.id == first).values(body=b"not ours"))
    sink = Sink()
    with serving(sink) as port:
        relay = relay_to(port, connections=1)
        with pytest.raises(VocError):
            run.send_due(database, relay, now=NOW, vault=vault, worker="one")
        relay.close()
    assert states(database) == {"claimed": 1, "queued": 4}
