"""Two pages that show a number a reader takes for the same show the same, or say why not beside it, with numbers."""

import html
import re
from datetime import timedelta
from typing import Any

from sqlalchemy import update

from tests.builders import NOW
from tests.metrics.test_cost import renewal
from tests.metrics.world import hand_over
from tests.web import walked
from tests.web.company import Company
from voc.base.schema import account, follow_up
from voc.base.words import AccountState, OutOfCohort
from voc.metrics import run
from voc.metrics.cost.backtest import backtest, bands
from voc.metrics.cost.renewal import Renewal
from voc.metrics.cost.table import cost
from voc.metrics.run.cost import CostPage
from voc.web import cost_view
from voc.web.cost_view import CostSection


def text(page: str) -> str:
    """As it is read: tags gone, blanks once."""
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", page)))


def test_engagement_says_how_its_accounts_become_those_of_the_silent_page(company: Company) -> None:
    with company.app.database.begin() as db:
        db.execute(update(account).where(account.c.id == "acc-jonas-5").values(status="churned"))
    marcus = company.enter("marcus")
    engagement, silent = text(marcus.get("/engagement").text), text(marcus.get("/silent").text)
    told = re.search(
        r"(\d+) accounts had an invitation that reached somebody and came due in the period: "
        r"1 no customer any more since, (\d+) still "
        r"here\. With(?:out)? (\d+) .*?, (\d+) of the (\d+) accounts of today can be silent or heard",
        engagement,
    )
    assert told is not None
    reached, here, others, asked, today = (int(one) for one in told.groups())
    assert here == reached - 1
    assert asked in (here + others, here - others)
    assert f"of {asked} accounts asked" in silent
    assert f"Where all {today} accounts stand: {asked} asked" in silent


def test_csms_tell_accounts_of_now_from_those_asked_and_why_lines_and_segments_differ(company: Company) -> None:
    with company.app.database.begin() as db:
        for number in range(3):
            hand_over(db, f"acc-mei-{number}", "csm-jonas", at=NOW - timedelta(days=1))
        db.execute(update(account).where(account.c.id == "acc-dana-1").values(status="churned"))
    page = text(company.enter("marcus").get("/csms").text)
    assert re.search(r"Mei Tanaka no account now, 3 asked in the period; of these 3 handed over since", page)
    told = r"Dana Whitlock \d+ accounts now, \d+ asked in the period; of these 1 no customer any more since"
    assert re.search(told, page)


def test_work_to_do_is_what_is_open_and_past_misses_are_none(company: Company) -> None:
    """Each book's open follow-ups are those of the page of follow-ups; once it is made, a late contact is no work."""
    marcus = company.enter("marcus")
    row = text(marcus.get("/csms").text.split('href="/csms/csm-jonas"')[1].split("</tr>")[0])
    assert "1 open follow-up, 1 late" in row
    assert "Jonas Brandt: " in text(marcus.get("/csms/csm-jonas").text)
    everybody = re.findall(r"(\d+) open follow-ups?(?:, (\d+) late)?", text(marcus.get("/csms").text))
    board = text(marcus.get("/follow-ups").text)
    told = f"{sum(int(one) for one, _ in everybody)} follow-ups are open, {sum(int(two or 0) for _, two in everybody)}"
    assert f"{told} of them late" in board
    with company.app.database.begin() as db:
        late = follow_up.c.id == company.world.follow_ups["late"]
        db.execute(update(follow_up).where(late).values(state="contacted", contacted_at=NOW))
    page = marcus.get("/csms").text
    row = text(page.split('href="/csms/csm-jonas"')[1].split("</tr>")[0])
    assert "1 open follow-up" in row
    assert "late" not in row.split("1 open follow-up")[1]
    assert "what was contacted late is past" in text(page)


def test_csms_and_retention_are_narrowed_to_a_region_too(company: Company) -> None:
    with company.app.database.begin() as db:
        db.execute(update(account).where(account.c.csm_id == "csm-dana").values(country="Spain"))
        db.execute(update(account).where(account.c.csm_id == "csm-jonas").values(country="Japan"))
    marcus = company.enter("marcus")
    for path in ("/csms", "/retention"):
        page = marcus.get(f"{path}?region=Europe").text
        assert '<option value="Europe" selected>' in page, path
        assert "region=Europe" in page.split("Download:")[1], path
    rows = marcus.get("/csms.csv?region=Europe").text.splitlines()
    asked = [row.split(",")[0] for row in rows if ",24," in row or "Dana" in row]
    assert asked == ["Dana Whitlock"]
    assert "16 of 55" not in text(marcus.get("/csms?region=Asia-Pacific").text)


