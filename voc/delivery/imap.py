"""A mailbox on an IMAP server: mails are read by their number, and put away by it. Nothing is ever deleted.

By the standard library's imaplib, which knows every command that is needed here. Sources: RFC 3501,
UIDPLUS (RFC 4315), NAMESPACE (RFC 2342), MOVE (RFC 6851).
"""

import imaplib
import re
import socket
import ssl
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager

from voc.base.errors import GiveUp, TryLater, Upstream
from voc.base.settings import Imap
from voc.delivery.imap_line import Bounded, BoundedTls
from voc.delivery.model import Opened, Peeked

HANDLED = "$VocHandled"  # the keyword of what was taken and stays where it is
_WINDOW, _WIDEST = 2_000, 1_000_000  # numbers in one question: wider where nothing is, and far under an answer's room
_AT_ONCE = 50  # heads in one question
_HEAD = 64 * 1024  # bytes of a header: what tells whether a mail is ours stands at its top
_LARGEST_NUMBER = 2**32 - 1  # of a mail or a folder (RFC 3501, section 2.3.1.1)
_GONE = "NONEXISTENT"


class ImapMailbox:
    """One connection. Every trouble is an Upstream error in words for whoever set it up."""

    def __init__(self, settings: Imap, *, password: str) -> None:
        self._settings = settings
        with _in_words(settings):
            self._imap = _connected(settings)
        try:
            with _in_words(settings):
                self._log_in(password)
        except BaseException:
            self.close()
            raise

    @property
    def name(self) -> str:
        return name_of(self._settings)

    def _log_in(self, password: str) -> None:
        try:
            self._imap.login(self._settings.username, password)
        except imaplib.IMAP4.abort:
            raise
        except imaplib.IMAP4.error as refused:
            raise GiveUp(
                f"{_place(self._settings)} refuses the sign-in of {self._settings.username}: {_plain(refused)}. Correct"
                " username and password under [inbound.imap]; some providers want a password made for programs."
            ) from None
        self._may = {str(one).upper() for one in self._imap.capabilities}
        answered, found = self._imap.capability()
        if answered == "OK" and found and isinstance(found[0], bytes):
            self._may |= set(found[0].decode("ascii", "replace").upper().split())

    def open(self) -> Opened:
        """Select the folder to read and write."""
        folder = self._settings.folder
        with self._asking():
            answered, said = self._imap.select(_quoted(folder))
            if answered != "OK":
                raise GiveUp(
                    f"{_place(self._settings)} has no folder {folder!r} to read: {_first(said)}. Correct"
                    " `folder` under [inbound.imap]."
                )
            return Opened(self._number("UIDVALIDITY"), self._number("UIDNEXT"))

    def _asking(self) -> AbstractContextManager[None]:
        self._imap.begin()
        return _in_words(self._settings)

    def _number(self, name: str) -> int:
        """A number the server told on selecting; 0 where it told none."""
        _name, values = self._imap.response(name)
        last = values[-1] if values else None
        if not isinstance(last, bytes) or not last.isdigit():
            return 0
        if len(last) > 10 or int(last) > _LARGEST_NUMBER:
            raise TryLater(f"{_place(self._settings)} names a {name} that cannot be")
        return int(last)

    def numbers(self, *, after: int, before: int) -> Iterator[int]:
        """The numbers of the mails between the two, upwards. Without `before` (0) to the newest."""
        if not before:
            yield from self._found(f"{after + 1}:*", after)
            return
        start, window = after + 1, _WINDOW
        while start < before:
            found = self._found(f"{start}:{min(start + window, before) - 1}", after)
            yield from found
            start, window = start + window, _WINDOW if found else min(2 * window, _WIDEST)

    def _found(self, numbers: str, after: int) -> list[int]:
        with self._asking():
            answered, said = self._imap.uid("SEARCH", "UID", numbers)
            self._expect(answered, said)
        listed = b" ".join(one for one in said if isinstance(one, bytes)).split()
        # The last mail answers to "5:*" even when its number is 3.
        known = (int(one) for one in listed if one.isdigit() and len(one) <= 10)
        return sorted({one for one in known if after < one <= _LARGEST_NUMBER})

    def heads(self, numbers: list[int]) -> Iterator[Peeked]:
        """Size and header of each, unread marks untouched; a mail that is gone meanwhile is left out."""
        for start in range(0, len(numbers), _AT_ONCE):
            some = numbers[start : start + _AT_ONCE]
            found = {
                uid: (meta, head)
                for uid, meta, head in self._fetched(some, f"(UID RFC822.SIZE BODY.PEEK[HEADER]<0.{_HEAD}>)")
            }
            for uid in some:
                if uid in found:
                    meta, head = found[uid]
                    yield Peeked(uid, _size(meta), head)

    def whole(self, uid: int, *, at_most: int) -> bytes | None:
        """The mail, or its first `at_most` bytes; None if it is gone."""
        for found, _meta, content in self._fetched([uid], f"(UID BODY.PEEK[]<0.{at_most}>)"):
            if found == uid:
                return content[:at_most]
        return None

    def _fetched(self, numbers: list[int], what: str) -> list[tuple[int, bytes, bytes]]:
        with self._asking():
            answered, said = self._imap.uid("FETCH", ",".join(map(str, numbers)), what)
            self._expect(answered, said)
        return list(_literals(said))

    def put_away(self, uid: int) -> None:
        """Out of the way of what is still to be read: into the folder for it, or only marked. Twice does no harm."""
        with self._asking():
            if not self._settings.handled_folder or not {"MOVE", "UIDPLUS"} & self._may:
                self._mark(uid)
                return
            folder = self._own_folder()
            if "MOVE" in self._may:
                self._do("MOVE", str(uid), folder)
            elif self._do("COPY", str(uid), folder):
                # Only this one number: what others have marked as deleted is not ours to remove.
                self._do("STORE", str(uid), "+FLAGS.SILENT", r"(\Deleted)")
                self._do("EXPUNGE", str(uid))

    def _mark(self, uid: int) -> None:
        """A server that takes no keywords of ours still takes the mark of having been read."""
        answered, _said = self._imap.uid("STORE", str(uid), "+FLAGS.SILENT", rf"(\Seen {HANDLED})")
        if answered != "OK":
            self._do("STORE", str(uid), "+FLAGS.SILENT", r"(\Seen)")

    def _do(self, command: str, *arguments: str) -> bool:
        answered, said = self._imap.uid(command, *arguments)
        if answered == "NO" and _GONE in _first(said).upper():
            return False  # somebody else took it away meanwhile
        self._expect(answered, said)
        return True

    def _own_folder(self) -> str:
        """Its name as this server writes it, made when it is not there yet."""
        prefix, separator = self._naming()
        name = self._settings.handled_folder.replace("/", separator)
        folder = _quoted(name if name.startswith(prefix) else prefix + name)
        answered, said = self._imap.list('""', folder)
        if answered == "OK" and any(said):
            return folder
        answered, said = self._imap.create(folder)
        if answered != "OK" and "EXIST" not in _first(said).upper():
            raise GiveUp(
                f"{_place(self._settings)} does not make the folder {name!r}: {_first(said)}. Make it there, or name"
                ' another under [inbound.imap]: handled_folder. With "" mails stay where they are, marked as handled.'
            )
        return folder

    def _naming(self) -> tuple[str, str]:
        """What the names of this user's folders begin with, and what stands between their parts."""
        if "NAMESPACE" in self._may:
            answered, said = self._imap.namespace()
            found = re.match(r'\(\("((?:[^"\\]|\\.)*)" "(\\?.)"', _first(said)) if answered == "OK" else None
            if found is not None:
                return found.group(1), found.group(2)[-1]
        _answered, said = self._imap.list('""', '""')
        separator = re.search(r'\) "(\\?.)"', _first(said))
        return "", separator.group(1)[-1] if separator else "/"

    def _expect(self, answered: str, said: Iterable[object]) -> None:
        if answered != "OK":
            raise TryLater(f"{_place(self._settings)} answers: {_first(said)}")

    def close(self) -> None:
        """Good-bye; CLOSE is not said, it would remove what others have marked as deleted."""
        self._imap.leave()


