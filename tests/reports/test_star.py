"""The star schema: whole, joined without a lost row, equal to the pages, and silent where the service is silent."""

import csv
import io
import json
import os
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from sqlalchemy import Connection, insert, select, update

from tests import builders
from tests.builders import NOW
from tests.metrics.world import DAY, World, hand_over
from voc.base import schema
from voc.base.access import Viewer
from voc.base.db import Database
from voc.base.errors import Refused
from voc.base.secrets import Vault
from voc.base.words import Scope, StaffRole
from voc.metrics import run
from voc.metrics.run.forest import views
from voc.metrics.run.forest.views import Asked
from voc.reports.star import STAR, dictionary, writing
from voc.reports.star.model import Sort
from voc.reports.tables import Format

LEADER = Viewer(None, "Marcus", StaffRole.LEADER)
Tables = dict[str, list[dict[str, Any]]]
PEOPLE = ("ana", "bo", "cai", "dag", "eva", "fay")


def fill(database: Database) -> None:
    """Two accounts, seven asked by name in every way it can end, and a wave in confidence."""
    with database.begin() as db:
        world = World(db)
        builders.add_account(db, "acc-1", name="Calder", country="DE")
        builders.add_account(db, "acc-2", name="Vantor", csm_id="csm-2", country="US", parent_id="acc-1")
        for name in PEOPLE:
            account_id = "acc-1" if name < "d" else "acc-2"
            builders.add_contact(db, name, account_id=account_id, roles=("champion",), last_name=name.capitalize())
        world.ask("ana", answer=3, roles=("champion", "end_user"))
        world.ask("bo", answer=9, disposition="partial")
        world.ask("cai")
        world.ask("dag", account_id="acc-2", csm_id="csm-2", disposition="unknown")
        world.ask("eva", account_id="acc-2", csm_id="csm-gone", answer=8, after_days=30)
        world.ask("fay", account_id="acc-2", days_ago=10)  # under way
        world.leave_out("fay", "opted_out", account_id="acc-2")
        secret = world.ask("ana", answer=1, after_days=3, wave="secret", confidential=True, bounced_at=NOW - DAY)
        db.execute(update(schema.wave).where(schema.wave.c.label == "secret").values(confidential=True))
        db.execute(update(schema.answer).where(schema.answer.c.question == "recommend").values(text="Ana Ruiz says no"))
        builders.add_message(db, "inv:1:invite", invitation_id=1, step="invite", sent_at=NOW - 60 * DAY)
        wave_id = world.waves["secret"]
        for step in ("invite", "reminder_1"):
            key = f"inv:{secret}:{step}"
            sent = {"sent_at": NOW - 50 * DAY, "bounced_at": NOW - 40 * DAY}
            builders.add_message(db, key, invitation_id=secret, wave_id=wave_id, step=step, **sent)
        builders.add_follow_up(db, contact_id="ana", contacted_at=NOW - DAY, outcome="Ana was called")
        add_themes(db)
        deal = {"id": "opp-1", "account_id": "nobody", "name": "x", "closed": True, "won": True, "hash": ""}
        db.execute(insert(schema.opportunity).values(**deal, state="live"))


def add_themes(db: Connection) -> None:
    """Two comments about support, one of them in confidence, another about nothing; an improvement, told to Ana."""
    themes = {"support": False, "price": False, "old": True}
    common = {"department": "Service", "words": {"en": ["support"]}, "version": 1}
    ids = {
        key: db.execute(
            insert(schema.theme).values(key=key, name=key.capitalize(), retired=retired, **common).returning(_ID)
        ).scalar_one()
        for key, retired in themes.items()
    }
    for number in db.execute(select(schema.response.c.id).order_by(schema.response.c.id)).scalars().all():
        said = {"response_id": number, "question": "recommend", "at": NOW}
        marks = [("support", "rule", True), ("price", "rule", True), ("price", "person", False), ("old", "rule", True)]
        for key, source, holds in marks:
            db.execute(insert(schema.verbatim_theme).values(theme_id=ids[key], source=source, holds=holds, **said))
    plan = {"title": "Answer within a day", "department": "Service", "owner": "Ola Nord", "state": "done"}
    days = {"due_on": NOW.date(), "since_on": NOW.date(), "opened_at": NOW, "opened_by": "Marcus", "closed_at": NOW}
    values = {"theme_id": ids["support"], "done": "Ana asked for it", **plan, **days}
    made = db.execute(insert(schema.improvement).values(**values).returning(schema.improvement.c.id)).scalar_one()
    line = {"account_id": "acc-1", "contact_id": "ana"}
    told = {**line, "line": "We answer within a day", "written_at": NOW, "written_by": "voc"}
    you_said_id = db.execute(insert(schema.you_said).values(**told).returning(schema.you_said.c.id)).scalar_one()
    db.execute(insert(schema.improvement_line).values(improvement_id=made, you_said_id=you_said_id, **line))


