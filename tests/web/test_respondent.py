"""The respondent's pages through the real application: headers, cookies, refusals, scanners, and any bytes at all."""

import base64
import hashlib
import random
import re
from collections.abc import Iterator
from datetime import timedelta
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from httpx import Response
from litestar import Litestar
from litestar.testing import TestClient
from sqlalchemy import select

from tests.builders import NOW
from tests.responses.world import ANSWER, UNSUBSCRIBE, add_link, ask_ana, one, rows
from voc.base import preferences, schema
from voc.base.clock import SetClock
from voc.base.db import Database
from voc.base.secrets import Vault
from voc.base.settings import Settings
from voc.base.tokens import RandomTokens
from voc.web.asgi import create
from voc.web.context import App

PAGE = f"/q/{ANSWER}"


@pytest.fixture
def ana(sqlite: Database, clock: SetClock, vault: Vault, tokens: RandomTokens) -> Iterator[TestClient[Litestar]]:
    with sqlite.begin() as db:
        preferences.change(db, {"company": "Kestrel Works"}, actor="Clara", now=NOW)
        ask_ana(db)
    folder = Path(__file__).parents[2] / "questionnaires"
    app = App(Settings(), sqlite, clock, tokens, vault, folder)
    with TestClient(create(app), raise_server_exceptions=False) as client:
        client.headers["user-agent"] = "A browser"
        yield client


def nonce(page: Response) -> str:
    found = re.search(r'name="nonce" value="([^"]+)"', page.text)
    assert found, page.text
    return unescape(found.group(1))


def send(client: TestClient[Litestar], clock: SetClock, path: str = PAGE, **typed: Any) -> Response:
    """Open the page, take ten seconds, press the button."""
    page = client.get(path.removesuffix("/no").removesuffix("/colleague"))
    clock.advance(timedelta(seconds=10))
    answer: Response = client.post(path, data={"nonce": nonce(page), "fax": "", **typed}, follow_redirects=False)
    return answer


def test_a_look_sets_no_cookie_and_the_page_may_load_nothing_from_elsewhere(ana: TestClient[Litestar]) -> None:
    page = ana.get(f"{PAGE}?score=8")
    assert "set-cookie" not in page.headers
    assert page.headers["cache-control"] == "no-store"
    assert page.headers["referrer-policy"] == "no-referrer"
    assert page.headers["x-robots-tag"] == "noindex"
    style = re.search(r"<style>(.*?)</style>", page.text, re.DOTALL)
    assert style
    digest = base64.b64encode(hashlib.sha256(style.group(1).encode()).digest()).decode()
    allowed = page.headers["content-security-policy"]
    assert f"style-src 'sha256-{digest}'" in allowed
    assert "default-src 'none'" in allowed
    assert "unsafe" not in allowed
    assert not re.search(r'(src|href)="(https?:)?//', page.text)
    assert 'value="8" checked' in page.text


def test_the_page_fits_into_the_first_round_trip(ana: TestClient[Litestar]) -> None:
    page = ana.get(PAGE, headers={"accept-encoding": "gzip"})
    assert page.headers["content-encoding"] == "gzip"
    assert int(page.headers["content-length"]) < 14_000 - 1_000  # the headers come with it


def test_a_head_has_the_headers_and_no_body(ana: TestClient[Litestar]) -> None:
    page = ana.head(PAGE)
    assert (page.status_code, page.content) == (200, b"")


@pytest.mark.parametrize("token", ["x", "%00", "%FF", "a" * 3000, "%F0%9F%92%A9", ANSWER[:-1], UNSUBSCRIBE, "..%2F"])
def test_unknown_malformed_and_foreign_links_give_the_same_page(ana: TestClient[Litestar], token: str) -> None:
    unknown = ana.get("/q/unknown")
    assert unknown.status_code == 404
    assert "does not open anything" in unknown.text
    for method in ("GET", "POST"):
        answer = ana.request(method, f"/q/{token}")
        if "%2F" not in token:
            assert (answer.status_code, answer.text) == (404, unknown.text)
        assert answer.status_code == 404


