"""What the doctor finds, each against the real thing: servers, sockets, a disk that is full, moments in tables."""

import os
import shutil
import socket
import ssl
import subprocess
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult
from msgspec.structs import replace
from sqlalchemy import update

from tests.builders import NOW, add_message
from tests.delivery.dns_world import serving_names
from tests.delivery.world import Sink, add_due_wave, free_port, install
from voc.base import beats, leases, schema
from voc.base.clock import SetClock
from voc.base.db import Database
from voc.base.disk import Room, room_of
from voc.base.secrets import Vault
from voc.base.settings import Imap, Inbound, Listener, Mail, Server, Settings
from voc.base.tokens import RandomTokens
from voc.campaigns.store.launches import turn_of
from voc.cli import doctor_machine, doctor_mail, doctor_waves
from voc.cli.findings import Finding, summary
from voc.web.context import App

Make = Callable[..., App]


@pytest.fixture
def make(sqlite: Database, vault: Vault, clock: SetClock, tmp_path: Path) -> Make:
    """An installation with these settings."""
    with sqlite.begin() as db:
        install(db)

    def made(**chosen: Any) -> App:
        settings = replace(Settings(secret_key_file=str(tmp_path / "secret.key")), **chosen)
        return App(settings, sqlite, clock, RandomTokens(), vault, tmp_path)

    return made


def greeted(app: App, server: Server, *, now: datetime = NOW) -> list[Finding]:
    return doctor_mail.greet(app, server, now=now)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> ssl.SSLContext:
    folder = tmp_path_factory.mktemp("tls")
    words = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 5 -subj /CN=127.0.0.1 -keyout"
    key, cert = folder / "key.pem", folder / "cert.pem"
    subprocess.run(["openssl", *words.split(), key, "-out", cert], check=True, capture_output=True)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(cert, key)
    return context


@pytest.fixture(scope="module")
def mail_server() -> Iterator[int]:
    """Asks for a password, and says a wrong time when it greets."""

    def knows(_server: Any, _session: Any, _envelope: Any, _how: str, data: Any) -> AuthResult:
        return AuthResult(success=data.password == b"right", handled=False)

    class Late(Controller):
        def factory(self) -> SMTP:
            return SMTP(
                self.handler,
                ident="ESMTP ready; Tue, 03 Mar 2026 07:30:00 +0000",
                authenticator=knows,
                auth_require_tls=False,
            )

    controller = Late(Sink(), hostname="127.0.0.1", port=free_port(), ready_timeout=20)
    controller.start()
    yield controller.port
    controller.stop()


def server(port: int, **more: Any) -> Server:
    return replace(Server("ours", "127.0.0.1", port, "none", timeout_seconds=1.0), **more)


def test_a_wrong_password_is_named_with_the_variable_that_holds_it(
    make: Make, mail_server: int, tmp_path: Path
) -> None:
    (tmp_path / "password").write_text("wrong\n")
    asked = server(mail_server, username="voc", password_file=str(tmp_path / "password"))
    finding, clock = greeted(make(mail=Mail(relays=[asked])), asked)
    assert "our clock is 90 min ahead" in clock.what  # what it said before is not lost with the password
    assert (finding.state, "refuses the password of voc" in finding.what) == ("broken", True)
    assert "VOC_MAIL_PASSWORD_OURS" in finding.mend
    (tmp_path / "password").write_text("right\n")
    assert greeted(make(mail=Mail(relays=[asked])), asked)[0].good


def test_a_missing_password_file_is_named(make: Make, mail_server: int) -> None:
    asked = server(mail_server, username="voc", password_file="/nowhere/password")
    assert "/nowhere/password" in greeted(make(mail=Mail(relays=[asked])), asked)[0].what


def test_a_closed_port_and_a_silent_server_are_told_apart(make: Make) -> None:
    (closed,) = greeted(make(), server(free_port()))
    assert closed.broken
    assert "refused" in closed.what.lower()
    with socket.create_server(("127.0.0.1", 0)) as silent:
        (late,) = greeted(make(), server(silent.getsockname()[1], timeout_seconds=0.1))
    assert "it takes too long" in late.what


