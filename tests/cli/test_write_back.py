"""`voc write-back`: a rehearsal anybody can read, honest exit codes, one JSON document."""

import json
from pathlib import Path

import pytest

from tests.builders import NOW, add_account, add_contact, add_csm, add_follow_up
from voc.accounts.connection import Connection, Crm
from voc.accounts.store import connections
from voc.base.db import Database
from voc.cli import main


def call(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as ended:
        main(words)
    out, err = capsys.readouterr()
    return int(ended.value.code or 0), out, err


@pytest.fixture
def folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> str:
    """An installation with a connection, everything off, and one open follow-up."""
    folder = tmp_path / "here"
    assert call(capsys, "init", "--yes", "--directory", str(folder))[0] == 0
    database = Database(f"sqlite:///{folder / 'voc.db'}")
    with database.begin() as db:
        place = "https://acme.my.salesforce.com"
        connections.put_connection(db, Connection(Crm.SALESFORCE, place=place, user="id"), by="test", now=NOW)
        add_csm(db)
        add_account(db)
        add_contact(db)
        add_follow_up(db)
    database.close()
    return str(folder)


def test_with_everything_off_it_says_where_to_begin(folder: str, capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = call(capsys, "write-back", "--directory", folder)
    assert code == 1
    assert "nothing is switched on" in err


def test_a_rehearsal_shows_what_a_switch_would_write(folder: str, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = call(capsys, "write-back", "--directory", folder, "--rehearse", "--switch", "tasks")
    assert code == 0
    assert "Get back to Ana Ruiz at Calder & Moss Foods" in out
    assert "1 would be written now, 0 wait or were refused. Nothing was sent." in out
    code, out, _ = call(capsys, "write-back", "--directory", folder, "--rehearse", "--switch", "tasks", "--json")
    (plan,) = json.loads(out)
    assert (code, plan["state"], plan["values"]["owner_id"]) == (0, "new", "csm-1")


def test_switches_are_for_rehearsals_only(folder: str, capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = call(capsys, "write-back", "--directory", folder, "--switch", "tasks")
    assert code == 2
    assert "--rehearse" in err
