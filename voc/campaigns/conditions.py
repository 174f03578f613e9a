"""The small language of `show_if`: `recommend <= 6`, `topics has support`, `call = yes and not (a = b)`.

A condition looks at what was picked in earlier questions: the points of a scale, keys of choices,
`yes` of a consent. A question that is not answered makes every comparison with it false.
"""

import operator
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

Picked = Mapping[str, frozenset[str]]
"""What was picked, by the question's key: {"recommend": {"8"}, "topics": {"support", "value"}}."""


@dataclass(frozen=True)
class Compare:
    key: str
    sign: str  # = != < <= > >= has
    value: str


@dataclass(frozen=True)
class Every:
    parts: tuple["Condition", ...]


@dataclass(frozen=True)
class Either:
    parts: tuple["Condition", ...]


@dataclass(frozen=True)
class Not:
    part: "Condition"


Condition = Compare | Every | Either | Not

_ORDER: dict[str, Callable[[int, int], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_WORD = re.compile(r"\s*(?:(<=|>=|!=|=|<|>|\(|\))|([A-Za-z0-9_-]+))")


class NotACondition(ValueError):
    """The text cannot be read; the message says where."""


def parse(text: str) -> Condition:
    """Read a condition; NotACondition names the word that does not fit."""
    words = list(_words(text))
    condition, rest = _either(words)
    if rest:
        raise NotACondition(f"{rest[0]!r} does not fit there")
    return condition


def _words(text: str) -> Iterator[str]:
    place = 0
    text = text.rstrip()
    while place < len(text):
        found = _WORD.match(text, place)
        if found is None:
            raise NotACondition(f"{text[place:].strip()[:20]!r} cannot be read")
        yield found.group(1) or found.group(2)
        place = found.end()


def _either(words: list[str]) -> tuple[Condition, list[str]]:
    part, words = _every(words)
    parts = [part]
    while words and words[0] == "or":
        part, words = _every(words[1:])
        parts.append(part)
    return (parts[0] if len(parts) == 1 else Either(tuple(parts))), words


def _every(words: list[str]) -> tuple[Condition, list[str]]:
    part, words = _single(words)
    parts = [part]
    while words and words[0] == "and":
        part, words = _single(words[1:])
        parts.append(part)
    return (parts[0] if len(parts) == 1 else Every(tuple(parts))), words


def _single(words: list[str]) -> tuple[Condition, list[str]]:
    if words[:1] == ["not"]:
        part, rest = _single(words[1:])
        return Not(part), rest
    if words[:1] == ["("]:
        part, rest = _either(words[1:])
        if rest[:1] != [")"]:
            raise NotACondition("a bracket is not closed")
        return part, rest[1:]
    if len(words) < 3:
        raise NotACondition("it ends too early")
    key, sign, value = words[:3]
    if sign not in ("=", "!=", "has", *_ORDER):
        raise NotACondition(f"{sign!r} is none of = != < <= > >= has")
    if sign in _ORDER and not value.isdecimal():
        raise NotACondition(f"{value!r} is not a number")
    return Compare(key, sign, value), words[3:]


def comparisons(condition: Condition) -> Iterator[Compare]:
    """Every comparison in it, from left to right."""
    match condition:
        case Compare():
            yield condition
        case Not(part):
            yield from comparisons(part)
        case Every(parts) | Either(parts):
            for part in parts:
                yield from comparisons(part)


def matching(compare: Compare, options: Sequence[str]) -> list[str]:
    """Those options that make the comparison true."""
    if compare.sign in ("=", "has"):
        return [option for option in options if option == compare.value]
    if compare.sign == "!=":
        return [option for option in options if option != compare.value]
    order, limit = _ORDER[compare.sign], int(compare.value)
    return [option for option in options if option.isdecimal() and order(int(option), limit)]


def holds(condition: Condition, picked: Picked) -> bool:
    """Whether it is true of what was picked."""
    match condition:
        case Compare(key):
            return bool(matching(condition, sorted(picked.get(key, ()))))
        case Not(part):
            return not holds(part, picked)
        case Every(parts):
            return all(holds(part, picked) for part in parts)
        case Either(parts):
            return any(holds(part, picked) for part in parts)
