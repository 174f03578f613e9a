"""What somebody tried who wanted to break the reading of a CRM, and what stands against it."""

import socket
import struct
import threading
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from tests.builders import NOW
from tests.crm import promise
from tests.crm.company import standard
from tests.crm.memory import Memory, MemorySource
from voc.accounts import rules, run
from voc.accounts.connection import Connection, Crm, ObjectMap
from voc.accounts.connector import Known, Outside, Page, Span, Windows
from voc.accounts.crm.csvfolder import CsvFolder
from voc.accounts.crm.warehouse import Warehouse
from voc.accounts.model import Incoming, Kind, RunState
from voc.accounts.run.underway import Overtaken
from voc.base.db import Database
from voc.base.errors import Misconfigured, TryLater

# --- two at once --------------------------------------------------------------------------------


class Slow(MemorySource):
    """Another sync begins and ends while this one looks at what an earlier one left."""

    def __init__(self, peer: Memory, database: Database) -> None:
        super().__init__(peer)
        self.database: Database | None = database

    @property
    def windows(self) -> Windows | None:
        if (database := self.database) is not None:
            self.database = None
            promise.sync(database, self.peer)
        return self.peer.windows


@pytest.mark.parametrize("set_up_anew", [False, True])
def test_a_sync_that_was_overtaken_while_it_began_touches_neither_the_run_nor_the_rows_of_the_other(
    database: Database, set_up_anew: bool
) -> None:
    peer = Memory(standard())
    peer.company.wait(minutes=30)
    assert promise.killed(database, peer, at=6)
    peer.mapping = "2" if set_up_anew else "1"
    now = peer.company.now
    with pytest.raises(Overtaken):
        run.sync(database, Slow(peer, database), as_of=now.date(), now=now)
    assert promise.states(database)[-1] == RunState.COMPLETE
    assert RunState.RUNNING not in promise.states(database)
    promise.must_be_equal(database, peer)


# --- what is ours stays with us -----------------------------------------------------------------

HERE = Outside(now=lambda: NOW, sleep=lambda _: None, private_hosts=("127.0.0.1",))


@contextmanager
def asking_for_passwords() -> Iterator[tuple[int, list[bytes]]]:
    """A server that speaks PostgreSQL and wants the password in clear text: its port, and what it was told."""
    told: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            while True:
                try:
                    caller, _ = listening.accept()
                except OSError:
                    return
                with caller:
                    while struct.unpack("!II", caller.recv(2000)[:8])[1] != 3 << 16:
                        caller.sendall(b"N")  # neither TLS nor Kerberos
                    caller.sendall(b"R" + struct.pack("!II", 8, 3))
                    told.append(caller.recv(2000))

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield listening.getsockname()[1], told
        listening.shutdown(socket.SHUT_RDWR)
    thread.join(timeout=5)


def test_a_warehouse_is_not_told_the_password_of_our_own_database(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    keys = tmp_path / "pgpass"
    keys.write_text("*:*:*:*:ours-from-file\n")
    keys.chmod(0o600)
    monkeypatch.setenv("PGPASSFILE", str(keys))
    queries = {kind: ObjectMap(query="SELECT id FROM a") for kind in (Kind.ACCOUNT, Kind.CONTACT)}
    with asking_for_passwords() as (port, told):
        place = f"postgresql+psycopg://reader@127.0.0.1:{port}/sales"
        for variable in (None, "ours-from-environment"):
            if variable:
                monkeypatch.setenv("PGPASSWORD", variable)
            warehouse = Warehouse(Connection(Crm.WAREHOUSE, place=place, objects=queries), {}, HERE)
            with closing(warehouse), pytest.raises((TryLater, Misconfigured)):
                warehouse.open()
    assert b"ours" not in b"".join(told)


@pytest.mark.parametrize("name", ["secret.key", "voc.toml", "passwd", "../secret.csv", "sub/secret.csv"])
def test_no_file_but_an_export_is_shown_as_one(tmp_path: Path, name: str) -> None:
    folder = tmp_path / "export"
    (folder / "sub").mkdir(parents=True)
    (folder / name).write_text("planted-key\nplanted-row\n")
    mapped = {Kind.ACCOUNT: ObjectMap(object=name, fields={"id": "planted-key", "name": "planted-key"})}
    found = CsvFolder(folder, Connection(Crm.CSV, place=str(folder), objects=mapped))
    with pytest.raises(Misconfigured) as refused:
        found.sample(Kind.ACCOUNT, limit=5)
    assert "planted" not in str(refused.value)


# --- one bad row never stops a run --------------------------------------------------------------

NO_IDS = ("nul\x00", "\ud800", "a\nb", "\u202egnp", "".join(f"{number:x}" for number in range(4_000)))


class Strange(MemorySource):
    """Ids that no database keeps, in the pages, as winners of merges and in the sweep."""

    def pages(self, kind: Kind, span: Span, *, after: str | None, known: Known) -> Iterator[Page]:
        yield from super().pages(kind, span, after=after, known=known)
        cells = tuple("x" for _ in rules.TEXTS[kind])
        yield Page([Incoming(id, 0, None, cells, digest="d") for id in NO_IDS])
        yield Page([Incoming(f"gone-{place}", 0, None, deleted=True, winner_id=id) for place, id in enumerate(NO_IDS)])

    def _ids(self, kind: Kind) -> Iterator[Sequence[str]]:
        yield from super()._ids(kind)
        yield NO_IDS


def test_an_id_that_no_database_keeps_is_refused_with_its_row_and_stops_nothing(database: Database) -> None:
    peer = Memory(standard())
    for _ in range(2):
        peer.company.wait(days=8)
        now = peer.company.now
        report = run.sync(database, Strange(peer), as_of=now.date(), now=now)
        assert report.state == RunState.COMPLETE
        assert report.problems["rejected"]["missing_id"] == len(NO_IDS) * len(Kind)
    promise.must_be_equal(database, peer)


# --- nobody is asked against their will ---------------------------------------------------------


def test_a_column_of_opt_outs_that_is_suddenly_empty_is_held_for_a_person(database: Database) -> None:
    peer = Memory(standard())
    company = peer.company
    people = [row.key for row in company.live(Kind.CONTACT)][:4]
    for key in people:
        company.change(Kind.CONTACT, key, opted_out=True)
    company.wait(minutes=30)
    promise.sync(database, peer)
    for key in people:
        company.change(Kind.CONTACT, key, opted_out=False)
    company.wait(minutes=30)
    held = promise.sync(database, peer)
    assert held.state == RunState.HELD
    assert "4 of 4 contacts who had opted out" in (held.message or "")
    kept = promise.ours(database, peer, Kind.CONTACT)
    assert all(kept[peer.id_of(Kind.CONTACT, key)]["opted_out"] for key in people)


def test_one_person_who_takes_an_opt_out_back_in_the_crm_stops_no_run(database: Database) -> None:
    peer = Memory(standard())
    company = peer.company
    company.change(Kind.CONTACT, "alder-1", opted_out=True)
    company.wait(minutes=30)
    promise.sync(database, peer)
    company.change(Kind.CONTACT, "alder-1", opted_out=False)
    company.wait(minutes=30)
    assert promise.sync(database, peer).state == RunState.COMPLETE
