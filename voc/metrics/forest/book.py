"""The code book: themes with their words, checked before they are kept. Pure."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from voc.base import toml
from voc.metrics.forest.languages import STEMMERS
from voc.metrics.forest.phrases import why_not

MOST_PHRASES = 200  # of one theme in one language
LONGEST_NAME = 60
_KEY = re.compile(r"[a-z][a-z0-9_]{0,63}")

Words = Mapping[str, Sequence[str]]
"""Language code -> words and phrases."""


@dataclass(frozen=True)
class Theme:
    """`version` is the book's when this theme was last changed. A retired one is matched and counted no more."""

    id: int
    key: str
    name: str
    department: str
    words: Words
    version: int = 1
    retired: bool = False


@dataclass(frozen=True)
class Draft:
    """A theme as somebody wrote it."""

    key: str
    name: str
    department: str
    words: Words


@dataclass(frozen=True)
class Mistake:
    """`field` is name, department, key or a language."""

    field: str
    text: str

    def __str__(self) -> str:
        return self.text


def checked(draft: Draft) -> tuple[Draft, list[Mistake]]:
    """The draft with tidy spaces and without repeated phrases, and all that is wrong with it."""
    name, department = _tidy(draft.name), _tidy(draft.department)
    words = {language: tuple(dict.fromkeys(_tidy(one) for one in some)) for language, some in draft.words.items()}
    words = {language: some for language, some in sorted(words.items()) if some}
    found = []
    if not _KEY.fullmatch(draft.key):
        found.append(Mistake("key", f"The key “{draft.key}” must be small letters, digits and _"))
    if not 0 < len(name) <= LONGEST_NAME:
        found.append(Mistake("name", f"Give the theme a name of at most {LONGEST_NAME} characters"))
    if not 0 < len(department) <= LONGEST_NAME:
        found.append(Mistake("department", "Say which department can do something about it"))
    for language, some in words.items():
        found += _mistakes(language, some)
    if not words:
        found.append(Mistake("en", "A theme needs words to be found by, in one language or more"))
    return Draft(draft.key, name, department, words), found


def _mistakes(language: str, phrases: Sequence[str]) -> list[Mistake]:
    if language not in STEMMERS:
        return [Mistake(language, f"There are no stems for the language “{language}”; known: {', '.join(STEMMERS)}")]
    if len(phrases) > MOST_PHRASES:
        return [Mistake(language, f"At most {MOST_PHRASES} phrases in one language; these are {len(phrases)}")]
    return [
        Mistake(language, f"“{one}” ({language}): {reason}") for one in phrases if (reason := why_not(one)) is not None
    ]


def _tidy(text: str) -> str:
    return " ".join(text.split())


def lines(text: str) -> tuple[str, ...]:
    """The phrases of a text field: one a line, or parted by commas."""
    return tuple(one for part in text.replace(",", "\n").splitlines() if (one := _tidy(part)))


def key_of(name: str, taken: Sequence[str]) -> str:
    """A key for a new theme, from its name; never one that is taken."""
    bare = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")[:50] or "theme"
    bare = bare if bare[0].isalpha() else f"theme_{bare}"
    number = 1
    while (key := bare if number == 1 else f"{bare}_{number}") in taken:
        number += 1
    return key


def read(text: str) -> tuple[list[Draft], list[str]]:
    """The themes of a code book file, and every mistake in it with its place."""
    try:
        given = toml.read(text)
    except toml.NotToml as mistake:
        return [], [f"This is not TOML: {mistake}"]
    themes = given.get("theme")
    if not isinstance(themes, list) or not themes:
        return [], ["There is no [[theme]] in it"]
    drafts: list[Draft] = []
    mistakes: list[str] = []
    for number, one in enumerate(themes, start=1):
        draft, wrong = _one(one)
        drafts.append(draft)
        mistakes += [f"theme {number} ({draft.key or 'no key'}): {mistake}" for mistake in wrong]
    for key in sorted({one.key for one in drafts if [other.key for other in drafts].count(one.key) > 1}):
        mistakes.append(f"the key “{key}” stands there twice")
    return drafts, mistakes


def _one(given: Any) -> tuple[Draft, list[Mistake]]:
    if not isinstance(given, dict):
        return Draft("", "", "", {}), [Mistake("key", "is not a table")]
    words = given.get("words")
    words = words if isinstance(words, dict) else {}
    some = {
        str(language): [str(one) for one in listed] for language, listed in words.items() if isinstance(listed, list)
    }
    unread = [
        Mistake(str(language), f"{language} must be a list of words") for language in words if language not in some
    ]
    unknown = sorted(set(given) - {"key", "name", "department", "words"})
    unread += [Mistake("key", f"“{one}” is not known; there are key, name, department and words") for one in unknown]
    draft = Draft(str(given.get("key", "")), str(given.get("name", "")), str(given.get("department", "")), some)
    fine, wrong = checked(draft)
    return fine, [*wrong, *unread]
