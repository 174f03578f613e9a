"""A mail cut once, with holes where people differ: filling it is joining bytes.

Everything that is the same for all who get a mail in that language, at that step, from that company,
is rendered, wrapped and encoded once; per person only names, dates and links are, and put between.
What comes out reads exactly as the plain way does (`render` and `mime.assemble`): a test compares the two.

A value that is empty changes the words around it (a greeting without a name), so there is a stencil
for each set of empty values. A template that computes with a value has none: it goes the plain way.
"""

import html
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache

from voc.base.frozen import Own, Shared
from voc.campaigns.definition import Language, Questionnaire
from voc.campaigns.printing import used_otherwise
from voc.campaigns.templates import Value, render_mail
from voc.delivery import mime, render
from voc.delivery.plain import wrapped_line
from voc.delivery.render import Key, Letter, Sources

# Private-use characters around and inside a hole; a template or a company that has one of them goes the plain way.
_FIRST = 0xE100
_HOLE = re.compile("(\ue000[\ue100-\uf8ff]\ue001*)")
_RESERVED = re.compile("[\ue000-\uf8ff]")

Part = str | int
"""Of a line: words that stay, or the number of the hole between them."""


@dataclass(frozen=True)
class _Shape:
    """What decides about the words besides the step and the language. Tokens are as long as they are wide."""

    company: str
    base_url: str
    widths: tuple[int, ...]  # of each hole: 0 is empty, 1 a value of any width, more is a token just as wide


@dataclass(frozen=True)
class Line:
    """A line of plain text that breaks elsewhere with each value: wrapped when it is filled."""

    parts: tuple[Part, ...]

    @cached_property
    def holes(self) -> tuple[int, ...]:
        return tuple(part for part in self.parts if isinstance(part, int))


@dataclass(frozen=True)
class Stencil:
    """`shared` is the MIME body in pieces. What fills it: the border first, then a value or a line each."""

    subject: tuple[Part, ...]
    shared: Shared
    fills: tuple[int | Line, ...]
    id: str = field(init=False, compare=False)
    body: Callable[[Sequence[bytes]], bytes] = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "id", self.shared.id)
        object.__setattr__(self, "body", self.shared.filler())

    def subject_line(self, values: Sequence[str]) -> str:
        return " ".join(_filled(self.subject, values).split())

    def own(self, head: bytes, fills: tuple[bytes, ...], secrets: Iterable[str]) -> Own:
        return Own(self.id, head, fills, tuple([secret.encode("ascii") for secret in secrets]))

    def filling(self, values: Sequence[str], *, border: str) -> tuple[bytes, ...]:
        """`values` in the order of the holes, each one line without blanks at its ends."""
        return (
            border.encode("ascii"),
            *[
                _shown(values[fill]) if isinstance(fill, int) else _lines(fill, tuple([values[n] for n in fill.holes]))
                for fill in self.fills
            ],
        )

    def filled(self, values: Sequence[str], *, border: str) -> bytes:
        """The MIME body."""
        return self.body(self.filling(values, border=border))


def _shown(value: str) -> bytes:
    # Tokens, of which none comes again, are what stands here most.
    return value.encode("ascii") if _AS_IT_IS.fullmatch(value) else _shown_in_html(value)


_AS_IT_IS = re.compile("[A-Za-z0-9_-]{1,72}")


@lru_cache(maxsize=4096)
def _shown_in_html(value: str) -> bytes:
    return mime.quoted_part(html.escape(value))


@lru_cache(maxsize=4096)
def _lines(line: Line, given: tuple[str, ...]) -> bytes:
    """`given`: the values of its holes, in their order. Companies, CSMs and days come again and again."""
    left = iter(given)
    words = "".join([part if isinstance(part, str) else next(left) for part in line.parts])
    return mime.quoted("\n".join(wrapped_line(words)))


def values_of(letter: Letter, language: Language) -> list[str]:
    """What goes into the holes, in their order."""
    return [*render.values_of_person(letter, language).values(), *render.said(letter)]


def widths_of(values: Sequence[str]) -> tuple[int, ...]:
    """What decides which stencil these values need, besides the words of the step."""
    widths = [1 if value else 0 for value in values]
    for place in _TOKENS:
        widths[place] = len(values[place])
    return tuple(widths)


def stencil(
    questionnaire: Questionnaire, language: Language, letter: Letter, widths: tuple[int, ...]
) -> Stencil | None:
    """The stencil for that letter, cut at its first use; None if its template computes with what would be a hole."""
    if letter.heads_up_text is not None or letter.thanks is not None:
        return None
    return _cut(
        Key(questionnaire, language, letter.step, confidential=letter.confidential),
        _Shape(letter.company, letter.base_url, widths),
    )


_TOKENS = tuple(place for place, name in enumerate(render.PERSONAL) if name in render.TOKENS)


