"""The staff pages in a real browser: axe finds nothing, nothing overflows, keys work, and no script is needed."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import BrowserContext, Dialog, Page

from tests.browser.conftest import DESKTOP, PHONE
from tests.browser.serving import axe_findings, served, too_wide
from tests.web.company import Company, company
from tests.web.people import PASSWORD
from voc.web.asgi import create

__all__ = ["company"]  # the fixture, for the tests below

pytestmark = pytest.mark.browser

CSM_PAGES = (
    "/heads-ups",
    "/you-said",
    "/accounts",
    "/accounts/acc-dana-5",
    "/accounts/acc-dana-3",
    "/contacts/con-dana-3-0",
    "/exclusions",
)
ADMIN_PAGES = (
    "/campaigns/relationship",
    "/waves/1/mails",
    "/sync",
    "/sync/1",
    "/sync/1/changes",
    "/settings",
    "/me",
    "/staff",
    "/audit",
    "/no-such-page",
)


@pytest.fixture
def address(company: Company) -> Iterator[str]:
    with served(create(company.app)) as found:
        yield found


@pytest.fixture
def complaints() -> list[str]:
    """What the browser says in its console: a refused style or script would stand here."""
    return []


@pytest.fixture
def enter(address: str, context_of: Callable[..., BrowserContext], complaints: list[str]) -> Callable[..., Page]:
    def sign_in(who: str, **options: object) -> Page:
        page = context_of(**options).new_page()
        page.on("console", lambda message: complaints.append(message.text))
        page.goto(f"{address}/signin")
        page.fill("#email", f"{who}@vendor.example")
        page.fill("#password", PASSWORD)
        page.click("main button")
        page.wait_for_url(f"{address}/accounts")
        return page

    return sign_in


@pytest.mark.parametrize(("viewport", "scheme"), [(PHONE, "dark"), (DESKTOP, "light")], ids=["phone", "desktop"])
def test_axe_finds_nothing_and_nothing_overflows(
    address: str, enter: Callable[..., Page], viewport: dict[str, int], scheme: str
) -> None:
    for who, paths in (("dana", CSM_PAGES), ("clara", ADMIN_PAGES)):
        page = enter(who, viewport=viewport, color_scheme=scheme)
        for path in paths:
            page.goto(address + path)
            assert axe_findings(page) == [], path
            assert too_wide(page) == [], path
            for summary in page.locator("details.pop > summary").all()[:2]:
                summary.click()
            assert axe_findings(page) == [], f"{path} with its forms open"


def test_one_long_word_in_a_name_makes_no_page_wider_than_a_phone(address: str, enter: Callable[..., Page]) -> None:
    word = "Donaudampfschifffahrtselektrizitaetenhauptbetriebswerkbauunterbeamtengesellschaft"
    page = enter("dana", viewport=PHONE)
    for path in ("/", "/accounts/acc-dana-5"):
        page.goto(address + path)
        names = "main h1, main h3, main td > span:first-child, main a:not(.btn), .foot button"
        page.eval_on_selector_all(names, "(found, word) => { for (const one of found) one.textContent = word; }", word)
        assert too_wide(page) == [], path


def test_the_sign_in_page_and_its_refusal_are_clean(address: str, context_of: Callable[..., BrowserContext]) -> None:
    page = context_of(viewport=PHONE).new_page()
    page.goto(f"{address}/signin")
    assert axe_findings(page) == []
    page.fill("#email", "dana@vendor.example")
    page.fill("#password", "not the password")
    page.click("main button")
    assert "not right" in page.inner_text("[role=alert]")
    assert page.input_value("#email") == "dana@vendor.example"
    assert axe_findings(page) == []


@pytest.mark.parametrize("script", [True, False], ids=["with script", "without script"])
def test_a_contact_is_confirmed_with_one_press_and_the_page_says_so(
    enter: Callable[..., Page], complaints: list[str], script: bool
) -> None:
    page = enter("dana", viewport=DESKTOP, java_script_enabled=script)
    page.locator(".step .btn", has_text="Confirm").first.click()
    page.wait_for_selector(".undo")
    assert "is confirmed" in page.inner_text(".undo")
    page.locator(".menu a", has_text="Waves").click()
    page.wait_for_url("**/waves")
    assert page.locator(".undo").count() == 0
    assert complaints == []


def test_a_person_is_added_from_an_empty_chair(enter: Callable[..., Page], address: str, complaints: list[str]) -> None:
    page = enter("dana", viewport=PHONE)
    page.goto(f"{address}/accounts/acc-dana-5")
    chair = page.locator(".place.empty").first
    chair.locator("summary", has_text="Add person").click()
    chair.get_by_label("Last name").fill("Vik")
    chair.get_by_label("Mail address").fill("jon@acc-dana-5.example")
    chair.get_by_role("button", name="Add person").click()
    page.wait_for_selector(".undo")
    assert "Vik is added at" in page.inner_text(".undo")
    assert complaints == []


def test_keys_move_through_the_steps_press_their_buttons_and_can_be_switched_off(enter: Callable[..., Page]) -> None:
    page = enter("dana", viewport=DESKTOP)
    here = ".step.here"
    first = page.inner_text(f"{here} h3")
    page.keyboard.press("j")
    second = page.inner_text(f"{here} h3")
    assert first != second
    page.keyboard.press("k")
    assert page.inner_text(f"{here} h3") == first
    page.keyboard.press("?")
    page.keyboard.press("j")
    assert page.inner_text(f"{here} h3") == first
    page.keyboard.press("?")
    while page.locator(f"{here} .acts > form > .btn").count() == 0:
        page.keyboard.press("j")
    page.keyboard.press("1")
    page.wait_for_selector(".undo")


def test_the_first_tab_leads_to_skipping_the_menu(enter: Callable[..., Page]) -> None:
    page = enter("dana", viewport=DESKTOP)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to content"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"


def test_hostile_names_and_answers_run_nothing(enter: Callable[..., Page], address: str) -> None:
    page = enter("dana", viewport=DESKTOP)
    ran: list[str] = []

    def note(dialog: Dialog) -> None:
        ran.append(dialog.message)
        dialog.dismiss()

    page.on("dialog", note)
    for path in CSM_PAGES:
        page.goto(address + path)
    assert ran == []
