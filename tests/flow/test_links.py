"""No link of any page leads nowhere, though the CRM deleted, merged and handed over meanwhile."""

import re
from collections import Counter
from html import unescape

import httpx
import pytest

from tests.flow.hands import field
from tests.flow.story import ADMIN, LEADER, Story
from tests.web.people import PASSWORD

pytestmark = pytest.mark.slow

_ID = re.compile(r"/[0-9][0-9A-Za-z]*(?=/|$)")
OF_A_KIND = 8


def _kind(path: str) -> str:
    """Pages whose addresses differ in an id are alike, and so are workbooks (tests/web/test_tables reads them)."""
    plain = path.partition("?")[0]
    ending = plain.rpartition(".")[2]
    if ending in ("xlsx", "parquet", "zip"):
        return "every night's figures" if plain.startswith("/export/kept-figures") else ending
    return _ID.sub("/*", plain)


def dead_links(site: str, address: str) -> tuple[list[str], int]:
    """What does not answer with 200, with the page that leads there, and how many pages were opened."""
    opened, kinds, dead = set[str](), Counter[str](), list[str]()
    with httpx.Client(base_url=site, follow_redirects=True, timeout=60) as client:
        client.post("/signin", data={"next": "/", "email": address, "password": PASSWORD})
        assert field(client.get("/accounts"), "csrf")
        waiting = [("/", "the start")]
        while waiting:
            path, source = waiting.pop(0)
            kind = _kind(path)
            if path in opened or kinds[kind] == OF_A_KIND:
                continue
            opened.add(path)
            kinds[kind] += 1
            page = client.get(path)
            if page.status_code != 200:
                dead.append(f"{page.status_code} {path} from {source}")
            if page.headers["content-type"].startswith("text/html"):
                links = [unescape(link) for link in re.findall(r'href="(/[^"#]*)', page.text)]
                waiting += [(link, path) for link in links if not link.startswith("/static/")]
    return dead, len(opened)


@pytest.mark.parametrize("who", ["csm", "leader", "admin"])
def test_no_link_leads_nowhere(by_http: Story, who: str) -> None:
    address = {"csm": by_http.owner_address, "leader": LEADER, "admin": ADMIN}[who]
    dead, opened = dead_links(by_http.site, address)
    assert dead == []
    assert opened > 40
