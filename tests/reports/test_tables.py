"""A table says the same in every format, and its words come from strangers."""

import csv
import io
import os
import re
import tracemalloc
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any, BinaryIO, cast

import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook
from openpyxl.worksheet._writer import ALL_TEMP_FILES

from voc.base.errors import Refused
from voc.reports.cells import csv_text, harmless
from voc.reports.tables import About, Column, Format, Kind, Row, parquet, whole, write, write_file, xlsx

MOMENT = datetime(2026, 3, 3, 9, 30, tzinfo=UTC)
COLUMNS = (
    Column("Account"),
    Column("Asked", Kind.WHOLE),
    Column("Response", Kind.SHARE, "Of those due"),
    Column("Revenue", Kind.MONEY),
    Column("Renewal", Kind.DAY),
    Column("Sent", Kind.MOMENT),
    Column("Late", Kind.YES),
)
ROW: Row = ("Kühne, =1", 12, 0.625, Decimal("1200.50"), date(2026, 9, 1), MOMENT, True)
EMPTY: Row = (None,) * 7
ABOUT = About("Silent accounts", "What it is", [("As of", "2026-03-03"), ("Taken by", "Clara")])


def made(as_format: Format, rows: Any = (ROW, EMPTY), columns: Any = COLUMNS) -> bytes:
    out = io.BytesIO()
    assert write(out, columns, rows, as_format=as_format, about=ABOUT) == len(list(rows))
    return out.getvalue()


