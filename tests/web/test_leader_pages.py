"""The leader's pages: CSMs, board, one to one, guesses; who sees what, what opens to which rows, and the files."""

import csv
import io
import re
from datetime import date, timedelta

import pytest
from sqlalchemy import Connection, insert, select

from tests.builders import NOW
from tests.web.company import Company
from voc.base import schema
from voc.base.words import Role
from voc.metrics import guesses, mix
from voc.metrics.guesses import Answered, Guessed
from voc.metrics.mix import Cell
from voc.metrics.run import night
from voc.web import paper, pdf

DAY = timedelta(days=1)


def test_csms_stand_in_alphabetical_order_and_by_work_only_if_asked(company: Company) -> None:
    marcus = company.enter("marcus")
    page = marcus.get("/csms").text
    places = [page.index(f'href="/csms/csm-{who}"') for who in ("dana", "jonas", "mei")]
    assert places == sorted(places)
    assert "Expected by chance on this page: about" in page
    for banned in ("because of", "significant", "rank", "best CSM", "worst"):
        assert banned not in page
    assert 'aria-current="true">By work to do' in marcus.get("/csms?order=work").text


def test_a_csm_sees_the_own_book_as_the_leader_does_and_nobody_elses_name(company: Company) -> None:
    hers, his = company.enter("dana").get("/csms").text, company.enter("marcus").get("/csms").text
    assert "Dana Whitlock" in hers
    assert "Jonas Brandt" not in hers
    row = his[his.index('href="/csms/csm-dana"') :].split("</tr>")[0]
    verdict = row[row.index('class="verdict"') :].split("</td>")[0]
    assert verdict in hers


@pytest.mark.parametrize("who", ["dana", "marcus"])
def test_every_page_of_figures_opens_on_the_morning_after_a_night(company: Company, who: str) -> None:
    """What a night keeps is less than what is counted live: a page must not ask it for more."""
    night.snapshot(company.app.database, NOW)
    visitor = company.enter(who)
    for path in ("/engagement", "/csms", "/csms/csm-dana", "/csms.csv", "/board", "/retention", "/silent", "/forest"):
        assert visitor.get(path).status_code == 200, path


def test_the_help_prints_how_many_invitations_it_takes_to_see_a_shortfall(company: Company) -> None:
    """The definitions: at a design effect of 1.6, 35% against 50% takes 140 and 258, 40% takes 320 and 586."""
    page = " ".join(re.sub(r"<[^>]+>", " ", company.enter("dana").get("/definitions").text).split())
    assert "35% 140 258 40% 320 586" in page
    assert "at a design effect of 1.6: colleagues alike make 16 invitations worth 10" in page
    assert "Most books are smaller: use a longer period, not sharper words." in page


def test_the_rows_behind_a_response_are_as_many_as_its_count(company: Company) -> None:
    marcus = company.enter("marcus")
    files = marcus.get("/csms.csv").content.decode("utf-8-sig")
    dana = next(row for row in csv.DictReader(io.StringIO(files)) if row["CSM"] == "Dana Whitlock")
    rows = marcus.get("/engagement/rows.csv?figure=response_rate&scope=csm&id=csm-dana&days=180")
    counted = [one for one in csv.DictReader(io.StringIO(rows.content.decode("utf-8-sig"))) if float(one["Of"]) > 0]
    assert len(counted) == int(dana["Invitations"])
    assert sum(float(one["Counts"]) for one in counted) == int(dana["Answered"])


def cells(csm: str, segment: str, answered: int, invitations: int, *, inherited: bool = False) -> Cell:
    return Cell(csm, inherited, segment, Role.CHAMPION, "relationship", answered, invitations)


