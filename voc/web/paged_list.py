"""A long list a page at a time; a page begins after a row, so that what comes in meanwhile moves nothing. Pure."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from voc.web.parts import Link

ON_A_PAGE = 200
T = TypeVar("T")


@dataclass(frozen=True)
class PageOf(Generic[T]):
    rows: Sequence[T]
    links: Sequence[Link]


def page_of(
    rows: Sequence[T],
    key: Callable[[T], str],
    *,
    after: str,
    address: Callable[[str], str],
    size: int = ON_A_PAGE,
) -> PageOf[T]:
    """`address` is that of the page after a key, of the first page after none. A key that is gone begins anew."""
    place = next((at + 1 for at, one in enumerate(rows) if after and key(one) == after), 0)
    end, links = place + size, list[Link]()
    if place:
        links.append(Link("First page", address("")))
        links.append(Link("The page before", address(key(rows[place - size - 1]) if place > size else "")))
    if end < len(rows):
        links.append(Link("The next page", address(key(rows[end - 1]))))
    return PageOf(rows[place:end], links)
