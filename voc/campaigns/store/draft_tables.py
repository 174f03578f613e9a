"""The tables of a draft: temporary ones of the connection that makes it, gone with it. Nobody else ever sees them."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    Boolean,
    Column,
    Connection,
    Date,
    Integer,
    MetaData,
    Named,
    String,
    Table,
    Text,
    TypedColumns,
    UniqueConstraint,
)
from sqlalchemy.schema import DropTable

from voc.base.types import Instant, Json

_metadata = MetaData()


def _temporary(name: str, columns: type[TypedColumns], *more: UniqueConstraint) -> Table[Any]:
    return Table(f"draft_{name}", _metadata, columns, *more, prefixes=["TEMPORARY"])


class _Role(TypedColumns):
    """A set of roles, as bits in the order of the enum, that somebody of a segment is asked for."""

    id: Named[int] = Column(Integer, primary_key=True)
    segment: Named[str] = Column(String(16))
    bits: Named[int] = Column(Integer)
    roles: Named[Any] = Column(Json)


class _Doubt(TypedColumns):
    """An account, a contact or an address of which somebody said something: the rules look at whom it concerns.

    Or an account at which something happened, where a campaign asks about that alone.
    """

    name: Named[str] = Column(Text, primary_key=True)


class _Country(TypedColumns):
    """A country as the CRM writes it, whose people are asked with consent only; "" for none."""

    name: Named[str] = Column(Text, primary_key=True)


class _Person(TypedColumns):
    """Everybody of the census, a row for each account; the texts as the CRM has them, "" for none."""

    id: Named[int] = Column(Integer, primary_key=True, autoincrement=True)
    account_id: Named[str] = Column(Text)
    contact_id: Named[str] = Column(Text)
    address: Named[str] = Column(Text)
    role_id: Named[int] = Column(Integer)
    direct: Named[bool] = Column(Boolean)
    doubted: Named[bool] = Column(Boolean)
    time_zone: Named[str] = Column(Text)
    country: Named[str] = Column(Text)
    account_country: Named[str] = Column(Text)
    language: Named[str] = Column(Text)


class _Refused(TypedColumns):
    """Who of them is not asked."""

    id: Named[int] = Column(Integer, primary_key=True, autoincrement=False)
    reason: Named[str] = Column(String(32))
    detail: Named[str | None] = Column(Text)


class _Shared(TypedColumns):
    """Who of them has an address that another row has too."""

    address: Named[str] = Column(Text, primary_key=True)
    id: Named[int] = Column(Integer, primary_key=True, autoincrement=False)


class _Place(TypedColumns):
    """Where people are, and what they read."""

    id: Named[int] = Column(Integer, primary_key=True, autoincrement=False)
    time_zone: Named[str] = Column(String(64))
    country: Named[str | None] = Column(String(2))
    language: Named[str] = Column(String(16))


class _Moment(TypedColumns):
    """A first step on a day at a moment: many share one."""

    id: Named[int] = Column(Integer, primary_key=True, autoincrement=False)
    step: Named[str] = Column(String(16))
    on: Named[date] = Column("on_day", Date)
    at: Named[datetime] = Column(Instant)


class _First(TypedColumns):
    """Who is asked, where they are, and their first step."""

    id: Named[int] = Column(Integer, primary_key=True, autoincrement=False)
    place_id: Named[int] = Column(Integer)
    moment_id: Named[int] = Column(Integer)


class _Inherited(TypedColumns):
    account_id: Named[str] = Column(Text, primary_key=True)


role = _temporary("role", _Role, UniqueConstraint("segment", "bits"))
only = _temporary("only", _Doubt)
doubted_account = _temporary("doubted_account", _Doubt)
doubted_contact = _temporary("doubted_contact", _Doubt)
doubted_address = _temporary("doubted_address", _Doubt)
consent_country = _temporary("consent_country", _Country)
person = _temporary("person", _Person)
refused = _temporary("refused", _Refused)
shared = _temporary("shared", _Shared)
place = _temporary("place", _Place)
moment = _temporary("moment", _Moment)
first = _temporary("first", _First)
inherited = _temporary("inherited", _Inherited)

SMALL = (role, doubted_account, doubted_contact, doubted_address, consent_country, inherited)
"""What is known before the people are."""


def set_up(db: Connection) -> None:
    """Empty ones, whatever an earlier draft of this connection left."""
    clear_away(db)
    for table in _metadata.sorted_tables:
        table.create(db)


def clear_away(db: Connection) -> None:
    for table in _metadata.sorted_tables:
        db.execute(DropTable(table, if_exists=True))


def count_up(db: Connection, *tables: Table[Any]) -> None:
    """Tell PostgreSQL how many rows there are: it plans joins with them."""
    if db.dialect.name == "postgresql":
        for table in tables:
            db.exec_driver_sql(f"ANALYZE {table.name}")
