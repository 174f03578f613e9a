"""A mail server in a process of its own: what it accepts is on the disk before its 250 leaves.

`python -m tests.faults.sink LOG` prints its port and obeys orders, one a line: words to answer with,
silence, a closed door. A sender may ask for its own death: who greets with `kill-PID-POINT-NTH.example`
is killed, from outside, when the conversation comes to that point for the nth time.

The log has a line per acceptance: the moment, return path, recipient, and the digest of the mail.
"""

import json
import os
import re
import select
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Any

_ROOT = Path(__file__).parents[2]
_KILL = re.compile(rb"kill-(\d+)-(\w+)-(\d+)\.")
_ADDRESS = re.compile(rb"<([^>]*)>")
KILLS_AT = ("greeted", "mail", "rcpt", "data", "in_body", "dot", "kept", "answered")


@dataclass(frozen=True)
class Accepted:
    at: float  # monotonic
    return_path: str
    recipient: str
    digest: str


class Server:
    """The other end, as the test holds it."""

    def __init__(self, process: "subprocess.Popen[str]", port: int, log: Path) -> None:
        self.port = port
        self._process = process
        self._log = log

    def accepted(self) -> list[Accepted]:
        lines = self._log.read_text().splitlines() if self._log.exists() else []
        return [Accepted(float(at), *rest) for at, *rest in (line.split(" ") for line in lines)]

    def answer(self, *script: str, at: str) -> None:
        """Give these words first at that point of the conversation (mail, rcpt, data, dot), one a message.

        Beside words: `drop` closes before anything is kept, `lose` keeps the mail and closes instead of
        the 250, `hang` keeps it and never answers.
        """
        self._order(script=list(script), at=at)

    def close_door(self) -> None:
        """Connections are refused, those that stand are cut."""
        self._order(door="closed")

    def fall_silent(self) -> None:
        """Connections are taken, and nothing is ever said; those that stand are cut."""
        self._order(door="silent")

    def open_door(self) -> None:
        self._order(door="open")

    def _order(self, **what: Any) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(what) + "\n")
        self._process.stdin.flush()
        assert self._process.stdout.readline() == "done\n"


@contextmanager
def mail_server() -> Iterator[Server]:
    with tempfile.TemporaryDirectory(prefix="voc-sink-") as folder:
        log = Path(folder) / "accepted"
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.sink", str(log)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=_ROOT,
        )
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            yield Server(process, int(process.stdout.readline()), log)
        finally:
            process.stdin.close()
            process.wait(20)
            process.stdout.close()


# --- the server itself --------------------------------------------------------------------------


class _House:
    def __init__(self, log: Path) -> None:
        self.log = os.open(log, os.O_CREAT | os.O_WRONLY | os.O_APPEND, 0o600)
        self.lock = threading.Lock()
        self.script: dict[str, list[str]] = defaultdict(list)
        self.guests: set[socket.socket] = set()
        self.reached: Counter[tuple[int, str]] = Counter()
        self.silent = False
        self.door = self._listen(0)
        self.port: int = self.door.getsockname()[1]

    def _listen(self, port: int) -> socket.socket:
        door = socket.socket()
        door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        door.bind(("127.0.0.1", port))
        door.listen(200)
        return door

    def obey(self, order: dict[str, Any]) -> None:
        with self.lock:
            if "script" in order:
                self.script[order["at"]] = order["script"]
                return
            self.silent = order["door"] == "silent"
            if self.door.fileno() >= 0:
                self.door.close()
            for guest in list(self.guests):
                with suppress(OSError):
                    guest.shutdown(socket.SHUT_RDWR)
            if order["door"] != "closed":
                self.door = self._listen(self.port)

    def serve(self) -> None:
        while True:
            ready: list[Any] = [0] if self.door.fileno() < 0 else [0, self.door]
            found = select.select(ready, [], [])[0]
            if 0 in found:
                line = sys.stdin.readline()
                if not line:
                    os._exit(0)
                self.obey(json.loads(line))
                print("done", flush=True)
            elif self.door in found:
                guest, _ = self.door.accept()
                guest.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                self.guests.add(guest)
                threading.Thread(target=self._receive, args=(guest,), daemon=True).start()

    def _receive(self, guest: socket.socket) -> None:
        with suppress(OSError, _Over):
            if self.silent:
                guest.recv(1)
            else:
                _Talk(self, guest).hold()
        self.guests.discard(guest)
        guest.close()

    def word(self, at: str) -> str | None:
        with self.lock:
            return self.script[at].pop(0) if self.script[at] else None

    def keep(self, line: bytes) -> None:
        with self.lock:
            os.write(self.log, line)
            os.fsync(self.log)


