"""Silent accounts and follow-ups of a team, a CSM, a segment, a region: permission in the query, files alike."""

import csv
import html
import io
import re
from datetime import timedelta

import pytest
from sqlalchemy import update

from tests.builders import NOW
from tests.web.company import Company
from tests.web.people import Visitor
from voc.base.schema import account
from voc.metrics import run

CHOICES = re.compile(r'<select id="(\w+)"')
OF = ("?team=csm-ingrid", "?csm=csm-jonas", "?segment=mid-market", "?region=Europe", "?segment=small&region=Europe")


@pytest.fixture
def placed(company: Company) -> Company:
    """Dana's accounts lie in Spain, the others' nowhere that is known; Jonas's second is a small one."""
    with company.app.database.begin() as db:
        db.execute(update(account).where(account.c.csm_id == "csm-dana").values(country="Spain"))
        db.execute(update(account).where(account.c.id == "acc-jonas-1").values(segment="small", country="ES"))
    return company


def names(visitor: Visitor, path: str) -> list[str]:
    text = visitor.get(path).content.decode("utf-8-sig")
    return [row["Account"] for row in csv.DictReader(io.StringIO(text))]


def silent(visitor: Visitor, query: str = "") -> list[str]:
    """On the page, in its order."""
    page = visitor.get(f"/silent{query}").text
    return [html.unescape(one) for one in re.findall(r'rowheader"><a href="/accounts/[^"]+">([^<]+)</a>', page)]


def test_both_pages_offer_what_engagement_offers(placed: Company) -> None:
    marcus, ingrid, dana = (placed.enter(who) for who in ("marcus", "ingrid", "dana"))
    offered = ["team", "csm", "segment", "region"]
    placed_twice = {"silent": offered, "follow-ups": [*offered, "days"]}
    with placed.app.database.begin() as db:
        db.execute(update(account).where(account.c.id == "acc-mei-0").values(country="Japan"))
    for page, choices in placed_twice.items():
        assert CHOICES.findall(marcus.get(f"/{page}").text) == choices
        assert "team" not in CHOICES.findall(ingrid.get(f"/{page}").text)
        assert "csm" not in CHOICES.findall(dana.get(f"/{page}").text)


def test_a_part_is_some_of_the_whole_and_its_figure_its_rows_and_its_file_agree(placed: Company) -> None:
    marcus = placed.enter("marcus")
    everybody = silent(marcus)
    assert len(everybody) == 5
    for query in OF:
        some = silent(marcus, query)
        assert [one for one in everybody if one in some] == some
        assert names(marcus, f"/silent.csv{query}") == some
        page = marcus.get(f"/silent{query}").text
        figure, part, of, rows = re.findall(
            r'data-figure="([^"]+)" data-part="([^"]+)" data-of="([^"]+)" data-rows="([^"]+)"', page
        )[0]
        assert (figure, round(float(part))) == ("silent_accounts", len(some))
        found = re.findall(r'data-part="([^"]*)" data-of="1\.?0?">', marcus.get(html.unescape(rows)).text)
        assert (len(found), sum(float(one) for one in found)) == (round(float(of)), float(part)), query
    assert 0 < len(silent(marcus, "?segment=small&region=Europe")) < len(everybody)


def test_nobody_narrows_to_what_is_not_theirs(placed: Company) -> None:
    ingrid, dana = placed.enter("ingrid"), placed.enter("dana")
    for page in (
        "/silent",
        "/silent.csv",
        "/follow-ups",
        "/follow-ups/all.csv",
        "/follow-ups/times",
        "/follow-ups/recovery",
    ):
        assert ingrid.get(f"{page}?csm=csm-mei").status_code == 404, page
        assert ingrid.get(f"{page}?team=csm-otto").status_code == 404, page
        assert dana.get(f"{page}?csm=csm-jonas").status_code == 404, page
        assert ingrid.get(f"{page}?csm=csm-jonas").status_code == 200, page
        assert ingrid.get(f"{page}?csm=nobody").status_code == 404, page


def test_a_csm_of_another_team_is_left_out_once_a_team_is_chosen(placed: Company) -> None:
    marcus = placed.enter("marcus")
    assert silent(marcus, "?team=csm-ingrid&csm=csm-mei") == silent(marcus, "?team=csm-ingrid")


def test_follow_ups_of_a_part_go_by_their_owner_and_keep_what_else_was_chosen(placed: Company) -> None:
    marcus = placed.enter("marcus")
    assert len(names(marcus, "/follow-ups/all.csv")) > len(names(marcus, "/follow-ups/all.csv?csm=csm-jonas")) > 0
    page = marcus.get("/follow-ups?csm=csm-jonas&show=list&days=90").text
    rows = re.findall(r'data-th="Owner">([^<]+)<', page)
    assert set(rows) == {"Jonas Brandt"}
    assert '<input type="hidden" name="show" value="list">' in page
    assert "Jonas Brandt. Clocks run" in page
    links = [html.unescape(one) for one in re.findall(r'href="(/follow-ups[^"]*)"', page)]
    narrowed = [one for one in links if one.startswith(("/follow-ups?", "/follow-ups/times", "/follow-ups/recovery"))]
    assert narrowed
    assert all("csm=csm-jonas" in one for one in narrowed)


def test_an_odd_choice_is_left_out(placed: Company) -> None:
    marcus = placed.enter("marcus")
    for query in ("?segment=x", "?region=Atlantis", "?days=abc", "?team=csm-ingrid&region=Atlantis"):
        assert marcus.get(f"/silent{query}").status_code == 200, query
        assert marcus.get(f"/follow-ups{query}").status_code == 200, query
    assert silent(marcus, "?region=Atlantis") == silent(marcus)


def test_what_moved_since_last_night_stands_beside_the_count(placed: Company) -> None:
    """Engagement shows last night's count, this page what is known now: one customer left since."""
    run.snapshot(placed.app.database, NOW)
    assert "Engagement and CSMs count" not in placed.enter("marcus").get("/silent").text
    with placed.app.database.begin() as db:
        db.execute(update(account).where(account.c.id == "acc-jonas-5").values(status="churned"))
    page = placed.enter("marcus").get("/silent").text
    assert "4 of 22 accounts asked are silent" in page
    night = NOW.date() - timedelta(days=1)
    assert f"Engagement and CSMs count 5 of 23 in the night after {night.day} {night:%B %Y}; since then" in page
    assert "1 is no customer any more" in page
