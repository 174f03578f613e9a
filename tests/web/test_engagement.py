"""Engagement: every figure opens to the rows it counts; standard first, chance second; no foreign book is seen."""

import csv
import html
import io
import re
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import insert, select, update

import voc.web
from tests.builders import NOW, TODAY
from tests.metrics.world import hand_over
from tests.web.company import Company
from tests.web.people import Visitor
from tests.web.world import HOSTILE
from voc.base import preferences
from voc.base.access import TERMINAL
from voc.base.schema import account, csm, milestone
from voc.base.words import Scope
from voc.metrics import run
from voc.metrics.catalogue import CATALOGUE, OPENS
from voc.web.engagement_view import Wanted
from voc.web.narrowing import wanted_of

_ROWS = re.compile(r'href="(/engagement/rows\?[^"]+)"')


def links(page: str) -> list[str]:
    return sorted({html.unescape(found) for found in _ROWS.findall(page)})


def rows_of(visitor: Visitor, link: str) -> list[list[str]]:
    file = visitor.get(link.replace("/engagement/rows?", "/engagement/rows.csv?"))
    assert file.status_code == 200, link
    return list(csv.reader(io.StringIO(file.content.decode("utf-8-sig"))))[1:]


def test_every_figure_of_the_catalogue_opens_to_rows_that_make_up_its_denominator(company: Company) -> None:
    with company.app.database.read() as db:
        for scope in (Scope.TOTAL, Scope.TEAM, Scope.CSM):
            for one in run.figures(db, scope=scope, now=NOW):
                for figure in one.figures.values():
                    rows = run.rows(db, TERMINAL, figure=figure.name, scope=scope, id=one.id, now=NOW)
                    counted = [row for row in rows if row.whole > 0]
                    assert len(counted) == figure.counted, (scope, one.id, figure.name)
                    assert sum(row.whole for row in counted) == pytest.approx(figure.denominator or 0)
                    assert sum(row.part for row in counted) == pytest.approx(figure.numerator or 0)


def test_a_percent_never_stands_without_its_count(company: Company) -> None:
    page = company.enter("marcus").get("/engagement").text
    for card in re.findall(r'<div class="fig">(.*?)</div>', page, re.DOTALL):
        words = re.sub(r"<[^>]+>", "", card)
        if "%" in words:
            assert re.search(r"\d+\s+of \d+", words), words


def test_csms_stand_in_alphabetical_order_whatever_their_figures(company: Company) -> None:
    page = company.enter("marcus").get("/engagement").text
    names = ["Dana Whitlock", "Jonas Brandt", "Mei Tanaka"]
    places = [page.index(f">{name}</a>") for name in names]
    assert places == sorted(places)


def test_the_standard_comes_first_and_chance_second_with_the_words_of_the_definition(company: Company) -> None:
    page = company.enter("marcus").get("/engagement").text
    assert "▼ Below the standard, more than chance.</b> <span" in page
    assert "This does not say why: customers, segment, product and history count too." in page
    assert "Too few to say: 9 invitations, 3 accounts; enough from 10 invitations of 3 accounts: 1 more" in page
    assert "Expected by chance on this page: about 0.1 of 2 outside the inner lines." in page
    assert "significant" not in page
    assert "because of" not in page


def test_a_csm_sees_own_line_and_the_total_but_not_the_rows_behind_it(company: Company) -> None:
    dana = company.enter("dana")
    page = dana.get("/engagement").text
    assert "Jonas" not in page
    assert "24 of 55" in page
    assert all("scope=csm&id=csm-dana" in link or "scope=total" in link for link in links(page))
    total = dana.get("/engagement/rows?figure=response_rate&scope=total")
    assert "other people’s accounts" in total.text
    assert dana.get("/engagement/rows?figure=response_rate&scope=csm&id=csm-jonas").status_code == 404
    assert dana.get("/engagement/rows?figure=response_rate&scope=account&id=acc-jonas-0").status_code == 404


def test_a_lead_sees_the_team_and_no_other(company: Company) -> None:
    ingrid = company.enter("ingrid")
    page = ingrid.get("/engagement").text
    assert "Jonas Brandt" in page
    assert "Mei Tanaka" not in page
    assert ingrid.get("/engagement?team=csm-otto").status_code == 404
    assert ingrid.get("/engagement/rows?figure=reach&scope=csm&id=csm-mei").status_code == 404