def name_of(settings: Imap) -> str:
    """How our own tables call this mailbox."""
    return f"{settings.username}@{settings.host}/{settings.folder}"[:255]


def _connected(settings: Imap) -> Bounded:
    host, port, patience = settings.host, settings.port, settings.timeout_seconds
    if settings.security == "tls":
        return BoundedTls(host, port, patience=patience, ssl_context=ssl.create_default_context())
    imap = Bounded(host, port, patience=patience)
    if settings.security == "starttls":
        try:
            imap.starttls(ssl.create_default_context())
        except BaseException:
            imap.shutdown()
            raise
    return imap


def _place(settings: Imap) -> str:
    return f"The mailbox server {settings.host}:{settings.port}"


@contextmanager
def _in_words(settings: Imap) -> Iterator[None]:
    """What a library raises, as what to do about it."""
    place = _place(settings)
    try:
        yield
    except Upstream:
        raise
    except ssl.SSLCertVerificationError as trouble:
        raise GiveUp(
            f"{place} shows a certificate that is not valid for it: {trouble.verify_message}. Name the host as in the"
            " certificate, or install your own authority in the system's store (or SSL_CERT_FILE)."
        ) from None
    except ssl.SSLError as trouble:
        raise GiveUp(
            f'{place} does not speak TLS there: {trouble.reason or trouble}. Port 993 goes with security = "tls",'
            ' port 143 with "starttls".'
        ) from None
    except socket.gaierror:
        raise TryLater(f"{place} cannot be found: no such name. Correct `host` under [inbound.imap].") from None
    except ConnectionRefusedError:
        raise TryLater(
            f"{place} refuses connections. Start it, or correct host and port under [inbound.imap]."
        ) from None
    except TimeoutError:
        raise TryLater(
            f"{place} does not answer within {settings.timeout_seconds:g} s. A firewall, or a wrong port?"
        ) from None
    except (imaplib.IMAP4.error, OSError, ValueError) as trouble:  # ValueError: numbers of thousands of digits
        raise TryLater(f"{place}: {_plain(trouble)}") from None


