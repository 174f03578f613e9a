"""A person answers in a real browser: phone and desktop, with and without a script, and axe finds nothing."""

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect

from tests.browser.conftest import DESKTOP, PHONE, SMALL_PHONE
from tests.browser.respondents import anas_page
from tests.browser.serving import axe_findings, too_wide
from tests.responses.world import ANSWER, UNSUBSCRIBE, one, rows
from voc.base import schema
from voc.base.db import Database
from voc.base.secrets import Vault

pytestmark = [pytest.mark.browser, pytest.mark.slow]

LEAST_AGE_MS = 1_600
SHOWS = [
    pytest.param({"viewport": SMALL_PHONE, "color_scheme": "dark"}, id="320-dark"),
    pytest.param({"viewport": PHONE, "has_touch": True}, id="390"),
    pytest.param({"viewport": DESKTOP}, id="1280"),
]
Open = Callable[..., BrowserContext]


@pytest.fixture
def site(sqlite: Database, vault: Vault) -> Iterator[str]:
    with anas_page(sqlite, vault) as address:
        yield address


def opened(context: BrowserContext, address: str, score: int | None = None) -> Page:
    """The page of the mail's link; anything the browser complains about fails the test."""
    page = context.new_page()
    page.on("pageerror", lambda error: pytest.fail(str(error)))
    page.on("console", lambda said: pytest.fail(said.text) if "Content Security Policy" in said.text else None)
    page.goto(f"{address}/q/{ANSWER}" + ("" if score is None else f"?score={score}"))
    return page


def point(page: Page, score: int) -> Locator:
    return page.locator("#recommend").get_by_label(str(score), exact=True)


def good(page: Page) -> None:
    """Nothing for axe to say, and nothing wider than the screen."""
    assert axe_findings(page) == []
    assert too_wide(page) == []


@pytest.mark.parametrize("script", [True, False], ids=["script", "no-script"])
@pytest.mark.parametrize("shown", SHOWS)
def test_score_why_send_and_thanks(
    context_of: Open, site: str, sqlite: Database, shown: dict[str, object], script: bool
) -> None:
    page = opened(context_of(java_script_enabled=script, **shown), site, 4)
    expect(point(page, 4)).to_be_checked()
    expect(page.get_by_text("What went wrong, and where should we start?")).to_be_visible()
    if script:
        good(page)
    page.get_by_label("What went wrong").fill("The export costs us days.")
    page.wait_for_timeout(LEAST_AGE_MS)
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page.get_by_role("heading", name="Thank you, Ana. Your answer is saved.")).to_be_visible()
    expect(page.get_by_text("By Thursday 5 March I call you about it")).to_be_visible()
    if script:
        good(page)
    assert one(sqlite, schema.response, "state", "score") == ("submitted", 4)


def test_the_question_why_follows_the_score_and_follow_ups_open_in_place_without_a_script(
    context_of: Open, site: str
) -> None:
    page = opened(context_of(java_script_enabled=False), site)
    expect(page.get_by_text("What is the main reason for your score?")).to_be_visible()
    for score, words in ((10, "would miss"), (7, "holds you back"), (0, "What went wrong")):
        point(page, score).check(force=True)
        expect(page.get_by_text(re.compile(words))).to_be_visible()
        expect(page.locator("label[for=why] .w:visible")).to_have_count(1)
    page.get_by_text("Two more, if you have a minute").click()
    soon = page.get_by_text("How soon should we ring?")
    expect(soon).to_be_hidden()
    page.get_by_label("You may ring me about this").check()
    expect(soon).to_be_visible()
    point(page, 9).check(force=True)
    expect(soon).to_be_hidden()
    expect(page.get_by_label("You may name me as a reference")).to_be_visible()


