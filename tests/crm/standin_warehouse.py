"""A company's tables in a real PostgreSQL or in a SQLite file, as a warehouse might hold them.

Ids have the types that warehouses use: whole numbers for CSMs, UUIDs for contacts, texts for the
rest. The rows are brought into the tables
whenever a source is opened; a test that wants a transaction open writes into `engine` itself.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import NAMESPACE_URL, uuid5
from zlib import crc32

from sqlalchemy import (
    Boolean,
    Column,
    Date,
    DateTime,
    Float,
    Integer,
    MetaData,
    Numeric,
    Table,
    Text,
    Uuid,
    create_engine,
    delete,
    insert,
    make_url,
)
from sqlalchemy.types import TypeEngine

from tests import postgres
from tests.crm.company import Company, Row
from tests.crm.server import Server
from voc.accounts import rules
from voc.accounts.connection import Connection, Crm, ObjectMap, Secret
from voc.accounts.connector import Outside
from voc.accounts.crm.warehouse import Warehouse
from voc.accounts.model import Kind

_FLAGS = ("active", "direct", "opted_out", "bounced", "left_company", "closed", "won", "main")
_AMOUNTS = ("arr", "amount", "arr_before", "arr_after", "value")


class WarehousePeer:
    """`queries`, `mapped` and `zone` are as somebody set them up; `waits` how long a connector then slept."""

    server: Server | None = None

    def __init__(self, company: Company, url: str, *, waits: list[float] | None = None) -> None:
        self.company = company
        self.url = url
        self.engine = create_engine(url)
        self.waits = [] if waits is None else waits
        self.sqlite = self.engine.dialect.name == "sqlite"
        self.tables = _tables(_SQLITE if self.sqlite else _POSTGRESQL)
        self.queries = {kind: f"SELECT * FROM {table.name}" for kind, table in self.tables.items()}
        self.mapped: dict[Kind, dict[str, str]] = {}
        self.zone: str | None = None
        self.user: str | None = None
        self._opened: list[Warehouse] = []
        next(iter(self.tables.values())).metadata.create_all(self.engine)

    def fields(self, kind: Kind) -> tuple[str, ...]:
        return rules.TEXTS[kind]

    def id_of(self, kind: Kind, key: str) -> str:
        return str(self.raw_id(kind, key))

    def raw_id(self, kind: Kind, key: str) -> Any:
        if kind == Kind.CSM:
            return crc32(key.encode()) >> 1
        if kind != Kind.CONTACT:
            return f"{kind.value[:3].upper()} {key}"
        id = uuid5(NAMESPACE_URL, key)
        return str(id) if self.sqlite else id

    def connection(self) -> tuple[Connection, Mapping[Secret, str]]:
        objects = {
            kind: ObjectMap(query=query, fields=self.mapped.get(kind, {})) for kind, query in self.queries.items()
        }
        url = make_url(self.url)
        place = url.set(password=None, username=self.user or url.username).render_as_string(hide_password=False)
        secrets = {Secret.PASSWORD: str(url.password)} if url.password else {}
        return Connection(Crm.WAREHOUSE, place=place, zone=self.zone, objects=objects), secrets

    def source(self) -> Warehouse:
        self.refresh()
        return self.stale()

    def stale(self) -> Warehouse:
        """With what the tables hold already."""
        connection, secrets = self.connection()
        source = Warehouse(
            connection, secrets, self.outside(), longest_statement=_PATIENCE, longest_lock=timedelta(milliseconds=100)
        )
        self._opened.append(source)
        return source

    def close(self) -> None:
        for source in self._opened:
            source.close()
        self.engine.dispose()

    def outside(self) -> Outside:
        return Outside(now=lambda: self.company.now, sleep=self.waits.append, private_hosts=("127.0.0.1",))

    def refresh(self) -> None:
        """The company as it is now, in one transaction."""
        with self.engine.begin() as db:
            for kind, table in self.tables.items():
                db.execute(delete(table))
                rows = [self.stored(row) for row in self.company.rows[kind].values() if not row.erased]
                if rows:
                    db.execute(insert(table), rows)

    def stored(self, row: Row) -> dict[str, Any]:
        values = {name: _plain(row.values.get(name)) for name in rules.TEXTS[row.kind]}
        for name, kind in rules.REFERENCES[row.kind].items():
            if values[name] is not None:
                about = Kind.OPPORTUNITY if values[name] in self.company.rows[Kind.OPPORTUNITY] else kind
                values[name] = self.raw_id(about, values[name])
        winner = row.merged_into and self.raw_id(row.kind, row.merged_into)
        stamp = row.modified_at.isoformat() if self.sqlite else row.modified_at
        return {
            "id": self.raw_id(row.kind, row.key),
            **values,
            "deleted": row.deleted,
            "merged_into": winner,
            "modified_at": stamp,
        }


_PATIENCE = timedelta(seconds=1)


@contextmanager
def start(company: Company) -> Iterator[WarehousePeer]:
    """In a database of its own on the tests' PostgreSQL."""
    with postgres.shared().database() as url:
        peer = WarehousePeer(company, url)
        try:
            yield peer
        finally:
            peer.close()


@contextmanager
def start_on_file(company: Company) -> Iterator[WarehousePeer]:
    with TemporaryDirectory() as folder:
        peer = WarehousePeer(company, f"sqlite:///{Path(folder) / 'warehouse.db'}")
        try:
            yield peer
        finally:
            peer.close()


@dataclass(frozen=True)
class _Types:
    """What a database has for what SQLite has no type for."""

    uuid: TypeEngine[Any]
    amount: TypeEngine[Any]
    stamp: TypeEngine[Any]


_POSTGRESQL = _Types(Uuid(), Numeric(14, 2), DateTime(timezone=True))
_SQLITE = _Types(Text(), Float(), Text())


def _tables(types: _Types) -> dict[Kind, Table]:
    metadata = MetaData()
    return {kind: Table(f"crm_{kind.value}", metadata, *_columns(kind, types)) for kind in Kind}


def _columns(kind: Kind, types: _Types) -> Iterator[Column[Any]]:
    yield Column("id", _id_type(kind, types), primary_key=True)
    for name in rules.TEXTS[kind]:
        yield Column(name, _type(kind, name, types))
    yield Column("deleted", Boolean, nullable=False)
    yield Column("merged_into", _id_type(kind, types))
    yield Column("modified_at", types.stamp)


def _id_type(kind: Kind, types: _Types) -> TypeEngine[Any]:
    return {Kind.CSM: Integer(), Kind.CONTACT: types.uuid}.get(kind, Text())


def _type(kind: Kind, name: str, types: _Types) -> TypeEngine[Any]:
    if (named := rules.REFERENCES[kind].get(name)) is not None:
        return _id_type(named, types)
    if name in _FLAGS:
        return Boolean()
    if name in _AMOUNTS:
        return types.amount
    return Date() if name.endswith("_on") or name == "on" else Text()


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return ";".join(one.value for one in value)
    return value.value if isinstance(value, Enum) else value
