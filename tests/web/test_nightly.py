"""The job of the night: what follows from its figures is made up for when the night was broken off after them."""

from datetime import timedelta

from tests.builders import NOW
from tests.web.company import Company
from voc.jobs.daily import nightly
from voc.metrics import run
from voc.metrics.run import kept_pages
from voc.metrics.store import kept_pages as kept

LAST_NIGHT = NOW.date() - timedelta(days=1)


def pages_kept(company: Company) -> bool:
    with company.app.database.read() as db:
        return kept.read(db, LAST_NIGHT, "counted", int) is not None


def test_a_night_that_broke_off_after_its_figures_is_ended_by_the_next_tick_and_then_never_again(
    company: Company,
) -> None:
    figures = run.snapshot(company.app.database, NOW)  # and here the process was killed
    assert figures > 0
    assert not pages_kept(company)
    ended = nightly(company.app, (), NOW + timedelta(minutes=10))
    assert ended["figures"] == 0
    assert pages_kept(company)
    assert nightly(company.app, (), NOW + timedelta(minutes=20)) == {}


def test_a_night_whose_pages_were_kept_still_ends_what_comes_after_them(company: Company) -> None:
    run.snapshot(company.app.database, NOW)
    kept_pages.keep(company.app.database, NOW)  # and here it was killed
    assert nightly(company.app, (), NOW + timedelta(minutes=10)) != {}
    assert nightly(company.app, (), NOW + timedelta(minutes=20)) == {}