def test_a_clock_that_is_off_is_said_with_how_much(make: Make, mail_server: int) -> None:
    found = greeted(make(), server(mail_server))
    assert [one.what for one in found if not one.good] == ["our clock is 90 min ahead of the clock of the mail server "
                                                           f"ours (127.0.0.1:{mail_server})"]  # fmt: skip


def test_a_certificate_that_nobody_signed_is_not_valid(make: Make, certificate: ssl.SSLContext) -> None:
    controller = Controller(Sink(), hostname="127.0.0.1", port=free_port(), ssl_context=None, ready_timeout=20)
    controller.factory = lambda: SMTP(Sink(), tls_context=certificate)  # type: ignore[method-assign]  # STARTTLS
    controller.start()
    try:
        (finding,) = greeted(make(), server(controller.port, security="starttls"))
    finally:
        controller.stop()
    assert finding.broken
    assert "is not valid: self-signed certificate" in finding.what


def test_a_server_without_encryption_is_not_spoken_to_where_it_is_asked_for(make: Make, mail_server: int) -> None:
    assert "STARTTLS" in greeted(make(), server(mail_server, security="starttls"))[0].what


@pytest.mark.parametrize(("days", "good"), [(22, True), (5, False), (-1, False)])
def test_a_certificate_near_its_end_needs_a_look(days: int, good: bool) -> None:
    ends = (NOW + timedelta(days=days)).strftime("%b %d %H:%M:%S %Y GMT")
    assert doctor_mail.certificate("it", ends, now=NOW).good is good


def test_a_mailbox_with_a_closed_port_or_without_a_password_is_named(make: Make, tmp_path: Path) -> None:
    (tmp_path / "password").write_text("x")
    for file, said in ((str(tmp_path / "password"), "refuses connections"), (None, "there is no password")):
        imap = Imap("127.0.0.1", "voc", port=free_port(), security="none", password_file=file, timeout_seconds=1)
        found = doctor_mail._mailbox(make(inbound=Inbound(imap=imap)))
        assert [one.broken for one in found] == [True]
        assert said in found[0].what.lower()


def test_a_port_that_another_program_holds_and_one_that_nobody_holds(make: Make) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        wanted = Inbound(listener=Listener(port=other.getsockname()[1]))
        (taken,) = doctor_mail._listener(make(inbound=wanted))
    assert "is taken by another program" in taken.what
    (nobody,) = doctor_mail._listener(make(inbound=wanted))
    assert "nobody listens" in nobody.what


def test_events_of_a_provider_without_a_key_are_said() -> None:
    assert doctor_mail._webhook("postmark", has_key=False, refused=17, why=["no_key"]).broken
    assert doctor_mail._webhook("postmark", has_key=True, refused=1, why=["forged"]).state == "look"
    assert doctor_mail._webhook("postmark", has_key=True, refused=0, why=[]).good


def test_missing_records_are_found_in_the_dns_and_said_with_what_to_publish(make: Make) -> None:
    with serving_names({("mail.kestrel.example", "A"): ["192.0.2.1"]}) as (name_server, _asked):
        mail = Mail(from_address="feedback@kestrel.example")
        found = doctor_mail.dns_findings(make(nameservers=[name_server], mail=mail))
    told = {one.what.partition(":")[0] for one in found if not one.good}
    assert {"SPF", "DMARC", "Bounces"} <= told
    assert any("Publish: _dmarc.kestrel.example TXT v=DMARC1; p=none" in one.mend for one in found)


# --- workers, clock, disk -----------------------------------------------------------------------


def beat(job: str = "send", *, began: float, ended: float | None = None, trouble: str | None = None) -> beats.Beat:
    """Minutes ago."""
    over = None if ended is None else NOW - timedelta(minutes=ended)
    return beats.Beat(job, "host:1", NOW - timedelta(minutes=began), over, trouble)


