"""What a sync makes of rows and files that the sample happens not to have."""

from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import func, select

from tests.accounts.exports import HEADERS, MONDAY, TUESDAY, Export, noon, record, roles, sync, told
from tests.accounts.standings import contact_standings
from voc.accounts import run, store
from voc.accounts.model import Kind, ProblemLevel, RunState
from voc.accounts.store import run_page
from voc.base import schema
from voc.base.access import TERMINAL, Viewer
from voc.base.db import Database
from voc.base.errors import Misconfigured
from voc.base.words import StaffRole

NOON = noon(TUESDAY)


def test_a_row_with_too_many_columns_is_not_loaded(sqlite: Database, tmp_path: Path) -> None:
    export = Export()
    text = export.text("Contact") + "kim,calder,Kim,Lund,kim@calder.example" + "," * 20 + "\n"
    report = sync(sqlite, export.file("Contact.csv", text), tmp_path / "crm")
    assert ("long_row", "kim") in told(sqlite, report)
    assert record(sqlite, Kind.CONTACT, "kim") is None
    assert report.counts["contact"].adds_up


def test_a_line_break_inside_an_unquoted_field_costs_that_row_only(sqlite: Database, tmp_path: Path) -> None:
    export = Export()
    text = export.text("Contact") + "kim,cal\rder\n" + "lea,calder" + "," * 12 + "\n"
    report = sync(sqlite, export.file("Contact.csv", text), tmp_path / "crm")
    assert ("unreadable_row", None) in told(sqlite, report)
    assert record(sqlite, Kind.CONTACT, "lea") is not None


def test_rows_that_name_a_loser_whose_winner_is_nowhere_are_unknown(database: Database, tmp_path: Path) -> None:
    export = Export()
    export.put("Account", "lost", IsDeleted="1", MasterRecordId="nowhere")
    export.put("Contact", "kim", AccountId="lost")
    export.put("Contact", "old", IsDeleted="1", MasterRecordId="nobody")
    export.put("AccountContactRelation", "rel-old", ContactId="old", Roles="Influencer")
    report = sync(database, export, tmp_path / "crm")
    assert told(database, report) == {
        ("merge_winner_missing", "lost"),
        ("merge_winner_missing", "old"),
        ("unknown_account", "kim"),
        ("unknown_contact", "rel-old"),
    }


def test_records_merged_in_a_ring_stand_for_nobody(sqlite: Database, tmp_path: Path) -> None:
    export = Export()
    export.put("Contact", "a", IsDeleted="1", MasterRecordId="b")
    export.put("Contact", "b", IsDeleted="1", MasterRecordId="a")
    export.put("AccountContactRelation", "rel-a", ContactId="a", Roles="Influencer")
    report = sync(sqlite, export, tmp_path / "crm")
    assert ("unknown_contact", "rel-a") in told(sqlite, report)


def test_a_huge_field_is_cut_with_a_warning(sqlite: Database, tmp_path: Path) -> None:
    export = Export().put("Contact", "ana", Title="é" * (1 << 20))
    report = sync(sqlite, export, tmp_path / "crm")
    assert ("oversized_field", "ana") in told(sqlite, report)
    title = record(sqlite, Kind.CONTACT, "ana").title
    assert len(title.encode()) <= 1 << 20
    assert set(title) == {"é"}


@pytest.mark.parametrize(
    ("encoding", "delimiter"),
    [("utf-8", ";"), ("utf-8-sig", ","), ("utf-16", ";"), ("utf-16", "\t"), ("cp1252", ","), ("cp1252", ";")],
)
def test_encoding_and_delimiter_are_found_out_per_file(
    sqlite: Database, tmp_path: Path, encoding: str, delimiter: str
) -> None:
    export = Export().put("Contact", "ana", FirstName="Zoë", LastName="Müller, d’Arc; x")
    export.file("Contact.csv", export.text("Contact", delimiter=delimiter).encode(encoding))
    report = sync(sqlite, export, tmp_path / "crm")
    found = record(sqlite, Kind.CONTACT, "ana")
    assert (found.first_name, found.last_name) == ("Zoë", "Müller, d’Arc; x")
    assert told(sqlite, report) == set()
    file = next(file for file in report.files if file.object == Kind.CONTACT)
    assert (file.encoding, file.delimiter, file.rows) == (encoding, delimiter, 2)