@pytest.mark.parametrize("start", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", " =1", "\uff1d1", "|calc", "%0A=1"])
def test_no_cell_starts_a_formula(start: str) -> None:
    assert harmless(start).startswith("'")
    text = made(Format.CSV, [(start,)], [Column("=Account")]).decode("utf-8-sig")
    assert [line[0][0] for line in csv.reader(io.StringIO(text, newline=""))] == ["'", "'"]
    page = load_workbook(io.BytesIO(made(Format.XLSX, [(start,)], [Column("=Account")])))["Rows"]
    assert all(cell.data_type == "s" and str(cell.value).startswith("'") for row in page for cell in row)


def test_numbers_stay_numbers_even_below_zero() -> None:
    assert [harmless(value) for value in (-3, -2.5, Decimal("-1.50"), True)] == ["-3", "-2.5", "-1.50", "yes"]


def test_moments_are_iso_and_nothing_is_empty() -> None:
    moment = datetime(2026, 3, 3, 9, tzinfo=UTC)
    assert [harmless(v) for v in (moment, date(2026, 3, 3), None)] == ["2026-03-03T09:00:00+00:00", "2026-03-03", ""]


@given(st.lists(st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\x00")), min_size=2, max_size=2)))
def test_every_row_comes_back_as_many_cells(rows: list[list[str]]) -> None:
    read = list(csv.reader(io.StringIO(csv_text(["a", "b"], rows), newline="")))
    assert read[1:] == [[harmless(cell) for cell in row] for row in rows]


def test_csv_has_its_mark_and_lines_that_end_as_the_standard_says() -> None:
    assert made(Format.CSV) == (
        b"\xef\xbb\xbfAccount,Asked,Response,Revenue,Renewal,Sent,Late\r\n"
        b'"K\xc3\xbchne, =1",12,0.625,1200.50,2026-09-01,2026-03-03T09:30:00+00:00,yes\r\n,,,,,,\r\n'
    )


def test_a_workbook_has_typed_cells_a_frozen_head_and_a_sheet_that_says_what_it_is() -> None:
    book = load_workbook(io.BytesIO(made(Format.XLSX)))
    page, about = book["Rows"], book["About"]
    assert page.freeze_panes == "A2"
    assert page.auto_filter.ref == "A1:G3"
    assert [cell.value for cell in page[1]][5] == "Sent (UTC)"
    assert [cell.value for cell in page[2]] == [
        "Kühne, =1", 12, 0.625, 1200.5, datetime(2026, 9, 1), datetime(2026, 3, 3, 9, 30), "yes",
    ]  # fmt: skip
    assert [cell.number_format for cell in page[2]][1:6] == [
        "#,##0", "0%", "#,##0.00", "yyyy-mm-dd", "yyyy-mm-dd hh:mm",
    ]  # fmt: skip
    assert [cell.value for cell in page[3]] == [None] * 7
    told = {row[0].value: row[1].value for row in about}
    assert (told["As of"], told["Taken by"], told["Rows"]) == ("2026-03-03", "Clara", "2")
    assert any(row[2].value == "Of those due" for row in about if len(row) > 2)


def test_parquet_has_types_groups_of_rows_and_what_it_is_in_its_metadata() -> None:
    found = pq.ParquetFile(io.BytesIO(made(Format.PARQUET)))
    types = [str(field.type) for field in found.schema_arrow]
    assert types == ["string", "int64", "double", "decimal128(18, 2)", "date32[day]", "timestamp[us, tz=UTC]", "bool"]
    assert found.schema_arrow.names == ["account", "asked", "response", "revenue", "renewal", "sent", "late"]
    assert found.read().to_pylist()[0] == dict(zip(found.schema_arrow.names, ROW, strict=True))
    assert found.schema_arrow.metadata[b"voc as of"] == b"2026-03-03"
    assert found.schema_arrow.field("response").metadata[b"meaning"] == b"Of those due"


def test_parquet_is_written_in_groups_so_that_the_rows_are_never_held_whole() -> None:
    many = parquet.GROUP + parquet.PORTION + 5
    out = io.BytesIO()
    rows = (("x", number) for number in range(many))
    assert write(out, (Column("A"), Column("N", Kind.WHOLE)), rows, as_format=Format.PARQUET, about=ABOUT) == many
    found = pq.ParquetFile(io.BytesIO(out.getvalue())).metadata
    groups = [found.row_group(number).num_rows for number in range(found.num_row_groups)]
    assert groups == [parquet.GROUP, parquet.PORTION + 5]


def test_a_sheet_that_cannot_hold_the_rows_is_refused_with_the_limit_and_leaves_no_file_behind() -> None:
    before = list(ALL_TEMP_FILES)
    with pytest.raises(Refused, match=r"A sheet holds 2 rows, and there are more\. Take CSV or Parquet"):
        xlsx.write(io.BytesIO(), [Column("Account")], [("a",), ("b",), ("c",)], ABOUT, most=3)
    assert before == ALL_TEMP_FILES


def test_what_a_sheet_cannot_hold_in_a_cell_is_cut_and_said_and_letters_it_cannot_hold_are_left_out() -> None:
    rows = [("a" * 40_000,), ("b\x0bc\uffff",), (" <b>&\n",)]
    page = load_workbook(io.BytesIO(made(Format.XLSX, rows, [Column("Words")])))["Rows"]
    assert len(page["A2"].value) == xlsx.LONGEST
    assert page["A2"].value.endswith(xlsx.CUT)
    assert page["A3"].value == "bc"
    assert page["A4"].value == " <b>&\n"


def test_a_day_before_a_spreadsheets_calendar_is_text_and_every_other_is_that_day() -> None:
    days = [date(1899, 12, 31), date(1900, 2, 28), date(1900, 3, 1), date(2024, 2, 29), date(9999, 12, 31)]
    columns = [Column("On", Kind.DAY), Column("At", Kind.MOMENT)]
    rows = [(on, datetime(on.year, on.month, on.day, 23, 59, 59, tzinfo=UTC)) for on in days]
    page = load_workbook(io.BytesIO(made(Format.XLSX, rows, columns)))["Rows"]
    found = [[cell.value for cell in row] for row in page.iter_rows(min_row=2)]
    assert found[:2] == [[on.isoformat(), at.isoformat()] for on, at in rows[:2]]
    assert found[2:] == [[datetime(on.year, on.month, on.day), at.replace(tzinfo=None)] for on, at in rows[2:]]


@settings(max_examples=15)
@given(st.lists(st.text(max_size=20), max_size=20))
def test_every_text_comes_back_from_a_workbook_as_csv_has_it(texts: list[str]) -> None:
    rows, columns = [(f"x{text}",) for text in texts], [Column("Words")]
    page = load_workbook(io.BytesIO(made(Format.XLSX, rows, columns)))["Rows"]
    found = [page.cell(number, 1).value for number in range(2, len(texts) + 2)]
    held = [re.sub("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]", "", one) for (one,) in rows]
    assert found == [one.replace("\r\n", "\n").replace("\r", "\n") for one in held]


def test_a_workbook_of_many_rows_holds_none_of_them() -> None:
    rows = (("Calder", number, 0.5) for number in range(20_000))
    columns = [Column("Account"), Column("N", Kind.WHOLE), Column("Share", Kind.SHARE)]
    tracemalloc.start()
    with TemporaryFile() as out:
        assert write(cast("BinaryIO", out), columns, rows, as_format=Format.XLSX, about=ABOUT) == 20_000
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert load_workbook(out, read_only=True)["Rows"]["B20001"].value == 19_999
    assert most < 2_500_000


def test_an_endless_number_is_empty_in_every_format() -> None:
    columns, rows = [Column("Of"), Column("Days", Kind.NUMBER)], [("a", float("inf"))]
    assert made(Format.CSV, rows, columns).splitlines()[1] == b"a,"
    assert pq.read_table(io.BytesIO(made(Format.PARQUET, rows, columns))).column("days").to_pylist() == [None]


def test_a_file_is_there_whole_or_not_at_all(tmp_path: Path) -> None:
    def broken() -> Iterator[Row]:
        yield ROW
        raise RuntimeError("the cable")

    path = tmp_path / "silent.csv"
    with pytest.raises(RuntimeError):
        write_file(path, COLUMNS, broken(), as_format=Format.CSV, about=ABOUT)
    assert list(tmp_path.iterdir()) == []
    assert write_file(path, COLUMNS, [ROW], as_format=Format.CSV, about=ABOUT) == 1
    with pytest.raises(Refused, match="could not be written"), whole(path / "x.csv"):
        pass


def test_of_two_who_write_one_file_each_writes_a_whole_one(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "table.csv"
    with whole(path) as first:
        first.write(b"first, as it began")
        with whole(path) as second:
            second.write(b"second")
        assert path.read_bytes() == b"second"
        first.write(b", and to its end")
    assert path.read_bytes() == b"first, as it began, and to its end"
    assert [one.name for one in path.parent.iterdir()] == ["table.csv"]


def test_a_place_where_no_file_can_be_is_refused_in_words(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("here")
    with pytest.raises(Refused, match="Name another file"), whole(tmp_path / "file" / "table.csv"):
        pass


def test_a_filter_s_name_may_hold_anything() -> None:
    out = io.BytesIO()
    about = About("Accounts", facts=[("Filter: \x01", "\x02 = 1")])
    write(out, COLUMNS, [ROW], as_format=Format.XLSX, about=about)
    assert str([row[0].value for row in load_workbook(out)["About"].iter_rows()][1]).startswith("Filter:")


@pytest.mark.parametrize("amount", [Decimal(10) ** 16, -1e20, Decimal("9e300"), 1e308])
@pytest.mark.parametrize("as_format", list(Format))
def test_an_amount_beyond_every_tool_is_refused_in_words_and_leaves_no_file(
    tmp_path: Path, as_format: Format, amount: Any
) -> None:
    path = tmp_path / f"a.{as_format}"
    with pytest.raises(Refused, match=r"An amount of -?\d\.\d{3}E\+\d+ is more than any file here holds"):
        write_file(path, [Column("Revenue", Kind.MONEY)], [[1], [amount]], as_format=as_format, about=ABOUT)
    assert list(tmp_path.iterdir()) == []


def test_the_largest_amount_and_what_is_no_amount_are_the_same_in_every_format() -> None:
    largest = Decimal("9999999999999999.99")
    columns, rows = [Column("Revenue", Kind.MONEY)], [[largest], [Decimal("NaN")], [Decimal("-Infinity")]]
    assert made(Format.CSV, rows, columns).decode("utf-8-sig").split() == ["Revenue", str(largest), *2 * ['""']]
    table = pq.read_table(io.BytesIO(made(Format.PARQUET, rows, columns)))
    assert table.column("revenue").to_pylist() == [largest, None, None]


def test_half_a_letter_is_marked_in_every_format_and_in_what_is_said_beside() -> None:
    columns, rows = [Column("Name")], [["Kühne \ud83d"]]
    about = About("Accounts", facts=[("Filter: team", "\udc80")])
    for as_format in Format:
        out = io.BytesIO()
        assert write(out, columns, rows, as_format=as_format, about=about) == 1
        if as_format == Format.CSV:
            assert "Kühne \ufffd" in out.getvalue().decode()
        if as_format == Format.PARQUET:
            assert pq.read_table(out).to_pylist() == [{"name": "Kühne \ufffd"}]
        if as_format == Format.XLSX:
            assert load_workbook(out)["Rows"]["A2"].value == "Kühne \ufffd"
            assert "\ufffd" in [row[1].value for row in load_workbook(out)["About"]]


def test_what_a_killed_process_left_is_swept_by_the_next_one_and_what_is_being_written_is_not(tmp_path: Path) -> None:
    left, other, new = (tmp_path / name for name in (".a.csv.xyz.part", ".b.csv.xyz.part", ".a.csv.abc.part"))
    for path in (left, other, new):
        path.write_text("half")
    day_ago = new.stat().st_mtime - 86_400
    for path in (left, other):
        os.utime(path, (day_ago, day_ago))
    write_file(tmp_path / "a.csv", COLUMNS, [ROW], as_format=Format.CSV, about=ABOUT)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([other.name, new.name, "a.csv"])
