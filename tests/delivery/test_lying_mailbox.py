"""Mailbox servers that lie about sizes, never end, drip, or cannot give one mail: nobody is held up by them."""

import contextlib
import re
import socket
import threading
from collections.abc import Callable, Iterator

import pytest

from tests.builders import NOW
from tests.delivery.desk import Desk
from voc.base import clock, schema
from voc.base.db import Database
from voc.base.errors import TryLater
from voc.base.secrets import Vault
from voc.base.settings import Imap
from voc.delivery import run
from voc.delivery.imap import ImapMailbox, name_of
from voc.delivery.run.mailbox import TRIES
from voc.delivery.store.mailboxes import standing
from voc.web.delivery_view.came_back import mailbox_line

Answer = Callable[[str], "bytes | None"]
"""What the server says to a command (without its tag), or None for what an honest one says."""


class Liar:
    """A mailbox of some mails; `lie` is asked first. `drips` sends what follows a letter now and then, for ever."""

    def __init__(self, mails: list[bytes], lie: Answer = lambda _command: None, *, uid_next: str = "") -> None:
        self.mails, self.lie, self.drip = mails, lie, b""
        self._uid_next = uid_next or str(len(mails) + 1)
        self.asked: list[str] = []

    @contextlib.contextmanager
    def listening(self, *, patience: float = 1) -> Iterator[Imap]:
        with socket.create_server(("127.0.0.1", 0)) as server:
            threading.Thread(target=self._accept, args=(server,), daemon=True).start()
            port = server.getsockname()[1]
            yield Imap(host="127.0.0.1", username="ana", port=port, security="none", timeout_seconds=patience)

    def _accept(self, server: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while True:
                guest, _where = server.accept()
                with guest, contextlib.suppress(OSError):
                    self._talk(guest)

    def _talk(self, guest: socket.socket) -> None:
        guest.sendall(b"* OK here\r\n")
        for line in guest.makefile("rb"):
            tag, _, command = line.decode().strip().partition(" ")
            self.asked.append(command)
            said = self.lie(command)
            if said is None:
                said = self._honest(command) + b"%s OK done\r\n"
            guest.sendall(said.replace(b"%s", tag.encode()))
            while self.drip:
                clock.pause(0.01)
                guest.sendall(self.drip)
            if command == "LOGOUT" or said == b"":
                return

    def _honest(self, command: str) -> bytes:
        if command.startswith("SELECT"):
            return f"* 1 EXISTS\r\n* OK [UIDVALIDITY 7] ok\r\n* OK [UIDNEXT {self._uid_next}] ok\r\n".encode()
        if found := re.match(r"UID SEARCH UID (\d+):(\d+)", command):
            numbers = range(int(found[1]), min(int(found[2]), len(self.mails)) + 1)
            return b"* SEARCH " + " ".join(map(str, numbers)).encode() + b"\r\n"
        if found := re.match(r"UID FETCH ([\d,]+) .*(HEADER|\[\])", command):
            return b"".join(self._mail(int(uid), head=found[2] == "HEADER") for uid in found[1].split(","))
        return b"* CAPABILITY IMAP4rev1\r\n" if command == "CAPABILITY" else b""

    def _mail(self, uid: int, *, head: bool) -> bytes:
        raw = self.mails[uid - 1]
        raw = raw.partition(b"\n\n")[0] + b"\n\n" if head else raw
        return f"* {uid} FETCH (UID {uid} BODY[] {{{len(raw)}}}\r\n".encode() + raw + b")\r\n"


def read(desk: Desk, settings: Imap) -> int:
    return run.read_mailbox(
        desk.database,
        lambda: ImapMailbox(settings, password="x"),
        name=name_of(settings),
        desk=desk.desk(),
        now=NOW,
    )


@pytest.fixture
def desk(sqlite: Database, vault: Vault) -> Desk:
    return Desk(sqlite, vault)


FETCHED = b"* 1 FETCH (UID 1 BODY[HEADER] "


@pytest.mark.parametrize(
    ("at", "said", "words"),
    [
        ("UID FETCH", FETCHED + b"{9999999999999}\r\n", "announces 9,999,999,999,999 bytes"),
        ("UID FETCH", FETCHED + b"{" + b"9" * 5000 + b"}\r\n", "here|digits"),
        ("UID FETCH", FETCHED + b"{17000000}\r\n", "announces"),
        ("UID FETCH", b"* OK " + b"x" * 17_000_000, "more than 16,000,000 bytes"),
        ("UID FETCH", b"* 1 FETCH ()\r\n" * 60_000, "more than 50,000 lines"),
        ("UID SEARCH", b"* SEARCH " + b"9" * 6000 + b" 1\r\n%s OK x\r\n", ""),
        ("SELECT", b"* OK [UIDVALIDITY 99999999999999999999] x\r\n%s OK x\r\n", "cannot be"),
    ],
)
def test_a_server_that_names_sizes_and_numbers_that_cannot_be_is_left(
    desk: Desk, at: str, said: bytes, words: str
) -> None:
    liar = Liar([desk.reply("8").as_bytes()], lambda command: said if command.startswith(at) else None)
    with liar.listening() as settings:
        if words:
            with pytest.raises(TryLater, match=words):
                read(desk, settings)
        else:
            assert read(desk, settings) == 1


def test_an_answer_that_drips_in_has_an_end_and_says_so(desk: Desk) -> None:
    liar = Liar([])

    def lie(command: str) -> bytes | None:
        if command.startswith("SELECT"):
            liar.drip = b"x"
            return b"* OK "
        return None

    liar.lie = lie
    began = clock.seconds()
    with liar.listening(patience=0.05) as settings, pytest.raises(TryLater, match="takes too long"):
        read(desk, settings)
    assert clock.seconds() - began < 3


def test_a_number_far_away_is_reached_in_few_questions(desk: Desk) -> None:
    liar = Liar([desk.reply("8").as_bytes()], uid_next="4000000000")
    with liar.listening() as settings:
        assert read(desk, settings) == 1
    assert len([one for one in liar.asked if "SEARCH" in one]) < 4_100


@pytest.mark.parametrize("what", ["NO", "drop"])
@pytest.mark.parametrize("part", ["HEADER", "[]"])
def test_a_mail_that_cannot_be_read_is_set_aside_after_some_tries_and_the_others_are_read(
    database: Database, vault: Vault, what: str, part: str
) -> None:
    desk = Desk(database, vault)
    mails = [desk.reply("first").as_bytes(), desk.reply("second", to=desk.other.return_path).as_bytes()]

    def lie(command: str) -> bytes | None:
        first = re.match(r"UID FETCH 1[, ].*" + re.escape(part), command) is not None
        return None if not first else b"%s NO [SERVERBUG] Internal error\r\n" if what == "NO" else b""

    with Liar(mails, lie).listening() as settings:
        for _try in range(TRIES):
            with pytest.raises(TryLater):
                read(desk, settings)
        assert read(desk, settings) == 1
    with database.read() as db:
        (found,) = standing(db)
    (aside,) = found.set_aside
    assert (aside.uid, found.trouble) == (1, None)
    assert [row.kind for row in desk.rows(schema.inbound)] == ["reply"]
    line = mailbox_line(found, str)
    assert (line.glyph, line.state) == ("half", "1 mail set aside")
    assert "Mail number 1 of" in line.note
    assert "moved to another folder and back" in line.note


def test_mail_that_cannot_be_put_away_does_not_keep_the_rest_from_being_read(desk: Desk) -> None:
    liar = Liar(
        [desk.reply("first").as_bytes()],
        lambda command: b"%s NO [OVERQUOTA] full\r\n" if "STORE" in command else None,
    )
    with liar.listening() as settings:
        with pytest.raises(TryLater, match="OVERQUOTA"):
            read(desk, settings)
        assert len(desk.rows(schema.inbound)) == 1
