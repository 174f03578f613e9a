"""The hands of the story's people: what a person does in a page, with a real browser or with plain HTTP.

`pause` sets the clock forward between opening a page and pressing a button: nobody is as fast as a
machine, and the page believes nobody who is.
"""

import re
from collections.abc import Callable, Collection
from contextlib import ExitStack
from html import unescape
from typing import Any, Protocol

import httpx
from playwright.sync_api import Browser, Page, expect

from tests.browser.chromium import DESKTOP, PHONE
from tests.browser.serving import axe_findings, too_wide
from tests.web.people import PASSWORD

Pause = Callable[[], None]


class Desk(Protocol):
    """One of our own people, signed in."""

    def press(self, path: str, act: str, **fields: str) -> str:
        """Fill in that form of the page and send it; what the page says then."""


class Hands(Protocol):
    def answer(self, link: str, *, score: int, why: str, consents: Collection[str] = (), phone: bool = False) -> str:
        """Open the link of a mail, write, tick, send; the heading of the page that follows."""

    def never_again(self, link: str) -> str: ...

    def enter(self, site: str, address: str) -> Desk: ...


# --- a browser ----------------------------------------------------------------------------------


class BrowserHands:
    """Each person has a window of their own; axe looks at every page they come to."""

    def __init__(self, browser: Browser, pause: Pause, windows: ExitStack) -> None:
        self._browser, self._pause, self._windows = browser, pause, windows

    def _window(self, **options: Any) -> Page:
        context = self._browser.new_context(**options)
        self._windows.callback(context.close)
        return context.new_page()

    def answer(self, link: str, *, score: int, why: str, consents: Collection[str] = (), phone: bool = False) -> str:
        page = self._window(viewport=PHONE, has_touch=True, is_mobile=True) if phone else self._window(viewport=DESKTOP)
        page.goto(link)
        expect(page.locator(f"#recommend input[value='{score}']")).to_be_checked()
        good(page)
        page.fill("#why", why)
        if consents:
            page.click("#more > summary")
        for consent in consents:
            page.check(f"#{consent}")
        good(page)
        self._pause()
        page.get_by_role("button", name="Send", exact=True).click()
        return self._landed(page)

    def never_again(self, link: str) -> str:
        page = self._window(viewport=PHONE)
        page.goto(link)
        self._pause()
        page.click("button[name=do][value=never]")
        return self._landed(page)

    @staticmethod
    def _landed(page: Page) -> str:
        page.wait_for_load_state()
        good(page)
        return page.inner_text("h1")

    def enter(self, site: str, address: str) -> "BrowserDesk":
        return BrowserDesk(signed_in(self._window(viewport=DESKTOP), site, address), site)


class BrowserDesk:
    def __init__(self, page: Page, site: str) -> None:
        self._page, self._site = page, site

    def press(self, path: str, act: str, **fields: str) -> str:
        page = self._page
        page.goto(f"{self._site}{path}")
        form = page.locator(f"form#{act}")
        for name, value in fields.items():
            field = form.locator(f"[name={name}]")
            if name == "cause":
                field.select_option(value)
            else:
                field.fill(value)
        form.get_by_role("button").click()
        said = page.get_by_role("status")
        expect(said).to_be_visible()
        good(page)
        return said.inner_text()


def good(page: Page) -> None:
    """Nothing for axe to say, and nothing wider than the screen."""
    assert axe_findings(page) == [], page.url
    assert too_wide(page) == [], page.url


def signed_in(page: Page, site: str, address: str) -> Page:
    page.goto(f"{site}/signin")
    page.fill("[name=email]", address)
    page.fill("[name=password]", PASSWORD)
    page.click("main button")
    page.wait_for_url(lambda url: "/signin" not in url)
    return page


# --- plain HTTP ---------------------------------------------------------------------------------


class HttpHands:
    """The same without a browser: what a page's forms hold is posted as it stands there."""

    def __init__(self, pause: Pause, windows: ExitStack) -> None:
        self._pause, self._windows = pause, windows

    def _window(self) -> httpx.Client:
        return self._windows.enter_context(httpx.Client(follow_redirects=True, timeout=30))

    def answer(self, link: str, *, score: int, why: str, consents: Collection[str] = (), phone: bool = False) -> str:
        window = self._window()
        page = window.get(link)
        assert re.search(rf'name="recommend" value="{score}"[^>]* checked', page.text), "the score is not picked"
        self._pause()
        typed = {"recommend": str(score), "why": why, **dict.fromkeys(consents, "yes")}
        return heading(window.post(page.url, data={"nonce": field(page, "nonce"), "fax": "", **typed}))

    def never_again(self, link: str) -> str:
        window = self._window()
        page = window.get(link)
        self._pause()
        there = page.url.copy_with(path=f"{page.url.path}/no")
        return heading(window.post(there, data={"nonce": field(page, "nonce"), "fax": "", "do": "never"}))

    def enter(self, site: str, address: str) -> "HttpDesk":
        window = self._window()
        page = window.get(f"{site}/signin")
        page = window.post(f"{site}/signin", data={"next": "/", "email": address, "password": PASSWORD})
        assert "/signin" not in str(page.url)
        return HttpDesk(window, site)


class HttpDesk:
    def __init__(self, window: httpx.Client, site: str) -> None:
        self._window, self._site = window, site

    def press(self, path: str, act: str, **fields: str) -> str:
        page = self._window.get(f"{self._site}{path}")
        assert f'id="{act}"' in page.text, f"{path} has no form {act}"
        page = self._window.post(f"{self._site}{path}/{act}", data={"csrf": field(page, "csrf"), **fields})
        assert page.status_code == 200
        return page.text


def field(page: httpx.Response, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]+)"', page.text)
    assert found is not None, f"{page.url} has no field {name}"
    return unescape(found.group(1))


def heading(page: httpx.Response) -> str:
    found = re.search(r"<h1[^>]*>(.*?)</h1>", page.text, re.DOTALL)
    assert found is not None, page.text
    return unescape(found.group(1)).strip()
