"""What an address asks for and cannot have is said at the top of its page; a file is refused and names what to mend."""

import html
import re

import pytest

from tests.web.company import Company
from tests.web.people import Visitor

_SAID = re.compile(r'<div class="warn unread[^>]*>(.*?)</div>', re.DOTALL)
LONG_AGO, TO_COME = "1999-12-31", "2999-01-01"


def said(visitor: Visitor, path: str) -> str:
    """The line at the top of a page, as one text; empty where there is none."""
    answer = visitor.get(path)
    assert answer.status_code == 200, (path, answer.text)
    found = _SAID.findall(answer.text)
    return html.unescape(" ".join(re.sub(r"<[^>]+>", " ", " ".join(found)).split()))


ROWS = "/engagement/rows?figure=response_rate&scope=total&"
ODD = [
    ("/engagement?days=abc", "days=abc is no number of days from 1 to 1000: 180 days are shown."),
    ("/engagement?days=99999", "days=99999 is no number of days from 1 to 1000: 180 days are shown."),
    ("/engagement?days=0", "days=0 is no number"),
    ("/engagement?as_of=soon", "as_of=soon is no day such as 2026-"),
    (f"/engagement?as_of={TO_COME}", f"as_of={TO_COME} is still to come, today is 2026-"),
    (f"/engagement?as_of={LONG_AGO}", f"as_of={LONG_AGO} lies before 2000-01-01: the newest figures are shown."),
    ("/engagement?from=2026-02-20&as_of=2026-01-31", "from=2026-02-20 is still to come, the period ends on 2026-01-31"),
    ("/engagement?from=2001-01-01", "from=2001-01-01 makes a period of more than 1000 days"),
    ("/engagement?segment=tiny", "segment=tiny is none of enterprise, mid-market, small: all segments are shown."),
    ("/engagement?region=Atlantis", "region=Atlantis is the region of no account: all regions are shown."),
    ("/engagement?csm=nobody", "csm=nobody is no CSM of this view"),
    ("/engagement?trend=luck", "trend=luck is none of"),
    ("/engagement?beside=later", "beside=later is no day"),
    (f"/engagement?beside_to={TO_COME}", "the other period must end by"),
    ("/csms?days=abc", "days=abc"),
    ("/csms?order=score", "order=score is not work: they stand in alphabetical order."),
    ("/csms?against=peers", "against=peers is not team"),
    ("/csms/csm-dana?trend=luck", "trend=luck is none of"),
    ("/retention?days=abc", "days=abc is no number of days from 1 to 1000: 365 days are shown."),
    (f"/retention?as_of={TO_COME}", f"as_of={TO_COME}"),
    ("/retention?region=Atlantis", "region=Atlantis"),
    (f"/board?as_of={TO_COME}", f"as_of={TO_COME}"),
    ("/silent?segment=tiny", "segment=tiny"),
    ("/silent?region=Atlantis", "region=Atlantis"),
    ("/silent?team=csm-ingrid&csm=csm-mei", "csm=csm-mei is no CSM of the chosen team: all of the team is shown."),
    ("/silent?team=csm-ingrid&csm=nobody", "csm=nobody is no CSM of the chosen team: all of the team is shown."),
    ("/follow-ups?days=abc", "days=abc"),
    ("/follow-ups?only=mine", "only=mine is none of late, done: all that wait are shown."),
    ("/follow-ups/recovery?of=some", "of=some is none of again"),
    ("/follow-ups/times?state=done", "state=done is not resolved"),
    ("/forest?days=30", "days=30 is none of 90, 180, 365: 365 days are shown."),
    ("/forest?cut=age", "cut=age is none of"),
    ("/forest?by=luck", "by=luck is none of"),
    ("/forest/comments?days=x", "days=x is none of"),
    ("/forest/drivers?days=x", "days=x is none of"),
    (f"{ROWS}days=abc", "days=abc"),
    (f"{ROWS}to={TO_COME}", f"to={TO_COME}"),
    (f"{ROWS}region=Atlantis", "region=Atlantis"),
]


def test_what_could_not_be_read_of_an_address_is_said_at_the_top_with_what_is_shown_instead(company: Company) -> None:
    marcus = company.enter("marcus")
    for path, words in ODD:
        assert words in said(marcus, path), path


