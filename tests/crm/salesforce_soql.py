"""SOQL read and run, as far as our own queries and the independent clients go."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

Record = Mapping[str, Any]
Test = Callable[[Record], bool]


class SoqlError(Exception):
    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass
class Query:
    object: str
    fields: list[str]  # [] for COUNT()
    test: Test = lambda _: True
    named: set[str] = field(default_factory=set)  # every field that is mentioned
    grouped: bool = False
    order: list[tuple[str, bool]] = field(default_factory=list)  # field, descending
    limit: int | None = None

    def run(self, records: Iterable[Record]) -> list[Record]:
        found = [record for record in records if self.test(record)]
        if self.grouped:
            found = list({tuple(str(look(record, f)) for f in self.fields): record for record in found}.values())
        for name, descending in reversed(self.order):
            found.sort(key=lambda record: _sortable(name, look(record, name)), reverse=descending)
        return found if self.limit is None else found[: self.limit]


def look(record: Record, path: str) -> Any:
    value: Any = record
    for part in path.split("."):
        value = value.get(part) if isinstance(value, Mapping) else None
    return value


_TOKEN = re.compile(
    r"\s*(?:(?P<string>'(?:\\.|[^'\\])*')|(?P<instant>\d{4}-\d\d-\d\dT[\d:.]+(?:Z|[+-]\d\d:?\d\d))"
    r"|(?P<day>\d{4}-\d\d-\d\d)|(?P<number>[+-]?\d+(?:\.\d+)?)|(?P<name>[A-Za-z_][\w.]*)|(?P<sign><=|>=|!=|[=<>(),]))",
    re.DOTALL,
)
_WORDS = re.compile(r"\\(u[0-9A-Fa-f]{4}|.)", re.DOTALL)
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f", "'": "'", '"': '"', "\\": "\\"}


def parse(text: str) -> Query:
    return _Parser(text).query()


class _Parser:
    def __init__(self, text: str) -> None:
        self.tokens: list[tuple[str, str]] = []
        place = 0
        while place < len(text.rstrip()):
            found = _TOKEN.match(text, place)
            if not found:
                raise SoqlError("MALFORMED_QUERY", "unexpected token")
            self.tokens.append((str(found.lastgroup), found[str(found.lastgroup)]))
            place = found.end()
        self.at = 0
        self.named: set[str] = set()

    def query(self) -> Query:
        self.expect("SELECT")
        fields = self.fields()
        self.expect("FROM")
        query = Query(self.name(), fields)
        if self.take("WHERE"):
            query.test = self.any_of()
        if self.take("GROUP"):
            self.expect("BY")
            query.grouped = self.names() == fields
        if self.take("ORDER"):
            self.expect("BY")
            query.order = self.orders()
        if self.take("LIMIT"):
            query.limit = int(self.next()[1])
        if self.at < len(self.tokens):
            raise SoqlError("MALFORMED_QUERY", "unexpected token")
        query.named = self.named | set(fields) | {name for name, _ in query.order}
        return query

    def fields(self) -> list[str]:
        if self.take("COUNT"):
            self.expect("(")
            self.expect(")")
            return []
        return self.names()

    def names(self) -> list[str]:
        names = [self.name()]
        while self.take(","):
            names.append(self.name())
        return names

    def orders(self) -> list[tuple[str, bool]]:
        orders = []
        for name in self.names():
            orders.append((name, bool(self.take("DESC"))))
            self.take("ASC")
        return orders

    def any_of(self) -> Test:
        tests = [self.all_of()]
        while self.take("OR"):
            tests.append(self.all_of())
        return tests[0] if len(tests) == 1 else lambda record: any(test(record) for test in tests)

    def all_of(self) -> Test:
        tests = [self.one()]
        while self.take("AND"):
            tests.append(self.one())
        return tests[0] if len(tests) == 1 else lambda record: all(test(record) for test in tests)

    def one(self) -> Test:
        if self.take("NOT"):
            inner = self.one()
            return lambda record: not inner(record)
        if self.take("("):
            inner = self.any_of()
            self.expect(")")
            return inner
        name = self.name()
        self.named.add(name)
        if self.take("IN"):
            return self.among(name)
        if self.take("NOT"):
            self.expect("IN")
            among = self.among(name)
            return lambda record: not among(record)
        return _comparison(name, self.next()[1], self.value())

    def among(self, name: str) -> Test:
        self.expect("(")
        if self.at < len(self.tokens) and self.tokens[self.at][1].upper() == "SELECT":
            return self.within()
        values = {_comparable(name, self.value())}
        while self.take(","):
            values.add(_comparable(name, self.value()))
        self.expect(")")
        return lambda record: _comparable(name, look(record, name)) in values

    def within(self) -> Test:
        """Another statement inside this one is read and not run."""
        while not self.take(")"):
            self.next()
        return lambda _: True

    def value(self) -> Any:
        kind, text = self.next()
        match kind:
            case "string":
                return _WORDS.sub(_unescaped, text[1:-1])
            case "instant":
                return datetime.fromisoformat(text)
            case "day":
                return date.fromisoformat(text)
            case "number":
                return float(text)
        words = {"null": None, "true": True, "false": False}
        if text.lower() not in words:
            raise SoqlError("MALFORMED_QUERY", "unexpected value")
        return words[text.lower()]

    def name(self) -> str:
        kind, text = self.next()
        if kind != "name":
            raise SoqlError("MALFORMED_QUERY", "a name is missing")
        return text

    def next(self) -> tuple[str, str]:
        if self.at >= len(self.tokens):
            raise SoqlError("MALFORMED_QUERY", "unexpected end")
        self.at += 1
        return self.tokens[self.at - 1]

    def take(self, text: str) -> bool:
        if self.at < len(self.tokens) and self.tokens[self.at][1].upper() == text:
            self.at += 1
            return True
        return False

    def expect(self, text: str) -> None:
        if not self.take(text):
            raise SoqlError("MALFORMED_QUERY", f"{text} is missing")


def _unescaped(found: re.Match[str]) -> str:
    word = found[1]
    if word[0] == "u" and len(word) == 5:
        return chr(int(word[1:], 16))
    if word not in _ESCAPES:
        raise SoqlError("MALFORMED_QUERY", "a backslash before what needs none")
    return _ESCAPES[word]


def _comparison(name: str, sign: str, value: Any) -> Test:
    wanted = _comparable(name, value)

    def test(record: Record) -> bool:
        found = _comparable(name, look(record, name))
        if sign in ("=", "!="):
            return bool(found == wanted) == (sign == "=")
        if found is None or wanted is None:
            return False
        return bool({"<": found < wanted, "<=": found <= wanted, ">": found > wanted, ">=": found >= wanted}[sign])

    return test


def _comparable(name: str, value: Any) -> Any:
    """Texts without case; ids by their first 15 characters, with it."""
    if isinstance(value, str):
        return value[:15] if name.rsplit(".", maxsplit=1)[-1].endswith("Id") else value.casefold()
    return value


def _sortable(name: str, value: Any) -> tuple[bool, Any]:
    found = _comparable(name, value)
    return (found is not None, found if found is not None else "")
