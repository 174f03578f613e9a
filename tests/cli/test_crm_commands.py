"""voc sync and voc doctor over the stored connection: look, try, read; what is wrong, with its mend."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.builders import add_sync_run
from tests.cli.test_commands import SAMPLE, rehearsal, run
from voc import app as wiring
from voc.accounts import run as accounts
from voc.accounts.connection import Connection, Crm
from voc.web.context import App

__all__ = ["rehearsal", "run"]

Run = Callable[..., tuple[int, str, str]]
AT = datetime(2026, 3, 2, 8, tzinfo=UTC)


@pytest.fixture
def connected(rehearsal: str) -> str:
    return connect(rehearsal, SAMPLE / "day1")


def connect(folder: str, place: Path) -> str:
    app = wiring.open_app(Path(folder))
    with app.database.begin() as db:
        made = Connection(crm=Crm.CSV, place=str(place.resolve()))
        accounts.save_connection(db, made, secrets={}, actor="Clara", now=AT, vault=app.vault)
    app.database.close()
    return folder


def opened(folder: str) -> App:
    return wiring.open_app(Path(folder))


def test_sync_reads_the_stored_connection(run: Run, connected: str) -> None:
    code, out, _ = run("sync", "--directory", connected, "--json")
    found = json.loads(out)
    assert code == 0
    assert found["state"] == "complete"
    assert found["source"].startswith("csv:")
    assert "usage" in found
    assert found["problems"]["rejected"]


def test_a_try_says_what_would_come_and_writes_nothing(run: Run, connected: str) -> None:
    code, out, _ = run("sync", "--directory", connected, "--try")
    assert code == 0
    assert "1,397 created" in out
    assert "nothing was written" in out
    _, out, _ = run("recruiting", "--directory", connected, "--json")
    assert json.loads(out) == {"steps": []}


def test_a_look_prints_objects_and_fields(run: Run, connected: str) -> None:
    code, out, _ = run("sync", "--directory", connected, "--check")
    assert code == 0
    assert "Contact.csv" in out or "contact" in out
    _, out, _ = run("sync", "--directory", connected, "--check", "--json")
    assert {one["kind"] for one in json.loads(out)["probe"]["objects"]} >= {"account", "contact"}


def test_a_look_at_a_folder_without_an_opt_out_is_refused(run: Run, rehearsal: str, tmp_path: Path) -> None:
    (tmp_path / "accounts.csv").write_text("id,name\n1,Globex\n")
    (tmp_path / "contacts.csv").write_text("id,account_id,email\n1,1,ana@globex.example\n")
    code, out, err = run("sync", "--directory", rehearsal, "--source", f"csv:{tmp_path}", "--check")
    assert code == 1
    assert "opted" in out + err or "mail" in out + err


def test_looking_and_trying_do_not_go_together(run: Run, connected: str) -> None:
    code, _, err = run("sync", "--directory", connected, "--check", "--try")
    assert code == 2
    assert "together" in err


def test_a_name_that_is_no_connection_is_refused_with_the_mend(run: Run, rehearsal: str) -> None:
    for words in (("--source", "crm"), ("--source", "odoo", "--check"), ()):
        code, out, err = run("sync", "--directory", rehearsal, *words)
        assert (code, out) == (1, "")
        assert "Settings > CRM" in err


def findings(run: Run, folder: str, *words: str) -> str:
    _, out, _ = run("doctor", "--directory", folder, *words)
    return out


def test_the_doctor_says_what_a_paused_held_or_failed_reading_needs(run: Run, connected: str) -> None:
    run("sync", "--directory", connected)
    for state, said in (
        ("paused", "is paused: The day's requests are used"),
        ("held", "Decide on the page /sync/"),
        ("failed", "failed: The day's requests are used"),
    ):
        app = opened(connected)
        with app.database.begin() as db:
            add_sync_run(db, state=state, message="The day's requests are used.", started_at=AT)
        app.database.close()
        assert said in findings(run, connected)


def test_the_doctor_says_that_a_connection_is_not_switched_on_and_calls_it_when_asked(
    run: Run, connected: str, tmp_path: Path
) -> None:
    assert "Look    reading csv on schedule is off" in findings(run, connected)
    assert "cannot be checked" not in findings(run, connected, "--crm")
    connect(connected, tmp_path / "gone")
    assert "gone" in findings(run, connected, "--crm")
