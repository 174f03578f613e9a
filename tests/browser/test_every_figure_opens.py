"""Every figure that a page shows opens to rows, and they are as many as it says: walked page by page, role by role.

The browser collects what each page shows (every figure carries its name, counts and the address of its rows);
the hundreds of addresses are then followed without it.
"""

import html
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlsplit

import pytest
from playwright.sync_api import BrowserContext, Page
from sqlalchemy import Connection, insert

from tests.browser.conftest import DESKTOP
from tests.browser.serving import served
from tests.browser.test_leader_pages import signed_in
from tests.builders import NOW
from tests.web import walked
from tests.web.company import Company
from tests.web.people import Visitor
from voc.base.access import Viewer
from voc.base.schema import installation
from voc.base.words import StaffRole
from voc.metrics.cohorts import TOTAL
from voc.metrics.run.counted_rows import every_row
from voc.web.asgi import create
from voc.web.figure_rows import opened_of
from voc.web.figure_view import ROWS

pytestmark = pytest.mark.browser

PAGES = (
    "/engagement",
    "/engagement?live=1&beside=previous",
    "/csms",
    "/csms?segment=mid-market",
    "/csms/csm-dana",
    "/silent",
    "/silent?segment=mid-market",
    "/follow-ups",
    "/follow-ups?segment=mid-market&days=365",
    "/retention",
    "/forest?cut=score",
    "/improvements",
    "/scorecards/response/months/2026-03",
    "/scorecards/response/months/2026-03/of/csm-dana",
    "/board",
    "/accounts/acc-dana-1",
    "/waves/{finished}",
    "/waves/{running}",
)
LEADERS_ONLY = ("/engagement?team=csm-ingrid&csm=csm-jonas", "/board?team=csm-ingrid")
NOT_FIGURES = re.compile(r"standard|weight|points|reached|pays|owner|interval", re.I)

VIEWERS = {
    "marcus": Viewer(None, "Marcus Oyelaran", StaffRole.LEADER),
    "ingrid": Viewer(None, "Ingrid Solheim", StaffRole.LEAD, "csm-ingrid"),
    "dana": Viewer(None, "Dana Whitlock", StaffRole.CSM, "csm-dana"),
}

# What a page shows: each marked element, whether a link in it leads to its rows, and numbers that no mark claims.
_COLLECT = """() => {
  const marked = [...document.querySelectorAll("main [data-figure]")].map(one => ({
    figure: one.dataset.figure, part: one.dataset.part, of: one.dataset.of, rows: one.dataset.rows,
    linked: [one, ...one.querySelectorAll("a")].some(a => a.getAttribute("href") === one.dataset.rows)}));
  const counts = /(^|\\s)\\d[\\d\\u2009.,]*\\s*(%|of\\s+\\d)/;
  const places = "main .fig, main td.num, main dd.v, main .chain .n, main td.whole";
  const bare = [...document.querySelectorAll(places)]
    .filter(one => !one.closest("[data-figure], details, tfoot, [aria-labelledby=h-without]"))
    .filter(one => !(one.closest("tr") || one).querySelector("[data-figure]"))
    .filter(one => one.matches(".n") || counts.test((one.querySelector(".v") || one).textContent))
    .map(one => (one.dataset.th || one.className) + ": " + one.textContent.trim().slice(0, 60));
  return {marked, bare};
}"""


@dataclass(frozen=True)
class Shown:
    figure: str
    part: float | None
    whole: float | None
    rows: str


@pytest.fixture
def address(company: Company) -> Iterator[str]:
    walked.build(company.app)
    with company.app.database.begin() as db:
        db.execute(insert(installation).values(id=1, epoch="ours", created_at=NOW))
    with served(create(company.app)) as url:
        yield url


def test_every_figure_on_every_page_opens_to_as_many_rows_as_it_counts(
    company: Company, address: str, context_of: Callable[..., BrowserContext]
) -> None:
    waves = {"finished": company.world.finished_wave, "running": company.world.running_wave}
    known: set[Shown] = set()
    for who in VIEWERS:
        paths = [one.format(**waves) for one in (*PAGES, *(LEADERS_ONLY if who == "marcus" else ()))]
        page = signed_in(context_of(viewport=DESKTOP), address, who)
        shown: dict[Shown, str] = {}
        wrong: list[str] = []
        for path in paths:
            marked, mistakes = _collected(page, address + path)
            wrong += [f"{path}: {one}" for one in mistakes] if marked else [f"{path} shows no figure"]
            shown |= dict.fromkeys(marked, path)
        # What a leader follows to the same rows is not read again; that others may see it, by a few of each.
        new = {one: path for number, (one, path) in enumerate(shown.items()) if one not in known or number % 8 == 0}
        wrong += _walked(company, who, new)
        assert not wrong, f"{who}:\n" + "\n".join(wrong)
        known |= set(shown)