def test_a_mix_is_judged_by_the_teams_own_rates_and_thin_groups_by_wider_ones() -> None:
    """Small accounts answer 20 of 100, large ones 80 of 100. A book of 50 small ones is expected to give 10."""
    team = [
        cells("a", "small", 10, 50),
        cells("b", "small", 10, 50),
        cells("b", "enterprise", 80, 100),
        cells("c", "mid-market", 3, 10),  # under 30: the rate of all, 103 of 210
    ]
    found = mix.mixes(team, {"a": 1.0, "b": 1.0, "c": 2.0})
    assert found["a"].expected == pytest.approx(10)
    assert found["b"].expected == pytest.approx(90)
    assert found["c"].expected == pytest.approx(10 * 103 / 210)
    assert mix.differ(mix.segments(team), deff=1.5)
    assert not mix.differ(mix.segments([cells("a", "small", 20, 50), cells("a", "enterprise", 24, 50)]), deff=1.5)


def test_an_inherited_invitation_counts_for_the_team_and_for_nobodys_mix() -> None:
    team = [cells("a", "small", 10, 50), cells("a", "small", 50, 50, inherited=True)]
    assert mix.mixes(team, {})["a"].expected == pytest.approx(50 * 60 / 100)


def test_the_board_page_shows_six_figures_that_open_to_their_rows(company: Company) -> None:
    marcus = company.enter("marcus")
    page = marcus.get("/board").text
    for name in (
        "Identified promoters", "Follow-ups in time", "Response", "Silent accounts",
        "Invitation guideline met", "Response target met",
    ):  # fmt: skip
        assert f'role="rowheader">{name}<' in page
    assert page.count('data-figure="') >= 6  # each is followed to its rows in the browser
    assert "No figure on this page feeds pay or discipline by itself." in page
    assert company.enter("jonas").get("/board?team=csm-otto").status_code == 404


def test_the_board_page_is_one_page_of_pdf_that_is_the_same_each_time(company: Company) -> None:
    marcus = company.enter("marcus")
    first, second = marcus.get("/board.pdf"), marcus.get("/board.pdf")
    assert first.headers["content-type"] == "application/pdf"
    assert first.content.startswith(b"%PDF-")
    assert first.content.count(b"/Type /Page\n") + first.content.count(b"/Type /Page ") == 1
    assert first.content == second.content
    with company.app.database.read() as db:
        taken = db.execute(select(schema.audit.c.object_id).where(schema.audit.c.actor == "Marcus Oyelaran")).scalars()
        assert "board-page" in list(taken)


def test_a_page_that_is_too_long_is_made_smaller_and_a_letter_we_lack_is_marked() -> None:
    long = [paper.Words(f"Line {n} with Ünïcödé, Ελληνικά and кириллица", lead="§") for n in range(120)]
    made = pdf.drawn(
        paper.Sheet("crumb", "Title 日本", [*long, paper.Bar([(0.5, "heard"), (0.5, "not_asked")])], "foot")
    )
    assert made.count(b"/Type /Page\n") + made.count(b"/Type /Page ") == 1


def test_the_one_to_one_page_begins_with_their_words_and_is_for_the_own_team_only(company: Company) -> None:
    ingrid = company.enter("ingrid")
    page = ingrid.get("/csms/csm-dana").text
    assert page.index("Their words") < page.index("Where the book stands") < page.index("Two accounts to talk about")
    assert "at most 5%" in page  # of silent accounts, as on the board
    assert "<script>alert" not in page
    assert ingrid.get("/csms/csm-mei").status_code == 404
    assert ingrid.get("/csms/csm-dana/page.pdf").content.startswith(b"%PDF-")


def test_the_one_to_one_page_says_how_each_figure_moved_over_the_year(company: Company) -> None:
    """Half a year ago 12 of 40 answered, 21 of 42 last night: the CSM sees of themselves what the leader sees."""
    then = NOW.date() - timedelta(days=181)
    with company.app.database.begin() as db:
        for on, share, counted in ((then - 30 * DAY, 0.2, 20), (then, 0.3, 40), (NOW.date() - DAY, 0.5, 42)):
            csm_night(db, on=on, share=share, counted=counted)
    pages = [company.enter(who).get("/csms/csm-dana") for who in ("dana", "marcus", "ingrid")]
    for page in pages:
        assert "Trend of a year: response" in page.text
        assert "Response: 30% on" in page.text  # the line leaves out the week that rests on 20
    assert (
        'aria-current="true">Coverage, fresh' in company.enter("dana").get("/csms/csm-dana?trend=coverage_fresh").text
    )


