"""What stands on a printed page, as values: a page of the service made into a file that one can send and keep."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Heading:
    words: str


@dataclass(frozen=True)
class Words:
    """A paragraph; `lead` stands before it in bold, `small` is a note."""

    words: str
    lead: str = ""
    small: bool = False


@dataclass(frozen=True)
class Quote:
    words: str
    who: str


@dataclass(frozen=True)
class Table:
    """`widths` are shares of the page; the first column is bold, so are the columns named `strong`."""

    heads: Sequence[str]
    rows: Sequence[Sequence[str]]
    widths: Sequence[float]
    right: frozenset[int] = frozenset()
    strong: frozenset[int] = frozenset()
    total: Sequence[str] = ()


@dataclass(frozen=True)
class Bar:
    """One bar of several parts: (share of the whole, style) in order: heard, silent, not_asked, quiet, other, rest."""

    parts: Sequence[tuple[float, str]]


Block = Heading | Words | Quote | Table | Bar


@dataclass(frozen=True)
class Sheet:
    """One A4 page."""

    crumb: str
    title: str
    blocks: Sequence[Block]
    foot: str
