"""What a column of words holds."""

from typing import Any

from sqlalchemy import ColumnElement, Connection, select


def kinds_of(db: Connection, column: ColumnElement[Any]) -> list[str]:
    """The distinct words, in order; None is none of them."""
    return sorted(word for word in db.execute(select(column).distinct()).scalars() if word is not None)
