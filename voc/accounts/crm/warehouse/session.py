"""A session with a database that is not ours: it only reads, thinks in UTC, waits for nothing long.

What a driver says is told in plain words. Its own text may hold values, the address or the
password, so only what names tables and columns is passed on.
"""

import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.engine import URL
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError
from sqlalchemy.pool import QueuePool

from voc.accounts.connector import Outside
from voc.accounts.crm.warehouse.trouble import PLACE
from voc.base import guard
from voc.base.errors import Misconfigured

_CONNECT_SECONDS = 10

# The package that speaks to each database, where it is none of ours.
PACKAGES = {
    "awsathena": "PyAthena",
    "bigquery": "sqlalchemy-bigquery",
    "clickhousedb": "clickhouse-connect",
    "databricks": "databricks-sqlalchemy",
    "duckdb": "duckdb-engine",
    "mariadb": "PyMySQL (and write mariadb+pymysql://)",
    "mssql": "pyodbc",
    "mysql": "PyMySQL (and write mysql+pymysql://)",
    "oracle": "oracledb",
    "postgresql+psycopg2": "psycopg2, or write postgresql+psycopg:// for the one that is there",
    "redshift": "sqlalchemy-redshift and redshift_connector",
    "snowflake": "snowflake-sqlalchemy",
    "trino": "trino",
}
# What each session is told at its beginning, besides what drivers are told when they connect.
_SESSION: dict[str, tuple[str, ...]] = {
    "postgresql": (
        "SET TIME ZONE 'UTC'",
        "SET statement_timeout = {longest}",
        "SET lock_timeout = {lock}",
        "SET default_transaction_read_only = on",
    ),
    "redshift": ("SET timezone TO 'UTC'", "SET statement_timeout TO {longest}"),
    "mysql": ("SET SESSION time_zone = '+00:00'", "SET SESSION TRANSACTION READ ONLY",
              "SET SESSION max_execution_time = {longest}"),
    "mariadb": ("SET SESSION time_zone = '+00:00'", "SET SESSION TRANSACTION READ ONLY",
                "SET SESSION max_statement_time = {longest} / 1000"),
    "mssql": ("SET LOCK_TIMEOUT {lock}",),
    "oracle": ("ALTER SESSION SET TIME_ZONE = 'UTC'",),
    "snowflake": ("ALTER SESSION SET TIMEZONE = 'UTC', STATEMENT_TIMEOUT_IN_SECONDS = {seconds}",),
    "databricks": ("SET TIME ZONE 'UTC'",),
    "trino": ("SET TIME ZONE 'UTC'",),
    "duckdb": ("SET TimeZone = 'UTC'",),
    "sqlite": ("PRAGMA query_only = ON",),
}  # fmt: skip
# What an address may say behind its question mark. Anything else could lead to another machine or file.
_OPTIONS = frozenset(
    {"sslmode", "ssl_mode", "charset", "application_name", "warehouse", "role", "schema", "http_path", "catalog",
     "driver", "encrypt", "trustservercertificate", "location", "service_name", "applicationintent"}
)  # fmt: skip
_FILES = frozenset({"sqlite", "duckdb"})
# Their addresses name an account, and the driver makes the host of it.
_HOSTS: dict[str, Callable[[str], str]] = {
    "snowflake": lambda name: name if name.endswith(".snowflakecomputing.com") else f"{name}.snowflakecomputing.com",
}
_PORTS = {"postgresql": 5432, "redshift": 5439, "mysql": 3306, "mariadb": 3306, "mssql": 1433, "oracle": 1521}
# Whoever may write queries may not read passwords and answers with them.
_OUR_OWN = "SELECT count(*) = 2 FROM sqlite_master WHERE type = 'table' AND name IN ('staff', 'sync_run')"
_STRICT = frozenset({"require", "verify-ca", "verify-full"})


def address(place: str, password: str | None) -> URL:
    """The address with its password put in. Misconfigured for what is no address or leads elsewhere."""
    try:
        url = make_url(place.strip())
        url.get_dialect()
    except NoSuchModuleError:
        raise missing_driver(place) from None
    except (ArgumentError, ValueError, ImportError):
        raise Misconfigured(
            PLACE, "it is not the address of a database", "Write it like postgresql+psycopg://user@host:5432/name"
        ) from None
    if url.password:
        raise Misconfigured(PLACE, "it holds a password", "Take it out, and enter it in the field for the password")
    for name in url.query:
        if name.lower() not in _OPTIONS:
            raise Misconfigured(PLACE, f"it says {name}", f"Take that out; {', '.join(sorted(_OPTIONS))} may be said")
    if url.get_backend_name() in _FILES and not (url.database and Path(url.database).is_file()):
        raise Misconfigured(PLACE, "there is no such file", "Write sqlite:////folder/file.db with its whole path")
    if url.get_backend_name() in _PORTS and not url.host:  # a driver would then look for a server on this machine
        raise Misconfigured(PLACE, "it names no server", "Write it like postgresql+psycopg://user@host:5432/name")
    return url.set(password=password) if password else url


