"""The page of questions cut once, with holes where people differ: filling it is joining bytes.

Nearly every look is at a page that is the same for all who are asked in that language, with that score
tapped in the mail: only names, dates and tokens differ. Between the holes it stands ready, compressed
too: gzip may be put together from pieces that were deflated one by one. What comes out reads exactly as
the plain way does (`view.form_page`): a test compares the two.

A value that is empty changes the words around it, so there is a stencil for each set of empty values.
Words that compute with a value have none: they go the plain way, as whatever was typed does.
"""

import re
import struct
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache

from markupsafe import Markup, escape

from voc.campaigns.definition import Question, Questionnaire
from voc.campaigns.printing import used_otherwise
from voc.responses.model import Opened
from voc.web.respondent_html import Setting, draw, html_of
from voc.web.respondent_view import form_page, values_on

_PERSONAL = (
    "first_name",
    "name",
    "account",
    "csm_name",
    "csm_title",
    "closing_date",
    "address",
    "lead",
    "domains",
)
_HOLES = ("token", "nonce", *_PERSONAL)
# Private-use characters: words that have one of their own go the plain way.
_FIRST = 0xE100
_HOLE = re.compile("([\ue100-\ue1ff])")
_RESERVED = re.compile("[\ue000-\uf8ff]")
_MOST_CUT = 256

_GZIP = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\xff"
_LAST_BLOCK = b"\x03\x00"
_LONGEST_BLOCK = 65_535


@dataclass(frozen=True, slots=True)
class Stencil:
    """`plain` and `deflated` are the same pieces; `holes` the places among them that are filled, and with what."""

    plain: tuple[bytes, ...]
    deflated: tuple[bytes, ...]
    holes: tuple[tuple[int, int], ...]

    def filled(self, values: Sequence[bytes]) -> bytes:
        pieces = list(self.plain)
        for place, hole in self.holes:
            pieces[place] = values[hole]
        return b"".join(pieces)

    def packed(self, values: Sequence[bytes]) -> bytes:
        """The same in gzip: values go in as they are, uncompressed."""
        body = self.filled(values)
        stored = [_stored(value) for value in values]
        pieces = list(self.deflated)
        for place, hole in self.holes:
            pieces[place] = stored[hole]
        return b"".join((_GZIP, *pieces, _LAST_BLOCK, struct.pack("<II", zlib.crc32(body), len(body))))


@dataclass(frozen=True, slots=True)
class Filling:
    """A stencil and what goes into its holes, in their order."""

    stencil: Stencil
    values: Sequence[bytes]

    def page(self, *, packed: bool) -> bytes:
        return self.stencil.packed(self.values) if packed else self.stencil.filled(self.values)


_CUT: dict[object, Stencil | None] = {}


def cut(page: Opened, setting: Setting, *, token: str, now: datetime) -> "Filling | None":
    """The stencil for that page, cut at its first use, and what goes into it; None if it must go the plain way."""
    asked, door = page.questionnaire, page.door
    picked = page.filled.get(asked.key_question.key)
    if page.own or door.answered_at is not None or len(page.filled) > (picked is not None):
        return None
    if picked is not None and (len(picked) != 1 or picked[0] not in asked.key_question.options):
        return None
    values = values_on(page, setting.language)
    key = (
        asked.hash,
        setting.language.code,
        setting.company,
        setting.query,
        door.roles,
        door.confidential,
        None if picked is None else picked[0],
        None if door.closes_at is None else now > door.closes_at,
        tuple(bool(values[name]) for name in _PERSONAL),
    )
    if key not in _CUT:
        if len(_CUT) >= _MOST_CUT:
            _CUT.clear()
        _CUT[key] = _cut(page, setting, values, now)
    stencil = _CUT[key]
    if stencil is None:
        return None
    own = (token, page.nonce, *(values[name] for name in _PERSONAL))
    return Filling(stencil, [str(escape(one)).encode() for one in own])


def _cut(page: Opened, setting: Setting, values: Mapping[str, object], now: datetime) -> Stencil | None:
    if _RESERVED.search(setting.company) or not _fit(page.questionnaire, setting.language.code):
        return None
    marks = {name: chr(_FIRST + number) for number, name in enumerate(_HOLES)}
    standing = {name: marks[name] if values[name] else "" for name in _PERSONAL}
    standing["person"] = Markup("<b>{}</b>").format(standing["name"])
    built, say = form_page(
        replace(page, nonce=marks["nonce"]),
        token=marks["token"],
        query=setting.query,
        language=setting.language,
        now=now,
        draw=draw,
        values={**values, **standing},
    )
    return _in_pieces(html_of(setting, "q/form.html", {"page": built, "w": say}))


def _in_pieces(page: str) -> Stencil:
    parts = _HOLE.split(page)
    plain = tuple(part.encode() for part in parts)
    holes = tuple((place, ord(parts[place]) - _FIRST) for place in range(1, len(parts), 2))
    return Stencil(plain, tuple(_deflated(piece) for piece in plain), holes)


def _deflated(piece: bytes) -> bytes:
    """In blocks that end on a whole byte and refer to nothing before them."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    return packer.compress(piece) + packer.flush(zlib.Z_FULL_FLUSH) if piece else b""


def _stored(value: bytes) -> bytes:
    """A block of its own, as it is."""
    size = len(value)
    assert size <= _LONGEST_BLOCK
    return struct.pack("<BHH", 0, size, size ^ 0xFFFF) + value


@lru_cache(maxsize=64)
def _fit(asked: Questionnaire, code: str) -> bool:
    sources = [*asked.languages[code].page.values(), asked.title[code]]
    for question in asked.questions:
        sources += [text[code] for text in _texts(question) if code in text]
    return not any(
        _RESERVED.search(source) or used_otherwise(source, values=(*_PERSONAL, "person")) for source in sources
    )


def _texts(question: Question) -> list[Mapping[str, str]]:
    texts = [question.text, question.help, question.low, question.high]
    return [*texts, *(one.text for one in question.wordings), *(one.text for one in question.choices)]
