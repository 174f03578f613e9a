"""The pages of leaders and the programme in a real browser: nothing for axe to say, nothing wider than the screen."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import BrowserContext, Page, expect
from sqlalchemy import insert

from tests.browser.conftest import DESKTOP, PHONE
from tests.browser.serving import axe_findings, served, too_wide
from tests.builders import NOW
from tests.web.company import Company
from tests.web.people import PASSWORD
from voc.base.schema import installation
from voc.web.asgi import create

pytestmark = pytest.mark.browser

PATHS = (
    "/engagement",
    "/engagement?csm=csm-jonas",
    "/engagement/rows?figure=participation&scope=total",
    "/definitions",
    "/silent",
    "/waves",
    "/waves/rehearse",
    "/waves/{wave}",
    "/follow-ups",
    "/follow-ups?show=list",
    "/follow-ups/{case}",
    "/delivery",
)
# Made of the same parts: each is looked at once, on the phone or in the dark.
FIGURES = (
    "/board",
    "/csms?against=team",
    "/csms/csm-jonas",
    "/retention",
    "/forest",
    "/forest/drivers",
    "/forest/code-book",
    "/forest/sorting",
    "/improvements/new",
    "/scorecards/monthly-plan",
    "/reviews/call",
    "/guesses",
)


@pytest.fixture
def address(company: Company) -> Iterator[str]:
    with company.app.database.begin() as db:
        db.execute(insert(installation).values(id=1, epoch="ours", created_at=NOW))
    with served(create(company.app)) as url:
        yield url


def signed_in(context: BrowserContext, address: str, who: str) -> Page:
    page = context.new_page()
    page.goto(f"{address}/signin")
    page.fill("[name=email]", f"{who}@vendor.example")
    page.fill("[name=password]", PASSWORD)
    page.click("main button")
    page.wait_for_url(lambda url: "/signin" not in url)
    return page


@pytest.mark.parametrize(
    ("viewport", "scheme", "paths"),
    [(PHONE, "light", (*PATHS, *FIGURES[::2])), (DESKTOP, "dark", (*PATHS, *FIGURES[1::2]))],
    ids=["phone", "desktop"],
)
def test_no_page_has_a_barrier_an_error_or_a_sideways_scroll(
    company: Company,
    address: str,
    context_of: Callable[..., BrowserContext],
    viewport: dict[str, int],
    scheme: str,
    paths: tuple[str, ...],
) -> None:
    page = signed_in(context_of(viewport=viewport, color_scheme=scheme), address, "clara")
    errors: list[str] = []
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: errors.append(str(error)))
    for path in paths:
        page.goto(address + path.format(wave=company.world.finished_wave, case=company.world.follow_ups["late"]))
        assert axe_findings(page) == [], path
        assert too_wide(page) == [], path
    assert errors == []


def test_paper_has_no_menu_and_what_a_phone_folds_stands_open(
    company: Company, address: str, context_of: Callable[..., BrowserContext]
) -> None:
    page = signed_in(context_of(viewport=PHONE), address, "marcus")
    page.goto(f"{address}/engagement")
    heard = page.get_by_role("link", name="Definition of Accounts heard", exact=True)
    expect(heard).to_be_hidden()
    page.get_by_text("Who was heard, and what they say").click()
    expect(heard).to_be_visible()
    page.goto(f"{address}/board")
    page.emulate_media(media="print")
    expect(page.get_by_role("navigation")).to_have_count(0)
    assert page.pdf(prefer_css_page_size=True).count(b"/Type /Page\n") == 1


def test_a_leader_follows_a_figure_to_its_rows_and_back(
    company: Company, address: str, context_of: Callable[..., BrowserContext]
) -> None:
    page = signed_in(context_of(viewport=DESKTOP), address, "marcus")
    page.goto(f"{address}/engagement")
    page.get_by_role("link", name="55 rows behind Response").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Response: 44%, 24 of 55 invitations")
    expect(page.get_by_role("heading", name="55 rows counted")).to_be_visible()
    page.get_by_role("link", name="Engagement").last.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Engagement, all teams")


def test_a_csm_resolves_a_follow_up_on_a_phone(
    company: Company, address: str, context_of: Callable[..., BrowserContext]
) -> None:
    page = signed_in(context_of(viewport=PHONE), address, "dana")
    page.goto(f"{address}/follow-ups")
    page.locator('a[href$="#resolve"]').click()
    page.select_option("[name=cause]", "training")
    page.fill("#resolve-note", "Two sessions for new planners")
    page.get_by_role("button", name="Resolve", exact=True).click()
    expect(page.get_by_role("status")).to_contain_text("Resolved.")
    expect(page.get_by_text("Two sessions for new planners").first).to_be_visible()


def test_the_table_of_the_funnel_opens_without_a_script(
    company: Company, address: str, context_of: Callable[..., BrowserContext]
) -> None:
    page = signed_in(context_of(viewport=DESKTOP, java_script_enabled=False), address, "marcus")
    page.goto(f"{address}/csms")
    page.get_by_text("The same as a table").click()
    expect(page.get_by_role("cell", name="4 of 23").last).to_be_visible()


def test_a_downloaded_file_comes_as_a_file(
    company: Company, address: str, context_of: Callable[..., BrowserContext]
) -> None:
    page = signed_in(context_of(viewport=DESKTOP), address, "marcus")
    page.goto(f"{address}/silent")
    with page.expect_download() as started:
        page.get_by_role("link", name="CSV of silent accounts").click()
    assert started.value.suggested_filename == "silent-accounts.csv"
