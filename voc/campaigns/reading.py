"""From the values of a TOML file to records, collecting every mistake instead of stopping at the first. Pure."""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from enum import StrEnum
from typing import Any, TypeVar

from voc.campaigns.conditions import Condition, NotACondition, parse
from voc.campaigns.definition import Texts
from voc.campaigns.mistakes import Mistake, Place, line_of

Word = TypeVar("Word", bound=StrEnum)
Check = Callable[[str, Place], None]
"""Notes what is wrong with the template that stands at a place."""


@dataclass
class Notes:
    """The mistakes found so far in one file, and where its keys stand."""

    file: str
    lines: dict[Place, int]
    mistakes: list[Mistake] = field(default_factory=list)

    def add(self, place: Place, problem: str, mend: str, *, line: int | None = None) -> None:
        key = ".".join(str(part) for part in place if not isinstance(part, int))
        self.mistakes.append(Mistake(self.file, line or line_of(place, self.lines), key, problem, mend))


@dataclass(frozen=True)
class Table:
    """One table of the file: reads each key once, notes what is wrong, gives a usable value all the same."""

    values: Mapping[str, Any]
    place: Place
    notes: Notes

    def at(self, key: str) -> Place:
        return (*self.place, key)

    def only(self, known: Iterable[str]) -> None:
        known = sorted(known)
        for key in self.values:
            if key not in known:
                near = get_close_matches(key, known, n=1)
                mend = f"Write {near[0]}" if near else f"Use one of {', '.join(known)}"
                self.notes.add(self.at(key), f"there is no key {key!r}", mend)

    def number(self, key: str, default: int, *, least: int, most: int) -> int:
        value = self.values.get(key, default)
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
            self.notes.add(self.at(key), f"{value!r} cannot be used", f"Write a whole number from {least} to {most}")
            return default
        return value

    def flag(self, key: str) -> bool:
        value = self.values.get(key, False)
        if not isinstance(value, bool):
            self.notes.add(self.at(key), f"{value!r} is neither true nor false", "Write true or false, without quotes")
            return False
        return value

    def word(self, key: str, words: type[Word], default: Word | None) -> Word | None:
        value = self.values.get(key)
        if value is None:
            return default
        return self._word(key, value, words) or default

    def words(self, key: str, words: type[Word]) -> tuple[Word, ...]:
        value = self.values.get(key, [])
        if not isinstance(value, list):
            self.notes.add(self.at(key), "it is not a list", 'Write ["one", "two"]')
            return ()
        return tuple(found for one in value if (found := self._word(key, one, words)))

    def _word(self, key: str, value: object, words: type[Word]) -> Word | None:
        try:
            return words(str(value))
        except ValueError:
            near = get_close_matches(str(value), list(words), n=1)
            mend = f"Write {near[0]}" if near else f"Write one of {', '.join(words)}"
            self.notes.add(self.at(key), f"{value!r} is not known", mend)
            return None

    def text(self, key: str, default: str = "") -> str:
        value = self.values.get(key, default)
        if not isinstance(value, str) or not value.strip():
            self.notes.add(self.at(key), "a text is missing", 'Write it in quotes: "..."')
            return default
        return value

    def texts(self, key: str, languages: Collection[str], check: Check, *, must: bool) -> Texts:
        """A text in each language. Missing languages, empty texts and misspelt variables are noted."""
        value = self.values.get(key)
        if value is None and not must:
            return {}
        if not isinstance(value, dict):
            mend = f'Write {key}.{next(iter(languages), "en")} = "..."'
            self.notes.add(self.at(key), "the text is missing" if value is None else "it has no language", mend)
            return {}
        for code in languages:
            if code not in value:
                self.notes.add(self.at(key), f"the text in {code!r} is missing", f'Write {key}.{code} = "..."')
        for code, text in value.items():
            place = (*self.at(key), code)
            if code not in languages:
                self.notes.add(
                    place, f"{code!r} is not among the languages", f"Add [languages.{code}], or remove the text"
                )
            elif not isinstance(text, str) or not text.strip():
                self.notes.add(place, "the text is empty", "Write the text in quotes")
            else:
                check(text, place)
        return {code: text for code, text in value.items() if isinstance(text, str)}

    def condition(self, key: str) -> Condition | None:
        value = self.values.get(key)
        if value is None:
            return None
        if not isinstance(value, str):
            self.notes.add(self.at(key), "it is not a condition", 'Write it in quotes: "recommend <= 6"')
            return None
        try:
            return parse(value)
        except NotACondition as mistake:
            self.notes.add(
                self.at(key), f"the condition {value!r} cannot be read: {mistake}", 'Write it like "recommend <= 6"'
            )
            return None

    def table(self, key: str) -> "Table":
        value = self.values.get(key, {})
        if not isinstance(value, dict):
            self.notes.add(self.at(key), "it is not a table", f"Write [{key}] above its keys")
            value = {}
        return Table(value, self.at(key), self.notes)

    def tables(self, key: str) -> list["Table"]:
        value = self.values.get(key, [])
        if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
            self.notes.add(self.at(key), "it is not a list of tables", f"Write [[{key}]] above the keys of each")
            return []
        return [Table(one, (*self.at(key), number), self.notes) for number, one in enumerate(value)]
