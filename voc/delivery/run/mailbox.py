"""Read a mailbox: each mail once. Our row is committed first, with how far we read; then the mail is put away.

One mail must not keep all others from being read: where reading stopped, it goes on mail by mail, and one
that stops it again and again is set aside, for a person to look at.
"""

from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from voc.base import log
from voc.base.db import Database
from voc.base.errors import Misconfigured, TryLater, Upstream
from voc.delivery import inbound
from voc.delivery.model import Mailbox, Peeked
from voc.delivery.run.receiving import Desk
from voc.delivery.store import inbox, mailboxes

SOURCE = "imap"
TRIES = 5  # at one mail, each in a session that signed in and opened the folder
_OUR_MISTAKE = "We could not read it; the log says more."
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
        self._not_put_away: Upstream | None = None

    def go_on(self, limit: int, check_ending: Callable[[], None]) -> int:
        taken = 0
        while True:
            self._put_away()  # first what a reader left that died between its commit and this
            numbers = self._next(limit)
            taken += sum(self._take_some(some, check_ending) for some in self._in_groups(numbers))
            self._put_away()
            # At the end, numbers of mails that are gone are not asked for again either.
            more = len(numbers) == limit
            self._mark(numbers[-1] if more else max([self._opened.uid_next - 1, *numbers]))
            if not more:
                break
        if self._not_put_away is not None:
            raise self._not_put_away
        return taken

    def _in_groups(self, numbers: list[int]) -> list[list[int]]:
        """All at once; but one by one after a mail stopped us, so that it is known which."""
        with self._database.read() as db:
            stuck = mailboxes.is_stuck(db, self._mailbox.name)
        return [[uid] for uid in numbers] if stuck else [numbers]

    def _take_some(self, numbers: list[int], check_ending: Callable[[], None]) -> int:
        taken, at = 0, numbers[0] if numbers else 0
        try:
            for peeked in self._mailbox.heads(numbers):
                check_ending()
                at = peeked.uid
                taken += self._take(peeked)
        except (TryLater, DBAPIError) as trouble:
            self._stumble(at, trouble, alone=len(numbers) == 1)
        return taken

    def _stumble(self, uid: int, trouble: Exception, *, alone: bool) -> None:
        """Try again later, unless this very mail has stopped us often. The database may be what is away: then later."""
        with self._database.begin() as db:
            times = mailboxes.stumbled(db, self._mailbox.name, uid_validity=self._opened.uid_validity, uid=uid)
        if not alone or times < TRIES:
            raise trouble
        _log.error("a mail was set aside", uid=uid, because=type(trouble).__name__)
        self._set_aside(uid, "Our database does not take it." if isinstance(trouble, DBAPIError) else str(trouble))
        raise trouble  # the connection may be no good any more; the next session goes on behind it

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
        try:
            ours = self._concerns_us(inbound.parse(peeked.head))
        except DBAPIError:
            raise
        except Exception:  # noqa: BLE001 - as in `_settle`
            _log.exception("a mail was set aside", uid=peeked.uid)
            self._set_aside(peeked.uid, _OUR_MISTAKE)
            return False
        if not ours:
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
        except (DBAPIError, Misconfigured):
            raise  # it may be the database's fault or a setting's and not the mail's: it is read again
        except Exception:  # noqa: BLE001 - one mail that breaks us must not keep all others from being read
            _log.exception("a mail was set aside", uid=uid)
        self._set_aside(uid, _OUR_MISTAKE)
        return False

    def _set_aside(self, uid: int, reason: str) -> None:
        with self._database.begin() as db:
            if self._advance(db, uid):
                self._note(db, uid, reason=reason)

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
            try:
                self._mailbox.put_away(uid)
            except Upstream as trouble:  # a full folder for what was handled is no reason to read nothing more
                self._not_put_away = trouble
                return
            with self._database.begin() as db:
                mailboxes.is_put_away(db, name, uid_validity=uid_validity, uid=uid)
