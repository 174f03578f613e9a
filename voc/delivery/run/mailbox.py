"""Read a mailbox: each mail once. Our row is committed first, with how far we read; then the mail is put away."""

from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from voc.base import log
from voc.base.db import Database
from voc.base.errors import Misconfigured, Upstream
from voc.delivery import inbound
from voc.delivery.model import Mailbox, Peeked
from voc.delivery.run.receiving import Desk
from voc.delivery.store import inbox, mailboxes

SOURCE = "imap"
_SHOWN = timedelta(days=30)  # so long a mail that was set aside is shown

_log = log.get("delivery")


def read_mailbox(
    database: Database,
    open_mailbox: Callable[[], Mailbox],
    *,
    name: str,
    desk: Desk,
    now: datetime,
    check_ending: Callable[[], None] = lambda: None,
    limit: int = 500,
) -> int:
    """Take what is new, `limit` mails at a time, and put away what is taken; how many were ours.

    Raises Upstream when the server does not do its part; why is kept for the Delivery page and the doctor.
    """
    try:
        mailbox = open_mailbox()
        try:
            taken = _Reading(database, mailbox, desk=desk, now=now).go_on(limit, check_ending)
        finally:
            mailbox.close()
    except (Upstream, Misconfigured) as trouble:
        with database.begin() as db:
            mailboxes.in_trouble(db, name, because=str(trouble), now=now)
        raise
    with database.begin() as db:
        mailboxes.well(db, name, now=now)
        mailboxes.forget_set_aside(db, before=now - _SHOWN)
    return taken


class _Reading:
    """One look into the folder."""

    def __init__(self, database: Database, mailbox: Mailbox, *, desk: Desk, now: datetime) -> None:
        self._database, self._mailbox, self._desk, self._now = database, mailbox, desk, now
        self._opened = mailbox.open()

    def go_on(self, limit: int, check_ending: Callable[[], None]) -> int:
        taken = 0
        while True:
            self._put_away()  # first what a reader left that died between its commit and this
            numbers = self._next(limit)
            for peeked in self._mailbox.heads(numbers):
                check_ending()
                taken += self._take(peeked)
            self._put_away()
            # At the end, numbers of mails that are gone are not asked for again either.
            more = len(numbers) == limit
            self._mark(numbers[-1] if more else max([self._opened.uid_next - 1, *numbers]))
            if not more:
                return taken

    def _mark(self, uid: int) -> None:
        with self._database.begin() as db:
            self._advance(db, uid)

    def _next(self, limit: int) -> list[int]:
        with self._database.begin() as db:
            known = mailboxes.read_up_to(db, self._mailbox.name, uid_validity=self._opened.uid_validity)
        found: list[int] = []
        for number in self._mailbox.numbers(after=known, before=self._opened.uid_next):
            found.append(number)
            if len(found) == limit:
                break
        return found

    def _take(self, peeked: Peeked) -> bool:
        """Whether it was ours. Of other people's mail no more is read than its header."""
        if not self._concerns_us(inbound.parse(peeked.head)):
            return False  # marked as read with the next of ours, or at the end: a commit for each would take hours
        return self._settle(peeked.uid, self._mailbox.whole(peeked.uid, at_most=inbound.LONGEST))

    def _concerns_us(self, head: inbound.Mail) -> bool:
        if inbound.is_complaint(head):
            return True
        with self._database.read() as db:
            return inbox.is_known(db, return_paths=list(head.sent_to), message_ids=list(head.answers[:20]))

    def _settle(self, uid: int, content: bytes | None) -> bool:
        try:
            with self._database.begin() as db:
                if not self._advance(db, uid) or content is None:
                    return False
                taken = self._desk.take(db, content, now=self._now, source=SOURCE)
                if taken.ours:
                    self._note(db, uid)
                return taken.ours
        except DBAPIError:
            raise  # not the mail's fault: it is read again
        except Exception:  # noqa: BLE001 - one mail that breaks us must not keep all others from being read
            _log.exception("a mail was set aside", uid=uid)
        with self._database.begin() as db:
            if self._advance(db, uid):
                self._note(db, uid, reason="It could not be read; the log says more.")
        return False

    def _advance(self, db: Connection, uid: int) -> bool:
        return mailboxes.advance(db, self._mailbox.name, uid_validity=self._opened.uid_validity, uid=uid)

    def _note(self, db: Connection, uid: int, *, reason: str | None = None) -> None:
        here = self._opened.uid_validity
        mailboxes.note(db, self._mailbox.name, uid_validity=here, uid=uid, at=self._now, reason=reason)

    def _put_away(self) -> None:
        name, uid_validity = self._mailbox.name, self._opened.uid_validity
        with self._database.read() as db:
            waiting = mailboxes.to_put_away(db, name, uid_validity=uid_validity)
        for uid in waiting:
            self._mailbox.put_away(uid)
            with self._database.begin() as db:
                mailboxes.is_put_away(db, name, uid_validity=uid_validity, uid=uid)
