"""Excel files in a folder: real dates, numbers and flags, the right sheet, and no harm from odd workbooks."""

import zipfile
from datetime import date, datetime
from pathlib import Path

import openpyxl
import pytest

from tests.accounts.exports import noon, record
from tests.accounts.folders import Read, Rows, write_csv, write_sheet
from voc.accounts import run
from voc.accounts.crm.folder.excel import ExcelSheet
from voc.accounts.model import Kind, Reason
from voc.base.db import Database
from voc.base.errors import Misconfigured

ACCOUNTS: Rows = [
    ["id", "name", "csm", "arr", "renewal_on", "customer_since_on", "status"],
    [17, "Calder Foods", "dana", 1250000.5, datetime(2026, 11, 30), date(2020, 1, 1), "customer"],
    ["18", "Moss Mills", "dana", 4000, "2026-12-31", None, "prospect"],
]
CONTACTS: Rows = [
    ["id", "account_id", "first_name", "email", "opted_out", "last_activity_on"],
    [1, 17, "Ana", "ana@calder.example", True, datetime(2026, 2, 1, 13, 5)],
    [2, 17, "Jon", "jon@calder.example", False, None],
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_sheet(tmp_path / "Accounts.xlsx", ACCOUNTS)
    write_sheet(tmp_path / "Contacts.xlsx", CONTACTS)
    return tmp_path


def test_numbers_dates_and_flags_are_what_the_cells_hold(folder: Path) -> None:
    read = Read(folder)
    calder = read.cells(Kind.ACCOUNT, "17")
    assert (calder["arr"], calder["renewal_on"], calder["customer_since_on"]) == (
        "1250000.5",
        "2026-11-30",
        "2020-01-01",
    )
    ana = read.cells(Kind.CONTACT, "1")
    assert (ana["account_id"], ana["opted_out"], ana["last_activity_on"]) == ("17", "1", "2026-02-01T13:05:00")


def test_empty_cells_at_the_end_of_a_row_are_no_missing_columns(folder: Path) -> None:
    read = Read(folder)
    assert [row.reason for row in read.rows[Kind.CONTACT]] == [None, None]
    assert read.cells(Kind.CONTACT, "2")["last_activity_on"] == ""


def test_a_row_is_found_again_by_its_number_in_the_sheet(folder: Path) -> None:
    write_sheet(folder / "Accounts.xlsx", [ACCOUNTS[0], [], [], ACCOUNTS[1]])
    [row] = Read(folder).rows[Kind.ACCOUNT]
    assert (row.row, row.line) == (1, 4)


def test_a_row_with_more_cells_than_the_header_is_refused(folder: Path) -> None:
    write_sheet(folder / "Accounts.xlsx", [ACCOUNTS[0], [*ACCOUNTS[1], "stray"]])
    assert [row.reason for row in Read(folder).rows[Kind.ACCOUNT]] == [Reason.LONG_ROW]


def test_hidden_sheets_are_passed_over(folder: Path) -> None:
    book = openpyxl.Workbook()
    hidden = book.active
    assert hidden is not None
    hidden.append(["something", "else"])
    hidden.sheet_state = "hidden"
    shown = book.create_sheet("Customers")
    for row in ACCOUNTS:
        shown.append(row)
    book.save(folder / "Accounts.xlsx")
    assert Read(folder).ids(Kind.ACCOUNT) == ["17", "18"]


def test_one_workbook_may_hold_everything_each_in_the_sheet_the_mapping_names(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    for title, rows in (("Notes", [["nothing here"]]), ("Customers", ACCOUNTS), ("People", CONTACTS)):
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
    book.save(tmp_path / "crm.xlsx")
    (tmp_path / "mapping.toml").write_text(
        '[files]\naccount = "crm.xlsx"\ncontact = "crm.xlsx"\n[sheets]\naccount = "Customers"\ncontact = " people"\n'
    )
    read = Read(tmp_path)
    assert (read.ids(Kind.ACCOUNT), read.ids(Kind.CONTACT)) == (["17", "18"], ["1", "2"])
    assert read.source.file(Kind.CONTACT).file == "crm.xlsx, People"


def test_a_sheet_that_is_not_there_is_named_with_those_that_are(folder: Path) -> None:
    (folder / "mapping.toml").write_text('[sheets]\naccount = "Customers"\n')
    with pytest.raises(Misconfigured, match=r"no sheet Customers. It has: Sheet1"):
        Read(folder)


def test_of_a_formula_counts_what_excel_computed_last(folder: Path) -> None:
    write_sheet(folder / "Accounts.xlsx", [ACCOUNTS[0], [17, "Calder", "dana", "=2*21", None, None, "customer"]])
    _edit(folder / "Accounts.xlsx", "<f>2*21</f><v />", "<f>2*21</f><v>42</v>")
    assert Read(folder).cells(Kind.ACCOUNT, "17")["arr"] == "42"


def test_a_stray_cell_at_the_end_of_the_sheet_costs_neither_memory_nor_the_rows(folder: Path) -> None:
    book = openpyxl.load_workbook(folder / "Accounts.xlsx")
    sheet = book.active
    assert sheet is not None
    sheet.cell(row=200_000, column=16_384).value = " "
    book.save(folder / "Accounts.xlsx")
    assert Read(folder).ids(Kind.ACCOUNT) == ["17", "18"]


def test_a_sheet_that_claims_to_be_larger_than_it_is_is_not_believed(folder: Path) -> None:
    _edit(folder / "Accounts.xlsx", '<dimension ref="A1:G3" />', '<dimension ref="A1:XFD1048576" />')
    assert Read(folder).ids(Kind.ACCOUNT) == ["17", "18"]


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 and no more", b"<html>not a workbook</html>"])
def test_what_is_no_workbook_is_refused_with_a_mend(folder: Path, content: bytes) -> None:
    (folder / "Accounts.xlsx").write_bytes(content)
    if not content:
        assert [problem.reason for problem in Read(folder).problems] == [Reason.EMPTY_FILE]
        return
    with pytest.raises(Misconfigured, match="Save it again as"):
        Read(folder)


def test_a_workbook_that_unpacks_to_more_than_can_be_is_not_opened(folder: Path) -> None:
    with zipfile.ZipFile(folder / "Accounts.xlsx", "a") as packed:
        part = zipfile.ZipInfo("xl/worksheets/sheet2.xml")
        packed.writestr(part, b"x")
        part.file_size = 5 << 30
    with pytest.raises(Misconfigured, match="unpacks to 5 GB"):
        ExcelSheet(folder / "Accounts.xlsx")


def test_a_workbook_that_is_open_in_excel_leaves_a_mark_that_is_no_copy(folder: Path) -> None:
    (folder / "~$Accounts.xlsx").write_bytes(b"dana")
    assert Read(folder).problems == []


def test_a_folder_of_workbooks_syncs(folder: Path, database: Database) -> None:
    write_csv(folder / "users.csv", [["id", "name", "email"], ["dana", "Dana", "dana@vendor.example"]])
    report = run.sync(database, run.open_source(f"csv:{folder}"), as_of=date(2026, 3, 2), now=noon(date(2026, 3, 2)))
    assert report.counts["contact"].created == 2
    assert record(database, Kind.CONTACT, "1").opted_out


def _edit(path: Path, old: str, new: str) -> None:
    """Another text in the first sheet's XML, as a program other than Excel may write it."""
    with zipfile.ZipFile(path) as packed:
        parts = {name: packed.read(name) for name in packed.namelist()}
    sheet = parts["xl/worksheets/sheet1.xml"].decode()
    assert old in sheet or old.replace(" />", "/>") in sheet, sheet[:600]
    parts["xl/worksheets/sheet1.xml"] = sheet.replace(old, new).replace(old.replace(" />", "/>"), new).encode()
    with zipfile.ZipFile(path, "w") as packed:
        for name, content in parts.items():
            packed.writestr(name, content)