def _plain(trouble: Exception) -> str:
    """An imaplib error holds the server's bytes."""
    said = trouble.args[0] if trouble.args else trouble
    text = said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said)
    return " ".join(text.split())[:300].rstrip(".") or type(trouble).__name__


def _first(said: Iterable[object]) -> str:
    found = next((one for one in said if isinstance(one, bytes)), b"")
    return found.decode("utf-8", "replace")[:300].rstrip(".")


def _quoted(folder: str) -> str:
    """A folder's name in the modified UTF-7 of RFC 3501, section 5.1.3, between quotes."""
    encoded = re.sub(r"[^\x20-\x7e]+", lambda found: _shifted(found.group()), folder.replace("&", "&-"))
    escaped = encoded.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _shifted(letters: str) -> str:
    coded = letters.encode("utf-7").decode("ascii")  # +AOk-
    return "&" + coded[1:].rstrip("-").replace("/", ",") + "-"


def _literals(said: Iterable[object]) -> Iterator[tuple[int, bytes, bytes]]:
    """Number, the rest of the line, and the content of each mail in an answer to FETCH.

    The number may stand before or behind the content.
    """
    parts = list(said)
    for index, part in enumerate(parts):
        if isinstance(part, tuple) and len(part) == 2:
            after = parts[index + 1] if index + 1 < len(parts) else b""
            meta = bytes(part[0]) + b" " + (after if isinstance(after, bytes) else b"")
            found = re.search(rb"\bUID (\d{1,10})\b", meta)
            if found is not None:
                yield int(found.group(1)), meta, bytes(part[1])


def _size(meta: bytes) -> int:
    found = re.search(rb"RFC822\.SIZE (\d{1,15})\b", meta)
    return int(found.group(1)) if found else 0
