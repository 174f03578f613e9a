"""A mail server of our own: 250 means kept, what is not ours is refused, and trouble leaves the mail in front."""

import smtplib
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import Connection

from tests.builders import NOW
from tests.delivery.desk import Desk, unrelated
from tests.delivery.world import free_port
from voc.base import schema
from voc.base.db import Database
from voc.base.secrets import Vault
from voc.base.settings import Listener
from voc.delivery import run
from voc.delivery.store.mailboxes import standing


@contextmanager
def listening(desk: Desk, *, protocol: str = "lmtp", with_desk: run.Desk | None = None) -> Iterator[int]:
    settings = Listener(protocol=protocol, port=free_port())  # type: ignore[arg-type]  # one of the two
    server = run.listening(settings, desk.database, with_desk or desk.desk(), now=lambda: NOW)
    server.start()
    try:
        yield settings.port
    finally:
        server.stop()


def client(port: int, protocol: str) -> smtplib.SMTP:
    kind = smtplib.LMTP if protocol == "lmtp" else smtplib.SMTP
    return kind("127.0.0.1", port, timeout=20)


@pytest.mark.parametrize("protocol", ["lmtp", "smtp"])
def test_each_mail_is_acted_on_once(sqlite: Database, vault: Vault, protocol: str) -> None:
    desk = Desk(sqlite, vault, people=5)
    with listening(desk, protocol=protocol) as port, client(port, protocol) as server:
        for _again in range(2):
            for row, mail in zip(desk.all_sent, desk.one_of_each().values(), strict=True):
                # The server in front may have put anything into the headers: what counts is whom it is for.
                assert server.sendmail("", [row.return_path], mail.replace(b"To: ", b"X-To: ")) == {}
    desk.assert_each_once(source="listener")
    with sqlite.read() as db:
        assert [(one.name, one.read_at, one.trouble) for one in standing(db)] == [("listener", NOW, None)]


def test_an_address_that_is_not_ours_is_refused_before_its_mail_is_sent(sqlite: Database, vault: Vault) -> None:
    desk = Desk(sqlite, vault)
    with listening(desk) as port, client(port, "lmtp") as server:
        server.ehlo()
        server.mail("")
        for address in ("bo@elsewhere.example", "b-0000@bounce.kestrel.example", "postmaster@kestrel.example"):
            assert server.rcpt(address)[0] == 550
        assert server.rcpt(desk.sent.return_path.upper())[0] == 250
        assert server.rcpt("Feedback@Kestrel.example")[0] == 250


def test_mail_that_answers_nothing_of_ours_goes_back_to_who_wrote_it(sqlite: Database, vault: Vault) -> None:
    desk = Desk(sqlite, vault)
    with listening(desk, protocol="smtp") as port, client(port, "smtp") as server:
        with pytest.raises(smtplib.SMTPDataError, match="answers no message of ours"):
            server.sendmail("bo@home.example", ["feedback@kestrel.example"], unrelated())
        answer = desk.reply("8", to="feedback@kestrel.example", In_Reply_To=desk.sent.message_id)
        server.send_message(answer, from_addr=desk.sent.address, to_addrs=["feedback@kestrel.example"])
    assert [row.kind for row in desk.rows(schema.inbound)] == ["reply"]


def test_in_lmtp_each_recipient_has_an_answer_of_their_own(sqlite: Database, vault: Vault) -> None:
    desk = Desk(sqlite, vault)
    with listening(desk) as port, client(port, "lmtp") as server:
        server.ehlo()
        server.mail("")
        server.rcpt("feedback@kestrel.example")
        server.rcpt(desk.sent.return_path)
        server.putcmd("DATA")
        assert server.getreply()[0] == 354
        server.send(b"From: ana@calder.example\r\n\r\nCall me.\r\n.\r\n")
        assert [server.getreply()[0], server.getreply()[0]] == [550, 250]
    assert [row.message_id for row in desk.rows(schema.inbound)] == [desk.sent.id]


class Failing(run.Desk):
    def take(self, db: Connection, raw: bytes, **more: Any) -> Any:
        super().take(db, raw, **more)
        raise OSError("the disk is full")


def test_without_a_commit_the_server_in_front_keeps_the_mail(sqlite: Database, vault: Vault) -> None:
    desk = Desk(sqlite, vault)
    whole = desk.desk()
    failing = Failing(whole.vault, whole.tokens, whole.settings)
    with (
        listening(desk, protocol="smtp", with_desk=failing) as port,
        client(port, "smtp") as server,
        pytest.raises(smtplib.SMTPDataError, match="451"),
    ):
        server.sendmail("", [desk.sent.return_path], desk.reply("8").as_bytes())
    assert desk.rows(schema.inbound) == []


def test_a_loop_and_a_flood_end(sqlite: Database, vault: Vault) -> None:
    desk = Desk(sqlite, vault)
    with listening(desk, protocol="smtp") as port, client(port, "smtp") as server:
        round_and_round = b"Received: from a by b\r\n" * 51 + desk.reply("8").as_bytes()
        with pytest.raises(smtplib.SMTPDataError, match="goes round"):
            server.sendmail("", [desk.sent.return_path], round_and_round)
        answers = []
        for number in range(32):
            mail = desk.reply("Out.", subject="Automatic reply", Auto_Submitted="auto-replied")
            mail.replace_header("Message-ID", f"<{number}@calder.example>")
            try:
                server.sendmail("", [desk.sent.return_path], mail.as_bytes())
                answers.append(250)
            except smtplib.SMTPDataError as refused:
                answers.append(refused.smtp_code)
    assert answers == [250] * 30 + [451] * 2


