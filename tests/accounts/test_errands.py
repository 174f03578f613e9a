"""An errand to the CRM is done once, by one worker, and what it found is kept encrypted and not for long."""

from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from tests.builders import NOW
from voc.accounts.checking import Checked, Tried, meaning, whereabouts
from voc.accounts.connection import Connection, Crm
from voc.accounts.connector import Outside
from voc.accounts.model import Progress
from voc.accounts.run import errands as doing
from voc.accounts.run import save_connection
from voc.accounts.store import errands
from voc.accounts.store.errands import ErrandState
from voc.base.clock import SetClock
from voc.base.db import Database
from voc.base.errors import Refused
from voc.base.secrets import Vault
from voc.base.words import ErrandKind

CHECK, TRY = ErrandKind.CHECK, ErrandKind.TRY
SAMPLE = Path(__file__).parent / "crm-sample" / "day1"
FOLDER = Connection(crm=Crm.CSV, place=str(SAMPLE))


def outside(clock: SetClock) -> Outside:
    return Outside(clock.now, lambda _seconds: None)


def test_one_worker_gets_it_and_the_second_nothing(database: Database) -> None:
    with database.begin() as db:
        errands.ask(db, CHECK, of="x", by="Clara", now=NOW)
        assert errands.waits(db, CHECK)
        assert not errands.waits(db, TRY)
    with database.begin() as db:
        mine = errands.take(db, CHECK, now=NOW)
        assert mine is not None
        assert errands.take(db, CHECK, now=NOW) is None
        errands.seen(db, mine, Progress("looking", None, 3, 0.5), now=NOW + timedelta(seconds=4))
    with database.read() as db:
        found = errands.errand(db, CHECK)
    assert found is not None
    assert found.state(NOW) == ErrandState.UNDER_WAY
    assert found.progress == Progress("looking", None, 3, 0.5)
    assert found.state(NOW + timedelta(minutes=3)) == ErrandState.STOPPED


def test_it_is_not_asked_twice_while_somebody_is_at_it(database: Database) -> None:
    with database.begin() as db:
        errands.ask(db, CHECK, of="x", by="Clara", now=NOW)
        errands.ask(db, CHECK, of="x", by="Clara", now=NOW)  # pressed twice
        errands.take(db, CHECK, now=NOW)
        with pytest.raises(Refused, match="Clara asked for it"):
            errands.ask(db, CHECK, of="x", by="Jonas", now=NOW)
        errands.ask(db, CHECK, of="x", by="Jonas", now=NOW + timedelta(minutes=5))  # its worker is gone


def test_a_worker_that_comes_late_overwrites_nothing(database: Database) -> None:
    with database.begin() as db:
        errands.ask(db, CHECK, of="x", by="Clara", now=NOW)
        mine = errands.take(db, CHECK, now=NOW)
        assert mine is not None
        errands.ask(db, CHECK, of="y", by="Jonas", now=NOW + timedelta(minutes=5))
        errands.end(db, mine, trouble=None, ciphertext=b"old", now=NOW + timedelta(minutes=6))
        found = errands.errand(db, CHECK)
    assert found is not None
    assert found.ended_at is None


def test_a_check_and_a_try_of_a_folder_from_asking_to_what_they_found(
    database: Database, vault: Vault, clock: SetClock
) -> None:
    with database.begin() as db:
        save_connection(db, FOLDER, secrets={}, actor="Clara", now=NOW, vault=vault)
        errands.ask(db, CHECK, of=whereabouts(FOLDER), by="Clara", now=NOW)
        errands.ask(db, TRY, of=meaning(FOLDER), by="Clara", now=NOW)
    for kind in (CHECK, TRY):
        assert doing.look(database, kind, vault=vault, outside=outside(clock))
        assert not doing.look(database, kind, vault=vault, outside=outside(clock))
    with database.read() as db:
        looked, tried = errands.errand(db, CHECK), errands.errand(db, TRY)
    assert looked is not None
    assert tried is not None
    assert looked.ciphertext is not None
    checked = doing.checked(looked, FOLDER, vault)
    assert isinstance(checked, Checked)
    name = next(row["LastName"] for rows in checked.samples.values() for row in rows if row.get("LastName"))
    assert name.encode() not in looked.ciphertext
    assert isinstance(doing.tried(tried, FOLDER, vault), Tried)
    assert doing.checked(looked, msgspec.structs.replace(FOLDER, place="/srv/other"), vault) is None


def test_what_stopped_it_is_kept_in_words(database: Database, vault: Vault, clock: SetClock, tmp_path: Path) -> None:
    gone = Connection(crm=Crm.CSV, place=str(tmp_path / "gone"))
    with database.begin() as db:
        save_connection(db, gone, secrets={}, actor="Clara", now=NOW, vault=vault)
        errands.ask(db, TRY, of=meaning(gone), by="Clara", now=NOW)
    assert doing.look(database, TRY, vault=vault, outside=outside(clock))
    with database.read() as db:
        found = errands.errand(db, TRY)
    assert found is not None
    assert found.state(NOW) == ErrandState.FAILED
    assert "no such folder" in (found.trouble or "")


def test_rows_of_the_crm_are_forgotten_after_a_while(database: Database) -> None:
    with database.begin() as db:
        errands.ask(db, CHECK, of="x", by="Clara", now=NOW)
        mine = errands.take(db, CHECK, now=NOW)
        assert mine is not None
        errands.end(db, mine, trouble=None, ciphertext=b"rows", now=NOW)
        errands.forget(db, before=NOW)
        assert errands.errand(db, CHECK) is not None
        errands.forget(db, before=NOW + timedelta(days=1))
        assert errands.errand(db, CHECK) is None
