"""Tables leave whole, readable and harmless, and only to whom may see them."""

import csv
import io
from decimal import Decimal
from pathlib import Path

import pytest

from tests import builders
from tests.builders import NOW
from tests.metrics.world import World
from voc.base.access import Viewer
from voc.base.db import Database
from voc.base.errors import NotFound, Refused
from voc.base.words import StaffRole
from voc.metrics import run
from voc.reports import export

BEN = Viewer(4, "Ben Carver", StaffRole.CSM, "csm-2")


def fill(database: Database) -> None:
    with database.begin() as db:
        world = World(db)
        builders.add_account(db, "acc-1", name='=HYPERLINK("http://evil")', arr=Decimal("1200.50"))
        builders.add_account(db, "acc-2", name="Vantor", csm_id="csm-2")
        builders.add_contact(db, "ana", roles=("champion", "end_user"), last_name="Ruíz")
        world.ask("ana", answer=3, roles=("champion", "end_user"))
        builders.add_follow_up(db, contact_id="ana", outcome="-50% next year")
    run.snapshot(database, NOW)


def read(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(path.read_text("utf-8-sig"), newline="")))


def test_every_table_has_a_file_with_its_rows(database: Database, tmp_path: Path) -> None:
    fill(database)
    written = export.write_files(database, tmp_path / "out")
    assert {name: len(read(tmp_path / "out" / f"{name}.csv")) for name in export.tables()} == written
    assert {name: count for name, count in written.items() if name != "figures"} == {
        "accounts": 2,
        "contacts": 1,
        "invitations": 1,
        "answers": 1,
        "follow_ups": 1,
    }
    assert written["figures"] > 30
    assert [path.suffix for path in (tmp_path / "out").iterdir()] == [".csv"] * 6


def test_cells_are_exact_and_none_is_a_formula(database: Database, tmp_path: Path) -> None:
    fill(database)
    export.write_files(database, tmp_path)
    account = read(tmp_path / "accounts.csv")[0]
    assert account["name"].startswith("'=")
    assert account["arr"] == "1200.50"
    assert read(tmp_path / "follow_ups.csv")[0]["outcome"] == "'-50% next year"
    assert read(tmp_path / "contacts.csv")[0]["roles"] == "champion end_user"
    assert read(tmp_path / "contacts.csv")[0]["last_name"] == "Ruíz"
    asked = read(tmp_path / "invitations.csv")[0]
    assert (asked["roles"], asked["disposition"], asked["inherited"]) == ("champion end_user", "complete", "no")
    assert asked["sent_at"].endswith("+00:00")
    assert read(tmp_path / "answers.csv")[0]["number"] == "3"


def test_a_csm_gets_own_accounts_only(database: Database, tmp_path: Path) -> None:
    fill(database)
    written = export.write_files(database, tmp_path, viewer=BEN)
    assert (written["accounts"], written["contacts"], written["answers"]) == (1, 0, 0)
    scopes = {(row["scope"], row["scope_id"]) for row in read(tmp_path / "figures.csv")}
    assert scopes <= {("account", "acc-2"), ("csm", "csm-2")}


def test_an_unknown_table_or_a_file_in_the_way_is_told_and_leaves_nothing(database: Database, tmp_path: Path) -> None:
    with pytest.raises(NotFound, match=r"There are: accounts, contacts"):
        export.write_files(database, tmp_path, names=["customers"])
    (tmp_path / "taken").write_text("a file")
    with pytest.raises(Refused, match="Name another folder"):
        export.write_files(database, tmp_path / "taken")
    assert not list(tmp_path.glob("*.csv*"))
