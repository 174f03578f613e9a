"""Several mail servers, their limits and those of recipient domains; logins and certificates that are wrong."""

import socket
import ssl
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult
from sqlalchemy import select, update

from tests.builders import NOW, add_staff
from tests.certificates import certificate_in
from tests.delivery.test_faults import Answers
from tests.delivery.world import (
    SETTINGS,
    Sink,
    add_due_wave,
    free_port,
    install,
    queue_all,
    relay_to,
    serving,
    states,
)
from voc.base import schema
from voc.base.clock import ShiftedClock
from voc.base.db import Database
from voc.base.secrets import Vault
from voc.base.settings import Mail, Server, Settings
from voc.delivery import rules, run
from voc.delivery.model import Envelope, Handed, Outcome, Sent, Stage
from voc.delivery.smtp import SmtpRelay


def prepared(database: Database, vault: Vault, people: int) -> None:
    with database.begin() as db:
        install(db)
        add_staff(db, "clara@kestrel.example", role="admin")
        add_due_wave(db, people=people)
    queue_all(database, vault)


def send(database: Database, vault: Vault, relays: Any, *, now: datetime = NOW, **more: Any) -> Sent:
    return run.send_due(database, relays, now=now, vault=vault, worker="one", **more)


def outcomes_by_relay(database: Database) -> Counter[tuple[str, str]]:
    with database.read() as db:
        rows = db.execute(select(schema.attempt.c.relay, schema.attempt.c.outcome)).all()
    return Counter((row.relay, row.outcome) for row in rows)


def test_two_servers_share_the_messages_by_what_each_takes_a_second(database: Database, vault: Vault) -> None:
    prepared(database, vault, 30)
    sink = Sink()
    with serving(sink) as port:
        relays = [relay_to(port, name="swift", per_second=200.0), relay_to(port, name="slow", per_second=50.0)]
        assert send(database, vault, relays).sent == 30
        for relay in relays:
            relay.close()
    shares = outcomes_by_relay(database)
    assert shares["swift", "sent"] > shares["slow", "sent"] > 0
    assert max(Counter(sink.recipients).values()) == 1


def test_what_a_server_that_is_down_could_not_take_goes_out_by_the_other(database: Database, vault: Vault) -> None:
    prepared(database, vault, 6)
    sink = Sink()
    with serving(sink) as port:
        relays = [relay_to(free_port(), name="down"), relay_to(port, name="up")]
        sent = send(database, vault, relays)
        for relay in relays:
            relay.close()
    assert (sent.sent, states(database)) == (6, {"sent": 6})
    assert len(set(sink.recipients)) == len(sink.recipients) == 6
    with database.read() as db:
        assert db.execute(select(schema.relay_state.c.relay)).scalars().all() in ([], ["down"])


def test_what_may_have_been_accepted_is_never_given_to_another_server(database: Database, vault: Vault) -> None:
    prepared(database, vault, 1)
    sink = Answers("lost", "lost")
    with serving(sink) as port:
        relays = [relay_to(port, name="one"), relay_to(port, name="two")]
        assert send(database, vault, relays).unknown == 1
        for relay in relays:
            relay.close()
    assert len(sink.mails) == 1


def test_a_limited_domain_waits_its_turn_and_holds_up_nobody(database: Database, vault: Vault) -> None:
    prepared(database, vault, 8)
    with database.begin() as db:
        big = schema.message.c.id <= 6
        db.execute(update(schema.message).where(big).values(recipient="x@big.example"))
    limited = Settings(mail=Mail(per_domain={"big.example": 2.0}))
    sink = Sink()
    with serving(sink) as port:
        relay = relay_to(port)
        first = send(database, vault, relay, settings=limited)
        again = send(database, vault, relay, settings=limited, now=NOW + timedelta(seconds=30))
        minutes = [send(database, vault, relay, settings=limited, now=NOW + timedelta(minutes=n)).sent for n in (1, 2)]
        relay.close()
    assert (first.sent, again.sent, minutes) == (4, 0, [2, 2])  # two of the large domain, and both others
    assert states(database) == {"sent": 8}


def test_a_domain_that_puts_us_off_rests_and_the_others_go_on(database: Database, vault: Vault) -> None:
    prepared(database, vault, 4)
    with database.begin() as db:
        db.execute(update(schema.message).where(schema.message.c.id <= 2).values(recipient="x@strict.example"))
    with serving(Answers("450 4.7.28 too many messages from you", at="RCPT")) as port:
        relay = relay_to(port, connections=1)
        first = send(database, vault, relay, limit=1)
        second = send(database, vault, relay)
        assert (first.later, second.sent) == (1, 2)
        with database.read() as db:
            resting = db.execute(select(schema.domain_state)).one()
        assert (resting.domain, resting.rests) == ("strict.example", 1)
        assert send(database, vault, relay, now=NOW + timedelta(minutes=3)).sent == 1  # the other one of that domain
        relay.close()
    with database.read() as db:
        assert db.execute(select(schema.domain_state.c.rests)).scalar_one() == 0
        assert db.execute(select(schema.relay_state)).first() is None


