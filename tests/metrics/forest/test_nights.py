"""The Forest of very many comments is the night's: each view says what it would have counted. Both databases."""

from dataclasses import replace
from datetime import timedelta

from tests.builders import NOW, TODAY
from tests.metrics.forest.world import DANA, DAY, LEADER, QUEUE, TAUGHT, World
from voc.base.db import Database
from voc.metrics import run, store
from voc.metrics.forest.people import Cut
from voc.metrics.run import kept_pages
from voc.metrics.run.forest import book, nights, reading, views
from voc.metrics.run.forest.views import EVERYTHING, Asked

MOMENT = store.moment_of(TODAY - timedelta(days=1), now=NOW)


def _counted(database: Database, *, live_up_to: int) -> None:
    with database.begin() as db:
        world = World(db)
        for number in range(1, 10):
            world.writes(QUEUE, account=number, at=NOW - (20 + 11 * number) * DAY, score=number)
            world.writes(TAUGHT, account=number, person=f"other-{number}", at=NOW - (12 if number > 3 else 300) * DAY)
            world.writes(QUEUE, account=number, person=f"early-{number}", at=NOW - 500 * DAY)
    reading.catch_up(database, NOW)
    run.snapshot(database, NOW)
    kept_pages.keep(database, NOW, comments_live_up_to=live_up_to)


def test_a_night_keeps_every_view_and_every_cut_of_it(database: Database) -> None:
    _counted(database, live_up_to=0)
    with database.read() as db:
        for days in views.PERIODS:
            for cut in (None, *Cut):
                live = views.forest(db, LEADER, Asked(days), cut=cut, now=MOMENT)
                kept = nights.forest(db, LEADER, Asked(days), cut=cut, now=NOW)
                assert kept == replace(live, kept_on=TODAY - timedelta(days=1))
            page = nights.forest(db, LEADER, Asked(days), cut=None, now=NOW)
            if page.near is None:
                found = nights.behind(db, LEADER, Asked(days), theme_id=EVERYTHING, now=NOW)
                assert found.comments == page.comments == len(found.said)
        assert nights.forest(db, DANA, Asked(180), cut=None, now=NOW).kept_on is None  # the own book, as it stands


def test_few_comments_and_a_changed_code_book_are_counted_while_somebody_waits(database: Database) -> None:
    _counted(database, live_up_to=10**6)
    with database.read() as db:
        assert nights.forest(db, LEADER, Asked(180), cut=None, now=NOW).kept_on is None
    next_night = NOW + DAY
    run.snapshot(database, next_night)
    kept_pages.keep(database, next_night, comments_live_up_to=0)
    with database.begin() as db:
        assert nights.forest(db, LEADER, Asked(180), cut=None, now=next_night).kept_on == TODAY
        theme_id = next(iter(nights.forest(db, LEADER, Asked(180), cut=None, now=next_night).themes))
        book.set_retired(db, theme_id, retired=True, viewer=LEADER, now=next_night)
        assert nights.forest(db, LEADER, Asked(180), cut=None, now=next_night).kept_on is None