@pytest.mark.parametrize("shown", SHOWS)
def test_every_part_unfolded_and_every_mistake_shown_is_accessible(
    context_of: Open, site: str, sqlite: Database, shown: dict[str, object]
) -> None:
    page = opened(context_of(**shown), site, 8)
    page.get_by_text("Two more, if you have a minute").click()
    for topic in ("Support", "Product", "Value for money"):
        page.get_by_label(topic, exact=True).check()
    page.get_by_text("Ask a colleague instead").click()
    page.get_by_label("Their work address").fill("jon@postbox.example")
    good(page)
    page.get_by_role("button", name="Name them").click()
    expect(page.get_by_role("alert")).to_be_focused()
    expect(page.get_by_label("Their work address")).to_have_value("jon@postbox.example")
    expect(page.get_by_label("Support", exact=True)).to_be_checked()
    good(page)
    page.get_by_role("link", name="This is not at calder.example").click()
    expect(page.get_by_label("Their work address")).to_be_focused()
    assert rows(sqlite, schema.response, "id", "state") == [] or one(sqlite, schema.response, "state") == "draft"


def test_the_keyboard_alone_is_enough(context_of: Open, site: str, sqlite: Database) -> None:
    page = opened(context_of(viewport=DESKTOP), site, 6)
    point(page, 6).focus()
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    expect(point(page, 9)).to_be_checked()
    page.keyboard.press("Tab")
    page.keyboard.type("The people.")
    page.wait_for_timeout(LEAST_AGE_MS)
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Thank you, Ana")).to_be_visible()
    assert one(sqlite, schema.response, "score") == 9


def test_what_is_typed_is_there_again_in_this_browser_and_in_no_other(context_of: Open, site: str) -> None:
    mine = context_of()
    page = opened(mine, site, 6)
    page.wait_for_timeout(LEAST_AGE_MS)
    with page.expect_response(lambda answer: answer.url.endswith("/save")) as kept:
        page.get_by_label("What went wrong").fill("Half a sentence")
    assert kept.value.headers["x-kept"] == "yes"
    expect(page.get_by_text("What you type is kept as you go.")).to_be_visible()
    assert all(cookie["httpOnly"] and cookie["path"] == "/q" for cookie in mine.cookies())
    page.close()
    expect(opened(mine, site).get_by_label("What went wrong")).to_have_value("Half a sentence")
    expect(opened(context_of(), site).locator("#why")).to_have_value("")


def test_two_hundred_percent_zoom_and_wide_text_still_fit_a_small_phone(context_of: Open, site: str) -> None:
    page = opened(context_of(viewport={"width": 320, "height": 256}), site, 8)
    page.get_by_text("Two more, if you have a minute").click()
    assert too_wide(page) == []
    small = page.locator("button:visible, summary:visible, .cell:visible, .check:visible, a.tap:visible")
    heights = small.evaluate_all("nodes => nodes.map(node => node.getBoundingClientRect().height)")
    assert min(heights) >= 44


def test_the_other_pages_are_accessible_too(context_of: Open, site: str, sqlite: Database) -> None:
    page = opened(context_of(viewport=SMALL_PHONE), site)
    for path in (f"/u/{UNSUBSCRIBE}", "/q/unknown", "/q/about", "/about"):
        page.goto(site + path)
        good(page)
    page.goto(f"{site}/q/{ANSWER}?score=3")
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page.get_by_role("heading", name="One tap to make sure it is you")).to_be_visible()
    good(page)
    page.wait_for_timeout(LEAST_AGE_MS)
    page.get_by_role("button", name="Yes, this is my answer").click()
    expect(page.get_by_role("heading", name="Thank you, Ana")).to_be_visible()
    page.goto(f"{site}/q/{ANSWER}")
    page.wait_for_timeout(LEAST_AGE_MS)
    page.get_by_role("button", name="Never ask me again").click()
    expect(page.get_by_role("heading", name="You will not be asked again.")).to_be_visible()
    good(page)
    assert one(sqlite, schema.suppression, "reason") == "opt_out"
