"""F21: script and formula in every field that a stranger fills: none is executed, no cell is a formula."""

import csv
import io
import os
import shutil
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import product
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, sync_playwright
from sqlalchemy import Column, Connection, String, Table, select, update

from tests.builders import NOW
from tests.faults.databases import fresh
from tests.faults.rendered import everything
from tests.faults.table import Result, Row, on_both
from tests.web import world
from tests.web.people import visitor
from tests.web.test_routes import _objects
from voc.base import preferences, schema
from voc.base.clock import SetClock
from voc.base.secrets import Vault, new_key
from voc.base.settings import Settings
from voc.base.tokens import RandomTokens
from voc.reports.export import write_files
from voc.web.context import App

_QUESTIONNAIRES = Path(__file__).parents[2] / "questionnaires"
_RUN = "window.ran=1"
_BREAKS = (
    "", '">', "'>", "</title>", "</textarea>", "</script>", "-->", "</style>", "]]>", "</svg>", "{{7*7}}", "\\u003c",
)  # fmt: skip
_SCRIPTS = (
    f"<script>{_RUN}</script>", f"<ScRiPt>{_RUN}</sCrIpT>", f"<img src=x onerror={_RUN}>", f"<svg onload={_RUN}>",
    f"<svg><script>{_RUN}</script></svg>", f"<body onload={_RUN}>", f"<iframe srcdoc='<script>parent.{_RUN}</script>'>",
    f"<details open ontoggle={_RUN}>", f"<input autofocus onfocus={_RUN}>", f"<a href=javascript:{_RUN}>x</a>",
    f"<video><source onerror={_RUN}></video>", f"<math><mtext></mtext><img src=x onerror={_RUN}></math>",
    f"<object data='javascript:{_RUN}'>", f"<form action=javascript:{_RUN}><button>", f" onmouseover={_RUN} x=",
    f"<style>@import 'javascript:{_RUN}'</style>",
)  # fmt: skip
PAYLOADS = tuple(one + two for one, two in product(_BREAKS, _SCRIPTS))
FORMULAS = (
    "=cmd|' /C calc'!A0", "+1+1", "-2+3", "@SUM(1)", "\t=1+1", "\r=1+1", "\n=1", " =1", '=HYPERLINK("http://x")',
    "%0A=1", "|calc", "\uff1d1+1", "\uff0b1", "\uff0d1", "\uff201", '=1;"',
)  # fmt: skip
# What our own functions keep: names of things, digests, and words with a meaning.
_OURS = frozenset(
    [
        "installation",
        "installation_mark",
        "erased",
        "setting",
        "secret",
        "lease",
        "beat",
        "session",
        "knock",
        "last_check",
        "audit",
        "questionnaire_version",
        "relay_state",
        "mailbox",
        "link",
        "sync_run",
        "figure_snapshot",
    ]
)
_MEANING = frozenset(
    [
        "id",
        "key",
        "hash",
        "kind",
        "state",
        "email",
        "address",
        "recipient",
        "time_zone",
        "language",
        "currency",
        "name",
        "return_path",
        "message_id",
        "source",
        "agent",
        "worker",
    ]
)
_NAMES = ("account", "csm", "staff", "opportunity", "suggestion")  # whose name is a stranger's


def run(*, long: bool) -> Result:
    rounds = len(PAYLOADS) if long else 1
    # In a thread of its own: where a test has a browser already, its event loop has this one.
    with ThreadPoolExecutor(1) as aside:
        return on_both("F21", lambda engine: aside.submit(_row, engine, rounds=rounds).result(), engines=("sqlite",))


def _row(engine: str, *, rounds: int) -> Row:
    found: list[str] = []
    pages = cells = fields = 0
    with fresh(engine) as database, _browser() as page, tempfile.TemporaryDirectory() as folder:
        found += [f"would not be noticed: {one}" for one in PAYLOADS[:15] if not _executed(page, f"<p {one}>{one}")]
        app = App(Settings(), database, SetClock(NOW), RandomTokens(), Vault([new_key()]), _QUESTIONNAIRES)
        with database.begin() as db:
            world.build(db)
            ids = _objects(db, "dana", "acc-dana-1")
        for number in range(rounds):
            with database.begin() as db:
                fields = _fill(db, number)
            with visitor(app) as clara:
                clara.sign_in("clara@vendor.example")
                for route, answer in everything(clara, ids):
                    if answer.status_code >= 500:
                        found.append(f"{route}: {answer.status_code}")
                    if answer.headers["content-type"].startswith("text/csv"):
                        cells += _judge_csv(route, answer.content.decode("utf-8-sig"), found)
                    elif answer.headers["content-type"].startswith("text/html"):
                        pages += 1
                        found += [f"{route}: {one}" for one in _executed(page, answer.text)]
            for name in write_files(database, Path(folder) / str(number)):
                cells += _judge_csv(name, (Path(folder) / str(number) / f"{name}.csv").read_text("utf-8-sig"), found)
    said = f"{pages} pages with {fields} kinds of fields filled, {cells:,} cells: none ran"
    return Row(f"{len(PAYLOADS)} scripts and {len(FORMULAS)} formulas", engine, pages, said, tuple(found[:10]))


