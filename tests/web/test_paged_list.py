"""A long list a page at a time: every row once, forwards and back."""

import html
import re

from hypothesis import given
from hypothesis import strategies as st

from tests.web.company import Company
from voc.base.access import Viewer
from voc.base.words import StaffRole
from voc.campaigns.store import wave_pages
from voc.web.paged_list import page_of
from voc.web.parts import Link
from voc.web.wave_people import Chosen
from voc.web.wave_view import behind

MARCUS = Viewer(None, "Marcus Oyelaran", StaffRole.LEADER)


def href(links: list[Link], words: str) -> str | None:
    return next((one.href for one in links if one.words == words), None)


@given(many=st.integers(0, 12), size=st.integers(1, 5))
def test_pages_hold_every_row_once_and_lead_back(many: int, size: int) -> None:
    rows, seen, after = [str(at) for at in range(many)], list[list[str]](), ""
    ways = []
    while True:
        page = page_of(rows, str, after=after, address=lambda key: f"?{key}", size=size)
        seen.append(list(page.rows))
        ways.append(list(page.links))
        following = href(ways[-1], "The next page")
        if following is None:
            break
        after = following[1:]
    assert [one for page in seen for one in page] == rows
    for at in range(1, len(seen)):
        before = href(ways[at], "The page before")
        assert before is not None
        assert list(page_of(rows, str, after=before[1:], address=str, size=size).rows) == seen[at - 1]


def test_the_people_of_a_wave_stand_a_page_at_a_time(company: Company) -> None:
    marcus, wave_id = company.enter("marcus"), company.world.finished_wave
    whole = marcus.get(f"/waves/{wave_id}/rows?of=asked").text
    people = re.findall(r'href="/contacts/([^"]+)"', whole)
    with company.app.database.read() as db:
        row = wave_pages.row(db, wave_id, MARCUS)
        asked = wave_pages.asked(db, wave_id, MARCUS)
    first = behind.rows_page(row, asked, [], Chosen("asked"), size=10)
    assert (len(first.rows), first.counted, first.heading) == (10, len(people), f"{len(people)} people asked")
    following = href(list(first.pages), "The next page")
    assert following is not None
    second = marcus.get(following).text
    assert re.findall(r'href="/contacts/([^"]+)"', second) == people[10:]
    assert "The page before" in html.unescape(second)