def test_too_many_guests_are_asked_to_come_again(sqlite: Database, vault: Vault) -> None:
    desk = Desk(sqlite, vault)
    with listening(desk) as port:
        guests = [socket.create_connection(("127.0.0.1", port), timeout=20) for _number in range(50)]
        for guest in guests:
            assert guest.recv(3) == b"220"
        with socket.create_connection(("127.0.0.1", port), timeout=20) as late:
            assert late.recv(3) == b"421"
        for guest in guests:
            guest.close()


def test_a_second_worker_leaves_the_port_to_the_first_and_a_stranger_on_it_is_told(
    sqlite: Database, vault: Vault
) -> None:
    desk = Desk(sqlite, vault)
    with listening(desk) as port:
        second = run.listening(Listener(port=port), sqlite, desk.desk(), now=lambda: NOW)
        second.start()
        assert not second.running
        with sqlite.read() as db:
            assert standing(db)[0].trouble is None
    with socket.create_server(("127.0.0.1", 0)) as stranger:
        third = run.listening(Listener(port=stranger.getsockname()[1]), sqlite, desk.desk(), now=lambda: NOW)
        third.start()
    with sqlite.read() as db:
        assert "something else listens there" in str(standing(db)[0].trouble)


def begun(port: int, desk: Desk) -> socket.socket:
    """A guest in the middle of a mail: after DATA's 354."""
    guest = socket.create_connection(("127.0.0.1", port), timeout=20)
    said = f"LHLO x\r\nMAIL FROM:<>\r\nRCPT TO:<{desk.sent.return_path}>\r\nDATA\r\n"
    guest.sendall(said.encode())
    heard = b""
    while b"354" not in heard:
        heard += guest.recv(4096)
    return guest


def rest_of(guest: socket.socket) -> bytes:
    heard = b""
    with guest:
        try:
            while more := guest.recv(4096):
                heard += more
        except ConnectionResetError:
            pass
    return heard


def test_a_line_that_never_ends_is_hung_up_on_and_takes_no_memory(sqlite: Database, vault: Vault) -> None:
    desk = Desk(sqlite, vault)
    with listening(desk) as port:
        guest = begun(port, desk)
        sent = 0
        with pytest.raises(OSError, match=r"reset|Broken pipe"):
            while sent < 200_000_000:
                sent += guest.send(b"x" * 1_000_000)
        assert sent < 60_000_000
        guest.close()
        with client(port, "lmtp") as server:
            assert server.sendmail("", [desk.sent.return_path], desk.reply("8").as_bytes()) == {}


def test_a_mail_of_one_long_line_is_taken(sqlite: Database, vault: Vault) -> None:
    desk = Desk(sqlite, vault)
    with listening(desk) as port:
        guest = begun(port, desk)
        guest.sendall(b"From: ana@calder.example\r\n\r\nCall me. " + b"word " * 20_000 + b"\r\n.\r\nQUIT\r\n")
        assert rest_of(guest).startswith(b"250")
    assert [row.kind for row in desk.rows(schema.inbound)] == ["reply"]


@pytest.mark.parametrize("end", [b"\n.\n", b"\n.\r\n", b"\r.\r", b"\r\n.\n", b"\r\n.\r", b"\r\n\x00.\r\n"])
def test_only_a_dot_between_whole_line_ends_ends_a_mail(sqlite: Database, vault: Vault, end: bytes) -> None:
    desk = Desk(sqlite, vault)
    smuggled = f"LHLO x\r\nMAIL FROM:<>\r\nRCPT TO:<{desk.other.return_path}>\r\nDATA\r\n".encode()
    with listening(desk) as port:
        guest = begun(port, desk)
        guest.sendall(b"From: a@b.example\r\n\r\nHi" + end + smuggled + b"From: a@b.example\r\n\r\nBo\r\n.\r\nQUIT\r\n")
        assert [line[:3] for line in rest_of(guest).splitlines()] == [b"250", b"221"]
    assert [row.message_id for row in desk.rows(schema.inbound)] == [desk.sent.id]


def test_commands_that_are_nonsense_too_long_or_too_many_are_answered_and_others_are_served(
    sqlite: Database, vault: Vault
) -> None:
    desk = Desk(sqlite, vault)
    with listening(desk) as port:
        for noise in (
            b"\x00\xff\xfe\r\n" * 30,
            b"A" * 3_000_000 + b"\r\n",
            b"LHLO x\r\nMAIL FROM:<>\r\nBDAT 20 LAST\r\nFrom: x\r\n\r\nQUIT\r\n",
            b"LHLO " + b"\xf0\x9f\x98\x80" * 200 + b"\r\nMAIL FROM:<a\x00@b> SIZE=99999999999999999999\r\n",
            b"LHLO x\r\nMAIL FROM:<>\r\n" + b"RCPT TO:<b-guess@bounce.kestrel.example>\r\n" * 150,
        ):
            guest = socket.create_connection(("127.0.0.1", port), timeout=20)
            guest.sendall(noise)
            guest.shutdown(socket.SHUT_WR)
            assert b"250 2.0.0" not in rest_of(guest)
        with client(port, "lmtp") as server:
            assert server.sendmail("", [desk.sent.return_path], desk.reply("8").as_bytes()) == {}


def test_whoever_guesses_addresses_is_hung_up_on(sqlite: Database, vault: Vault) -> None:
    desk = Desk(sqlite, vault)
    with listening(desk) as port, client(port, "lmtp") as server:
        server.ehlo()
        server.mail("")
        with pytest.raises(smtplib.SMTPServerDisconnected):
            for _guess in range(200):
                assert server.rcpt("b-guess@bounce.kestrel.example")[0] in (550, 421)