def test_a_leader_narrows_to_a_team_and_puts_one_csm_beside_it(company: Company) -> None:
    marcus = company.enter("marcus")
    page = marcus.get("/engagement?team=csm-ingrid&csm=csm-jonas").text
    assert "Engagement, team of Ingrid Solheim" in page
    assert "Participation in places, Jonas Brandt" in page
    assert "Mei Tanaka" not in page
    assert marcus.get("/engagement?team=nobody").status_code == 404


@pytest.mark.parametrize(
    "query", ["?days=abc", "?days=-5", "?days=999999", "?as_of=never", "?as_of=2999-01-01", "?segment=x", "?against=x"]
)
def test_a_filter_that_makes_no_sense_is_left_out(company: Company, query: str) -> None:
    assert company.enter("marcus").get(f"/engagement{query}").status_code == 200


@pytest.mark.parametrize("query", ["?figure=nothing&scope=total", "?figure=reach&scope=x", "?figure=reach", ""])
def test_rows_of_nothing_are_not_found(company: Company, query: str) -> None:
    assert company.enter("marcus").get(f"/engagement/rows{query}").status_code == 404


def test_names_from_the_crm_stay_text(company: Company) -> None:
    marcus = company.enter("marcus")
    for path in ("/silent", "/engagement/rows?figure=silent_accounts&scope=total", "/follow-ups"):
        page = marcus.get(path).text
        assert HOSTILE not in page, path
        assert html.escape(HOSTILE, quote=False).split("(")[0] in page, path


def test_the_table_is_a_file(company: Company) -> None:
    text = company.enter("marcus").get("/engagement/by-csm.csv").content.decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [row["CSM"] for row in rows] == ["Dana Whitlock", "Jonas Brandt", "Mei Tanaka", "All"]
    assert [float(row["Answered"]) for row in rows] == [16, 4, 4, 24]
    assert rows[2]["Response"] == "0.4444444444444444"
    assert rows[3]["Against the standard"] != "Nobody was asked in this period."


def test_the_last_line_of_the_file_is_that_of_the_page(company: Company) -> None:
    """To a CSM everybody's, as a leader sees it; of a team the team."""
    for who, query in (("dana", ""), ("marcus", "?team=csm-ingrid"), ("ingrid", "")):
        somebody = company.enter(who)
        text = somebody.get(f"/engagement/by-csm.csv{query}").content.decode("utf-8-sig")
        last = list(csv.DictReader(io.StringIO(text)))[-1]
        foot = somebody.get(f"/engagement{query}").text.split("<tfoot>")[1].split("</tfoot>")[0]
        assert last["CSM"] == "All"
        assert f"{int(float(last['Answered']))} of {int(float(last['Invitations']))}" in foot, (who, query)


def test_the_definitions_name_every_figure_once(company: Company) -> None:
    page = company.enter("dana").get("/definitions").text
    for one in CATALOGUE:
        assert page.count(f'id="{one.name}"') == 1


def test_every_link_to_a_definition_finds_it(company: Company) -> None:
    """Written out in a page, or made of the name of a figure that opens to rows."""
    web = Path(voc.web.__file__).parent
    sources = [*web.rglob("*.py"), *web.rglob("*.html")]
    linked = {name for one in sources for name in re.findall(r"/definitions#([\w-]+)", one.read_text("utf-8"))}
    assert {"late_now", "people_valid"} <= linked
    page = company.enter("dana").get("/definitions").text
    assert [name for name in sorted(linked | set(OPENS)) if page.count(f'id="{name}"') != 1] == []


def test_numbers_of_a_company_have_a_heading_of_their_own(company: Company) -> None:
    with company.app.database.begin() as db:
        own = {"account_id": "acc-dana-1", "kind": "number_seats", "on": TODAY, "value": Decimal(4)}
        db.execute(insert(milestone).values(id="seats", **own, state="live", hash=""))
    page = company.enter("dana").get("/definitions").text
    assert 'id="number_seats"' in page
    assert '<h2 id="g-own">Numbers of your own: never paid for</h2>' in page
    assert page.index('id="g-own"') < page.index('id="number_seats"')
    mixed = page[page.index('id="g-mixed"') : page.index('id="g-own"')]
    assert re.findall(r'<article class="stack gap-b" id="(\w+)"', mixed) == ["activity_x_quality"]