def csm_night(db: Connection, *, on: date, share: float, counted: int) -> None:
    values = {
        "scope": "csm", "scope_id": "csm-dana", "name": "response_rate", "window_days": 180, "as_of": on,
        "value": share, "numerator": share * counted, "denominator": counted, "state": "ok", "definition_version": 1,
        "detail": {
            "shown": "trend" if counted >= 30 else "interval", "counted": counted, "accounts": 8,
            "parts": {}, "extra": {}, "left_out": [],
        },
    }  # fmt: skip
    db.execute(insert(schema.figure_snapshot).values(**values))


def test_a_guess_belongs_to_the_next_wave_and_one_made_after_it_began_does_not_count() -> None:
    made = [Guessed("acc", "dana", 9, NOW - 50 * DAY), Guessed("acc", "dana", 6, NOW - 45 * DAY)]
    late = Guessed("acc", "dana", 3, NOW - 39 * DAY)
    waves = [
        Answered("acc", "Calder", "spring", NOW - 40 * DAY, (8, 9)),
        Answered("acc", "Calder", "autumn", NOW - 5 * DAY, (3,)),
        Answered("acc", "Calder", "silent", NOW - 2 * DAY, ()),
    ]
    found = guesses.compare([*made, late], waves)
    assert [(one.wave, one.guess, one.mean) for one in found] == [("autumn", 3, 3.0), ("spring", 6, 8.5)]
    assert guesses.summary(found) == "1 of 2 guesses were within one point."
    assert guesses.summary([]) == ""


def test_whoever_has_accounts_finds_the_way_to_guesses(company: Company) -> None:
    for path in ("/accounts", "/waves"):
        assert 'href="/guesses"' in company.enter("dana").get(path).text
        assert 'href="/guesses"' not in company.enter("marcus").get(path).text


def test_guesses_are_kept_for_own_accounts_all_or_none_and_no_figure_moves(company: Company) -> None:
    dana = company.enter("dana")
    before = dana.get("/csms.csv").content
    dana.get("/guesses")
    dana.post("/guesses", {"guess:acc-dana-0": "8", "guess:acc-dana-1": ""})
    assert 'value="8"' in dana.get("/guesses").text
    assert dana.get("/csms.csv").content == before
    dana.get("/guesses")
    refused = dana.post("/guesses", {"guess:acc-dana-1": "11", "guess:acc-dana-2": "5"})
    assert refused.status_code == 409
    assert "Nothing was kept" in refused.text
    assert 'id="g-acc-dana-1" aria-invalid="true"' in refused.text  # the place, and everything typed still there
    assert 'value="11"' in refused.text
    dana.get("/guesses")
    assert dana.post("/guesses", {"guess:acc-mei-0": "5"}).status_code == 404
    with company.app.database.read() as db:
        assert db.execute(select(schema.guess.c.account_id, schema.guess.c.score)).all() == [("acc-dana-0", 8)]


def test_the_gap_is_shown_after_the_wave(company: Company) -> None:
    with company.app.database.begin() as db:
        row = {"account_id": "acc-dana-0", "csm_id": "csm-dana", "score": 5, "by": "Dana Whitlock"}
        db.execute(insert(schema.guess).values(**row, at=NOW - 80 * DAY))
    dana = company.enter("dana")
    assert "9.0 from 3 answers" in dana.get("/guesses").text  # 9, 10 and 8
    assert "4.0 too low" in dana.get("/guesses").text
    assert "4.0 too low" in company.enter("marcus").get("/csms/csm-dana").text
