"""Header fields of a mail: folded, quoted or encoded as their text needs it. 7-bit, and never a second header.

RFC 5322 (folding, quoted strings), RFC 2047 (encoded words). Written out because the standard
library's `Header` takes longer for one name than all the rest of a mail.
"""

import re
from base64 import b64encode
from collections.abc import Iterator, Sequence
from email.utils import quote

from voc.base.errors import Refused
from voc.delivery.addresses import on_the_wire
from voc.delivery.model import Party
from voc.delivery.plain import one_line

Headers = Sequence[tuple[str, str]]

AUTOMATIC: Headers = (
    ("Auto-Submitted", "auto-generated"),
    ("Precedence", "bulk"),
    ("X-Auto-Response-Suppress", "All"),
)
"""For mail to our own people. Never on an invitation: they would silence "I am no longer with the company"."""

_LINE = 76
_LONGEST_WORD = 200
# Control characters, line and paragraph separators, halves of a surrogate pair.
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_NO_ADDRESS = re.compile(r"[\s<>,;:\"()\[\]\\]")
_ATOMS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~ -]*")


def checked(where: str, value: str) -> str:
    """A line end in a header would start another header of the writer's choice."""
    if _CONTROL.search(value):
        raise Refused(f"The {where} {value!r} holds a control character: correct it where it comes from")
    return value


def subject(text: str) -> str:
    return _unstructured("Subject", one_line(checked("Subject", text)))


def party(who: Party) -> str:
    """`Ana Ruiz <ana@...>`, quoted or encoded as the name needs it. Refused with a control character in either."""
    address = on_the_wire(checked("address", who.address))
    if not address.isascii() or _NO_ADDRESS.search(address) or address.count("@") != 1:
        raise Refused(f"{address!r} cannot stand in a mail header: correct the address")
    name = one_line(checked("name", who.name))
    if not name:
        return address
    if not name.isascii() or "=?" in name or len(name) + len(address) > _LONGEST_WORD:
        return f"{_encoded('Reply-To', name)}\r\n <{address}>"
    return f"{name} <{address}>" if _ATOMS.fullmatch(name) else f'"{quote(name)}" <{address}>'


def list_unsubscribe(link: str) -> Headers:
    """RFC 8058: one click, a POST that acts at once and needs no login."""
    return (
        ("List-Unsubscribe", f"<{checked('link', link)}>"),
        ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"),
    )


def original_to(address: str) -> Headers:
    """Whom a mail in test mode was for."""
    shown = on_the_wire(checked("address", address))
    return (("X-Original-To", shown if shown.isascii() else _encoded("X-Original-To", shown)),)


def threaded(references: Sequence[str]) -> Headers:
    """So that mail programs show the mail below the earlier ones of the same chase."""
    if not references:
        return ()
    return (("In-Reply-To", references[-1]), ("References", "\r\n ".join(references)))


def _unstructured(name: str, text: str) -> str:
    """As it is where that fits, folded at its blanks, or encoded: no line is longer than servers take."""
    if not text.isascii() or "=?" in text or max(map(len, text.split(" "))) > _LONGEST_WORD:
        return _encoded(name, text)
    if len(name) + 2 + len(text) <= _LINE:
        return text
    lines, taken = [""], len(name) + 2
    for number, word in enumerate(text.split(" ")):
        if number and taken + 1 + len(word) > _LINE and word:
            lines.append(f" {word}")
            taken = 1 + len(word)
        else:
            lines[-1] += f" {word}" if number else word
            taken += len(word) + (1 if number else 0)
    return "\r\n".join(lines)


# --- encoded words ------------------------------------------------------------------------------

# What may stand for itself in an encoded word of a phrase (RFC 2047 5.3); a blank is an underscore.
_ITSELF = frozenset(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!*+-/")
_QUOTED = {code: chr(code) if code in _ITSELF else f"={code:02X}" for code in range(256)} | {0x20: "_"}
_AROUND = len("=?utf-8?q??=")


def _encoded(name: str, text: str) -> str:
    """Encoded words, each on a line of its own and none with half a character in it."""
    others = sum(not character.isascii() for character in text)
    words = _base64_words if 3 * others > len(text) else _quoted_words
    return "\r\n ".join(words(text, first=_LINE - len(name) - 2 - _AROUND, room=_LINE - 1 - _AROUND))


def _quoted_words(text: str, *, first: int, room: int) -> Iterator[str]:
    word, left = "", first
    for character in text:
        shown = "".join(_QUOTED[code] for code in character.encode())
        if len(shown) > left:
            yield f"=?utf-8?q?{word}?="
            word, left = "", room
        word += shown
        left -= len(shown)
    yield f"=?utf-8?q?{word}?="


def _base64_words(text: str, *, first: int, room: int) -> Iterator[str]:
    word, left = b"", first // 4 * 3
    for character in text:
        shown = character.encode()
        if len(shown) > left:
            yield f"=?utf-8?b?{b64encode(word).decode()}?="
            word, left = b"", room // 4 * 3
        word += shown
        left -= len(shown)
    yield f"=?utf-8?b?{b64encode(word).decode()}?="