def test_header_names_are_read_in_any_case(sqlite: Database, tmp_path: Path) -> None:
    export = Export()
    header, _, rest = export.text("Account").partition("\n")
    report = sync(sqlite, export.file("Account.csv", f"{header.upper()}\n{rest}"), tmp_path / "crm")
    assert record(sqlite, Kind.ACCOUNT, "calder").segment == "small"
    assert told(sqlite, report) == set()


def test_our_own_plain_headers_are_read_too(sqlite: Database, tmp_path: Path) -> None:
    folder = tmp_path / "plain"
    folder.mkdir()
    (folder / "accounts.csv").write_text("id,name,segment,arr,csm_id,currency\n7,Calder,Enterprise,12,u1,USD\n")
    (folder / "contacts.csv").write_text(
        "id,account_id,last_name,email,opted_out,bounced\n"
        "1,7,Ruiz,ana@c.example,no,no\n2,7,Vik,jon@c.example,YES,0\n3,7,Lund,kim@c.example,,True\n"
    )
    (folder / "relations.csv").write_text("id,account_id,contact_id,roles\n1,7,1,end-user\n")
    (folder / "csms.csv").write_text("id,name,email\nu1,Dana,dana@v.example\n")
    report = run.sync(sqlite, run.open_source(f"csv:{folder}"), as_of=MONDAY, now=NOON)
    assert report.state == RunState.COMPLETE
    assert told(sqlite, report) == set()
    assert [record(sqlite, Kind.CONTACT, id).opted_out for id in "123"] == [False, True, False]
    assert [record(sqlite, Kind.CONTACT, id).bounced for id in "123"] == [False, False, True]
    assert roles(sqlite) == {("7", "1", "end_user")}


def test_a_mapping_file_names_what_is_called_otherwise(sqlite: Database, tmp_path: Path) -> None:
    export = Export().put("AccountContactRelation", "rel-ana", Roles="Technical Buyer")
    header, _, rest = export.text("Account").partition("\n")
    export.file("Kunden.csv", f"{header.replace('Name', 'Firma')}\n{rest}")
    export.file(
        "mapping.toml",
        '[files]\naccount = "Kunden.csv"\n[columns.account]\nname = "Firma"\n'
        '[roles]\n"technical buyer" = "influencer"\n',
    )
    folder = export.write(tmp_path / "crm")
    (folder / "Account.csv").unlink()
    report = run.sync(sqlite, run.open_source(f"csv:{folder}"), as_of=MONDAY, now=NOON)
    assert record(sqlite, Kind.ACCOUNT, "calder").name == "Calder Foods"
    assert roles(sqlite) == {("calder", "ana", "influencer")}
    assert told(sqlite, report) == set()


def test_a_mapping_that_names_no_field_of_ours_is_refused_with_its_mend(sqlite: Database, tmp_path: Path) -> None:
    export = Export().file("mapping.toml", '[columns.account]\nnam = "Firma"\n')
    with pytest.raises(Misconfigured, match=r"account has no field nam\. Use arr, "):
        sync(sqlite, export, tmp_path / "crm")


@pytest.mark.parametrize("flag", ["1", "true", "TRUE", "yes", "Yes", " True "])
def test_booleans_are_one_true_or_yes_in_any_case(sqlite: Database, tmp_path: Path, flag: str) -> None:
    sync(sqlite, Export().put("Contact", "ana", HasOptedOutOfEmail=flag), tmp_path / "crm")
    assert record(sqlite, Kind.CONTACT, "ana").opted_out


@pytest.mark.parametrize(
    "mangled", ["46143", "3/4/26", "31/02/2026", "2026-13-05", "end of Q3", "20260302", "2026-W10-1"]
)
def test_dates_that_a_spreadsheet_mangled_are_never_guessed(sqlite: Database, tmp_path: Path, mangled: str) -> None:
    export = Export().put("Account", "calder", Renewal_Date__c=mangled)
    report = sync(sqlite, export, tmp_path / "crm")
    assert told(sqlite, report) == {("bad_date", "calder")}
    assert record(sqlite, Kind.ACCOUNT, "calder").renewal_on is None


def test_a_bounce_whose_day_cannot_be_read_is_still_a_bounce(sqlite: Database, tmp_path: Path) -> None:
    report = sync(sqlite, Export().put("Contact", "ana", EmailBouncedDate="last week"), tmp_path / "crm")
    found = record(sqlite, Kind.CONTACT, "ana")
    assert (found.bounced, found.bounced_on) == (True, None)
    assert ("bad_date", "ana") in told(sqlite, report)