# --- every field --------------------------------------------------------------------------------


def _fill(db: Connection, number: int) -> int:
    """Every text that a stranger or the CRM gives: a formula first, then scripts, others for each row."""
    filled = 0
    for table in schema.metadata.sorted_tables:
        for column in _strangers(table):
            filled += 1
            key = next(iter(table.primary_key.columns))
            for place, id in enumerate(db.execute(select(key).order_by(key).limit(40)).scalars().all()):
                values = {column.key: _text(number, filled, place)}
                db.execute(update(table).where(key == id, column.is_not(None)).values(values))
    preferences.change(db, {"company": _text(number, 0, 0)[:200]}, actor="test", now=NOW)
    return filled


def _strangers(table: Table) -> list[Column[Any]]:
    checked = {str(one.name) for one in table.constraints if one.name}
    return [
        column
        for column in table.columns
        if table.name not in _OURS
        and isinstance(column.type, String)
        and not column.primary_key
        and not column.foreign_keys
        and not column.unique
        and f"ck_{table.name}_{column.name}" not in checked
        and (column.name not in _MEANING or (column.name == "name" and table.name in _NAMES))
        and not column.name.endswith(("_id", "_hash", "_key", "_code"))
    ]


def _text(number: int, column: int, place: int) -> str:
    start = number + 5 * column + 7 * place
    return FORMULAS[start % len(FORMULAS)] + "".join(PAYLOADS[(start + 31 * one) % len(PAYLOADS)] for one in range(6))


# --- what a browser makes of it -----------------------------------------------------------------


@contextmanager
def _browser() -> Iterator[Page]:
    """Nothing protects this page: no policy of ours is sent to it."""
    path = os.environ.get("VOC_TEST_CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    if path is None:
        raise FileNotFoundError("no Chromium here")
    with sync_playwright() as playwright:
        quiet = ["--no-sandbox", "--disable-sync", "--no-proxy-server"]
        browser = playwright.chromium.launch(executable_path=path, args=quiet)
        page = browser.new_page()
        page.route("**/*", lambda route: route.abort())
        yield page
        browser.close()


_LOOK = """() => {
  const found = window.ran ? ['a script ran'] : [];
  const runs = /^\\s*(javascript|vbscript|data:text)/i, leads = /^(href|src|action|formaction|data|srcdoc)$/;
  for (const one of document.querySelectorAll('*')) {
    for (const {name, value} of one.attributes) {
      if (name.startsWith('on')) found.push('attribute ' + name);
      if (runs.test(value) && leads.test(name)) found.push(name + ' ' + value.slice(0, 60));
    }
    if (one.tagName === 'SCRIPT' && one.textContent.trim() && one.type !== 'application/json')
      found.push('a script inside');
    if (['IFRAME', 'OBJECT', 'EMBED', 'MATH'].includes(one.tagName) && one.outerHTML.includes('ran=1'))
      found.push('an element of a stranger: ' + one.tagName);
  }
  return found;
}"""


def _executed(page: Page, html: str) -> list[str]:
    page.goto("about:blank")
    page.set_content(html, wait_until="domcontentloaded")
    return list(dict.fromkeys(page.evaluate(_LOOK)))


def _judge_csv(name: str, text: str, found: list[str]) -> int:
    rows = list(csv.reader(io.StringIO(text, newline="")))
    cells = [cell for row in rows for cell in row]
    found += [f"{name}: a formula {cell[:40]!r}" for cell in cells if runs(cell)]
    return len(cells)


def runs(cell: str) -> bool:
    """What a spreadsheet would take for a formula, judged apart from the code that prevents it; numbers are numbers."""
    bare = cell.strip().translate({0xFF1D: "=", 0xFF0B: "+", 0xFF0D: "-", 0xFF20: "@"})
    if bare[:1] not in "=+-@|%" or not bare:
        return cell[:1] in ("\t", "\r", "\n")
    try:
        float(bare)
    except ValueError:
        return True
    return False
