"""A person goes from nothing to a connection that runs, in a real browser, beside a Salesforce; and it looks right."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import cast

import pytest
from msgspec import structs
from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.conftest import DESKTOP, PHONE
from tests.browser.serving import axe_findings, served, too_wide
from tests.crm import standin_salesforce
from tests.crm.company import Company as Customers
from tests.crm.company import standard
from tests.crm.standin_salesforce import StandIn
from tests.web.people import PASSWORD, add_staff
from voc import jobs
from voc.base.clock import SetClock
from voc.base.db import Database
from voc.base.secrets import Vault
from voc.base.settings import Settings
from voc.base.tokens import RandomTokens
from voc.base.words import StaffRole
from voc.delivery.model import Relay
from voc.web.asgi import create
from voc.web.context import App

pytestmark = pytest.mark.browser

PAGES = ("", "?crm=warehouse", "/check", "/map", "/map/contact", "/map/opportunity", "/words", "/try", "/schedule")


@pytest.fixture
def customers(clock: SetClock) -> Customers:
    made = standard()
    made.clock = clock
    return made


@pytest.fixture
def peer(customers: Customers) -> Iterator[StandIn]:
    with standin_salesforce.salesforce(customers) as found:
        yield found


@pytest.fixture
def app(sqlite: Database, clock: SetClock, vault: Vault, tokens: RandomTokens) -> App:
    slept: list[float] = []
    made = App(
        settings=structs.replace(Settings(), crm_private_hosts=["127.0.0.1"]),
        database=sqlite,
        clock=clock,
        tokens=tokens,
        vault=vault,
        questionnaires=Path("questionnaires"),
        wait=slept.append,
    )
    add_staff(made, StaffRole.ADMIN)
    return made


def work(app: App, name: str) -> None:
    """What the worker does beside the pages."""
    jobs.run_leased(app, cast("Relay", None), next(job for job in jobs.JOBS if job.name == name))


@pytest.fixture
def enter(app: App, context_of: Callable[..., BrowserContext]) -> Iterator[Callable[..., Page]]:
    with served(create(app)) as address:

        def sign_in(**options: object) -> Page:
            page = context_of(base_url=address, **options).new_page()
            page.goto("/signin")
            page.fill("#email", "admin@vendor.example")
            page.fill("#password", PASSWORD)
            page.click("main button")
            page.wait_for_url("**/accounts")
            return page

        yield sign_in


def connect(page: Page, peer: StandIn) -> None:
    connection, secrets = peer.connection()
    page.goto("/settings/crm")
    page.get_by_role("link", name="Salesforce").click()
    page.get_by_label("My Domain URL").fill(connection.place)
    page.get_by_label("Consumer key").fill(connection.user or "")
    page.get_by_label("Consumer secret").fill(*secrets.values())
    page.get_by_role("button", name="Save and go on").click()
    page.wait_for_url("**/settings/crm/check")


def test_from_nothing_to_a_connection_that_runs(app: App, peer: StandIn, enter: Callable[..., Page]) -> None:
    page = enter(viewport=DESKTOP)
    connect(page, peer)
    page.get_by_role("button", name="Check now").click()
    expect(page.get_by_role("heading", name="is being checked")).to_be_visible()
    work(app, "crm check")
    # The page asks by itself; nobody loads it again.
    expect(page.get_by_role("heading", level=1)).to_contain_text("Salesforce can be read", timeout=10_000)
    page.get_by_role("link", name="Go on to the mapping").click()
    page.get_by_role("link", name="Say what each means").click()
    page.get_by_label("Other", exact=True).select_option(label="End user")
    page.get_by_role("button", name="Save the spellings").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Every field and spelling has its meaning")
    page.get_by_role("link", name="Go on to a try").click()
    page.get_by_role("button", name="Try it now").click()
    expect(page.get_by_role("heading", name="A try is under way")).to_be_visible()
    work(app, "crm try")
    expect(page.get_by_role("heading", level=1)).to_contain_text("would bring 93 new records", timeout=10_000)
    page.get_by_role("link", name="Go on to switching it on").click()
    page.get_by_role("button", name="Switch it on").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Salesforce is read every hour")
    work(app, "crm")
    page.goto("/sync")
    expect(page.get_by_role("heading", level=1)).to_contain_text("The CRM was read")
    page.goto("/sync/1")
    expect(page.get_by_role("heading", level=1)).to_contain_text("93 changes from 93 rows")


def test_without_script_each_step_works_by_loading_the_page_again(
    app: App, peer: StandIn, enter: Callable[..., Page]
) -> None:
    page = enter(viewport=PHONE, java_script_enabled=False)
    connect(page, peer)
    page.get_by_role("button", name="Check now").click()
    expect(page.get_by_role("heading", name="is being checked")).to_be_visible()
    work(app, "crm check")
    page.get_by_role("link", name="load it again").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Salesforce can be read")


@pytest.mark.parametrize(("viewport", "scheme"), [(PHONE, "dark"), (DESKTOP, "light")], ids=["phone", "desktop"])
def test_axe_finds_nothing_and_nothing_overflows(
    app: App, peer: StandIn, enter: Callable[..., Page], viewport: dict[str, int], scheme: str
) -> None:
    page = enter(viewport=viewport, color_scheme=scheme)
    page.goto("/settings/crm")
    assert axe_findings(page) == []
    connect(page, peer)
    for button, job in (("Check now", "crm check"), ("Try it now", "crm try")):
        page.goto(f"/settings/crm/{job.removeprefix('crm ')}")
        page.get_by_role("button", name=button).click()
        expect(page.locator("[data-live]")).to_be_visible()
        assert axe_findings(page) == [], button
        work(app, job)
    for path in PAGES:
        page.goto(f"/settings/crm{path}")
        assert axe_findings(page) == [], path
        assert too_wide(page) == [], path


def test_only_what_the_chosen_way_of_signing_in_needs_is_shown(enter: Callable[..., Page]) -> None:
    page = enter(viewport=DESKTOP)
    page.goto("/settings/crm?crm=salesforce")
    expect(page.get_by_label("Private key")).to_be_hidden()
    page.get_by_label("JWT bearer").check()
    expect(page.get_by_label("Private key")).to_be_visible()
    expect(page.get_by_label("Consumer secret")).to_be_hidden()
