"""What the pages of a large company show of last night opens to rows that add up to it: followed without a browser."""

import html
import re
from datetime import timedelta
from urllib.parse import parse_qsl, urlsplit

import pytest
from sqlalchemy import insert

from tests.builders import NOW
from tests.web.company import Company
from voc.base.access import Viewer
from voc.base.schema import account
from voc.base.words import StaffRole
from voc.metrics import run
from voc.metrics.run import cost, kept_pages
from voc.metrics.run.counted_rows import every_row
from voc.metrics.run.standings import LIVE_UP_TO
from voc.web.figure_rows import opened_of
from voc.web.figure_view import ROWS

PAGES = ("/engagement", "/silent", "/follow-ups", "/board", "/retention")
MARCUS = Viewer(None, "Marcus Oyelaran", StaffRole.LEADER)
_MARK = re.compile(r'data-figure="([^"]*)" data-part="([^"]*)" data-of="([^"]*)" data-rows="([^"]*)"')


@pytest.fixture
def large(company: Company) -> Company:
    """So many accounts that pages read the night; nobody owns or asks most of them."""
    with company.app.database.begin() as db:
        row = {"status": "churned", "state": "live", "hash": "", "first_seen_at": NOW, "changed_at": NOW}
        db.execute(insert(account), [{"id": f"old-{at}", "name": f"Old {at}", **row} for at in range(LIVE_UP_TO + 1)])
    cost.catch_up(company.app.database, NOW)
    run.snapshot(company.app.database, NOW)
    kept_pages.keep(company.app.database, NOW)
    return company


def test_the_figures_of_a_large_company_open_to_rows_that_add_up_to_them(large: Company) -> None:
    marcus, wrong, kept, read = large.enter("marcus"), list[str](), 0, set[tuple[str, str, str]]()
    with large.app.database.read() as db:
        for path in PAGES:
            answer = marcus.get(path)
            assert answer.status_code == 200
            for figure, part, whole, address in _MARK.findall(answer.text):
                rows = html.unescape(address)
                query = dict(parse_qsl(urlsplit(rows).query))
                opened = opened_of(query, today=NOW.date()) if rows.startswith(ROWS) else None
                # One of each figure, page and kind of scope: the walk in a browser follows them all.
                if opened is None or opened.label or (path, figure, opened.scope) in read:
                    continue
                read.add((path, figure, opened.scope))
                kept += opened.as_of == NOW.date() - timedelta(days=1) and not opened.live
                found = [row for row in every_row(db, MARCUS, opened, now=NOW) if row.whole > 0]
                sums = sum(row.part for row in found), sum(row.whole for row in found)
                same = abs(sums[1] - float(whole or 0)) < 0.02 and (not part or abs(sums[0] - float(part)) < 0.02)
                wrong += [] if same else [f"{path}: {figure} {part} of {whole} lists {sums}, {rows}"]
    assert wrong == []
    assert kept > 5
