"""Silent accounts: a rule of judgement shown in its parts, in order of work, and a play that opens a follow-up."""

import csv
import io
from datetime import timedelta

import pytest
from sqlalchemy import func, insert, select

from tests.builders import NOW
from tests.web.company import Company
from voc.base.access import Viewer
from voc.base.schema import follow_up, renewal_landmark
from voc.base.words import StaffRole
from voc.metrics.run import cost
from voc.web import cost_view


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


def decided(company: Company, account_id: str, *, state: str, lost: bool) -> None:
    with company.app.database.begin() as db:
        day = NOW.date() - timedelta(days=20)
        row = {"key": f"renewal:{account_id}", "decided_on": day, "landmark_on": day - timedelta(days=90)}
        kept = {"account_id": account_id, "segment": "small", "kept_at": NOW, "score": 60.0}
        db.execute(insert(renewal_landmark).values(**row, **kept, state=state, lost=lost, days_since_answer=100.0))


def test_what_silence_costs_is_one_price_for_all_and_opens_to_own_rows_only(company: Company) -> None:
    """Two of three silent and one of three responding left, of three CSMs: everybody reads the same sentence."""
    states = {"dana": ("silent", "heard", "heard"), "jonas": ("silent", "silent", "heard"), "mei": ("not_asked",)}
    for who, told in states.items():
        for number, state in enumerate(told):
            decided(company, f"acc-{who}-{number}", state=state, lost=(who, number) in (("jonas", 0), ("jonas", 1)))
    sentence = "Your own renewals cannot tell yet: 2 of 3 silent and 0 of 3 responding accounts left."
    for who, own, silent in (("marcus", 7, 3), ("jonas", 3, 2), ("dana", 3, 1)):
        somebody = company.enter(who)
        page = somebody.get("/silent").text
        assert sentence in page
        assert "Left is a renewal that was decided and lost; elsewhere who is no customer any more is counted" in page
        assert f">{own} counted</h2>" in somebody.get("/silent/renewals").text
        rows = somebody.get("/silent/renewals?group=silent").text
        assert f">{silent} counted</h2>" in rows
        assert "The next page" not in rows
        file = somebody.get("/silent/renewals.csv").content.decode("utf-8-sig")
        assert len(list(csv.DictReader(io.StringIO(file)))) == own


def test_renewals_stand_a_page_at_a_time(company: Company) -> None:
    for number in range(3):
        decided(company, f"acc-dana-{number}", state="silent", lost=False)
    with company.app.database.read() as db:
        found = cost.page(db, Viewer(None, "Marcus Oyelaran", StaffRole.LEADER))
    first = cost_view.renewals_page(found, group="", csms={}, size=2)
    assert (len(first.rows), first.counted) == (2, 3)
    assert [one.words for one in first.pages] == ["The next page"]
    second = company.enter("marcus").get(first.pages[0].href).text
    assert [first.rows[0].name in second, second.count('<tr role="row" data-part=')] == [False, 1]
    assert ">3 counted</h2>" in second
    assert "The page before" in second


def test_the_chosen_play_is_logged_once_with_who_chose_it(company: Company) -> None:
    jonas = company.enter("jonas")
    jonas.get("/silent")
    jonas.post("/silent/acc-jonas-5/follow-up", play="Call Ana Ruiz 5")
    assert "Call Ana Ruiz 5: Jonas Brandt, 3 Mar 2026" in jonas.get("/silent").text
    with company.app.database.read() as db:
        case_id = db.execute(select(follow_up.c.id).where(follow_up.c.account_id == "acc-jonas-5")).scalar_one()
    assert "Next play" in jonas.get(f"/follow-ups/{case_id}").text