class _Over(Exception):
    """The guest is gone, or was shown the door."""


class _Talk:
    """One connection."""

    def __init__(self, house: _House, guest: socket.socket) -> None:
        self.house = house
        self.guest = guest
        self.unread = b""
        self.death: tuple[int, str, int] | None = None

    def hold(self) -> None:
        self.say("220 sink.example ESMTP")
        sender = recipient = b""
        while True:
            line = self.line()
            verb = line[:4].upper()
            if verb == b"EHLO":
                if found := _KILL.search(line):
                    self.death = int(found[1]), found[2].decode(), int(found[3])
                self.reached("greeted")
                self.say("250-sink.example\r\n250 8BITMIME")
            elif verb == b"MAIL":
                sender = self.address(line)
                self.answer("mail")
            elif verb == b"RCPT":
                recipient = self.address(line)
                self.answer("rcpt")
            elif verb == b"DATA":
                self.reached("data")
                if self.word("data", "354 go on"):
                    self.take(sender, recipient)
            elif verb == b"QUIT":
                self.say("221 bye")
                raise _Over
            else:
                self.say("250 ok")

    def answer(self, at: str) -> None:
        self.reached(at)
        self.word(at, "250 ok")

    def word(self, at: str, usual: str) -> bool:
        """Say what the script has, or the usual word; whether it was a yes."""
        said = self.house.word(at) or usual
        if said == "drop":
            raise _Over
        self.say(said)
        if said.startswith("421"):
            raise _Over
        return said[0] in "23"

    def take(self, sender: bytes, recipient: bytes) -> None:
        body = self.body()
        self.reached("dot")
        word = self.house.word("dot") or "250 kept"
        if word == "drop":
            raise _Over
        if word[0] not in "2hl":
            self.say(word)
            if word.startswith("421"):
                raise _Over
            return
        digest = blake2b(body, digest_size=8).hexdigest()
        self.house.keep(f"{time.monotonic():.6f} {sender.decode()} {recipient.decode()} {digest}\n".encode())
        self.reached("kept")
        if word == "hang":
            self.guest.recv(1)
        if word in ("lose", "hang"):
            raise _Over
        self.say(word)
        self.reached("answered")

    def body(self) -> bytes:
        if not self.unread:
            self.fill()
        self.reached("in_body")
        while b"\r\n.\r\n" not in self.unread:
            self.fill()
        body, _, self.unread = self.unread.partition(b"\r\n.\r\n")
        return body

    def reached(self, point: str) -> None:
        """Kill the sender if it asked for that, and hear nothing more from it."""
        if self.death is None or self.death[1] != point:
            return
        pid, _point, nth = self.death
        with self.house.lock:
            self.house.reached[pid, point] += 1
            now = self.house.reached[pid, point] == nth
        if now:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
            if point != "answered":
                raise _Over

    def address(self, line: bytes) -> bytes:
        found = _ADDRESS.search(line)
        return found[1] if found else b""

    def line(self) -> bytes:
        while b"\n" not in self.unread:
            self.fill()
        line, _, self.unread = self.unread.partition(b"\n")
        return line

    def fill(self) -> None:
        more = self.guest.recv(65536)
        if not more:
            raise _Over
        self.unread += more

    def say(self, what: str) -> None:
        self.guest.sendall(f"{what}\r\n".encode())


if __name__ == "__main__":
    house = _House(Path(sys.argv[1]))
    print(house.port, flush=True)
    house.serve()
