"""The pages of accounts, contacts, the CRM, settings, people and the audit log: what they say and what they change."""

import csv
import io
import re
from datetime import date, timedelta
from html import unescape
from typing import Any

import pytest
from sqlalchemy import select, update

from tests.builders import NOW, add_suppression
from tests.web.company import Company
from tests.web.people import Visitor
from tests.web.world import HOSTILE
from voc.accounts import run as accounts
from voc.base import audit, preferences, schema
from voc.stakeholders import store as stakeholders


def words(page: str) -> str:
    """The text of a page as one reads it, in one line."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page)).split())


@pytest.fixture
def dana(company: Company) -> Visitor:
    return company.enter("dana")


@pytest.fixture
def clara(company: Company) -> Visitor:
    return company.enter("clara")


# --- accounts -----------------------------------------------------------------------------------


def test_a_csm_sees_own_accounts_with_next_steps_above_them(dana: Visitor) -> None:
    page = words(dana.get("/accounts").text)
    assert "next steps, about" in page
    assert "Dana Works 3" in page
    assert "Jonas Works" not in page
    assert "Mei Works" not in page


def test_a_lead_sees_the_team_and_a_leader_everybody(company: Company) -> None:
    lead = words(company.enter("ingrid").get("/accounts").text)
    assert "Dana Works 3" in lead
    assert "Jonas Works 3" in lead
    assert "Mei Works" not in lead
    assert "Mei Works 1" in words(company.enter("marcus").get("/accounts").text)


def test_the_list_narrows_by_name_state_and_segment(dana: Visitor) -> None:
    assert "Dana Works 4" not in words(dana.get("/accounts?q=works+3").text).split("account")[-1]
    silent = words(dana.get("/accounts?state=silent").text)
    assert HOSTILE in silent
    assert "No account fits" in words(dana.get("/accounts?q=nothing+like+it").text)
    assert dana.get("/accounts?state=nonsense&segment=%00&order=%27&after=zzz").status_code == 200


def test_a_long_list_goes_on_from_its_last_row(company: Company) -> None:
    marcus = company.enter("marcus")
    with company.app.database.begin() as db:
        template = dict(db.execute(select(schema.account).where(schema.account.c.id == "acc-mei-0")).mappings().one())
        for number in range(60):
            row = {**template, "id": f"more-{number:02}", "name": f"More {number:02}"}
            db.execute(schema.account.insert().values(**{schema.account.c[key].key: row[key] for key in row}))
    for order in ("name", "renewal", "revenue"):
        seen: list[str] = []
        path = f"/accounts?order={order}"
        while path:
            page = marcus.get(path).text
            seen += re.findall(r'<th scope="row"><a href="/accounts/([^"]+)"', page)
            more = re.search(r'href="([^"]+)">Further accounts', page)
            path = unescape(more.group(1)) if more else ""
        assert len(seen) == len(set(seen)) == 60 + 23, order


def test_the_page_of_an_account_tells_places_chairs_answers_and_the_score(dana: Visitor) -> None:
    page = words(dana.get("/accounts/acc-dana-5").text)
    assert "Empty chair" in page
    assert "points of coverage" in page
    assert "Silent score" in page
    assert "Recency" in page
    said = words(dana.get("/accounts/acc-dana-3").text)
    assert "Night shifts wait too long" in said
    assert "answered 4" in said


def test_an_old_id_of_a_merged_account_leads_to_the_winner(company: Company, dana: Visitor) -> None:
    with company.app.database.begin() as db:
        row = {"kind": "account", "loser_id": "acc-old", "winner_id": "acc-dana-1"}
        db.execute(schema.alias.insert().values(**row))
    answer = dana.client.get("/accounts/acc-old", follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (301, "/accounts/acc-dana-1")


def test_hostile_names_and_words_are_shown_and_never_run(dana: Visitor) -> None:
    for path in ("/accounts", "/accounts/acc-dana-5", "/accounts/acc-dana-3", "/contacts/con-dana-3-0"):
        page = dana.get(path).text
        assert "<script>alert" not in page, path
        assert "style=" not in page, path
        assert not re.search(r"<script(?! src=)", page), path


def test_an_account_tells_on_how_many_people_its_year_rests(company: Company, dana: Visitor) -> None:
    """Three meetings with one person, one with another: 16 / (9 + 1) = 1.6."""
    here = "acc-dana-1"
    with company.app.database.begin() as db:
        db.execute(update(schema.invitation).where(schema.invitation.c.account_id == here).values(answered_at=None))
        for number in range(4):
            contact_id = f"con-dana-1-{number // 3}"
            row = {
                "id": f"met-{number}",
                "account_id": here,
                "contact_id": contact_id,
                "kind": "Call",
                "on": NOW.date(),
            }
            db.execute(schema.activity.insert().values(**row, state="live", hash=""))
    page = words(dana.get(f"/accounts/{here}").text)
    assert "1.6 of 2 people who answered or met 4 meetings in 365 days" in page
    assert "4 meetings of the last year rest on 1.6 of 2 people." in page
    with company.app.database.begin() as db:
        db.execute(schema.activity.delete())
    page = dana.get(f"/accounts/{here}").text
    assert "no answer by name and no meeting in 365 days" in words(page)
    assert 'id="people_carrying"' in dana.get("/definitions").text


def test_a_mailbox_that_works_again_is_said_beside_the_bounce_and_only_there(company: Company, dana: Visitor) -> None:
    there = "/contacts/con-dana-1-0"
    assert "The mailbox works again" not in dana.get(there).text
    with company.app.database.begin() as db:
        mine = schema.contact.c.id == "con-dana-1-0"
        address = db.execute(select(schema.contact.c.email).where(mine)).scalar_one()
        add_suppression(db, address or "", "bounced")
    assert "The mailbox works again" in dana.get(there).text
    said = words(dana.post(f"{there}/works-again", back=there).text)
    assert "is mailed again, from the next wave on" in said
    assert "lifted" in said
    assert "The mailbox works again" not in said
    with company.app.database.begin() as db:
        db.execute(update(schema.contact).where(mine).values(bounced=True))
    assert "The CRM says that mail to this address bounced" in dana.get(there).text


def test_nobody_is_confirmed_marked_or_added_without_a_line_on_top_that_says_so(dana: Visitor) -> None:
    dana.get("/accounts/acc-dana-1")
    there = "/accounts/acc-dana-1"
    assert "is confirmed" in words(dana.post("/contacts/con-dana-1-2", do="confirm", back=there).text)
    assert "is confirmed" not in words(dana.get(there).text), "it is said once"
    assert "replied to you" in words(dana.post("/contacts/con-dana-1-2", do="replied", back=there).text)
    left = words(dana.post("/contacts/con-dana-1-2", do="left", back=there).text)
    assert "is marked as left" in left
    assert "Undo" in left
    added = dana.post(
        f"{there}/people",
        first_name="Jon",
        last_name="Vik",
        email="jon@acc-dana-1.example",
        role="budget_holder",
        back=there,
    )
    assert "Jon Vik is added at Dana Works 1" in words(added.text)
    assert "Jon Vik" in words(dana.get(there).text)


def test_leaving_can_be_undone(company: Company, dana: Visitor) -> None:
    dana.get("/accounts")
    dana.post("/contacts/con-dana-1-2", do="left", back="/accounts")
    fields = dict(re.findall(r'name="(do|back)" value="([^"]*)"', dana.page.split("undo", 1)[1])[:2])
    dana.post("/contacts/con-dana-1-2", **fields)
    with company.app.database.read() as db:
        left_at = db.execute(select(schema.contact.c.left_at).where(schema.contact.c.id == "con-dana-1-2")).scalar_one()
    assert left_at is None


def test_roles_are_kept_exactly_as_ticked(company: Company, dana: Visitor) -> None:
    dana.get("/accounts/acc-dana-1")
    here = {"do": "roles", "account_id": "acc-dana-1"}
    dana.client.post(
        "/contacts/con-dana-1-0",
        data={"csrf": dana.csrf, **here, "role": ["champion", "influencer"]},
        follow_redirects=False,
    )
    with company.app.database.read() as db:
        assert {str(role) for role in stakeholders.roles_of(db, "acc-dana-1", "con-dana-1-0")} == {
            "champion",
            "influencer",
        }


def test_a_refused_form_comes_back_with_everything_typed_and_the_reason(dana: Visitor) -> None:
    dana.get("/accounts/acc-dana-1")
    answer = dana.post(
        "/accounts/acc-dana-1/people", first_name="Jon", last_name=HOSTILE, email="not an address", role="champion"
    )
    assert answer.status_code == 400
    assert "This is not one usable mail address" in answer.text
    assert 'value="not an address"' in answer.text
    assert 'value="champion"' in answer.text
    assert HOSTILE not in answer.text
    again = dana.post("/accounts/acc-dana-1/people", first_name="Jon", last_name="Vik", email="", role="champion")
    assert again.status_code == 200


def test_an_exclusion_needs_a_reason_and_an_end_and_can_be_ended(company: Company, dana: Visitor) -> None:
    dana.get("/accounts/acc-dana-1")
    path = "/accounts/acc-dana-1/exclusions"
    assert "Say why" in dana.post(path, reason=" ", expires_on="2026-05-01").text
    assert "Write a day" in dana.post(path, reason="Merger", expires_on="soon").text
    done = dana.post(path, reason="Merger", expires_on="2026-05-01", back="/exclusions")
    assert "Dana Works 1 is not asked until 1 May 2026" in words(done.text)
    undo = re.search(r'action="(/exclusions/\d+/end)"', done.text)
    assert undo is not None
    assert "is asked again" in words(dana.post(undo.group(1), back="/exclusions").text)
    with company.app.database.read() as db:
        kinds = [line.action for line in audit.listing(db, object_kind="exclusion")]
    assert kinds[:2] == ["exclusion ended", "excluded"]


def test_a_suggestion_is_the_csms_to_accept_or_decline(company: Company, dana: Visitor) -> None:
    told = {"account_id": "acc-dana-1", "contact_id": "con-dana-1-1", "state": "open", "created_at": NOW}
    with company.app.database.begin() as db:
        row = {**told, "key": "told:1", "kind": "left", "quote": "I have left.", "name": "Simon Achebe"}
        db.execute(schema.suggestion.insert().values(**row, address="simon@acc-dana-1.example"))
    page = words(dana.get("/accounts/acc-dana-1").text)
    assert "Has Piotr Zielny 1 left?" in page
    assert "“I have left.”" in page
    done = words(dana.post("/suggestions/1", do="accept", back="/accounts/acc-dana-1").text)
    assert "Done as suggested about Piotr Zielny 1" in done
    assert "Simon Achebe" in done
    assert dana.post("/suggestions/1", do="decline").status_code == 409


# --- the CRM ------------------------------------------------------------------------------------


@pytest.fixture
def synced(company: Company, tmp_path_factory: pytest.TempPathFactory) -> Company:
    """The same company, after an export with one good account and some bad rows."""
    folder = tmp_path_factory.mktemp("export")
    (folder / "Account.csv").write_text(
        "Id,Name,CSM__c,Segment__c,ARR__c,CurrencyIsoCode,Status__c\n"
        "001A,Calder & Moss,,mid-market,lots,USD,customer\n"
        ",=1+1,,,,USD,customer\n",
        "utf-8",
    )
    source = accounts.open_source(f"csv:{folder}")
    accounts.sync(company.app.database, source, as_of=date(2026, 3, 3), now=NOW)
    return company


def newest(company: Company) -> int:
    with company.app.database.read() as db:
        return db.execute(select(schema.sync_run.c.id).order_by(schema.sync_run.c.id.desc()).limit(1)).scalar_one()


def test_a_run_lists_each_refused_row_with_file_row_and_reason(synced: Company) -> None:
    page = words(synced.enter("clara").get(f"/sync/{newest(synced)}").text)
    assert "The row has no id" in page
    assert "Account.csv row 2" in page
    assert "“lots”" in page


def test_the_problems_leave_as_csv_without_a_cell_that_runs(synced: Company) -> None:
    answer = synced.enter("clara").client.get(f"/sync/{newest(synced)}/problems.csv")
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert {row["reason"] for row in rows} >= {"missing_id", "bad_number"}
    assert not any(cell and cell[0] in "=+-@" for row in rows for cell in row.values())


def test_what_is_missing_from_the_crm_is_settled_by_its_csm(company: Company, dana: Visitor) -> None:
    with company.app.database.begin() as db:
        gone = schema.contact.c.id.in_(["con-dana-1-2", "con-dana-2-2"])
        db.execute(update(schema.contact).where(gone).values(state="set_aside"))
    assert "Farah Nouri 1" in words(dana.get("/sync").text)
    for contact, do in (("con-dana-1-2", "gone"), ("con-dana-2-2", "there")):
        dana.post("/sync/settle", kind="contact", record_id=contact, do=do)
    with company.app.database.read() as db:
        rows = db.execute(select(schema.contact.c.id, schema.contact.c.state).where(gone))
        states = {row.id: row.state for row in rows}
    assert states == {"con-dana-1-2": "closed", "con-dana-2-2": "live"}


# --- settings, people, audit --------------------------------------------------------------------


def test_a_setting_is_saved_audited_and_holds(company: Company, clara: Visitor) -> None:
    clara.get("/settings")
    answer = clara.post(
        "/settings/group/standards",
        response_standard="0.55",
        response_goal="0.8",
        coverage_standard="0.7",
        follow_up_standard="0.9",
        promoter_standard="0.25",
        silent_standard="0.05",
        guideline_standard="0.8",
        target_standard="0.6",
        window_days="180",
        retention_standard="0.9",
        onboarding_days="90",
        meetings_per_quarter="3",
        call_quality_standard="4",
        review_segments="enterprise, mid-market",
        gross_margin="0",
        goals="",
        split_by="arr",
    )
    assert "Standards is saved" in words(answer.text)
    with company.app.database.read() as db:
        assert preferences.load(db).response_standard == 0.55
        line = audit.listing(db, object_kind="setting")[0]
    assert (line.object_id, line.actor, line.detail) == ("response_standard", "Clara Wendt", {"from": 0.5, "to": 0.55})


def test_wrong_values_come_back_all_at_once_beside_their_fields_and_nothing_is_saved(
    company: Company, clara: Visitor
) -> None:
    clara.get("/settings")
    typed: dict[str, Any] = {"response_standard": "half", "response_goal": "0.8", "coverage_standard": "0.7"}
    answer = clara.post("/settings/group/standards", **typed, follow_up_standard="0.9", window_days="six")
    assert answer.status_code == 400
    page = words(answer.text)
    assert "Write a number." in page
    assert "Write a whole number." in page
    assert 'value="half"' in answer.text
    assert 'value="six"' in answer.text
    refused = clara.post("/settings/group/standards", **{**typed, "response_standard": "7"}, window_days="180")
    assert refused.status_code == 400
    with company.app.database.read() as db:
        assert preferences.load(db).response_standard == 0.5


def test_test_mode_is_said_on_every_page_until_it_is_switched_off(company: Company, clara: Visitor) -> None:
    assert "Test mode" in words(clara.get("/accounts").text)
    clara.get("/settings")
    answer = clara.post("/settings/test-mode", do="on", test_address="nobody")
    assert answer.status_code == 400
    assert "Write a mail address" in answer.text
    off = words(clara.post("/settings/test-mode", do="off").text)
    assert "Test mode is off: mail goes to the people it is for" in off
    assert "Test mode:" not in words(clara.get("/accounts").text)


def test_the_role_matrix_is_edited_cell_by_cell(company: Company, clara: Visitor) -> None:
    page = clara.get("/settings").text
    cells = dict(re.findall(r'name="((?:weight|count):[^"]+)"[^>]* value="([^"]*)"', page))
    assert cells["weight:enterprise:decision_maker"] == "3"
    wrong = clara.post("/settings/roles", **{**cells, "weight:small:influencer": "much"})
    assert wrong.status_code == 400
    assert 'value="much"' in wrong.text
    clara.post("/settings/roles", **{**cells, "weight:small:influencer": "2"})
    with company.app.database.read() as db:
        matrix = stakeholders.role_matrix(db)
    small = {str(one.role): one.weight for segment, row in matrix.items() for one in row if segment == "small"}
    assert small["influencer"] == 2


def test_somebody_is_added_with_a_link_that_is_shown_once(clara: Visitor) -> None:
    clara.get("/staff")
    done = clara.post("/staff", name="Nora Lind", email="nora@vendor.example", role="leader")
    link = re.search(r"<code>[^<]*(/invite/[^<]+)</code>", done.text)
    assert link is not None
    assert "Nora Lind" in words(clara.client.get(link.group(1)).text)
    assert "/invite/" not in clara.get("/staff").text.replace('/invite"', "")
    again = clara.post("/staff", name="Nora Lind", email="nora@vendor.example", role="leader")
    assert again.status_code == 400
    assert "is here already" in again.text
    assert 'value="nora@vendor.example"' in again.text


def test_the_last_admin_cannot_be_locked_out(company: Company, clara: Visitor) -> None:
    clara.get("/staff")
    me = company.world.staff["clara"]
    assert clara.post(f"/staff/{me}/access", do="end").status_code == 409
    assert clara.post(f"/staff/{me}/access", do="change", role="leader").status_code == 409
    assert clara.get("/staff").status_code == 200


def test_access_that_ended_ends_open_sessions(company: Company, clara: Visitor, dana: Visitor) -> None:
    clara.get("/staff")
    clara.post(f"/staff/{company.world.staff['dana']}/access", do="end")
    assert dana.client.get("/accounts", follow_redirects=False).status_code == 303


def test_the_audit_log_is_shown_and_says_when_somebody_changed_it_by_hand(company: Company, clara: Visitor) -> None:
    clara.get("/settings")
    clara.post("/settings/test-mode", do="off")
    assert "the chain is whole" in words(clara.get("/audit").text)
    assert "Nothing was changed yet" in words(clara.get("/audit?kind=campaign").text)
    with company.app.database.begin() as db:
        db.execute(update(schema.audit).values(actor="somebody else"))
    assert "was changed by hand at line 1" in words(clara.get("/audit").text)


# --- banners ------------------------------------------------------------------------------------


def test_old_crm_data_paused_sending_and_a_held_run_are_said_on_every_page(company: Company, clara: Visitor) -> None:
    with company.app.database.begin() as db:
        db.execute(update(schema.sync_run).values(started_at=NOW - timedelta(days=3)))
        run = {"source": "csv:x", "as_of": NOW.date(), "started_at": NOW, "state": "held", "counts": {}}
        db.execute(schema.sync_run.insert().values(**run))
        place = {
            "id": 1,
            "epoch": "x",
            "created_at": NOW,
            "sending_paused": True,
            "paused_because": "a backup was restored",
        }
        db.execute(schema.installation.insert().values(**place))
    page = words(clara.get("/exclusions").text)
    assert "CRM was last read 3 days ago" in page or "CRM was last read 72 hours ago" in page
    assert "sending is paused, because a backup was restored" in page
    assert "is held: somebody must decide" in page