def test_thanks_come_after_the_commit_in_the_csms_name_and_say_who_calls_by_when(
    ana: TestClient[Litestar], clock: SetClock, sqlite: Database
) -> None:
    sent = send(ana, clock, recommend="4", why="The <b>export</b> & the month's end")
    assert sent.status_code == 303
    assert one(sqlite, schema.response, "state", "score") == ("submitted", 4)
    cookie = sent.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "Path=/q" in cookie
    assert "SameSite=lax" in cookie
    thanks = ana.get(sent.headers["location"])
    assert "Thank you, Ana. Your answer is saved." in thanks.text
    assert "You gave 4." in thanks.text
    # 16 business hours from Tuesday 10:00 in Berlin
    assert "By Thursday 5 March I call you" in thanks.text
    assert "Dana Whitlock" in thanks.text
    ana.cookies.clear()
    assert "You gave 4" not in ana.get(sent.headers["location"]).text


def test_what_was_typed_is_never_shown_by_the_link_alone(ana: TestClient[Litestar], clock: SetClock) -> None:
    send(ana, clock, recommend="4", why="Secret words")
    assert "Secret words" in ana.get(PAGE).text
    ana.cookies.clear()
    page = ana.get(PAGE).text
    assert "Secret words" not in page
    assert "You answered on Tuesday 3 March 2026, 10:00." in page


def test_the_cookie_serves_every_link_of_its_invitation_and_no_other_page(
    ana: TestClient[Litestar], clock: SetClock, sqlite: Database
) -> None:
    """A reminder has a link of its own: a cookie for the page of one link would hide there what was typed."""
    with sqlite.begin() as db:
        add_link(db, db.execute(select(schema.invitation.c.id)).scalar_one(), "reminder-token-of-ana-ruiz-000000")
    send(ana, clock, recommend="4", why="Secret words")
    assert "Secret words" in ana.get("/q/reminder-token-of-ana-ruiz-000000").text
    for path, sent in ((PAGE, True), ("/signin", False), ("/accounts", False), (f"/u/{UNSUBSCRIBE}", False)):
        assert ("cookie" in ana.build_request("GET", path).headers) is sent, path


def test_a_refused_form_comes_back_with_everything_and_a_message_beside_its_field(
    ana: TestClient[Litestar], clock: SetClock
) -> None:
    typed: dict[str, Any] = {
        "why": '"><script>alert(1)</script>',
        "topics": ["support", "value"],
        "colleague_name": "Jon <Vik>",
    }
    back = send(ana, clock, colleague_address="jon@else.example", **typed)
    assert back.status_code == 422
    assert "Nothing is lost. Two things to mend:" in back.text
    assert 'id="e-recommend">Choose a score from 0 to 10.' in back.text
    assert 'id="e-colleague_address">This is not at calder.example' in back.text
    assert "&#34;&gt;&lt;script&gt;alert(1)&lt;/script&gt;" in back.text
    assert "<script>alert" not in back.text
    assert 'value="Jon &lt;Vik&gt;"' in back.text
    assert len(re.findall(r'name="topics" value="\w+" checked', back.text)) == 2
    clock.advance(timedelta(seconds=10))
    again = ana.post(PAGE, data={"nonce": nonce(back), "recommend": "8"}, follow_redirects=False)
    assert again.status_code == 303


def test_a_fast_answer_asks_for_one_tap_and_then_counts(
    ana: TestClient[Litestar], clock: SetClock, sqlite: Database
) -> None:
    page = ana.get(PAGE)
    clock.advance(timedelta(seconds=1))
    doubted = ana.post(PAGE, data={"nonce": nonce(page), "recommend": "3"})
    assert "One tap to make sure it is you" in doubted.text
    assert one(sqlite, schema.response, "state") == "suspect"
    of = re.search(r'name="of" value="([^"]+)"', doubted.text)
    assert of
    clock.advance(timedelta(seconds=3))
    sent = ana.post(f"{PAGE}/confirm", data={"nonce": nonce(doubted), "of": of.group(1)}, follow_redirects=False)
    assert sent.status_code == 303
    assert one(sqlite, schema.response, "state") == "submitted"


def test_what_is_typed_is_kept_without_a_word(ana: TestClient[Litestar], clock: SetClock, sqlite: Database) -> None:
    page = ana.get(PAGE)
    clock.advance(timedelta(seconds=4))
    kept = ana.post(f"{PAGE}/save", data={"nonce": nonce(page), "recommend": "6", "why": "The exp"})
    assert (kept.status_code, kept.content, kept.headers["x-kept"]) == (204, b"", "yes")
    assert one(sqlite, schema.response, "state") == "draft"
    assert "The exp" in ana.get(PAGE).text