def test_an_address_that_can_be_read_says_nothing(company: Company) -> None:
    marcus = company.enter("marcus")
    for path in (
        "/engagement?team=&segment=&region=&days=90&from=&as_of=&beside_to=&csm=csm-dana",
        "/engagement?from=2026-01-01&as_of=2026-01-31&beside=previous&trend=response_rate&live=1",
        "/csms?against=team&order=work",
        "/retention?days=730",
        "/follow-ups?show=list&mine=yes&only=done",
        "/silent?team=csm-ingrid&csm=csm-jonas",
        "/forest?days=90&cut=segment",
        f"{ROWS}days=180&live=1",
    ):
        assert said(marcus, path) == "", path


def test_what_is_shown_instead_is_what_the_page_shows_without_it(company: Company) -> None:
    marcus = company.enter("marcus")
    for path in ("/engagement", "/retention", "/csms"):
        for odd in ("days=abc", f"as_of={TO_COME}", "segment=tiny", "region=Atlantis"):
            lede = re.search(r'<p class="lede">(.*?)</p>', marcus.get(path).text, re.DOTALL)
            other = re.search(r'<p class="lede">(.*?)</p>', marcus.get(f"{path}?{odd}").text, re.DOTALL)
            assert lede
            assert other
            assert lede[1] == other[1], (path, odd)


FILES = [
    ("/engagement/by-csm.csv?days=abc", "days=abc"),
    ("/engagement/by-csm.csv?days=0", "days=0"),
    (f"/engagement/by-csm.csv?as_of={TO_COME}", f"as_of={TO_COME}"),
    ("/engagement/by-csm.csv?region=Atlantis", "region=Atlantis"),
    ("/engagement/trend.csv?trend=luck", "trend=luck"),
    ("/csms.csv?segment=tiny", "segment=tiny"),
    ("/retention/by-csm.csv?days=abc", "days=abc"),
    (f"/board.csv?as_of={TO_COME}", f"as_of={TO_COME}"),
    (f"/board.pdf?as_of={TO_COME}", f"as_of={TO_COME}"),
    ("/silent.csv?segment=tiny", "segment=tiny"),
    ("/silent.csv?team=csm-ingrid&csm=csm-mei", "csm=csm-mei"),
    ("/follow-ups/all.csv?only=mine", "only=mine"),
    ("/follow-ups/times.csv?days=abc", "days=abc"),
    ("/follow-ups/recovery.csv?region=Atlantis", "region=Atlantis"),
    ("/forest.csv?days=30", "days=30"),
    ("/forest/cut.csv?cut=age", "cut=age"),
    ("/forest/comments.csv?days=x", "days=x"),
    ("/engagement/rows.csv?figure=response_rate&scope=total&days=abc", "days=abc"),
]


def test_a_file_is_refused_and_names_what_to_mend(company: Company) -> None:
    """Its rows would be of something else, and most files have no place to say so."""
    marcus = company.enter("marcus")
    for path, words in FILES:
        answer = marcus.get(path)
        assert answer.status_code == 400, path
        assert words in html.unescape(answer.text), path
        assert f"leave {words.split('=')[0]} out" in answer.text, path


@pytest.mark.parametrize("page", ["/engagement", "/csms", "/retention", "/board", "/silent", "/follow-ups"])
def test_a_foreign_team_and_one_that_is_not_there_are_told_in_the_same_words(company: Company, page: str) -> None:
    dana = company.enter("dana")
    foreign, nobody = dana.get(f"{page}?team=csm-otto"), dana.get(f"{page}?team=nobody")
    assert foreign.status_code == nobody.status_code == 404
    assert "There is no such team." in foreign.text
    assert "There is no such team." in nobody.text


@pytest.mark.parametrize("page", ["/engagement", "/silent", "/follow-ups"])
def test_a_foreign_csm_and_one_that_is_not_there_are_told_in_the_same_words(company: Company, page: str) -> None:
    dana = company.enter("dana")
    foreign, nobody = dana.get(f"{page}?csm=csm-jonas"), dana.get(f"{page}?csm=nobody")
    assert foreign.status_code == nobody.status_code
    if foreign.status_code == 200:
        assert said(dana, f"{page}?csm=csm-jonas") == said(dana, f"{page}?csm=nobody").replace("nobody", "csm-jonas")
    else:
        assert "There is no such CSM." in foreign.text
        assert "There is no such CSM." in nobody.text