_ID = schema.theme.c.id


def written(database: Database, vault: Vault, folder: Path, **wishes: Any) -> Path:
    return writing.write_star(database, folder, vault=vault, now=NOW, **wishes).folder


def read(folder: Path) -> Tables:
    """Every table as rows by name; a folder of files is one table."""
    return {
        one.name: pq.read_table(path if path.is_dir() else path.with_suffix(".parquet")).to_pylist()
        for one in STAR
        if (path := folder / one.name).is_dir() or path.with_suffix(".parquet").exists()
    }


@pytest.fixture
def tables(database: Database, vault: Vault, tmp_path: Path) -> Tables:
    fill(database)
    run.snapshot(database, NOW)
    return read(written(database, vault, tmp_path / "star", personal=True))


def test_every_column_of_every_file_is_in_the_dictionary_and_the_other_way_round(tables: Tables) -> None:
    told = {(str(row[0]), str(row[3])) for row in dictionary.rows()}
    with_rows = {(name, column) for name, rows in tables.items() for column in (rows[0] if rows else ())}
    empty = {(one.name, field.name) for one in STAR if not tables[one.name] for field in one.fields}
    assert with_rows | empty == told
    assert {one.name for one in STAR} == set(tables)
    text = dictionary.markdown()
    assert all(f"| {column} |" in text and f"## {table}\n" in text for table, column in told)


def test_only_what_the_dictionary_says_is_ever_empty(tables: Tables) -> None:
    for one in STAR:
        rows = tables[one.name][1:] if one.sort == Sort.DIMENSION else tables[one.name]
        for field in one.fields:
            if not field.nulls or field.nulls == "in the first row":
                assert all(row[field.name] is not None for row in rows), (one.name, field.name)


def test_every_key_of_a_fact_is_found_in_the_table_it_refers_to_and_no_key_is_there_twice(tables: Tables) -> None:
    keys = {}
    for one in STAR:
        for field in one.key:
            found = [row[field.name] for row in tables[one.name]]
            assert len(found) == len(set(found)), one.name
            assert all(key < 2**53 for key in found)
            keys[one.name] = set(found)
    referred = 0
    for one in STAR:
        for field in one.fields:
            if field.refers:
                referred += 1
                assert {row[field.name] for row in tables[one.name]} <= keys[field.refers], (one.name, field.name)
    assert referred > 60
    assert [row["account_key"] for row in tables["fact_deal"]] == [0]  # of an account the CRM never showed
    names = {row["csm_id"]: row["known"] for row in tables["dim_csm"]}
    assert (names["csm-1"], names["csm-gone"]) == (1, 0)


def test_the_response_rate_of_the_page_comes_out_of_the_facts(database: Database, tables: Tables) -> None:
    with database.read() as db:
        by_csm = run.figures(db, scope=Scope.CSM, now=NOW)
        whole = run.figures(db, scope=Scope.TOTAL, now=NOW)[0].figures["response_rate"]
    rows = [row for row in tables["fact_invitation"] if row["due_at"] and row["due_at"] > NOW - 180 * DAY]
    assert (whole.numerator, whole.denominator) == (
        sum(row["answered_in_time"] for row in rows),
        sum(row["in_response_rate"] for row in rows),
    )
    assert (whole.numerator, whole.denominator) == (2, 4)
    keys = {row["csm_id"]: row["csm_key"] for row in tables["dim_csm"]}
    for one in by_csm:
        mine = [row for row in rows if row["csm_key"] == keys[one.id] and not row["inherited"]]
        figure = one.figures["response_rate"]
        counted = sum(row["answered_in_time"] for row in mine), sum(row["in_response_rate"] for row in mine)
        assert counted == (figure.numerator or 0, figure.denominator or 0), one.id
    kept = {row["name"]: row["figure_key"] for row in tables["dim_figure"]}["response_rate"]
    night = [
        (row["numerator"], row["denominator"], row["value"])
        for row in tables["fact_figure"]
        if row["figure_key"] == kept and row["scope"] == "total" and row["window_days"] == 180
    ]
    assert night == [(2.0, 4.0, None)]  # under five: the counts alone