@pytest.mark.parametrize(
    ("what", "words"),
    [
        ("moved", "your role has changed"),
        ("left", "you have left"),
        ("not_now", "no more mail about this round"),
        ("never", "No more questions go to con-1@calder.example"),
        ("not_me", "not meant for"),
    ],
)
def test_each_button_says_what_it_did(ana: TestClient[Litestar], clock: SetClock, what: str, words: str) -> None:
    done = send(ana, clock, f"{PAGE}/no", do=what)
    assert done.status_code == 200
    assert words in done.text


def test_a_button_nobody_made_shows_the_page_again(ana: TestClient[Litestar], clock: SetClock) -> None:
    assert "Four questions" in send(ana, clock, f"{PAGE}/no", do="everything").text


def test_naming_a_colleague_says_that_nothing_is_sent_by_itself(ana: TestClient[Litestar], clock: SetClock) -> None:
    done = send(ana, clock, f"{PAGE}/colleague", colleague_address="jon@calder.example")
    assert "Nothing is sent to them by itself" in done.text


def test_one_click_from_a_mail_program_acts_at_once(ana: TestClient[Litestar], sqlite: Database) -> None:
    done = ana.post(f"/u/{UNSUBSCRIBE}", data={"List-Unsubscribe": "One-Click"})
    assert done.status_code == 200
    assert one(sqlite, schema.suppression, "reason") == "opt_out"


def test_the_unsubscribe_page_changes_nothing_until_its_button_is_pressed(
    ana: TestClient[Litestar], clock: SetClock, sqlite: Database
) -> None:
    page = ana.get(f"/u/{UNSUBSCRIBE}")
    assert "List-Unsubscribe" not in page.text
    assert rows(sqlite, schema.suppression, "id") == []
    bare = ana.post(f"/u/{UNSUBSCRIBE}")
    assert "Stop asking me" in bare.text
    assert rows(sqlite, schema.suppression, "id") == []
    done = send(ana, clock, f"/u/{UNSUBSCRIBE}")
    assert "You will not be asked again." in done.text
    assert one(sqlite, schema.suppression, "reason") == "opt_out"


def test_when_the_database_does_not_take_it_what_was_typed_is_in_the_page(
    ana: TestClient[Litestar], clock: SetClock, sqlite: Database
) -> None:
    page = ana.get(PAGE)
    clock.advance(timedelta(seconds=10))
    with sqlite.begin() as db:
        db.exec_driver_sql("CREATE TRIGGER full BEFORE INSERT ON response BEGIN SELECT RAISE(ABORT, 'disk full'); END")
    typed = {"nonce": nonce(page), "recommend": "4", "why": "A long and careful text"}
    failed = ana.post(PAGE, data=typed)
    assert failed.status_code == 503
    assert 'name="why" value="A long and careful text"' in failed.text
    assert one(sqlite, schema.invitation, "answered_at") is None
    with sqlite.begin() as db:
        db.exec_driver_sql("DROP TRIGGER full")
    assert ana.post(PAGE, data=typed, follow_redirects=False).status_code == 303