def test_an_internationalised_domain_and_its_punycode_are_one_address(sqlite: Database, tmp_path: Path) -> None:
    export = Export().put("Contact", "ana", Email="Ana@BÜCHER.example")
    export.put("Contact", "jon", Email="mailto:\u200bana@xn--bcher-kva.example\u00a0")
    report = sync(sqlite, export, tmp_path / "crm")
    assert record(sqlite, Kind.CONTACT, "jon").email == "ana@bücher.example"
    assert ("duplicate_email_same_account", "jon") in told(sqlite, report)


def test_an_address_at_one_account_twice_and_at_another_once_gets_both_warnings(
    sqlite: Database, tmp_path: Path
) -> None:
    export = Export().put("Contact", "jon", Email="ana@calder.example")
    export.put("Contact", "kim", AccountId="moss", Email="ana@calder.example")
    report = sync(sqlite, export, tmp_path / "crm")
    assert told(sqlite, report) == {
        ("duplicate_email_same_account", "ana"),
        ("duplicate_email_same_account", "jon"),
        *(("duplicate_email_other_account", id) for id in ("ana", "jon", "kim")),
    }


def test_a_status_nobody_understands_never_loses_a_customer(sqlite: Database, tmp_path: Path) -> None:
    report = sync(sqlite, Export().put("Account", "calder", Status__c="Active - Tier 1"), tmp_path / "crm")
    assert record(sqlite, Kind.ACCOUNT, "calder").status == "customer"
    assert told(sqlite, report) == {("unknown_status", "calder")}


@pytest.mark.parametrize("content", [b"", None])
def test_a_file_without_rows_means_not_exported_and_nothing_is_gone(
    database: Database, tmp_path: Path, content: bytes | None
) -> None:
    export = Export()
    sync(database, export, tmp_path / "crm")
    empty = content if content is not None else (HEADERS["Contact"] + "\n").encode()
    report = sync(database, export.file("Contact.csv", empty), tmp_path / "crm", on=TUESDAY)
    assert report.state == RunState.COMPLETE
    assert not report.changed
    assert told(database, report) == {("empty_file", None)}
    assert record(database, Kind.CONTACT, "ana").state == "live"
    assert roles(database) == {("calder", "ana", "champion")}


def test_a_file_that_is_missing_means_not_exported_too(sqlite: Database, tmp_path: Path) -> None:
    sync(sqlite, Export(), tmp_path / "crm")
    (tmp_path / "crm" / "Contact.csv").unlink()
    report = run.sync(sqlite, run.open_source(f"csv:{tmp_path / 'crm'}"), as_of=TUESDAY, now=NOON)
    assert told(sqlite, report) == {("missing_file", None)}
    assert not report.changed


def test_contacts_whose_account_is_missing_stay_with_one_warning_per_account(
    database: Database, tmp_path: Path
) -> None:
    export = Export()
    sync(database, export, tmp_path / "crm")
    report = sync(database, export.drop("Account", "calder"), tmp_path / "crm", on=TUESDAY)
    assert report.state == RunState.COMPLETE
    assert ("account_missing_from_export", "calder") in told(database, report)
    assert report.problems["warning"] == {"account_missing_from_export": 1}
    assert record(database, Kind.CONTACT, "ana").state == "live"
    assert record(database, Kind.ACCOUNT, "calder").state == "set_aside"
    with database.read() as db:
        assert not any(standing.customer for standing in contact_standings(db))


def test_an_event_on_an_opportunity_belongs_to_its_account(sqlite: Database, tmp_path: Path) -> None:
    export = Export().put("Opportunity", "deal", AccountId="moss").put("Event", "review", WhatId="deal")
    export.put("Event", "stray", WhatId="deal-nobody-knows")
    report = sync(sqlite, export, tmp_path / "crm")
    assert record(sqlite, Kind.ACTIVITY, "review").account_id == "moss"
    assert told(sqlite, report) == {("unknown_account", "stray")}


def test_what_is_wrong_with_the_fields_of_a_rejected_row_is_not_told(sqlite: Database, tmp_path: Path) -> None:
    report = sync(sqlite, Export().put("Contact", "kim", AccountId="nobody", Email="n/a"), tmp_path / "crm")
    assert told(sqlite, report) == {("unknown_account", "kim")}


