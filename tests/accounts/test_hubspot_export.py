"""HubSpot's exports as they come: headers, owners by name, companies in one cell, buying roles."""

from datetime import date
from pathlib import Path

import pytest

from tests.accounts.exports import noon, record, roles
from tests.accounts.folders import Read, Rows, write_csv, write_sheet
from voc.accounts import run
from voc.accounts.model import Kind, Reason, RunState
from voc.base.db import Database

DAY = date(2026, 3, 2)
COMPANIES: Rows = [
    [
        "Record ID",
        "Company name",
        "Company owner",
        "Lifecycle Stage",
        "Country/Region",
        "Last Modified Date",
        "Logo URL",
    ],
    ["901", "Calder Foods", "Dana Whitlock", "Customer", "Germany", "2026-03-01 08:15", ""],
    ["902", "Moss Mills", "emil@vendor.example", "Sales Qualified Lead", "Norway", "2026-03-01 08:15", ""],
    ["903", "Fir & Co", "Farah (farah@vendor.example)", "Evangelist", "", "2026-03-01 08:15", ""],
    ["904", "Birch", "Nobody we know", "Customer", "", "2026-03-01 08:15", ""],
]
CONTACTS: Rows = [
    ["Record ID", "First Name", "Last Name", "Email", "Job Title", "Contact owner", "Unsubscribed from all email",
     "Email hard bounce reason", "Associated Company IDs", "Associated Company", "Associated Company IDs (Primary)",
     "Buying Role", "Create Date", "Last Modified Date"],
    ["1", "Ana", "Ruiz", "ana@calder.example", "COO", "Dana Whitlock", "false", "", "903;901", "Fir & Co;Calder Foods",
     "901", "Champion;Decision Maker", "2025-01-05 09:00", "2026-03-01 08:15"],
    ["2", "Jon", "Vik", "jon@moss.example", "", "", "true", "", "902", "Moss Mills", "902", "BUDGET_HOLDER",
     "2025-01-05 09:00", "2026-03-01 08:15"],
    ["3", "Gone", "Mail", "gone@calder.example", "", "", "", "UNKNOWN_USER", "901", "Calder Foods", "901", "", "", ""],
    ["4", "Lone", "Wolf", "lone@nowhere.example", "", "", "", "", "", "", "", "", "", ""],
]  # fmt: skip
DEALS: Rows = [
    ["Record ID", "Deal Name", "Deal Stage", "Deal owner", "Amount", "Close Date", "Associated Company IDs (Primary)"],
    ["71", "Renewal 2026", "Contract sent", "Dana Whitlock", "9000", "2026-09-01 00:00", "901"],
]
USERS: Rows = [
    ["name", "email"],
    ["Dana Whitlock", "dana@vendor.example"],
    ["Emil Berg", "emil@vendor.example"],
    ["Farah Aziz", "farah@vendor.example"],
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_csv(tmp_path / "hubspot-crm-exports-all-companies-2026-03-02.csv", COMPANIES)
    write_csv(tmp_path / "hubspot-crm-exports-all-contacts-2026-03-02.csv", CONTACTS)
    write_csv(tmp_path / "hubspot-crm-exports-open-deals-2026-03-02.csv", DEALS)
    write_csv(tmp_path / "users.csv", USERS)
    return tmp_path


def test_exports_are_known_by_their_columns_and_nobody_is_bothered_about_the_hundred_others(folder: Path) -> None:
    read = Read(folder)
    assert read.problems == []
    assert read.ids(Kind.ACCOUNT) == ["901", "902", "903", "904"]
    assert read.cells(Kind.CONTACT, "1")["title"] == "COO"
    assert read.cells(Kind.OPPORTUNITY, "71")["account_id"] == "901"
    assert read.cells(Kind.ACCOUNT, "901")["country"] == "Germany"


def test_an_owner_is_found_by_name_by_address_or_by_both(folder: Path) -> None:
    read = Read(folder)
    owners = [read.cells(Kind.ACCOUNT, id)["csm_id"] for id in ("901", "902", "903", "904")]
    assert owners == ["dana@vendor.example", "emil@vendor.example", "farah@vendor.example", "Nobody we know"]


def test_a_name_that_two_csms_have_is_nobodys(folder: Path) -> None:
    write_csv(folder / "users.csv", [*USERS, ["Dana Whitlock", "dana2@vendor.example"]])
    assert Read(folder).cells(Kind.ACCOUNT, "901")["csm_id"] == "Dana Whitlock"


def test_a_contact_belongs_to_its_primary_company(folder: Path) -> None:
    assert Read(folder).cells(Kind.CONTACT, "1")["account_id"] == "901"


def test_without_a_primary_one_the_first_of_several_companies_counts(folder: Path) -> None:
    [header, ana, *_] = CONTACTS
    short = [row[:10] for row in (header, ana)]
    write_csv(folder / "hubspot-crm-exports-all-contacts-2026-03-02.csv", short)
    assert Read(folder).cells(Kind.CONTACT, "1")["account_id"] == "903"


def test_roles_follow_from_the_contacts_and_count_at_the_primary_company(folder: Path) -> None:
    read = Read(folder)
    assert {row.id: row.cells[2] for row in read.rows[Kind.RELATION]} == {
        "1-901": "Champion;Decision Maker",
        "1-903": "",
        "2-902": "BUDGET_HOLDER",
        "3-901": "",
    }


def test_a_hard_bounce_is_told_by_its_reason(folder: Path) -> None:
    read = Read(folder)
    assert [read.cells(Kind.CONTACT, id)["bounced"] for id in ("1", "3")] == ["", "1"]


def test_the_newest_export_of_an_object_counts_and_the_older_is_named(folder: Path) -> None:
    old = [*CONTACTS, ["5", *[""] * 13]]
    write_csv(folder / "hubspot-crm-exports-all-contacts-2026-02-02.csv", old)
    read = Read(folder)
    assert "5" not in read.ids(Kind.CONTACT)
    assert [(problem.reason, problem.file) for problem in read.problems] == [
        (Reason.SECOND_COPY, "hubspot-crm-exports-all-contacts-2026-02-02.csv")
    ]


def test_the_same_export_as_excel_reads_the_same(folder: Path) -> None:
    before = Read(folder).cells(Kind.CONTACT, "1")
    (folder / "hubspot-crm-exports-all-contacts-2026-03-02.csv").unlink()
    rows = [[int(cell) if cell.isdigit() else cell for cell in row] for row in CONTACTS]
    write_sheet(folder / "hubspot-crm-exports-all-contacts-2026-03-02.xlsx", rows)
    assert Read(folder).cells(Kind.CONTACT, "1") == before


def test_a_whole_export_is_in_our_tables_after_a_sync(folder: Path, database: Database) -> None:
    report = run.sync(database, run.open_source(f"csv:{folder}"), as_of=DAY, now=noon(DAY))
    assert report.state == RunState.COMPLETE
    assert record(database, Kind.ACCOUNT, "901").csm_id == "dana@vendor.example"
    assert record(database, Kind.ACCOUNT, "902").status == "prospect"
    assert record(database, Kind.CONTACT, "2").opted_out
    assert record(database, Kind.CONTACT, "4") is None  # it names no company
    assert roles(database) == {("901", "1", "champion"), ("901", "1", "decision_maker"), ("902", "2", "budget_holder")}
