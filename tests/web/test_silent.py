"""Silent accounts: a rule of judgement shown in its parts, in order of work, and a play that opens a follow-up."""

import csv
import io

import pytest
from sqlalchemy import func, select

from tests.web.company import Company
from voc.base.schema import follow_up


def cases(company: Company, account_id: str) -> int:
    with company.app.database.read() as db:
        query = select(func.count()).where(follow_up.c.account_id == account_id, follow_up.c.kind == "silent_account")
        return db.execute(query).scalar_one()


def test_the_heading_is_the_finding(company: Company) -> None:
    page = company.enter("marcus").get("/silent").text
    assert "5 of 23 accounts asked are silent, with $760 k" in page
    assert "a rule of judgement, not a probability" in page


def test_each_silent_account_says_how_surprising_its_silence_is(company: Company) -> None:
    page = company.enter("marcus").get("/silent").text
    assert "3 people asked. An ordinary account of this size is silent 1 time in 4." in page


def test_the_order_is_score_times_revenue(company: Company) -> None:
    page = company.enter("jonas").get("/silent").text
    places = [page.index(f">Jonas Works {number}<") for number in (5, 3, 1, 0)]
    assert places == sorted(places)


def test_the_play_opens_a_follow_up_once(company: Company) -> None:
    jonas = company.enter("jonas")
    jonas.get("/silent")
    opened = jonas.post("/silent/acc-jonas-5/follow-up")
    assert "Silent account" in opened.text
    assert cases(company, "acc-jonas-5") == 1
    jonas.post("/silent/acc-jonas-5/follow-up")
    assert cases(company, "acc-jonas-5") == 1
    assert "Follow-up is open" in jonas.get("/silent").text


def test_a_foreign_account_is_not_found_and_one_that_answers_is_refused(company: Company) -> None:
    dana = company.enter("dana")
    dana.get("/silent")
    assert dana.post("/silent/acc-jonas-5/follow-up").status_code == 404
    dana.get("/silent")
    assert dana.post("/silent/acc-dana-0/follow-up").status_code == 409
    assert cases(company, "acc-jonas-5") == 0


def test_other_states_are_listed_and_not_counted_as_silent(company: Company) -> None:
    page = company.enter("marcus").get("/silent").text
    assert "In flight" in page
    assert "Heard" in page


def test_the_list_is_a_file_with_the_seven_parts(company: Company) -> None:
    text = company.enter("marcus").get("/silent.csv").content.decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert len(rows) == 5
    parts = ("Recency", "Roles", "Decision maker", "Coverage", "Bounces", "Detractor", "Renewal")
    assert sum(float(rows[0][part]) for part in parts) == pytest.approx(float(rows[0]["Score"]), abs=0.1)
