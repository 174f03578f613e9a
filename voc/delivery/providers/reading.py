"""Reading what others send: what is not there, or of another kind than expected, is empty and never an error."""

import hashlib
import hmac
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from email.header import Header
from typing import Any
from urllib.parse import parse_qsl

import msgspec

from voc.delivery.providers.model import MIB, Call, EventKind, Piece, WhyNot

LONGEST_MAIL = 2 * MIB
"""So much of a mail that came in is kept: headers and words stand before the attachments."""
_AHEAD = timedelta(minutes=5)  # clocks differ
_MOST_FIELDS = 500
_LONGEST_HEAD = 4_000  # of one part of a form
_BOUNDARY = re.compile(r"""(?i);\s*boundary=(?:"([^"]{1,200})"|([^\s";,]{1,200}))""")
_FIELD = re.compile(rb"""(?i)\r\ncontent-disposition:[^\r\n]*?;\s*name="([^"\r\n]{0,200})\"""")


def decoded(raw: bytes | str) -> Any:
    """The JSON, or None."""
    try:
        return msgspec.json.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def items(raw: bytes) -> list[bytes] | None:
    """The elements of a JSON array as they stand, or None where it is none."""
    try:
        return [bytes(one) for one in msgspec.json.decode(raw, type=list[msgspec.Raw])]
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def inner(value: Any, *path: str) -> Any:
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def text(value: Any, *path: str) -> str:
    found = inner(value, *path)
    if isinstance(found, bool) or not isinstance(found, (str, int, float)):
        return ""
    return str(found).replace("\0", "")


def rows(value: Any, *path: str) -> list[Any]:
    found = inner(value, *path)
    return found if isinstance(found, list) else []


def moment(value: str) -> datetime | None:
    """Seconds since 1970, or ISO 8601 with a zone."""
    try:
        if re.fullmatch(r"\d{1,11}(\.\d+)?", value):
            return datetime.fromtimestamp(float(value), UTC)
        found = datetime.fromisoformat(re.sub(r"(\.\d{6})\d+", r"\1", value))
        return found.astimezone(UTC) if found.tzinfo is not None else None  # the last day of 9999 ends later elsewhere
    except (ValueError, OverflowError, OSError):
        return None


def too_old(value: str, *, window: timedelta, now: datetime) -> bool:
    at = moment(value)
    return at is None or now - at > window or at - now > _AHEAD


def alike(left: str, right: str) -> bool:
    """Compare two secrets in constant time."""
    return hmac.compare_digest(left.encode("utf-8", "surrogatepass"), right.encode("utf-8", "surrogatepass"))


def digest(raw: bytes) -> str:
    return hashlib.sha256(raw).hexdigest()


def event_id(given: str, raw: bytes) -> str:
    """The provider's id if it fits and can be compared, else a digest: of the id, or of what was sent."""
    if given and len(given) <= 128 and given.isascii() and given.isprintable():
        return given
    return digest(given.encode("utf-8", "surrogatepass") if given else raw)


def message_ids(*found: str) -> tuple[str, ...]:
    """In angle brackets, each once; what is none is left out."""
    bare = [one.strip().strip("<>").strip() for one in found]
    return tuple(dict.fromkeys(f"<{one}>" for one in bare if "@" in one and len(one) <= 253))


def form(call: Call) -> dict[str, bytes]:
    """The fields of an urlencoded or multipart body; of several of one name the first."""
    if call.content_type == "application/x-www-form-urlencoded":
        try:
            pairs = parse_qsl(call.body.decode("utf-8", "replace"), max_num_fields=_MOST_FIELDS)
        except ValueError:
            return {}
        return {name: value.encode() for name, value in reversed(pairs)}
    return _parts(call.body, call.headers.get("content-type", ""))


def _parts(body: bytes, content_type: str) -> dict[str, bytes]:
    """RFC 7578, read by hand: anybody may send it, and the standard library takes minutes over a hostile one."""
    given = _BOUNDARY.search(content_type)
    if given is None:
        return {}
    line = b"\r\n--" + (given[1] or given[2]).encode("utf-8", "replace")
    parts = (b"\r\n" + body).split(line, _MOST_FIELDS)[1:]
    found: dict[str, bytes] = {}
    for part in parts:
        head, there, content = part[: _LONGEST_HEAD + 4].partition(b"\r\n\r\n")
        name = _FIELD.search(head)
        if there and name is not None:
            whole = part[len(head) + len(there) :] if len(part) > _LONGEST_HEAD + 4 else content
            found.setdefault(name[1].decode("utf-8", "replace"), whole)
    return found


def mail(event: str, mime: bytes, *, to: Iterable[str]) -> Piece:
    """A mail that came in, as it is kept: the addresses it was delivered to on a line, then the mail."""
    envelope = msgspec.json.encode([one for one in to if one and len(one) <= 320][:20])
    return Piece(event, envelope + b"\n" + mime[:LONGEST_MAIL], EventKind.MAIL)


def unpacked_mail(raw: bytes) -> tuple[list[str], bytes]:
    """What `mail` packed."""
    envelope, _, mime = raw.partition(b"\n")
    return [one for one in decoded(envelope) or [] if isinstance(one, str)], mime


def rebuilt(headers: Iterable[tuple[str, str]], words: str) -> bytes:
    """A mail from what a provider took apart; reports inside a bounce are lost, so raw mails are better."""
    kept = [
        (name, " ".join(value.split()))
        for name, value in headers
        if re.fullmatch(r"[A-Za-z0-9-]{1,80}", name) and not re.match(r"content-|mime-version", name, re.IGNORECASE)
    ]
    head = "".join(
        f"{name}: {value if value.isascii() else Header(value, 'utf-8').encode()}\r\n" for name, value in kept
    )
    rest = "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
    return head.encode("ascii", "replace") + rest.encode() + words.encode("utf-8", "replace")


def header_lines(raw: str) -> list[tuple[str, str]]:
    """Header fields from their text, folded lines joined."""
    lines = re.sub(r"\r?\n[ \t]+", " ", raw).splitlines()
    return [(name.strip(), value.strip()) for name, colon, value in (one.partition(":") for one in lines) if colon]


def wrong_type(call: Call, types: frozenset[str]) -> WhyNot | None:
    return None if call.content_type in types else WhyNot.WRONG_TYPE


def named(value: Mapping[str, bytes], name: str) -> str:
    return value.get(name, b"").decode("utf-8", "replace")