def test_before_the_first_account_the_page_says_what_to_do(company: Company) -> None:
    with company.app.database.begin() as db:
        db.execute(update(account).values(status="churned"))
        db.execute(update(csm).values(manager_id=None))
        db.execute(select(account.c.id)).all()
    page = company.enter("clara").get("/engagement?as_of=2020-01-01")
    assert page.status_code == 200


def test_a_trend_marks_what_happened_and_has_its_table_behind(company: Company) -> None:
    for weeks in (2, 1, 0):
        run.snapshot(company.app.database, NOW - timedelta(weeks=weeks))
    with company.app.database.begin() as db:
        preferences.change(db, {"response_standard": 0.6}, actor="Clara Wendt", now=NOW - timedelta(days=9))
        hand_over(db, "acc-dana-1", "csm-jonas", at=NOW - timedelta(days=8))
    page = company.enter("marcus").get("/engagement?trend=participation").text
    assert "Trend of a year: participation" in page
    assert re.search(r"<li>[^<]*: response standard changed to 60%</li>", page)
    assert re.search(r"<li>[^<]*: 1 account handed over</li>", page)
    assert "wave Relationship, late comers launched" in page
    assert page.count("as_of=2026-02-") >= 2  # each night opens to its rows
    assert "Upright lines are the numbers of the list" in page
    assert "How we know" in page


def test_a_period_from_any_day_counts_that_day() -> None:
    def asked(from_on: str = "", as_of: str = "", beside: str = "", beside_to: str = "") -> Wanted:
        today = date(2026, 4, 9)
        return wanted_of(
            days="", segment="", today=today, as_of=as_of, from_on=from_on, beside=beside, beside_to=beside_to
        )

    assert asked(from_on="2026-01-01", as_of="2026-03-31").days == 90
    assert asked(from_on="2026-03-31", as_of="2026-03-31").days == 1
    today = asked(from_on="2026-04-01")
    assert (today.days, today.live) == (9, True)
    assert asked(beside_to="2026-01-31").beside == "2026-01-31"
    assert asked(beside_to="2026-01-31", beside="previous").beside == "2026-01-31"
    assert asked(beside_to="2026-04-09").beside == ""


def test_the_filters_keep_what_else_was_chosen_and_no_day_overrules_a_new_period(company: Company) -> None:
    marcus = company.enter("marcus")
    page = marcus.get("/engagement?from=2026-01-01&as_of=2026-02-09&csm=csm-jonas&beside=previous").text
    assert "No night has kept this period yet; each keeps the last 90, 180 and 365 days." in page
    form = re.search(r'<form class="filters".*?</form>', page, re.DOTALL)
    assert form is not None
    assert 'name="csm" value="csm-jonas"' in form[0]
    assert 'name="beside" value="previous"' in form[0]
    assert re.search(r'name="from"[^>]* value="\d', form[0]) is None
    assert '<option value="40" selected>' in form[0]
    other = marcus.get("/engagement?days=180&beside_to=2025-12-31&trend=coverage_fresh").text
    assert "to 31 December 2025</h2>" in other
    assert 'name="beside_to" value="2025-12-31"' in other
    assert 'name="trend" value="coverage_fresh"' in other


def test_a_trend_of_a_segment_is_shown_and_of_a_segment_of_a_team_it_says_why_not(company: Company) -> None:
    for weeks in (2, 1, 0):
        run.snapshot(company.app.database, NOW - timedelta(weeks=weeks))
    marcus = company.enter("marcus")
    with company.app.database.read() as db:
        segment = next(one.id for one in run.figures(db, scope=Scope.SEGMENT, now=NOW))
    page = marcus.get(f"/engagement?segment={segment}&trend=fresh_contacts").text
    behind = [link for link in links(page.split('id="h-trend"')[1]) if f"scope=segment&id={segment}" in link]
    assert len(behind) >= 2
    assert marcus.get(behind[0]).status_code == 200
    assert "Upright lines are the numbers of the list" in page
    crossed = marcus.get(f"/engagement?segment={segment}&team=csm-ingrid").text
    assert "Choose one alone to see its trend." in crossed


def test_a_trend_is_drawn_from_thirty_on_and_its_table_keeps_the_rest(company: Company) -> None:
    for weeks in (2, 1, 0):
        run.snapshot(company.app.database, NOW - timedelta(weeks=weeks))
    page = company.enter("marcus").get("/engagement?trend=account_response").text.split('id="h-trend"')[1]
    assert "A trend needs 2 weeks that rest on 30 rows and 3 accounts or more; there are 0." in page
    assert "on fewer stand in the table." in page
    assert "The same as a table" in page


