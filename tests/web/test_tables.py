"""The registry of the pages' tables: one declaration makes links, files, commands and the audit line."""

import csv
import io
import re
from typing import Any

import pyarrow.parquet as pq
from openpyxl import load_workbook
from sqlalchemy import delete, select, update

from tests.web.company import Company
from voc.base import audit, schema
from voc.base.access import Viewer
from voc.base.words import StaffRole
from voc.reports.tables import Format
from voc.web.page_tables import BY_NAME, TABLES
from voc.web.parts import files
from voc.web.tables import write


def test_every_table_has_a_name_of_its_own_and_every_column_too() -> None:
    assert len(BY_NAME) == len(TABLES)
    for table in TABLES:
        names = [column.name for column in table.columns]
        assert len(names) == len(set(names)), table.name
        assert all(re.fullmatch(r"[a-z][a-z0-9_]*", name) for name in names), (table.name, names)


def test_the_links_of_a_page_keep_its_filters() -> None:
    assert [(one.words, one.href) for one in files("/silent?days=90", "of these")] == [
        ("CSV", "/silent.csv?days=90"),
        ("XLSX", "/silent.xlsx?days=90"),
        ("Parquet", "/silent.parquet?days=90"),
    ]


def test_a_file_in_any_format_is_the_same_table_for_the_same_people(site: Any) -> None:
    by_path = {route.path: route.route_handlers for route in site.routes if hasattr(route, "route_handlers")}
    for table in TABLES:
        opts = [one.opt for format in table.formats for one in by_path[f"{table.path}.{format}"] if "table" in one.opt]
        assert [opt["table"] for opt in opts] == [table.name] * len(table.formats)
        assert {opt["roles"] for opt in opts} == {frozenset(table.roles)}


def test_three_formats_say_the_same_and_each_is_in_the_audit_log(company: Company) -> None:
    marcus = company.enter("marcus")
    path = "/engagement/by-csm"
    text = marcus.get(f"{path}.csv?days=180").content.decode("utf-8-sig").splitlines()
    answer = marcus.get(f"{path}.xlsx?days=180&%3D1%2B1=x&utm_source=mail&team=")
    assert answer.headers["content-disposition"] == 'attachment; filename="engagement-by-csm.xlsx"'
    book = load_workbook(io.BytesIO(answer.content))
    table = pq.read_table(io.BytesIO(marcus.get(f"{path}.parquet?days=180").content))
    assert len(text) - 1 == book["Rows"].max_row - 1 == table.num_rows > 1
    assert [row[0].value for row in book["Rows"]][1:] == table.column("csm").to_pylist()
    told = {row[0].value: row[1].value for row in book["About"]}
    assert [name for name in told if str(name).startswith("Filter")] == ["Filter: days"]  # of what came, what it knows
    assert told["Filter: days"] == "180"
    assert told["Taken by"] == "Marcus Oyelaran"
    assert str(told["Period"]).startswith("180 days: due after")
    assert str(table.schema.field("revenue").type) == "decimal128(18, 2)"
    with company.app.database.read() as db:
        lines = [one for one in audit.listing(db, limit=3) if one.action == "exported"]
    assert {one.detail["as"] for one in lines} == set(Format)
    assert {one.detail["rows"] for one in lines} == {table.num_rows}


def test_nothing_of_what_was_asked_in_confidence_leaves_by_any_file(company: Company) -> None:
    """Somebody whose answer is known is asked in confidence after all: every table, to whoever sees all."""
    with company.app.database.begin() as db:
        answered = select(schema.response.c.invitation_id).where(schema.response.c.score.is_not(None)).limit(1)
        secret = db.execute(answered.order_by(schema.response.c.id)).scalar_one()
        row = db.execute(select(schema.invitation).where(schema.invitation.c.id == secret)).one()
        db.execute(update(schema.invitation).where(schema.invitation.c.id == secret).values(confidential=True))
        replies = select(schema.response.c.id).where(schema.response.c.invitation_id == secret)
        said = {"text": "NOBODY MAY READ THIS"}
        db.execute(update(schema.answer).where(schema.answer.c.response_id.in_(replies)).values(**said))
        db.execute(delete(schema.follow_up).where(schema.follow_up.c.response_id.in_(replies)))
    clara = Viewer(1, "Clara Wendt", StaffRole.ADMIN)
    asked = {"wave_id": str(row.wave_id), "run_id": "1", "figure": "response_rate", "scope": "total"}
    written = 0
    for table in TABLES:
        if table.name in ("scorecard", "scorecard-rows", "rehearsal-mails", "rehearsal-not-asked"):
            continue  # nobody has approved or frozen a month; a rehearsal is of a wave to come
        out = io.BytesIO()
        write(company.app, clara, table, asked, as_format=Format.CSV, out=out, asked_for="a test")
        text = out.getvalue().decode("utf-8-sig")
        assert "NOBODY MAY READ THIS" not in text, table.name
        for line in csv.DictReader(io.StringIO(text, newline="")):
            if table.name == "kept-invitations" and line["id"] == str(secret):
                written += 1
                assert (line["answered_at"], line["disposition"]) == ("", "")
            if table.name in ("kept-answers", "rows"):
                assert line.get("invitation_id") != str(secret)
                assert (line.get("Record"), line.get("Record id")) != ("invitation", str(secret))
    assert written == 1