@lru_cache(maxsize=1024)
def _cut(key: Key, shape: _Shape) -> Stencil | None:
    sources = render.compiled(key)
    if _computes(sources) or _RESERVED.search(sources.subject + sources.text + sources.html + shape.company):
        return None
    marks = [_mark(number, width) for number, width in enumerate(shape.widths)]
    said = marks[len(render.PERSONAL) :]
    personal = dict(zip(render.PERSONAL, marks, strict=False))
    values = render.values_of_all(
        key.questionnaire,
        key.language,
        personal,
        said,
        company=shape.company,
        base_url=shape.base_url,
        confidential=key.confidential,
    )
    subject = _parts(render_mail(sources.subject, values))
    return _in_bytes(subject, render_mail(sources.text, values), _html(sources, values), shape.widths)


def _computes(sources: Sources) -> bool:
    return any(
        used_otherwise(source, values=render.HOLES, lists=("you_said",))
        for source in (sources.subject, sources.text, sources.html)
    )


def _html(sources: Sources, values: Mapping[str, Value]) -> str:
    return render_mail(sources.html, {name: render.in_html(value) for name, value in values.items()})


def _mark(number: int, width: int) -> str:
    """What stands in a hole while the words around it are rendered and wrapped."""
    return "" if width == 0 else "\ue000" + chr(_FIRST + number) + "\ue001" * (width - 2)


def _parts(text: str) -> tuple[Part, ...]:
    parts = [ord(part[1]) - _FIRST if part.startswith("\ue000") else part for part in _HOLE.split(text)]
    return tuple(part for part in parts if part != "")


def _filled(parts: Sequence[Part], values: Sequence[str]) -> str:
    return "".join([part if isinstance(part, str) else values[part] for part in parts])


# --- into bytes ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Border:
    """The hole for the border between the parts of the mail."""


_Piece = bytes | int | _Border | Line


def _in_bytes(subject: tuple[Part, ...], text: str, page: str, widths: Sequence[int]) -> Stencil:
    pieces = _joined(_pieces(text, page, widths))
    fills: dict[_Piece, int] = {_Border(): 0}
    for piece in pieces:
        if not isinstance(piece, bytes):
            fills.setdefault(piece, len(fills))
    shared = Shared(tuple(piece if isinstance(piece, bytes) else fills[piece] for piece in pieces))
    return Stencil(subject, shared, tuple(fill for fill in fills if isinstance(fill, (int, Line))))


def _pieces(text: str, page: str, widths: Sequence[int]) -> Iterator[_Piece]:
    yield from (b"\r\n--", _Border(), b"\r\n", mime.PART.format(kind="plain").encode("ascii"))
    yield from _text(text, widths)
    yield from (b"\r\n--", _Border(), b"\r\n", mime.PART.format(kind="html").encode("ascii"))
    for line in page.removesuffix("\n").split("\n"):
        yield from _line(_parts(line), widths)
    yield from (b"\r\n--", _Border(), b"--\r\n")


def _text(text: str, widths: Sequence[int]) -> Iterator[_Piece]:
    """As `plain.wrapped` does it, a line at a time; lines whose values have no fixed width wait for them."""
    blank = 0
    for line in text.strip().splitlines():
        parts = _parts(line)
        if any(isinstance(part, int) and widths[part] == 1 for part in parts):
            blank = 0
            yield from (Line(parts), b"\r\n")
            continue
        for wrapped in wrapped_line(line):
            blank = 0 if wrapped else blank + 1
            if blank <= 1:
                yield from _line(_parts(wrapped), widths)


def _line(parts: tuple[Part, ...], widths: Sequence[int]) -> Iterator[_Piece]:
    """A line in quoted-printable. Soft line ends around a hole keep every value apart from the 76 columns."""
    column = 0
    for part in parts:
        if isinstance(part, str):
            shown = mime.quoted_part(part)
            first = shown.partition(b"\r\n")[0]
            if column and column + len(first) > _ROOM:
                yield b"=\r\n"
                column = 0
            yield shown
            column = len(shown.rpartition(b"\r\n")[2]) + (column if shown == first else 0)
            continue
        # A token is as wide as it is; any other value gets a line, or lines, of its own.
        width = widths[part] if widths[part] > 1 else _ROOM
        if column and column + width > _ROOM:
            yield b"=\r\n"
            column = 0
        yield part
        column += width
    yield b"\r\n"


_ROOM = 75


def _joined(pieces: Iterator[_Piece]) -> list[_Piece]:
    """Neighbours that stay become one."""
    joined: list[_Piece] = []
    for piece in pieces:
        if joined and isinstance(piece, bytes) and isinstance(joined[-1], bytes):
            joined[-1] += piece
        else:
            joined.append(piece)
    return joined