def test_every_rate_of_retention_carries_its_count_and_a_longer_period_is_a_link(company: Company) -> None:
    walked.build(company.app)
    marcus = company.enter("marcus")
    page = marcus.get("/retention").text
    cells = re.findall(r'<td role="cell" data-th="[^"]+" class="num[^>]*>(.*?)</td>', page, re.DOTALL)
    assert cells
    for cell in cells:
        words = text(cell)
        if "%" in words:
            assert re.search(r"of \d|\d row", words), words
            assert "of $" not in words or re.search(r", \d+ row", words), words
    named = re.findall(r"a period of about (\d+) days has as many", text(page))
    assert [f"Show {days} days" in text(page) for days in named] == [True] * len(named)


def test_the_part_of_an_engagement_sentence_that_is_a_link_is_short(company: Company) -> None:
    page = company.enter("marcus").get("/engagement").text
    note = re.search(r"In flight: <a[^>]*>([^<]+)</a>", page)
    assert note is not None
    assert re.fullmatch(r"\d+ invitations not due yet", note[1])


def test_a_comparison_is_of_the_period_above_and_says_what_each_part_did(company: Company) -> None:
    run.snapshot(company.app.database, NOW)
    page = text(company.enter("marcus").get("/engagement?beside=previous").text)
    night = NOW.date() - timedelta(days=1)
    assert f"to {night.day} {night:%B %Y}, beside" in page
    assert "the response above counts invitations" in page


# --- what silence costs here ---


def section(*renewals: Renewal) -> CostSection:
    found = cost_view.section(
        CostPage(cost(renewals), bands(renewals), backtest(renewals), renewals, frozenset(), own=len(renewals))
    )
    assert found is not None
    return found


def some(first: int, many: int, state: AccountState, *, lost: int = 0, **values: Any) -> list[Renewal]:
    return [renewal(first + at, state=state, lost=at < lost, **values) for at in range(many)]


def test_the_totals_of_one_section_are_one_chain() -> None:
    found = section(
        *some(0, 2, AccountState.SILENT, lost=1),
        *some(10, 35, AccountState.HEARD, lost=6),
        *some(50, 4, AccountState.NOT_ASKED, score=None),
        *some(60, 14, AccountState.NOT_ASKED, reason=OutOfCohort.NOBODY_ASKED),
    )
    assert found.adds_up == (
        "55 renewals were decided. Left out: 14 had no wave of ours in the 180 days before they are read. Of the 41 "
        "that count 37 were silent or responding, and are compared; the 4 of the third group stand beside."
    )
    assert found.total.all == "41"
    assert found.bands_words == "37 of the 41: the 4 others had no score on that day."


def test_one_left_out_and_none_at_all_read_as_sentences() -> None:
    one = section(*some(0, 1, AccountState.HEARD, reason=OutOfCohort.LOST_BEFORE))
    assert one.adds_up == "1 renewal was decided. Left out: 1 was lost already on the day it is read."
    assert section(*some(0, 3, AccountState.HEARD)).adds_up == (
        "3 renewals were decided. Of the 3 that count 3 were silent or responding, and are compared."
    )


def test_the_legend_names_the_marks_that_are_drawn_and_no_others() -> None:
    thin = section(*some(0, 2, AccountState.SILENT, lost=1), *some(10, 35, AccountState.HEARD, lost=6))
    assert thin.legend == "Hollow circle on a dashed line: too little data, a cautious guess."
    assert ("<circle" in thin.drawing, "<rect" in thin.drawing) == (True, False)
    assert all(name != "All, segment for segment" for name, _, _ in thin.drawn)
    both = [
        *some(0, 40, AccountState.SILENT, lost=16),
        *some(100, 80, AccountState.HEARD, lost=8),
        *some(300, 3, AccountState.SILENT, lost=1, segment="enterprise"),
        *some(310, 9, AccountState.HEARD, segment="enterprise"),
    ]
    told = section(*both).legend
    assert [one in told for one in ("Square", "Diamond", "Hollow circle")] == [True, True, True]


def test_the_words_of_statistics_stand_behind_how_we_know_once(company: Company) -> None:
    walked.build(company.app)
    for path in ("/silent", "/csms", "/follow-ups", "/retention"):
        page = company.enter("marcus").get(path).text
        assert page.count("How we know") == 1, path
        before, _, behind = page.partition("<summary>How we know</summary>")
        assert "landmark" not in text(before), path
        if path == "/silent":
            assert "read at a landmark: 90 days before each decision" in text(behind)


def test_left_is_said_of_renewals_and_who_is_no_customer_any_more_is_another_count(company: Company) -> None:
    """Where both stand on a page, or near each other, each says what it counts."""
    with company.app.database.begin() as db:
        db.execute(update(account).where(account.c.id == "acc-dana-1").values(status="churned"))
    marcus = company.enter("marcus")
    assert "Lost is a renewal that was decided and lost." in text(marcus.get("/retention").text)
    for page in ("/engagement", "/csms"):
        told = text(marcus.get(page).text)
        assert "1 no customer any more" in told
        assert not re.search(r"\b1 left\b", told)
