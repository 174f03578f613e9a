"""The pages of scorecards: alike for CSM and leader, foreign ones not found, approval before export, live check."""

import csv
import io
import re

import openpyxl
import pytest

from tests.web import scorecards
from tests.web.company import Company
from tests.web.scorecards import CARD, NAME
from voc.base import audit
from voc.base.access import Viewer
from voc.base.words import MeasureFile, StaffRole
from voc.metrics.run import cards as run
from voc.metrics.store import cards as store

MONTH = f"/scorecards/{NAME}/months/2026-02"


@pytest.fixture
def measured(company: Company) -> Company:
    """February is frozen and waits for approval."""
    with company.app.database.begin() as db:
        scorecards.in_use(db, approved=False)
    return company


def main_of(page: str) -> str:
    """What the page says, without the menu and without the tokens of forms."""
    found = re.search(r"<main.*</main>", page, re.S)
    assert found is not None
    return re.sub(r'name="csrf" value="[^"]*"', "", found.group())


def test_a_csm_reads_the_own_month_word_for_word_as_the_leader_does(measured: Company) -> None:
    path = f"{MONTH}/of/csm-dana"
    of_dana, of_marcus = (main_of(measured.enter(who).get(path).text) for who in ("dana", "marcus"))
    assert of_dana == of_marcus
    assert "Dana Whitlock, February 2026: " in of_dana
    assert "Not approved yet: nobody is paid from it." in of_dana
    assert "left out" in of_dana  # no renewals in this company: said
    assert "<b>and</b> follow-up" not in of_dana
    assert measured.enter("dana").client.get(f"{MONTH}/of/csm-jonas").status_code == 404


def test_each_role_sees_its_part_of_a_month_in_alphabetical_order(measured: Company) -> None:
    pages = {who: main_of(measured.enter(who).get(MONTH).text) for who in ("dana", "ingrid", "marcus")}
    everybody = ("Dana Whitlock", "Jonas Brandt", "Mei Tanaka")
    for who, seen in (("dana", everybody[:1]), ("ingrid", everybody[:2]), ("marcus", everybody)):
        names = re.findall(r'rowheader"><a href="[^"]*">([^<]*)</a>', pages[who])
        assert tuple(names) == seen, who
        assert ("All<span" in pages[who]) == (who == "marcus")
    assert "Approve February 2026" not in pages["ingrid"]
    assert "results.csv" not in pages["marcus"]  # not before the approval


def test_the_value_of_a_line_opens_as_many_rows_as_it_counts(measured: Company) -> None:
    marcus = measured.enter("marcus")
    page = marcus.get(f"{MONTH}/of/csm-dana").text
    href, of = re.findall(
        r'href="(/scorecards/[^"]*/rows\?[^"]*response_rate[^"]*)".*?of (\d+) invitations', page, re.S
    )[0]
    rows = marcus.get(href.replace("&amp;", "&")).text
    assert f"{of} rows counted" in rows


def test_nothing_is_exported_before_it_is_approved_and_then_it_is_audited(measured: Company) -> None:
    marcus = measured.enter("marcus")
    refused = marcus.client.get(f"{MONTH}/results.csv")
    assert refused.status_code == 409
    assert "is not approved yet" in refused.text
    marcus.get(MONTH)
    for strange in ("²", "9" * 5_000, "x"):
        assert marcus.post(f"{MONTH}/approve", revision=strange).status_code == 409
        marcus.get(MONTH)
    answer = marcus.post(f"{MONTH}/approve", revision="1")
    assert "February 2026 is approved" in answer.text
    table = marcus.client.get(f"{MONTH}/results.csv")
    rows = list(csv.DictReader(io.StringIO(table.content.decode("utf-8-sig"))))
    assert [row["CSM"] for row in rows] == ["Dana Whitlock"] * 2 + ["Jonas Brandt"] * 2 + ["Mei Tanaka"] * 2
    assert rows[1]["Value"] == ""
    assert "Left out" in rows[1]["Missing"]
    book = openpyxl.load_workbook(io.BytesIO(marcus.client.get(f"{MONTH}/results.xlsx").content))
    assert book.sheetnames == ["Sums", "Lines", "About"]
    assert book["Sums"]["B2"].value == "Dana Whitlock"
    assert isinstance(book["Sums"]["E2"].value, int | float)
    with measured.app.database.read() as db:
        actions = [(one.action, one.object_kind, one.actor) for one in audit.listing(db, limit=3)][::-1]
    assert actions == [
        ("scorecard month approved", "scorecard", "Marcus Oyelaran"),
        ("exported", "export", "Marcus Oyelaran"),
        ("exported", "export", "Marcus Oyelaran"),
    ]