class _Crawled(HTMLParser):
    """Every link and every form of a page with all its fields, as a machine sees them."""

    def __init__(self) -> None:
        super().__init__()
        self.links: list[str] = []
        self.forms: list[tuple[str, dict[str, str]]] = []
        self.buttons: list[tuple[str, str, str]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        has = {name: value or "" for name, value in attrs}
        if tag == "a" and has.get("href", "").startswith("/"):
            self.links.append(has["href"])
        elif tag == "form":
            self.forms.append((has.get("action", ""), {}))
        elif tag in ("input", "textarea") and self.forms and "name" in has:
            self.forms[-1][1].setdefault(has["name"], has.get("value") or "scanned")
        elif tag == "button" and has.get("formaction"):
            self.buttons.append((has["formaction"], has.get("name", ""), has.get("value", "")))


@pytest.mark.parametrize("seconds", [1, 30])
@pytest.mark.parametrize("hidden", ["links", "fields"])
def test_a_scanner_that_follows_every_link_or_fills_every_field_does_nothing(
    ana: TestClient[Litestar], clock: SetClock, sqlite: Database, seconds: int, hidden: str
) -> None:
    ana.headers["user-agent"] = "MailGuard"
    for path in [*(f"{PAGE}?score={score}" for score in range(11)), f"/u/{UNSUBSCRIBE}"]:
        ana.head(path)
        seen = _Crawled()
        seen.feed(ana.get(path).text)
        if hidden == "links":
            for link in seen.links:
                ana.get(link)
        clock.advance(timedelta(seconds=seconds))
        for action, fields in seen.forms:
            if hidden == "links":
                fields["fax"] = ""
            ana.post(action, data=fields)
            for formaction, name, value in seen.buttons:
                ana.post(formaction, data={**fields, name: value})
    assert [state for (state,) in rows(sqlite, schema.response, "state") if state == "submitted"] == []
    assert rows(sqlite, schema.suppression, "id") == []
    assert rows(sqlite, schema.suggestion, "id") == []
    assert one(sqlite, schema.invitation, "answered_at", "stopped") == (None, None)
    ana.headers["user-agent"] = "A browser"
    ana.cookies.clear()
    clock.advance(timedelta(seconds=5))
    assert send(ana, clock, recommend="9").status_code == 303
    assert one(sqlite, schema.invitation, "disposition") == "complete"


def _malformed(chance: random.Random, good: str) -> dict[str, Any]:
    """A request that no browser makes: wrong types, wrong bytes, wrong lengths, wrong boundaries."""
    keys = [
        "nonce",
        "recommend",
        "why",
        "topics",
        "results",
        "colleague_address",
        "fax",
        "do",
        "of",
        "\x00",
        "a[b]",
        "",
    ]
    values = [
        good,
        "",
        "11",
        "-1",
        "\x00",
        "\ud83d\ude00",
        "x" * 9000,
        "%",
        "\r\n",
        "9" * 400,
        "null",
        "[]",
        "<x>",
        "٩",
    ]
    pairs = [(chance.choice(keys), chance.choice(values)) for _ in range(chance.randrange(12))]
    body = "&".join(f"{key}={value}" for key, value in pairs).encode("utf-8", "surrogatepass")
    kind = chance.choice(
        [
            "application/x-www-form-urlencoded",
            "application/x-www-form-urlencoded; charset=utf-16",
            "application/x-www-form-urlencoded; charset=nonsense",
            "multipart/form-data",
            "multipart/form-data; boundary=x",
            "multipart/form-data; boundary=" + "y" * 300,
            "application/json",
            "text/plain",
            "",
        ]
    )
    if kind.endswith("boundary=x"):
        head = '--x\r\nContent-Disposition: form-data; name="'
        parts = [f'{head}{key}"{chance.choice(["", "; filename=a"])}\r\n\r\n{value}\r\n' for key, value in pairs]
        body = "".join(parts).encode("utf-8", "surrogatepass") + chance.choice([b"--x--\r\n", b"", b"--x"])
    if chance.random() < 0.3:
        body = bytes(chance.randrange(256) for _ in range(chance.randrange(200)))
    return {"content": body, "headers": {"content-type": kind}}


@pytest.mark.slow
def test_five_hundred_malformed_forms_never_break_the_page_or_leave_an_invalid_row(
    ana: TestClient[Litestar], clock: SetClock, sqlite: Database
) -> None:
    chance = random.Random(18)
    paths = [PAGE, f"{PAGE}/save", f"{PAGE}/confirm", f"{PAGE}/no", f"{PAGE}/colleague", "/q/%FF"]
    good = ""
    for number in range(500):
        if number % 20 == 0:
            good = nonce(ana.get(PAGE))
            clock.advance(timedelta(seconds=10))
        answer = ana.post(chance.choice(paths), follow_redirects=False, **_malformed(chance, good))
        assert answer.status_code < 500, (number, answer.text)
    for state, score in rows(sqlite, schema.response, "state", "score"):
        assert state in ("draft", "suspect", "submitted", "superseded")
        assert score is None or 0 <= score <= 10
    for _question, number_given, text in rows(sqlite, schema.answer, "question", "number", "text"):
        assert number_given is None or 0 <= number_given <= 10
        assert text is None or (len(text) <= 2000 and "\x00" not in text)


def test_the_language_of_the_next_page_is_no_way_into_the_headers(ana: TestClient[Litestar], clock: SetClock) -> None:
    wanted = "?lang=de%0d%0aSet-Cookie:%20planted=1&score=8"
    form = {"nonce": nonce(ana.get(PAGE)), "fax": "", "recommend": "8"}
    clock.advance(timedelta(seconds=10))
    answer = ana.post(PAGE + wanted, data=form, follow_redirects=False)
    assert answer.headers["location"] == f"{PAGE}/thanks"
    assert "planted" not in answer.headers["set-cookie"]
