"""A reader of a mailbox that is killed with SIGKILL at a chosen moment. An order a line, a fork for each."""

import json
import os
import signal
import sys
from collections.abc import Iterator
from typing import Any

import msgspec

from tests.builders import NOW
from tests.delivery.dovecot import PASSWORD
from tests.delivery.world import SETTINGS
from voc.base import log
from voc.base.db import Database
from voc.base.secrets import Vault
from voc.base.settings import Imap
from voc.base.tokens import RandomTokens
from voc.delivery import run
from voc.delivery.imap import ImapMailbox, name_of
from voc.delivery.model import Opened, Peeked


class Doomed:
    """The mailbox, and the end of the process at its nth coming to: before commit, after commit, put away."""

    def __init__(self, inner: ImapMailbox, *, point: str, nth: int) -> None:
        self._inner, self._point, self._left = inner, point, nth
        self.name = inner.name

    def _reached(self, point: str) -> None:
        if point == self._point:
            self._left -= 1
            if self._left == 0:
                os.kill(os.getpid(), signal.SIGKILL)

    def open(self) -> Opened:
        return self._inner.open()

    def numbers(self, *, after: int, before: int) -> Iterator[int]:
        return self._inner.numbers(after=after, before=before)

    def heads(self, numbers: list[int]) -> Iterator[Peeked]:
        return self._inner.heads(numbers)

    def whole(self, uid: int, *, at_most: int) -> bytes | None:
        found = self._inner.whole(uid, at_most=at_most)
        self._reached("before commit")
        return found

    def put_away(self, uid: int) -> None:
        self._reached("after commit")
        self._inner.put_away(uid)
        self._reached("put away")

    def close(self) -> None:
        self._inner.close()


def _read(order: dict[str, Any]) -> None:
    settings = msgspec.convert(order["imap"], Imap)
    database = Database(order["url"])
    run.read_mailbox(
        database,
        lambda: Doomed(ImapMailbox(settings, password=PASSWORD), point=order["point"], nth=order["nth"]),
        name=name_of(settings),
        desk=run.Desk(Vault([order["key"]]), RandomTokens(), SETTINGS),
        now=NOW,
    )
    database.close()


def main() -> None:
    log.configure(json_lines=False, level="CRITICAL")
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            _read(json.loads(line))
            os._exit(0)
        _child, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


if __name__ == "__main__":
    main()
