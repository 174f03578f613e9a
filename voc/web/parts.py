"""The values that the macros of `leader/parts.html` draw: links, figures with their count, chains, choices."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.util import find_spec
from urllib.parse import quote_plus


@dataclass(frozen=True)
class Link:
    """`about` completes the words for those who hear the link out of its place; a `file` is downloaded."""

    words: str
    href: str
    about: str = ""
    current: bool = False
    file: bool = False


@dataclass(frozen=True)
class Mark:
    """Which figure an element shows, and where its rows are: carried by the page, so that each can be followed."""

    figure: str
    part: float | None
    whole: float | None
    rows: str


@dataclass(frozen=True)
class Told:
    """A few words beside a figure that are a figure themselves; what is said around them is no link."""

    words: str
    mark: Mark | None = None
    before: str = ""
    after: str = ""


@dataclass(frozen=True)
class Card:
    """A figure as a page shows it: never without its count (`of`)."""

    name: str
    value: str
    of: str
    unit: str = ""
    note: str = ""
    links: Sequence[Link] = ()
    mark: Mark | None = None
    beside: Sequence[Told] = ()


@dataclass(frozen=True)
class Stage:
    """One link of a chain; `lost` says what fell off before it."""

    name: str
    count: str
    share: float
    lost: str
    mark: Mark | None = None


@dataclass(frozen=True)
class Chain:
    stages: Sequence[Stage]
    label: str
    heading: str = ""
    sentence: str = ""
    ghost: bool = False  # nothing counted yet


@dataclass(frozen=True)
class Option:
    value: str
    words: str
    chosen: bool


@dataclass(frozen=True)
class Choice:
    """A select of a filter form."""

    name: str
    label: str
    options: Sequence[Option]


def choice(name: str, label: str, options: Sequence[tuple[str, str]], chosen: str) -> Choice:
    return Choice(name, label, [Option(value, words, value == chosen) for value, words in options])


def address(path: str, **query: str | int | None) -> str:
    """The path with those parts of the query that have a value."""
    given = {key: value for key, value in query.items() if value not in (None, "")}
    return f"{path}?{'&'.join(f'{key}={_quoted(str(value))}' for key, value in given.items())}" if given else path


@lru_cache(4096)
def _quoted(value: str) -> str:
    """A page has thousands of addresses of the same few figures, people and days."""
    return quote_plus(value)


def files(path: str, about: str) -> list[Link]:
    """The links to a table as a file in each format; `path` may carry the page's filters."""
    place, _, query = path.partition("?")
    formats = (("csv", "CSV"), ("xlsx", "XLSX"), *((("parquet", "Parquet"),) if writes_parquet() else ()))
    return [
        Link(words, f"{place}.{ending}" + (f"?{query}" if query else ""), about, file=True) for ending, words in formats
    ]


@cache
def writes_parquet() -> bool:
    """Whether pyarrow is installed; without it nobody is offered a file that cannot be made."""
    return find_spec("pyarrow") is not None
