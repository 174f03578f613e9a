"""A page cut once reads exactly as one that is written anew, for whoever it is filled in."""

import gzip
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.responses.world import FILES
from voc.base.words import Role
from voc.campaigns.questionnaire import load
from voc.responses.model import Door, Opened
from voc.web.respondent_html import draw, html_of, setting_of
from voc.web.respondent_stencil import cut
from voc.web.respondent_view import form_page

ASKED = load(FILES)
NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
HOSTILE = "<b>\"'&{{ x }}\x22 O’Neil"


def door(**known: Any) -> Door:
    standing: dict[str, Any] = {
        "link_id": 1,
        "created_at": NOW,
        "invitation_id": 1,
        "wave_closed": False,
        "version_id": 1,
        "version_hash": ASKED.hash,
        "contact_id": "ana",
        "first_name": "Ana",
        "last_name": "Ruiz",
        "address": "ana@calder.example",
        "account_id": "calder",
        "account_name": "Calder & Moss",
        "csm_id": "dana",
        "csm_name": "Dana",
        "csm_email": "dana@ours.example",
        "csm_title": "CSM",
        "csm_time_zone": None,
        "lead_name": "Ingrid",
        "roles": (Role.CHAMPION,),
        "language": "en",
        "time_zone": "Europe/Berlin",
        "closes_at": NOW + timedelta(days=20),
        "answered_at": None,
        "disposition": None,
        "confidential": False,
        "company": "Kestrel Works",
    }
    return Door(**{**standing, **known})


def plainly(page: Opened, token: str, wanted: str | None) -> str:
    setting = setting_of(ASKED, page.door, wanted)
    built, say = form_page(page, token=token, query=setting.query, language=setting.language, now=NOW, draw=draw)
    return html_of(setting, "q/form.html", {"page": built, "w": say})


def both_ways(page: Opened, token: str = "t" * 32, wanted: str | None = None) -> tuple[str, str, str]:
    filling = cut(page, setting_of(ASKED, page.door, wanted), token=token, now=NOW)
    assert filling is not None
    packed = gzip.decompress(filling.page(packed=True)).decode()
    return plainly(page, token, wanted), filling.page(packed=False).decode(), packed


PEOPLE = ("first_name", "last_name", "account_name", "csm_name", "lead_name")
words = st.sampled_from(["", "Ana", HOSTILE, "日本", "x" * 300]) | st.text(
    st.characters(exclude_categories=("Cs", "Co", "Cc")), max_size=12
)


@settings(max_examples=60, deadline=None)
@given(
    names=st.fixed_dictionaries(dict.fromkeys(PEOPLE, words)),
    domains=st.lists(st.sampled_from(["calder.example", "moss.example", "a.example", "b.example"]), max_size=4),
    score=st.none() | st.integers(0, 10),
    wanted=st.sampled_from([None, "de", "ar"]),
    closes=st.sampled_from([None, NOW - timedelta(days=1), NOW + timedelta(days=9)]),
)
def test_both_ways_give_the_same_page(
    names: dict[str, str], domains: list[str], score: int | None, wanted: str | None, closes: datetime | None
) -> None:
    filled = {} if score is None else {"recommend": [str(score)]}
    person = door(**names, closes_at=closes)
    once, again, packed = both_ways(Opened(person, ASKED, "n" * 32, filled, tuple(domains)), wanted=wanted)
    assert once == again == packed


def test_the_second_person_sees_nothing_of_the_first() -> None:
    both_ways(Opened(door(), ASKED, "n" * 32, {}, ("calder.example",)))
    other = door(first_name="Bo", last_name="Li", account_name="Moss", address="bo@moss.example")
    _plain, page, _packed = both_ways(Opened(other, ASKED, "m" * 32, {}, ("moss.example",)), token="u" * 32)
    assert "Bo Li" in page
    for word in ("Ana", "Ruiz", "Calder", "calder.example", "n" * 32, "t" * 32):
        assert word not in page


@pytest.mark.parametrize(
    "change",
    [
        {"own": True},
        {"filled": {"recommend": ["8"], "why": ["typed"]}},
        {"filled": {"recommend": ["99"]}},
        {"filled": {"why": ["typed"]}},
        {"door": door(answered_at=NOW)},
    ],
)
def test_what_somebody_typed_goes_the_plain_way(change: dict[str, Any]) -> None:
    page = replace(Opened(door(), ASKED, "n" * 32, {}, ()), **change)
    assert cut(page, setting_of(ASKED, page.door, None), token="t" * 32, now=NOW) is None


@pytest.mark.parametrize("words", ["{{ account | upper }}", "{{ account }} \ue101"])
def test_words_that_compute_with_a_name_or_hold_our_marks_go_the_plain_way(words: str) -> None:
    shared = "_shared/en.toml"
    changed = load({**FILES, shared: FILES[shared].replace("{{ account }}", words)})
    assert changed.hash != ASKED.hash
    page = Opened(door(), changed, "n" * 32, {}, ())
    assert cut(page, setting_of(changed, page.door, None), token="t" * 32, now=NOW) is None


def test_a_company_with_a_mark_in_its_name_goes_the_plain_way() -> None:
    page = Opened(door(company="Kestrel \ue102"), ASKED, "n" * 32, {}, ())
    assert cut(page, setting_of(ASKED, page.door, None), token="t" * 32, now=NOW) is None