def test_what_was_asked_in_confidence_says_nowhere_that_it_was_answered(tables: Tables) -> None:
    (secret,) = [row for row in tables["fact_invitation"] if row["confidential"]]
    told = ("answered_at", "disposition", "stopped", "score", "score_group")
    assert [secret[name] for name in told] == [None] * 5
    assert [secret[name] for name in ("answered", "delivered", "answered_in_time", "in_response_rate")] == [0] * 4
    assert secret["answered_date_key"] == 0
    assert secret["invitation_key"] not in {row["invitation_key"] for row in tables["fact_answer"]}
    mails = [row for row in tables["fact_message"] if row["invitation_key"] == secret["invitation_key"]]
    assert [row["step"] for row in mails] == ["invite"]  # a reminder goes only to who has not answered
    assert [row["bounced_at"] for row in mails] == [None]
    assert secret["bounced_at"] == secret["sent_at"]  # that it came back is told, but not when
    assert len(tables["fact_verbatim"]) == 3  # those given by name


def test_the_forest_comes_out_of_the_facts_as_its_page_counts_it(database: Database, tables: Tables) -> None:
    """Of five answers with the same words one was in confidence; a person took price off each, and one theme is old."""
    names = {row["theme_key"]: row["name"] for row in tables["dim_theme"]}
    rows = tables["fact_comment_theme"]
    assert {names[row["theme_key"]] for row in rows} == {"Support"}
    with database.read() as db:
        page = views.forest(db, LEADER, Asked(180), cut=None, now=NOW)
    assert page.forest is not None
    (support,) = [one for one in page.forest.lines if page.themes[one.theme_id].name == "Support"]
    people = {(row["account_key"], row["contact_key"]) for row in rows}
    assert (len(people), len({row["account_key"] for row in rows})) == (support.count.people, support.count.accounts)
    assert {row["score_group"] for row in rows} == {"detractor", "promoter", "passive"}
    assert {row["by_person"] for row in rows} == {0}


def test_an_improvement_stands_beside_its_theme_and_whom_it_was_told(tables: Tables) -> None:
    (done,) = tables["fact_improvement"]
    (line,) = tables["bridge_improvement_person"]
    themes = {row["theme_key"]: row["theme"] for row in tables["dim_theme"]}
    assert (themes[done["theme_key"]], done["state"], done["overdue"], done["drafted"]) == ("support", "done", 0, 1)
    accounts = {row["account_key"]: row["name"] for row in tables["dim_account"]}
    assert (line["improvement_key"], accounts[line["account_key"]]) == (done["improvement_key"], "Calder")


def test_every_relation_stands_in_the_dictionary_once() -> None:
    pairs = [f"| {a.name}.{x.name} | {b.name}.{y.name} |" for a, x, b, y in dictionary.relations()]
    text = dictionary.markdown()
    assert len(pairs) == len(set(pairs)) > 80
    assert all(text.count(pair) == 1 for pair in pairs)
    assert "| fact_comment_theme.theme_key | dim_theme.theme_key |" in pairs


def test_nobody_is_named_unless_it_is_asked_for(database: Database, vault: Vault, tmp_path: Path) -> None:
    fill(database)
    folder = written(database, vault, tmp_path / "star", as_format=Format.CSV)
    assert not (folder / "dim_contact_person.csv").exists()
    assert not (folder / "fact_verbatim.csv").exists()
    files = {path.name: path.read_text("utf-8-sig") for path in folder.glob("*_*.csv")}
    for name, text in files.items():
        cells = {cell for row in csv.reader(io.StringIO(text, newline="")) for cell in row}
        assert not cells & {*PEOPLE, *(one.capitalize() for one in PEOPLE)}, name
        assert "calder.example" not in text, name
        assert "Ana" not in text, name
    assert json.loads((folder / "export.json").read_bytes())["personal_data"] is False


