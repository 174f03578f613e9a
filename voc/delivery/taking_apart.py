"""Mail of strangers, taken apart: its parts, headers, addresses and words. Never an error, whatever was written."""

import email
import email.policy
import html as entities
import re
from email.message import EmailMessage, Message
from email.parser import BytesHeaderParser
from email.utils import getaddresses
from itertools import islice
from typing import Any

LONGEST = 1_000_000  # bytes of a mail that are read: attachments say nothing about the chase
# Bounds for mail that is made to keep us busy: the standard library takes time by the square of these.
_LONGEST_HEADER = 8_000
_LONGEST_OF_A_PART = 500
_PARTS = 100
_LINES = 1_000_000  # each is looked at once for each layer
_SEAMS = 200  # between parts, twice as many as there may be
_LAYER = re.compile(rb"(?i)(multipart|message)/")
_HIDDEN = re.compile(r"<(style|script|head)\b", re.IGNORECASE)
_BROKEN = (ValueError, IndexError, AttributeError, KeyError, TypeError, RecursionError)
"""What the standard library's parser raises on headers that nobody well-meaning wrote."""


class _Bounded(email.policy.EmailPolicy):
    """A header is cut where nobody well-meaning writes on; one that cannot be read is empty."""

    def header_source_parse(self, sourcelines: list[str]) -> tuple[str, str]:
        name, value = super().header_source_parse(sourcelines)
        longest = _LONGEST_OF_A_PART if name.lower().startswith("content-") else _LONGEST_HEADER
        return name, value[:longest]

    def header_fetch_parse(self, name: str, value: str) -> Any:
        try:
            return super().header_fetch_parse(name, value)
        except _BROKEN:
            return super().header_fetch_parse(name, "")


_POLICY = _Bounded()


def taken_apart(raw: bytes) -> EmailMessage:
    """The mail with its parts; its header alone where it has more parts or layers than any mail needs."""
    layers = 1 + sum(1 for _layer in islice(_LAYER.finditer(raw), _PARTS))
    if layers < _PARTS and layers * raw.count(b"\n") <= _LINES and (layers == 1 or raw.count(b"\n--") <= _SEAMS):
        parsed: Message = email.message_from_bytes(raw, policy=_POLICY)
        if sum(1 for _part in islice(parsed.walk(), _PARTS + 1)) <= _PARTS:
            assert isinstance(parsed, EmailMessage)
            return parsed
    head = BytesHeaderParser(policy=_POLICY).parsebytes(raw)
    assert isinstance(head, EmailMessage)
    return head


def header(message: Message, name: str) -> str:
    """The header as text; a broken one is empty rather than an error."""
    try:
        return str(message.get(name, "")).replace("\0", "")
    except _BROKEN:
        return ""


def addresses(message: Message, *names: str) -> list[tuple[str, str]]:
    try:
        return getaddresses([header(message, name) for name in names])
    except _BROKEN:
        return []


def text_of(parsed: EmailMessage) -> str:
    """The plain text, or the words of the HTML where there is none."""
    for kind in ("plain", "html"):
        for part in parsed.walk():
            if part.get_content_type() == f"text/{kind}" and not part.is_attachment():
                content = decoded(part)
                return content if kind == "plain" else _words_of(content)
    return ""


def decoded(part: Message) -> str:
    payload = part.get_payload(decode=True)
    if not isinstance(payload, bytes):
        return ""
    try:
        text = payload.decode(part.get_content_charset("utf-8"), "replace")
    except (LookupError, ValueError):
        text = payload.decode("utf-8", "replace")
    # No database keeps NUL or half a pair of UTF-16, which UTF-7 can write: the mail would never be taken.
    return text.replace("\0", "").encode("utf-8", "replace").decode("utf-8")


def _words_of(html: str) -> str:
    broken = re.sub(r"(?i)<(br|/p|/div|/li|/tr)\b[^<>]*>", "\n", _shown(html))
    return entities.unescape(re.sub(r"<[^<>]+>", " ", broken))


def _shown(html: str) -> str:
    """Without what no reader sees. One that is not closed ends the search: the next would look to the end again."""
    kept: list[str] = []
    at = 0
    while (found := _HIDDEN.search(html, at)) is not None:
        end = re.compile(rf"</{found.group(1)}>", re.IGNORECASE).search(html, found.end())
        if end is None:
            break
        kept += (html[at : found.start()], " ")
        at = end.end()
    return "".join((*kept, html[at:]))
