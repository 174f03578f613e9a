"""Chapter five: every page of our own people as each of them sees it, on a phone and on a desktop."""

import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page

from tests.browser.chromium import DESKTOP, PHONE
from tests.browser.serving import axe_findings, too_wide
from tests.flow.hands import signed_in
from tests.flow.story import ADMIN, LEADER, Story

pytestmark = [pytest.mark.browser, pytest.mark.slow]

# One page of each kind is enough: /accounts/0015f... and /accounts/0016a... are the same page.
_ID = re.compile(r"/[0-9][0-9A-Za-z]*(?=/|$)")
_FILE = re.compile(r"\.(csv|json|svg|xlsx|parquet|pdf|zip)$")
MOST = 25


def kind(path: str) -> str:
    """What tells pages apart: the path without ids and without what is asked of it."""
    return _ID.sub("/*", path.partition("?")[0])


def walk(page: Page, site: str, look: Callable[[str], None]) -> list[str]:
    """Every kind of page that links lead to from the first one on, the menu first."""
    waiting, seen, walked = ["/"], set[str](), list[str]()
    while waiting and len(walked) < MOST:
        path = waiting.pop(0)
        if kind(path) in seen:
            continue
        seen.add(kind(path))
        answer = page.goto(site + path)
        assert answer is not None
        assert answer.status == 200, path
        look(path)
        walked.append(path)
        links = page.eval_on_selector_all("a[href]", "nodes => nodes.map(node => node.href)")
        own = [link.removeprefix(site).partition("#")[0] for link in links if link.startswith(f"{site}/")]
        waiting += [one for one in own if not _FILE.search(one.partition("?")[0])]
    return walked


@pytest.mark.parametrize("viewport", [PHONE, DESKTOP], ids=["390", "1280"])
@pytest.mark.parametrize("who", ["csm", "lead", "leader", "admin"])
def test_axe_finds_nothing_on_any_page_and_nothing_is_wider_than_the_screen(
    by_http: Story, context_of: Callable[..., BrowserContext], who: str, viewport: dict[str, int]
) -> None:
    address = {
        "csm": by_http.owner_address,
        "lead": "miriam.talvik@vendor.example",
        "leader": LEADER,
        "admin": ADMIN,
    }[who]
    page = signed_in(context_of(viewport=viewport).new_page(), by_http.site, address)
    kept = os.environ.get("VOC_TEST_SCREENSHOTS")
    complaints: list[str] = []
    page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))

    def look(path: str) -> None:
        if kept is not None:
            name = re.sub(r"[^a-z0-9]+", "-", path.lower()).strip("-")[:60]
            page.screenshot(path=Path(kept) / f"{who}-{viewport['width']}" / f"{name}.png", full_page=True)
        complaints.extend(f"{path}: {finding}" for finding in axe_findings(page))
        complaints.extend(f"{path}: wider than the screen: {what}" for what in too_wide(page))

    walked = walk(page, by_http.site, look)
    assert complaints == []
    assert len(walked) > 9, walked