def test_what_four_people_said_cannot_be_taken_out_of_two_views(company: Company) -> None:
    """Twenty of Ingrid's customers scored us and four of Otto's: all teams less hers would be his four."""
    marcus = company.enter("marcus")
    whole, ingrid = marcus.get("/engagement?live=1").text, marcus.get("/engagement?live=1&team=csm-ingrid").text
    assert "are not shown in this view" not in whole
    assert "not shown in this view. Its people differ from those of all teams, 180 days by fewer than five" in ingrid
    assert '<a href="/engagement?days=180&amp;live=1">Show all teams, 180 days</a>' in ingrid
    assert "Recommend score" not in ingrid
    assert re.search(r"Response.{0,400}\d+ of \d+", ingrid, re.S)  # what was done stays
    otto = marcus.get("/engagement?live=1&team=csm-otto&trend=nps_people&beside=previous").text
    assert "Fewer than five people said something here" in otto
    assert "Not shown in this view, as the top of the page says." in otto
    assert '<th scope="row" role="rowheader">Recommend</th>' not in otto


def test_an_address_of_rows_tells_no_more_of_a_view_than_its_page(company: Company) -> None:
    marcus = company.enter("marcus")
    rows = "/engagement/rows?figure=nps_people&days=180&live=1"
    for team in ("csm-ingrid", "csm-otto"):
        page = marcus.get(f"{rows}&scope=team&id={team}").text
        assert "Not shown: " in page
        assert "so there are none" in page
        assert "promoters" not in page.split("<main")[1]
        file = marcus.get(f"{rows.replace('rows?', 'rows.csv?')}&scope=team&id={team}")
        assert (file.status_code, "Not shown: " in file.text) == (409, True)
    assert "Not shown: " not in marcus.get(f"{rows}&scope=total").text
    sent = marcus.get("/engagement/rows?figure=response_rate&days=180&live=1&scope=team&id=csm-otto")
    assert "Not shown: " not in sent.text


def test_the_file_and_the_command_keep_back_what_the_page_does(company: Company) -> None:
    marcus = company.enter("marcus")

    def promoters(query: str) -> list[str]:
        text = marcus.get(f"/engagement/by-csm.csv?live=1{query}").content.decode("utf-8-sig")
        return [row["Promoters"] for row in csv.DictReader(io.StringIO(text, newline=""))]

    assert any(promoters(""))
    assert not any(promoters("&team=csm-ingrid"))


def test_the_board_keeps_back_of_a_team_what_engagement_does(company: Company) -> None:
    marcus, ingrid = company.enter("marcus"), company.enter("ingrid")
    page = marcus.get("/board?team=csm-ingrid").text
    row = page[page.index(">Identified promoters<") :].split("</tr>")[0]
    assert "Not shown: " in row
    assert 'data-figure="identified_promoters"' not in page
    assert 'data-figure="identified_promoters"' in marcus.get("/board").text
    assert 'data-figure="identified_promoters"' in ingrid.get("/board").text
    for query, kept_back in (("?team=csm-ingrid", True), ("", False)):
        text = marcus.get(f"/board.csv{query}").content.decode("utf-8-sig")
        six = {one["Figure"]: one for one in csv.DictReader(io.StringIO(text))}
        told = six["Identified promoters"]
        assert (told["Counts"] == told["Of"] == "") == kept_back
        assert six["Response"]["Counts"] != ""


def test_of_a_part_scores_are_told_for_the_usual_periods_alone(company: Company) -> None:
    """A day more or less may differ by one person; everybody, one's own team and one's own book have any period."""
    marcus = company.enter("marcus")
    free = marcus.get("/engagement?segment=mid-market&days=179&live=1").text
    assert "so of a part of the company they are told for the usual periods alone" in free
    assert re.search(r"Show [^<]*(90|180|365) days</a>", free)
    assert 'data-figure="nps_people"' not in free
    assert "usual periods alone" not in marcus.get("/engagement?days=179&live=1").text
    for who in ("ingrid", "dana"):
        assert "are not shown in this view" not in company.enter(who).get("/engagement?days=179&live=1").text


def test_a_lead_reads_the_own_team_and_a_csm_the_own_book_in_full(company: Company) -> None:
    for who in ("ingrid", "dana"):
        assert "are not shown in this view" not in company.enter(who).get("/engagement?live=1").text