@pytest.mark.parametrize(
    ("seen", "late", "state", "said"),
    [
        ([], 0, "look", "no worker was ever seen"),
        ([], 20, "broken", "mail has been due since"),
        ([beat(began=0.2, ended=0.1)], 0, "well", "1 worker is at work"),
        ([beat(began=9, ended=8)], 20, "broken", "no worker was seen since"),
        ([beat(began=45), beat("crm now", began=0.1, ended=0.1)], 40, "broken", "has been at it for 45 min"),
        ([beat(began=0.2, ended=0.1, trouble="It broke.")], 0, "look", "failed the last time: It broke"),
        ([beat(began=0.2, ended=0.1)], 20, "look", "the workers live, and yet mail has been due"),
    ],
)
def test_a_worker_that_is_dead_stuck_or_failing(seen: list[beats.Beat], late: int, state: str, said: str) -> None:
    overdue = NOW - timedelta(minutes=late) if late else None
    (finding,) = doctor_machine.workers(seen, overdue_since=overdue, paused=False, now=NOW)
    assert (finding.state, said in finding.what) == (state, True), finding.what


def test_a_launch_whose_process_is_gone_is_named_with_what_to_do_and_one_under_way_is_well(make: Make) -> None:
    app = make()
    assert doctor_waves.examine(app) == []
    with app.database.begin() as db:
        add_due_wave(db)
        planning = update(schema.wave).values(state="planning", label="Spring").returning(schema.wave.c.campaign_id)
        campaign_id = db.execute(planning).scalar_one()
    (left,) = doctor_waves.examine(app)
    assert (left.state, "the wave “Spring” (campaign relationship), begun by Clara Wendt" in left.what) == (
        "look",
        True,
    )
    assert "`voc wave launch relationship`" in left.mend
    with app.database.begin() as db:
        leases.take(db, turn_of(campaign_id), holder="host:1", now=NOW, lasts=timedelta(minutes=10))
    assert [one.good for one in doctor_waves.examine(app)] == [True]


def test_moments_that_lie_in_the_future_are_said_on_both_databases(database: Database, vault: Vault) -> None:
    with database.begin() as db:
        install(db)
        add_message(db, "test:1", sent_at=NOW + timedelta(hours=3))
        beats.began(db, "send", worker="host:1", now=NOW)
        beats.ended(db, "send", worker="host:1", now=NOW, trouble="It broke.")
    app = App(Settings(), database, SetClock(NOW), RandomTokens(), vault, Path())
    found = doctor_machine.examine(app, now=datetime(2020, 1, 1, tzinfo=UTC))
    assert any("a mail was sent" in one.what and "3 h ahead of our clock" in one.what for one in found)
    # PostgreSQL has a clock of its own: by it, ours stands in 2020.
    assert any("behind the database server" in one.what for one in found) is not database.sqlite


def test_a_disk_without_room_is_broken_and_one_almost_without_needs_a_look(tmp_path: Path) -> None:
    gb = 1_000_000_000
    states = [doctor_machine.disk("x", tmp_path, Room(free, 80 * gb)).state for free in (61 * gb, gb // 2, gb // 50)]
    assert states == ["well", "look", "broken"]


@pytest.mark.skipif(os.name != "posix" or os.geteuid() != 0, reason="only root may mount a small disk")
def test_a_real_disk_that_is_full(tmp_path: Path) -> None:
    small = tmp_path / "small"
    small.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=1m", "none", str(small)]
    if subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("this machine lets nobody mount")
    try:
        assert doctor_machine.disk("x", small, room_of(small)).state == "well"
        (small / "full").write_bytes(b"0" * 1_030_000)
        assert doctor_machine.disk("x", small, room_of(small)).state == "broken"
    finally:
        subprocess.run(["umount", small], check=True)
        shutil.rmtree(small)


def test_the_summary_counts_what_is_broken_first() -> None:
    found = [Finding(True, "x"), Finding(False, "y"), Finding(False, "z", broken=True), Finding(True, "x")]
    assert summary(found) == "1 thing is broken, 1 needs a look, 2 are well"