def test_a_name_that_a_spreadsheet_would_run_is_harmless_in_both_files(measured: Company) -> None:
    with measured.app.database.begin() as db:
        db.exec_driver_sql("UPDATE csm SET name = '=HYPERLINK(1)' WHERE id = 'csm-dana'")
        run.save(db, NAME, CARD, by="Otto Lang", now=scorecards.FROZEN_AT)
    now = measured.app.now()
    run.correct(
        measured.app.database, NAME, scorecards.FEBRUARY, revision=1, reason="A name changed", by="Otto", now=now
    )
    with measured.app.database.begin() as db:
        marcus = Viewer(None, "Marcus Oyelaran", StaffRole.LEADER)
        run.approve(db, NAME, scorecards.FEBRUARY, revision=2, viewer=marcus, now=measured.app.now())
    clara = measured.enter("clara")
    assert "'=HYPERLINK(1)" in clara.client.get(f"{MONTH}/results.csv").text
    cell = openpyxl.load_workbook(io.BytesIO(clara.client.get(f"{MONTH}/results.xlsx").content))["Sums"]["B2"]
    assert (cell.value, cell.data_type) == ("'=HYPERLINK(1)", "s")


def test_a_corrected_month_says_which_revision_its_files_are_of(measured: Company) -> None:
    marcus = measured.enter("marcus")
    marcus.get(MONTH)
    marcus.post(f"{MONTH}/approve", revision="1")
    assert "Files are of revision" not in marcus.get(MONTH).text
    marcus.post(f"{MONTH}/correct", revision="1", reason="The CRM was read late")
    assert "Files are of revision 1, the newest that is approved; revision 2 waits." in marcus.get(MONTH).text


def test_whoever_saved_the_file_is_told_who_can_approve(measured: Company) -> None:
    clara = measured.enter("clara")
    with measured.app.database.begin() as db:
        run.save(db, NAME, CARD.replace("50%", "60%"), by="Clara Wendt", now=measured.app.now())
    clara.get(MONTH)
    clara.post(f"{MONTH}/correct", revision="1", reason="The standard of the year is 60%")
    page = clara.get(MONTH).text
    assert (
        "You saved version 2 of its file and counted it anew: somebody else approves it. Marcus Oyelaran can." in page
    )
    assert "Revision 1" in page
    refused = clara.post(f"{MONTH}/approve", revision="2")
    assert refused.status_code == 409


def test_the_check_names_line_key_and_mend_as_one_types_and_saves_nothing(measured: Company) -> None:
    marcus = measured.enter("marcus")
    path = f"/scorecards/{NAME}/edit"
    marcus.get(path)
    wrong = CARD.replace('"response_rate"', '"nps_accounts"').replace('standard = "50%"', "standard = 30")
    for do, status in (("check", 200), ("save", 400)):
        answer = marcus.post(path, do=do, text=wrong, version="1")
        assert answer.status_code == status
        assert "Line 11, line.pays" in answer.text
        assert "Nps_accounts is a sentiment figure and cannot pay money." in answer.text
        assert "standard = 30" in answer.text  # what was typed is still there
    with measured.app.database.read() as db:
        assert len(store.versions(db, MeasureFile.SCORECARD, NAME)) == 1


def test_a_text_longer_than_a_field_of_a_form_is_saved_whole_and_never_cut(measured: Company) -> None:
    marcus = measured.enter("marcus")
    marcus.get(f"/scorecards/{NAME}/edit")
    text = CARD + "# why this line\n" * 1_500 + '[[beside]]\nfigure = "coverage_fresh"\n'
    marcus.post(f"/scorecards/{NAME}/edit", do="save", text=text, version="1")
    with measured.app.database.read() as db:
        newest = store.versions(db, MeasureFile.SCORECARD, NAME)[0]
    assert newest.text == text


def test_saving_is_a_new_version_that_counts_when_somebody_says_so(measured: Company) -> None:
    marcus = measured.enter("marcus")
    path = f"/scorecards/{NAME}"
    marcus.get(f"{path}/edit")
    shown = marcus.post(f"{path}/edit", do="show", text=CARD.replace("50%", "5%"))
    assert "Nothing of it is kept." in shown.text
    assert "Jonas Brandt" in shown.text
    marcus.post(f"{path}/edit", do="save", text=CARD.replace("50%", "60%"), note="A higher standard", version="1")
    page = marcus.get(path).text
    assert "Version 2 is saved and does not count yet" in page
    assert "A higher standard" in page
    marcus.post(f"{path}/use", since="2026-03", version="2")
    assert "Version 2 counts from March 2026 on" in marcus.get(path).text
    assert "60%" in measured.enter("dana").get(path).text
    frozen = main_of(marcus.get(f"{MONTH}/of/csm-dana").text)
    assert "by version 1" in frozen
    assert "50%" in frozen


