"""A SELECT that a person wrote, as a part of larger ones: looked at first, wrapped, values only ever bound."""

import re
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import DateTime, Dialect, Select, bindparam, func, literal_column, or_, select, text
from sqlalchemy.sql import ColumnElement
from sqlalchemy.types import NullType

from voc.accounts.crm.warehouse.values import Stamp

_STRING = r"'(?:[^']|'')*'"
_PIECES = re.compile(
    rf"""{_STRING} | "(?:[^"]|"")*" | `[^`]*` | (?P<dollar>\$\w*\$).*?(?P=dollar)
    | --[^\n]* | (?P<comment>/\*.*?\*/) | (?P<sign>[();'"`]) | (?P<open>/\*)""",
    re.VERBOSE | re.DOTALL,
)
_EVERYTHING: ColumnElement[Any] = literal_column("*")
_BRACKETED = re.compile(r"\[[^\]]*\]")
# SQLite compares dates of change as numbers of days, which hold 40 microseconds.
_SQLITE_LEEWAY = timedelta(milliseconds=1)


def checked(query: str, *, bracketed: bool = False) -> str:
    """One SELECT, without a semicolon at its end. `bracketed`: names may stand in square brackets.

    ValueError, with what is wrong as its text. The database itself is the judge of what may be done
    (the session only reads); this keeps a query inside the brackets that are put around it.
    """
    plain = query.strip().removesuffix(";").rstrip()
    looked_at = _BRACKETED.sub("x", plain) if bracketed else plain
    if not re.match(r"(?i)[\s(]*(select|with)\b", re.sub(r"\A(\s*(--[^\n]*\n|/\*.*?\*/))*", "", looked_at, flags=re.S)):
        raise ValueError("it is no SELECT")
    if "\\'" in looked_at or "/*!" in looked_at or "\x00" in looked_at:
        raise ValueError(r"it holds \' or /*!, which databases read in different ways")
    depth = 0
    for piece in _PIECES.finditer(looked_at):
        if piece["open"]:
            raise ValueError("a comment in it is never closed")
        sign = piece["sign"]
        if sign == ";":
            raise ValueError("it holds more than one statement")
        if sign and sign in "'\"`":
            raise ValueError("a quote in it is never closed")
        depth += {"(": 1, ")": -1}.get(sign or "", 0)
        if depth < 0:
            break
    if depth:
        raise ValueError("its brackets do not match")
    return plain


class Query:
    """The statements that are made of one query. What its columns are is known once somebody looked."""

    def __init__(self, query: str, dialect: Dialect) -> None:
        self._sqlite = dialect.name == "sqlite"
        # In `text` a colon before a name is a parameter; one behind a backslash is a colon.
        self._from = text("(\n" + query.replace(":", "\\:") + "\n) q")
        self._quote = dialect.identifier_preparer.quote
        self.id = "id"
        self.modified: str | None = None
        self.stamp = Stamp.OTHER
        self.id_example: Any = None

    def look(self) -> Select[Any]:
        """No row, only what the columns are called."""
        return self.some(0)

    def first(self, *columns: str) -> Select[Any]:
        """One row in which these columns hold something."""
        named = [self._column(name) for name in columns]
        found = select(*named).select_from(self._from).where(self._bound(1) == 1)
        return found.where(*(one.is_not(None) for one in named)).limit(1)

    def all(self, *columns: str, after: Any = None) -> Select[Any]:
        """Whole rows, or some columns, in the order of their ids."""
        wanted = [self._column(name) for name in columns] or [_EVERYTHING]
        # A value is bound even where none is needed: PostgreSQL then takes one statement and no more.
        found = select(*wanted).select_from(self._from).where(self._bound(1) == 1)
        if after is not None:
            found = found.where(self._column(self.id) > self._bound(after))
        return found.order_by(self._column(self.id))

    def changed(self, reach: tuple[Any, Any], *, after: Any = None) -> Select[Any]:
        """Rows of a window, and those that say no date of change: they might have."""
        found = self.all(after=after)
        return found.where(self._within(reach))

    def among(self, ids: Sequence[Any]) -> Select[Any]:
        marks = [self._bound(id) for id in ids]
        return self.all().where(self._column(self.id).in_(marks))

    def some(self, limit: int) -> Select[Any]:
        return select(_EVERYTHING).select_from(self._from).where(self._bound(1) == 1).limit(limit)

    def count(self, reach: tuple[Any, Any] | None = None) -> Select[Any]:
        found = select(func.count()).select_from(self._from).where(self._bound(1) == 1)
        return found if reach is None else found.where(self._within(reach))

    def spelled(self, column: str, limit: int) -> Select[Any]:
        found = select(self._column(column)).select_from(self._from).where(self._bound(1) == 1)
        return found.distinct().limit(limit)

    def _column(self, name: str) -> ColumnElement[Any]:
        return literal_column(f"q.{self._quote(name)}")

    def _bound(self, value: Any) -> ColumnElement[Any]:
        """As the driver sends it: a cast would compare numbers with texts."""
        return bindparam(None, value, type_=NullType())

    def _within(self, reach: tuple[Any, Any]) -> ColumnElement[bool]:
        low, high = reach
        assert self.modified is not None
        column = self._column(self.modified)
        marks: list[ColumnElement[Any]]
        if self._sqlite:
            column = func.julianday(column)
            marks = [func.julianday(str(low - _SQLITE_LEEWAY)), func.julianday(str(high + _SQLITE_LEEWAY))]
        elif self.stamp == Stamp.INSTANT:
            marks = [bindparam(None, one, type_=DateTime(timezone=True)) for one in reach]
        else:
            marks = [self._bound(one) for one in reach]
        return or_((column >= marks[0]) & (column < marks[1]), column.is_(None))