def test_a_wave_whose_messages_fail_in_a_row_pauses_itself_and_the_admins_are_told(
    database: Database, vault: Vault
) -> None:
    prepared(database, vault, 14)
    with serving(Answers(*["550 5.1.1 no such user"] * 20, at="RCPT")) as port:
        relay = relay_to(port, connections=1)
        send(database, vault, relay, limit=rules.WAVE_FAILURES, settings=SETTINGS)
        rest = send(database, vault, relay, settings=SETTINGS)
        relay.close()
    assert rest.failed <= 1  # the alert itself
    with database.read() as db:
        wave = db.execute(select(schema.wave)).one()
        alert = db.execute(select(schema.message).where(schema.message.c.kind == "alert")).one()
    assert wave.state == "paused"
    assert "10 messages in a row failed" in wave.paused_because
    assert alert.recipient == "clara@kestrel.example"
    assert states(database)["queued"] == 4


class Slow:
    """A line that holds its message until it is told; meanwhile the clock runs on."""

    name, per_second = "slow", 1e6

    def __init__(self, database: Database, minutes: int) -> None:
        self.database, self.minutes = database, minutes
        self.clock = ShiftedClock(NOW)

    @property
    def lines(self) -> list[Any]:
        return [self]

    def hand_over(self, _envelope: Envelope, *, before_final_dot: Any) -> Handed | None:
        # As if the server took that long: what has no lease any more is anybody's.
        run.recover(self.database, now=NOW + timedelta(minutes=self.minutes))
        return Handed(Outcome.SENT, Stage.DOT, 250, "ok") if before_final_dot() else None

    def close(self) -> None:
        pass


@pytest.mark.parametrize(("minutes", "sent"), [(9, 1), (11, 0)])
def test_a_worker_that_outlived_its_lease_may_not_end_a_message(
    sqlite: Database, vault: Vault, minutes: int, sent: int
) -> None:
    prepared(sqlite, vault, 1)
    assert send(sqlite, vault, Slow(sqlite, minutes)).sent == sent


def test_an_hour_of_outage_loses_nothing_sends_nothing_twice_and_drains_at_the_limit(
    database: Database, vault: Vault
) -> None:
    prepared(database, vault, 12)
    port, now = free_port(), NOW
    with silent() as quiet:
        for minute in range(0, 60, 3):
            port_now = port if minute < 30 else quiet
            relay = relay_to(port_now, name="ours", timeout_seconds=0.05, connections=2)
            assert send(database, vault, relay, now=now + timedelta(minutes=minute)).sent == 0
            relay.close()
    assert states(database) == {"queued": 12}
    sink, now = Sink(), NOW + timedelta(minutes=80)
    with serving(sink, port=port):
        relay = relay_to(port, name="ours", per_second=100.0)
        assert send(database, vault, relay, now=now).sent == 12
        relay.close()
    assert len(set(sink.recipients)) == len(sink.recipients) == 12


@contextmanager
def silent() -> Iterator[int]:
    """A server that takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0), backlog=64) as listening:
        yield int(listening.getsockname()[1])


# --- TLS and logins -----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return certificate_in(tmp_path_factory.mktemp("tls"))


@contextmanager
def guarded(sink: Sink, certificate: tuple[Path, Path], security: str) -> Iterator[int]:
    """A mail server with TLS that wants a login: voc, "open sesame"."""

    def login(_server: Any, _session: Any, _envelope: Any, _mechanism: str, given: Any) -> AuthResult:
        right = given.login == b"voc" and given.password == b"open sesame"
        return AuthResult(success=right, handled=right)

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)
    implicit: dict[str, Any] = {"ssl_context": context} if security == "tls" else {"tls_context": context}
    port = free_port()
    controller = Controller(
        sink,
        hostname="localhost",
        port=port,
        ready_timeout=20,
        authenticator=login,
        auth_required=security == "starttls",
        auth_require_tls=security != "tls",
        require_starttls=security == "starttls",
        **implicit,
    )
    controller.start()
    try:
        yield port
    finally:
        controller.stop()


def guarded_relay(port: int, security: Any, password: str, trusted: Path | None) -> SmtpRelay:
    server = Server("ours", "localhost", port, security, username="voc", timeout_seconds=5.0, connections=1)
    tls = None if trusted is None else ssl.create_default_context(cafile=str(trusted))
    return SmtpRelay(server, us="kestrel.example", password=password, tls=tls)


LETTER = Envelope("b-1@kestrel.example", "ana@calder.example", b"Subject: Hello\r\n\r\n.Dots stay\r\n")


@pytest.mark.parametrize("security", ["tls", "starttls"])
def test_mail_goes_out_encrypted_and_signed_in(certificate: tuple[Path, Path], security: str) -> None:
    sink = Sink()
    with guarded(sink, certificate, security) as port:
        relay = guarded_relay(port, security, "open sesame", certificate[0])
        handed = relay.lines[0].hand_over(LETTER, before_final_dot=lambda: True)
        relay.close()
    assert handed is not None
    assert handed.outcome is Outcome.SENT
    assert sink.mails[0][2] == LETTER.mime


@pytest.mark.parametrize(
    ("security", "password", "trusts", "words"),
    [
        ("starttls", "wrong", True, "refused the user name or the password"),
        ("starttls", "open sesame", False, "certificate of localhost"),
        ("tls", "open sesame", False, "not to be trusted"),
    ],
)
def test_a_wrong_password_or_certificate_says_what_to_mend(
    certificate: tuple[Path, Path], security: str, password: str, trusts: bool, words: str
) -> None:
    sink = Sink()
    with guarded(sink, certificate, security) as port:
        relay = guarded_relay(port, security, password, certificate[0] if trusts else None)
        handed = relay.lines[0].hand_over(LETTER, before_final_dot=lambda: True)
        relay.close()
    assert handed is not None
    assert (handed.outcome, handed.relay_down, sink.mails) == (Outcome.LATER, True, [])
    assert words in handed.text
