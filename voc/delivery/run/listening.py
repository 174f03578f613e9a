"""What the listener decides with: which addresses are ours, and what becomes of a mail for one."""

from collections.abc import Callable
from datetime import datetime

from voc.base import log
from voc.base.db import Database
from voc.base.settings import Listener
from voc.delivery.addresses import same
from voc.delivery.listener import Listening, Verdict
from voc.delivery.run.receiving import Desk
from voc.delivery.store import inbox, mailboxes

SOURCE = "listener"

_log = log.get("delivery")


def listening(settings: Listener, database: Database, desk: Desk, *, now: Callable[[], datetime]) -> Listening:
    """The server for mail that comes back, not started yet. How it does is kept for the Delivery page."""

    def told(trouble: str | None) -> None:
        if trouble is not None:
            _log.error("the listener does not listen", reason=trouble)
        with database.begin() as db:
            if trouble is None:
                mailboxes.well(db, mailboxes.LISTENER, now=now())
            else:
                mailboxes.in_trouble(db, mailboxes.LISTENER, because=trouble, now=now())

    return Listening(settings, _Reception(database, desk, now), on_trouble=told)


class _Reception:
    def __init__(self, database: Database, desk: Desk, now: Callable[[], datetime]) -> None:
        self._database, self._desk, self._now = database, desk, now

    def accepts(self, address: str) -> bool:
        """Return paths of messages that were made, and the address that answers go to."""
        if same(address, self._desk.settings.mail.from_address):
            return True
        with self._database.read() as db:
            return inbox.is_return_path(db, address.lower())

    def take(self, raw: bytes, address: str) -> Verdict:
        """One mail in one transaction, committed before it is called kept."""
        now = self._now()
        try:
            with self._database.begin() as db:
                taken = self._desk.take(db, raw, now=now, envelope_to=[address.lower()], source=SOURCE)
                mailboxes.well(db, mailboxes.LISTENER, now=now)
        except Exception:
            _log.exception("a mail was not taken; the server in front keeps it")
            raise
        if taken.flood:
            return Verdict.FLOOD
        return Verdict.KEPT if taken.ours else Verdict.REFUSED