def missing_driver(place: str) -> Misconfigured:
    scheme = place.partition("://")[0].strip()
    package = PACKAGES.get(scheme) or PACKAGES.get(scheme.partition("+")[0])
    mend = f"Install {package} where this service runs" if package else "Write one that SQLAlchemy knows"
    return Misconfigured(PLACE, f"nothing here speaks {scheme[:40]}", mend)


def shown(url: URL) -> str:
    """Where it is, for people: no user, no password, no options."""
    return f"{url.host}/{url.database}" if url.host else str(url.database)


class Session:
    """Connections to one database. Each is checked when it connects: name and address may change in between."""

    def __init__(self, url: URL, outside: Outside, *, longest: timedelta, longest_lock: timedelta) -> None:
        self.url = url
        self.dialect = url.get_backend_name()
        self._outside = outside
        self._longest = longest
        self._longest_lock = longest_lock
        self._engine: Engine | None = None

    @property
    def engine(self) -> Engine:
        if self._engine is None:
            self._engine = self._made()
        return self._engine

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """One read-only transaction on a consistent state, where the database can."""
        engine = self.engine
        if self.dialect == "postgresql":
            engine = engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        with engine.connect() as db:
            try:
                yield db
            finally:
                with suppress(SQLAlchemyError):  # the connection may be gone, and what happened is told already
                    db.rollback()

    @property
    def version(self) -> str | None:
        """Of the database, once it was connected to."""
        found = self._engine and getattr(self._engine.dialect, "server_version_info", None)
        return f"{self.dialect} {'.'.join(map(str, found))}" if found else None

    def close(self) -> None:
        if self._engine is not None:
            self._engine.dispose()
            self._engine = None

    def _made(self) -> Engine:
        options: dict[str, Any] = {
            "hide_parameters": True,
            "poolclass": QueuePool,
            "pool_size": 1,
            "max_overflow": 2,
            "pool_pre_ping": True,
        }
        try:
            if self.dialect == "sqlite":
                engine = create_engine("sqlite://", creator=self._open_file, **options)
            else:
                engine = create_engine(self.url, connect_args=self._arguments(), **options)
        except (ImportError, NoSuchModuleError):
            raise missing_driver(str(self.url.drivername) + "://") from None
        event.listen(engine, "do_connect", self._check)
        event.listen(engine, "connect", self._begin)
        return engine

    def _open_file(self) -> sqlite3.Connection:
        path = quote(str(Path(str(self.url.database)).absolute()))
        return sqlite3.connect(
            f"file:{path}?mode=ro", uri=True, timeout=self._longest_lock.total_seconds(), check_same_thread=False
        )

    def _arguments(self) -> dict[str, Any]:
        if self.dialect == "postgresql":
            sslmode = str(self.url.query.get("sslmode", ""))
            private = guard.is_private(str(self.url.host), self._outside.private_hosts)
            strict = {} if sslmode in _STRICT or private else {"sslmode": "require"}
            # libpq would hand any server the password of ours that stands in PGPASSWORD or in .pgpass.
            known = {"password": self.url.password or "", "passfile": os.devnull}
            return {"connect_timeout": _CONNECT_SECONDS, **known, **strict}
        if self.dialect in ("mysql", "mariadb"):
            return {"connect_timeout": _CONNECT_SECONDS}
        return {"read_only": True} if self.dialect == "duckdb" else {}

    def _check(self, _dialect: Any, _record: Any, _arguments: Any, options: dict[str, Any]) -> None:
        if self.dialect in _FILES or not self.url.host:
            return
        name = _HOSTS.get(self.dialect, str)(self.url.host)
        port = self.url.port or _PORTS.get(self.dialect, 443)
        found = guard.check_host(name, port, self._outside.private_hosts)
        if self.url.get_driver_name() == "psycopg":
            options["hostaddr"] = found[0]  # the address that was looked at; `host` is who must answer

    def _begin(self, connection: Any, _record: Any) -> None:
        cursor = connection.cursor()
        if self.dialect == "sqlite" and cursor.execute(_OUR_OWN).fetchone()[0]:
            raise Misconfigured(PLACE, "this is the database of this service itself", "Name the file of your warehouse")
        longest, lock = (int(one / timedelta(milliseconds=1)) for one in (self._longest, self._longest_lock))
        told = {"longest": longest, "lock": lock, "seconds": max(longest // 1000, 1)}
        for statement in _SESSION.get(self.dialect, ()):
            cursor.execute(statement.format(**told))
        cursor.close()
        if self.dialect == "postgresql":
            connection.commit()
