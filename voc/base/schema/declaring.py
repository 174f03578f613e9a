"""What every table is declared with: one metadata, names of constraints, words the database checks."""

from enum import StrEnum

from sqlalchemy import CheckConstraint, Column, Index, Integer, MetaData, Named, TypedColumns, text

__all__ = ["metadata", "one_of", "partial"]

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def one_of(column: str, words_allowed: type[StrEnum]) -> CheckConstraint:
    """The column holds one of these words (or null)."""
    listed = ", ".join(f"'{word}'" for word in words_allowed)
    return CheckConstraint(f"{column} IN ({listed})", name=column)


def partial(name: str, *columns: str, where: str, unique: bool = False) -> Index:
    """An index over the rows that the condition names, on both databases."""
    return Index(name, *columns, unique=unique, sqlite_where=text(where), postgresql_where=text(where))


class Numbered(TypedColumns):
    id: Named[int] = Column(Integer, primary_key=True, autoincrement=True)
