"""Follow-ups: late ones stand out, each has one next step, and every step is kept in its history."""

import csv
import html
import io

import pytest
from sqlalchemy import select

from tests.web.company import Company
from tests.web.world import HOSTILE
from voc.base.schema import audit, follow_up
from voc.base.words import Cause, FollowUpKind, FollowUpState
from voc.followup.model import Act
from voc.web import followups_view
from voc.web.followups_view import CAUSES, KINDS, LANES, hours_words


def state_of(company: Company, key: str) -> str:
    with company.app.database.read() as db:
        return db.execute(select(follow_up.c.state).where(follow_up.c.id == company.world.follow_ups[key])).scalar_one()


def test_the_board_says_how_many_are_open_and_late(company: Company) -> None:
    page = company.enter("marcus").get("/follow-ups").text
    assert "6 follow-ups are open, 1 of them late" in page
    assert "16 h of 16: the lead was told" in page
    assert "acknowledge within 4 h: 3 h left" in page


@pytest.mark.parametrize("view", ["", "?only=late", "?show=list&only=done", "?mine=yes", "?cause=training"])
def test_the_figures_count_every_open_case_whatever_the_list_below_shows(company: Company, view: str) -> None:
    assert "of 6 open" in company.enter("marcus").get(f"/follow-ups{view}").text


def test_a_list_of_late_ones_says_how_many_are_late_not_how_many_are_open(company: Company) -> None:
    assert "<h1>1 follow-up is late</h1>" in company.enter("marcus").get("/follow-ups?only=late").text
    assert "<h1>No follow-up is late</h1>" in company.enter("dana").get("/follow-ups?only=late").text


def test_a_csm_sees_own_cases_and_a_foreign_one_is_not_found(company: Company) -> None:
    dana = company.enter("dana")
    assert "Jonas" not in dana.get("/follow-ups").text
    late = company.world.follow_ups["late"]
    assert dana.get(f"/follow-ups/{late}").status_code == 404
    dana.get("/follow-ups")
    assert dana.post(f"/follow-ups/{late}/acknowledge").status_code == 404
    assert state_of(company, "late") == "acknowledged"


def test_a_case_goes_from_new_to_confirmed_step_by_step(company: Company) -> None:
    dana, id = company.enter("dana"), company.world.follow_ups["new"]
    page = dana.get(f"/follow-ups/{id}").text
    assert html.escape(HOSTILE, quote=False).split("(")[0] in page
    assert HOSTILE not in page
    dana.post(f"/follow-ups/{id}/acknowledge")
    dana.post(f"/follow-ups/{id}/contact", note="Called her, she waits for the night line")
    resolved = dana.post(f"/follow-ups/{id}/resolve", cause="support", note="Named a night contact")
    assert "Ask the customer whether they agree" in resolved.text
    confirmed = dana.post(f"/follow-ups/{id}/confirm", note="By mail")
    assert "Confirmed by the customer" in confirmed.text
    assert "she waits for the night line" in confirmed.text
    assert state_of(company, "new") == "confirmed"


def test_what_was_typed_comes_back_with_the_refusal(company: Company) -> None:
    dana, id = company.enter("dana"), company.world.follow_ups["contacted"]
    dana.get(f"/follow-ups/{id}")
    page = dana.post(f"/follow-ups/{id}/resolve", note="Two sessions for new planners")
    assert page.status_code == 409
    assert "Choose the root cause" in page.text
    assert "Two sessions for new planners" in page.text
    assert state_of(company, "contacted") == "contacted"


def test_a_resolved_case_can_be_opened_again_by_the_undo_button(company: Company) -> None:
    dana, id = company.enter("dana"), company.world.follow_ups["contacted"]
    dana.get(f"/follow-ups/{id}")
    page = dana.post(f"/follow-ups/{id}/resolve", cause="training", note="Two sessions").text
    assert f'action="/follow-ups/{id}/reopen"' in page
    dana.post(f"/follow-ups/{id}/reopen")
    assert state_of(company, "contacted") == "contacted"


def test_steps_are_in_the_audit_log(company: Company) -> None:
    dana, id = company.enter("dana"), company.world.follow_ups["new"]
    dana.get(f"/follow-ups/{id}")
    dana.post(f"/follow-ups/{id}/acknowledge")
    with company.app.database.read() as db:
        query = select(audit.c.actor).where(audit.c.object_kind == "follow_up", audit.c.object_id == str(id))
        assert db.execute(query).scalars().all() == ["Dana Whitlock"]


def test_a_step_that_is_not_there_is_refused(company: Company) -> None:
    dana, id = company.enter("dana"), company.world.follow_ups["new"]
    dana.get(f"/follow-ups/{id}")
    assert dana.post(f"/follow-ups/{id}/delete").status_code == 409


@pytest.mark.parametrize("query", ["?show=list", "?only=late", "?only=done", "?mine=yes", "?show=list&mine=yes"])
def test_each_view_opens(company: Company, query: str) -> None:
    assert company.enter("ingrid").get(f"/follow-ups{query}").status_code == 200


def test_only_late_shows_late_ones_alone(company: Company) -> None:
    page = company.enter("marcus").get("/follow-ups?show=list&only=late").text
    assert "Jonas Works 4" in page
    assert "Dana Works 3" not in page


def test_the_figure_on_the_page_is_the_one_of_engagement_and_opens_to_its_rows(company: Company) -> None:
    page = company.enter("marcus").get("/follow-ups").text
    assert "figure=follow_up_attainment&amp;scope=total" in page
    assert "3 of 4" in page


def test_all_of_them_are_a_file(company: Company) -> None:
    text = company.enter("marcus").get("/follow-ups/all.csv").content.decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert len(rows) == 7
    assert {row["Person"] for row in rows if row["Account"] == "Dana Works 3"} == {"'=HYPERLINK(1) Ruiz 3"}


@pytest.mark.parametrize(("hours", "words"), [(0.5, "30 min"), (1.33, "1 h 20"), (3, "3 h"), (29.4, "29 h")])
def test_hours_read_as_one_says_them(hours: float, words: str) -> None:
    assert hours_words(hours) == words


def test_every_word_of_the_vocabulary_has_its_words() -> None:
    assert set(KINDS) == set(FollowUpKind)
    assert set(CAUSES) == set(Cause)
    assert set(LANES) == set(FollowUpState) - {FollowUpState.CONFIRMED}
    assert set(followups_view.FORMS) == set(Act)


def test_who_is_away_has_a_deputy_who_finds_the_cases_without_the_account(company: Company) -> None:
    case = f"/follow-ups/{company.world.follow_ups['foreign']}"
    jonas, mei = company.enter("jonas"), company.enter("clara")
    assert jonas.get(case).status_code == 404
    form = {"csm": "csm-mei", "deputy": "csm-jonas", "from": "2026-03-03", "to": "2026-03-06"}
    page = mei.get("/follow-ups/away")
    assert "Nobody is away" in page.text
    refused = mei.post("/follow-ups/away", {**form, "to": "2026-03-02"})
    assert refused.status_code == 409
    assert "The last day lies before the first." in refused.text
    assert 'value="csm-jonas" selected' in refused.text
    assert mei.post("/follow-ups/away", form).status_code in (200, 303)
    told = html.unescape(jonas.get(case).text)
    assert "Owner Mei Tanaka, away to 6 Mar 2026; Jonas Brandt stands in." in told
    assert 'href="/accounts/acc-mei' not in told
    assert "You stand in for Mei Tanaka" in jonas.get("/follow-ups/away").text
    assert jonas.get(case).status_code == 200