def test_of_two_who_edit_it_the_second_is_told_and_keeps_what_was_typed(measured: Company) -> None:
    marcus, clara = measured.enter("marcus"), measured.enter("clara")
    path = f"/scorecards/{NAME}"
    for somebody in (marcus, clara):
        assert '<input type="hidden" name="version" value="1">' in somebody.get(f"{path}/edit").text
    marcus.post(f"{path}/edit", do="save", text=CARD.replace("50%", "60%"), version="1")
    shown = clara.post(f"{path}/edit", do="show", text=CARD.replace("50%", "70%"), version="1")
    assert '<input type="hidden" name="version" value="1">' in shown.text  # looking at last month is no look at theirs
    told = clara.post(f"{path}/edit", do="save", text=CARD.replace("50%", "70%"), version="1")
    assert told.status_code == 409
    assert "Marcus Oyelaran saved version 2 meanwhile" in told.text
    assert "70%" in told.text
    assert '<input type="hidden" name="version" value="2">' in told.text
    clara.get(path)
    assert clara.post(f"{path}/use", since="2026-03", version="1").status_code == 409
    clara.get(f"{path}/edit")
    clara.post(f"{path}/edit", do="save", text=CARD.replace("50%", "70%"), version="2")
    assert "Version 3 is saved" in clara.get(path).text


def test_one_that_ships_is_copied_and_a_draft_is_not_for_those_it_would_measure(measured: Company) -> None:
    marcus, dana = measured.enter("marcus"), measured.enter("dana")
    assert "Comes with the service" in marcus.get("/scorecards/monthly-plan").text
    assert dana.client.get("/scorecards/monthly-plan").status_code == 404
    marcus.post("/scorecards/monthly-plan/copy", name="our-plan")
    edit = marcus.get("/scorecards/our-plan/edit").text
    assert "<h1>Edit Monthly plan</h1>" in edit
    assert "File <code>our-plan</code>, version 1" in edit
    assert dana.client.get("/scorecards/our-plan").status_code == 404
    assert "our-plan" not in dana.get("/scorecards").text
    assert "not in use" in marcus.get("/scorecards").text


def test_what_is_no_month_is_not_found(measured: Company) -> None:
    marcus, dana = measured.enter("marcus"), measured.enter("dana")
    for path in ("2026-13", "2026-04", "x"):
        assert marcus.client.get(f"/scorecards/{NAME}/months/{path}").status_code == 404
    assert dana.client.get(f"/scorecards/{NAME}/months/2026-01").status_code == 404  # before it counted
    assert "So far, as of today" in dana.get(f"/scorecards/{NAME}/months/2026-03").text


def test_a_review_is_written_on_a_page_and_a_slip_keeps_what_was_typed(measured: Company) -> None:
    jonas = measured.enter("jonas")
    answers = {f"q:{key}": "4" for key in ("goal", "listening", "value", "difficult")}
    form = {
        "csm_id": "csm-mei",
        "account": "Mei Works 0",
        "on": "2026-03-02",
        "comment": "They <i>talked</i>",
    }
    assert "Dana Works 0" not in jonas.get("/reviews/call").text  # nobody is shown a list of a colleague's accounts
    slip = jonas.post("/reviews/call", form | answers)
    assert slip.status_code == 400
    assert "Choose a number from 1 to 5" in slip.text
    assert "They &lt;i&gt;talked" in slip.text
    done = jonas.post("/reviews/call", {**form, **answers, "q:next": "5"})
    page = measured.enter("marcus").get(done.url.path).text
    assert "Mei Tanaka, Mei Works 0: 4.2 of 5" in page
    assert "They &lt;i&gt;talked" in page
    assert "Withdraw it" not in page
    assert "Withdraw it" in jonas.get(done.url.path).text
    assert measured.enter("dana").client.get(done.url.path).status_code == 404


def test_leads_and_leaders_change_what_colleagues_are_asked(measured: Company) -> None:
    ingrid = measured.enter("ingrid")
    path = "/reviews/templates/call"
    ingrid.get(path)
    text = 'title = "T"\nabout = "A"\n[[question]]\nkey = "goal"\ntext = "Was there a goal?"\nlow = "no"\n'
    assert "Line 3, question.high" in ingrid.post(path, do="check", text=text).text
    done = ingrid.post(path, do="save", text=text + 'high = "yes"\n')
    assert "Version 1 is what colleagues are asked from now on" in done.text
    assert "Was there a goal?" in measured.enter("dana").get("/reviews/call").text
    assert measured.enter("dana").client.get(path).status_code == 403