def test_the_files_of_a_past_quarter_stay_the_same_whatever_comes_later(
    database: Database, vault: Vault, tmp_path: Path
) -> None:
    fill(database)
    run.snapshot(database, NOW)
    before = written(database, vault, tmp_path / "before")
    later = NOW + 60 * DAY
    with database.begin() as db:
        hand_over(db, "acc-1", "csm-2", at=NOW + DAY)
        account = schema.account.c.id == "acc-2"
        db.execute(update(schema.account).where(account).values(state="merged", csm_id="csm-1", name="Gone"))
        db.execute(insert(schema.alias).values(kind="account", loser_id="acc-2", winner_id="acc-1"))
        db.execute(update(schema.contact).where(schema.contact.c.id == "bo").values(state="merged"))
        db.execute(insert(schema.alias).values(kind="contact", loser_id="bo", winner_id="ana"))
        late = {"answered_at": NOW + DAY, "disposition": "complete"}
        db.execute(update(schema.invitation).where(schema.invitation.c.contact_id == "cai").values(**late))
    run.snapshot(database, later)
    after = writing.write_star(database, tmp_path / "after", vault=vault, now=later).folder
    kept = [path.name for path in sorted((before / "fact_figure").iterdir())]
    assert kept == ["2026-Q1.parquet"]
    assert sorted(path.name for path in (after / "fact_figure").iterdir()) == ["2026-Q1.parquet", "2026-Q2.parquet"]
    assert (before / "fact_figure" / kept[0]).read_bytes() == (after / "fact_figure" / kept[0]).read_bytes()
    found = read(after)
    accounts = {row["account_id"]: row for row in found["dim_account"]}
    assert accounts["acc-2"]["merged_into_key"] == accounts["acc-1"]["account_key"]
    assert {row["account_key"] for row in found["fact_invitation"]} == {accounts["acc-1"]["account_key"]}
    assert {row["account_key"] for row in found["fact_figure"]} <= {row["account_key"] for row in found["dim_account"]}


def test_keys_are_those_of_the_installation_and_the_same_in_every_export(
    sqlite: Database, vault: Vault, tmp_path: Path
) -> None:
    fill(sqlite)
    one, two = (written(sqlite, vault, tmp_path / name) for name in ("one", "two"))
    same = [path.name for path in one.iterdir() if path.suffix == ".parquet"]
    assert all((one / name).read_bytes() == (two / name).read_bytes() for name in same)
    assert len(same) > 20


def test_a_folder_with_something_else_is_left_alone_and_an_earlier_export_is_replaced(
    sqlite: Database, vault: Vault, tmp_path: Path
) -> None:
    fill(sqlite)
    (tmp_path / "papers").mkdir()
    (tmp_path / "papers" / "thesis.txt").write_text("mine")
    with pytest.raises(Refused, match="holds something else than an export"):
        written(sqlite, vault, tmp_path / "papers")
    with pytest.raises(Refused, match="for leaders and programme owners"):
        written(sqlite, vault, tmp_path / "star", viewer=Viewer(4, "Dana", StaffRole.CSM, "csm-1"))
    assert not (tmp_path / "star").exists()
    folder = written(sqlite, vault, tmp_path / "star", as_format=Format.CSV)
    (folder / "fact_answer.csv").write_text("old")
    again = written(sqlite, vault, tmp_path / "star", as_format=Format.CSV)
    assert (again / "fact_answer.csv").read_text("utf-8-sig").startswith("answer_key,")
    killed = [tmp_path / f".star.{ending}-1" for ending in ("part", "old")]
    for one in killed:
        one.mkdir()
        (one / "fact_answer.csv").write_text("half")
        os.utime(one, (0, 0))
    written(sqlite, vault, tmp_path / "star", as_format=Format.CSV)
    assert [path.name for path in tmp_path.glob(".star*")] == []


def test_the_dictionary_that_ships_is_that_of_the_code() -> None:
    shipped = Path(dictionary.__file__).parent / "DICTIONARY.md"
    assert shipped.read_text("utf-8") == dictionary.markdown(), "make it anew: voc export dictionary"
