"""Mistakes in a questionnaire's files, all of them at once, each with its place and its mend."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from voc.base.errors import Refused

Place = tuple[str | int, ...]
"""A key's place in a TOML file: ("question", 2, "text", "en")."""


@dataclass(frozen=True, order=True)
class Mistake:
    file: str
    line: int | None
    key: str
    problem: str
    mend: str

    def __str__(self) -> str:
        place = self.file if self.line is None else f"{self.file}, line {self.line}"
        return (
            f"{place}, {self.key}: {self.problem}. {self.mend}" if self.key else f"{place}: {self.problem}. {self.mend}"
        )


class QuestionnaireMistakes(Refused):
    """The files cannot be used as they are; `mistakes` has every one."""

    def __init__(self, mistakes: list[Mistake]) -> None:
        self.mistakes = tuple(sorted(mistakes, key=lambda one: (one.file, one.line or 0, one.key)))
        super().__init__("\n".join(map(str, self.mistakes)))


_HEADER = re.compile(r"\s*(\[\[?)\s*([^\]]+?)\s*\]")
_KEY = re.compile(r"""\s*((?:[A-Za-z0-9_-]+|"[^"]*"|'[^']*')(?:\s*\.\s*(?:[A-Za-z0-9_-]+|"[^"]*"|'[^']*'))*)\s*=""")
_FENCES = ('"' * 3, "'" * 3)


def places(text: str) -> dict[Place, int]:
    """The line of each key and table of a TOML text; the standard library's reader does not tell."""
    found: dict[Place, int] = {}
    counts: dict[Place, int] = {}
    table: Place = ()
    for number, line in _outside_strings(text):
        if header := _HEADER.match(line):
            table = _enter(_split(header.group(2)), counts, array=header.group(1) == "[[")
            found.setdefault(table, number)
        elif key := _KEY.match(line):
            whole = (*table, *_split(key.group(1)))
            for end in range(len(table) + 1, len(whole) + 1):
                found.setdefault(whole[:end], number)
    return found


def _outside_strings(text: str) -> Iterator[tuple[int, str]]:
    fence = None
    for number, line in enumerate(text.splitlines(), 1):
        if fence is None:
            yield number, line
            fence = next((mark for mark in _FENCES if line.count(mark) % 2), None)
        elif line.count(fence) % 2:
            fence = None


def _split(dotted: str) -> list[str]:
    return [part.strip().strip("\"'") for part in dotted.split(".")]


def _enter(names: list[str], counts: dict[Place, int], *, array: bool) -> Place:
    """The table's place with the index of each array of tables on the way."""
    place: Place = ()
    for depth, name in enumerate(names):
        place = (*place, name)
        if array and depth == len(names) - 1:
            counts[place] = counts.get(place, -1) + 1
        if place in counts:
            place = (*place, counts[place])
    return place


def line_of(place: Place, lines: dict[Place, int]) -> int | None:
    """The line of that key, or of the nearest table around it."""
    while place and place not in lines:
        place = place[:-1]
    return lines.get(place)