def _walked(company: Company, who: str, shown: dict[Shown, str]) -> list[str]:
    visitor, read, wrong = company.enter(who), set[tuple[str, str]](), list[str]()
    with company.app.database.read() as db:
        for one, path in shown.items():
            kind = one.figure, urlsplit(one.rows).path
            as_a_page = kind not in read or not one.rows.startswith(ROWS)
            read.add(kind)
            told = _followed(visitor, one) if as_a_page else _counted(db, VIEWERS[who], one)
            wrong += [f"{path}: {words}" for words in told]
    return wrong


def _collected(page: Page, address: str) -> tuple[list[Shown], list[str]]:
    answer = page.goto(address, wait_until="commit")
    assert answer is not None
    assert answer.status == 200, address
    page.wait_for_load_state("domcontentloaded")
    found = page.evaluate(_COLLECT)
    wrong = [f"{one['figure']} has no link to {one['rows']}" for one in found["marked"] if not one["linked"]]
    wrong += [f"no figure claims {one!r}" for one in found["bare"] if not NOT_FIGURES.search(one.split(":")[0])]
    marked = [Shown(one["figure"], _number(one["part"]), _number(one["of"]), one["rows"]) for one in found["marked"]]
    return marked, wrong


def _number(text: str) -> float | None:
    return float(text) if text else None


def _followed(visitor: Visitor, shown: Shown) -> list[str]:
    """What is wrong with the rows behind a figure."""
    answer = visitor.client.get(shown.rows, follow_redirects=True)
    if answer.status_code != 200:
        return [f"{shown.rows} answers {answer.status_code}"]
    text = answer.text
    if "data-comments" in text:
        return _comments(text, shown)
    if "other people’s accounts" in text and "data-rows-withheld" not in text:
        return []
    rows = [(float(part), float(whole)) for part, whole in re.findall(r'data-part="([^"]*)" data-of="([^"]*)">', text)]
    withheld = int((re.findall(r'data-rows-withheld="(\d+)"', text) or ["0"])[0])
    part, whole = sum(row[0] for row in rows if row[1] > 0), sum(row[1] for row in rows if row[1] > 0)
    if ":" in shown.figure:
        part = whole = float(len(rows))
    if withheld:
        return [] if whole + withheld == shown.whole else [f"{shown} lists {whole} and keeps {withheld} back"]
    wrong = []
    if abs(whole - (shown.whole or 0.0)) > 0.02:
        wrong.append(f"{shown} lists rows of {whole}")
    if shown.part is not None and abs(part - shown.part) > 0.02:
        wrong.append(f"{shown} lists rows that count {part}")
    if not rows and not _says_why(text):
        wrong.append(f"{shown.rows} does not say why there are no rows")
    return wrong


def _counted(db: Connection, viewer: Viewer, shown: Shown) -> list[str]:
    """The same without the page around it, of which one of each figure is read."""
    opened = opened_of(dict(parse_qsl(urlsplit(shown.rows).query)), today=NOW.date())
    if opened.key == TOTAL and not viewer.sees_all:
        return []
    rows = list(every_row(db, viewer, opened, now=NOW))
    counted = rows if ":" in shown.figure else [row for row in rows if row.whole > 0]
    whole = sum(1.0 if ":" in shown.figure else row.whole for row in counted)
    part = whole if ":" in shown.figure else sum(row.part for row in counted)
    wrong = abs(whole - (shown.whole or 0.0)) > 0.02 or (shown.part is not None and abs(part - shown.part) > 0.02)
    return [f"{shown} lists {part} of {whole}"] if wrong else []


def _says_why(text: str) -> bool:
    told = re.search(r'id="rows".*?<p[^>]*>(.*?)</p>', text, re.S)
    return told is not None and len(html.unescape(told.group(1))) > 10


def _comments(text: str, shown: Shown) -> list[str]:
    accounts, people, comments = (int(re.findall(rf'data-{one}="(\d+)"', text)[0]) for one in _COUNTS)
    told = people if shown.figure == "theme_people" else accounts
    listed = len(set(re.findall(r'data-account="([^"]*)"', text)))
    wrong = [] if told == shown.whole else [f"{shown} opens to {told}"]
    # Fifty comments stand on a page.
    return (
        wrong
        if comments > 50 or listed == accounts or "improvement" in shown.figure
        else [*wrong, f"{shown} lists {listed} accounts"]
    )


_COUNTS = ("accounts", "people", "comments")