@pytest.mark.parametrize(
    ("mess", "says"),
    [
        (lambda folder: None, "there is no such folder"),
        (lambda folder: (folder.mkdir(), (folder / "Contact.csv").write_text("Id\n")), "there is no Account.csv"),
        (lambda folder: _bytes(folder, b"Id,Name\n1,\x81\x8d\xff\n"), "its encoding cannot be found out"),
        (lambda folder: _bytes(folder, "Id,Name\n1,A\n".encode("utf-16-le")), "its encoding cannot be found out"),
        (lambda folder: _bytes(folder, b"Identifier,Name\n1,A\n"), "no column holds the id of each account"),
        (lambda folder: _bytes(folder, b"Id,Name\n"), "it has no rows"),
    ],
)
def test_an_export_that_cannot_be_read_fails_with_its_mend_and_changes_nothing(
    sqlite: Database, tmp_path: Path, mess: object, says: str
) -> None:
    assert callable(mess)
    mess(tmp_path / "crm")
    source = run.open_source(f"csv:{tmp_path / 'crm'}")
    with pytest.raises(Misconfigured, match=says):
        run.sync(sqlite, source, as_of=MONDAY, now=NOON)
    with sqlite.read() as db:
        (failed,) = store.runs(db)
        assert failed.state == RunState.FAILED
        assert says in (failed.message or "")
        assert db.execute(select(func.count()).select_from(schema.account)).scalar_one() == 0


def test_a_quote_that_is_never_closed_names_its_line(sqlite: Database, tmp_path: Path) -> None:
    export = Export()
    text = export.text("Contact") + 'kim,calder,"Kim' + ",\n" * (33 << 20)
    with pytest.raises(Misconfigured, match=r"Contact.csv, line 4: a quote is opened there and never closed"):
        sync(sqlite, export.file("Contact.csv", text), tmp_path / "crm")


def test_a_source_nobody_knows_is_refused_with_its_mend() -> None:
    with pytest.raises(Misconfigured, match="Write csv:FOLDER"):
        run.open_source("salesforce")


def test_a_csm_sees_the_problems_of_own_accounts_and_nobody_elses(database: Database, tmp_path: Path) -> None:
    export = Export().put("User", "erik", Name="Erik").put("Account", "moss", CSM__c="erik")
    export.put("Contact", "ana", Email="n/a").put("Contact", "kim", AccountId="moss", Email="n/a")
    export.put("Contact", "lea", AccountId="nobody")
    report = sync(database, export, tmp_path / "crm")
    erik = Viewer(staff_id=2, name="Erik", role=StaffRole.CSM, csm_id="erik")
    with database.read() as db:
        assert [row.record_id for row in store.problems(db, report.run_id, erik)] == ["kim"]
        every = store.problems(db, report.run_id, TERMINAL)
        assert [row.record_id for row in every if row.level == ProblemLevel.REJECTED] == ["lea"]
        assert {row.account_name for row in every} == {"Calder Foods", "Moss Mills", None}
        first = store.problems(db, report.run_id, TERMINAL, limit=1)
        rest = store.problems(db, report.run_id, TERMINAL, after=first[0].id)
        assert [*first, *rest] == every
        cells = list(store.problem_table(db, report.run_id, TERMINAL))
    assert ("n/a", "Moss Mills") in [(row[-2], row[-1]) for row in cells]


def test_amounts_with_comma_thousands_are_read_and_nothing_else_is(sqlite: Database, tmp_path: Path) -> None:
    export = Export().put("Account", "calder", ARR__c="1,250,000.00").put("Account", "moss", ARR__c="1.250.000,00")
    report = sync(sqlite, export, tmp_path / "crm")
    assert record(sqlite, Kind.ACCOUNT, "calder").arr == Decimal(1250000)
    assert told(sqlite, report) == {("bad_number", "moss")}


def _bytes(folder: Path, content: bytes) -> None:
    folder.mkdir()
    (folder / "Account.csv").write_bytes(content)


def test_a_change_leads_to_the_record_only_while_it_has_a_page(database: Database, tmp_path: Path) -> None:
    export = Export()
    export.put("Contact", "kim", AccountId="calder", LastName="Lund")
    first = sync(database, export, tmp_path / "monday", on=MONDAY)
    export.put("Contact", "kim", AccountId="calder", LastName="Lund", IsDeleted="1")
    second = sync(database, export, tmp_path / "tuesday", on=TUESDAY)
    with database.read() as db:
        pages = {one.record_id: one.has_page for one in run_page.changes(db, first.run_id)}
        gone = [one.has_page for one in run_page.changes(db, second.run_id) if one.record_id == "kim"]
    assert (pages["calder"], pages["kim"], gone) == (True, False, [False])
