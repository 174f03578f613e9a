"""Every view of the Forest of one reading: what the night keeps for whoever looks over several books."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from voc.metrics import store
from voc.metrics.columns.comments import WHOLE, Window, Written
from voc.metrics.columns.model import micros
from voc.metrics.forest.cutting import Table, table_of
from voc.metrics.forest.growing import Forest, forest_of
from voc.metrics.forest.people import Cut
from voc.metrics.run.forest.views import PERIODS, Book, ForestPage, leads, near_of, page_of, views_of
from voc.metrics.store.company.ground import Ground
from voc.metrics.store.forest.written import written


def every(ground: Ground) -> Iterator[tuple[ForestPage, Sequence[Table]]]:
    """Each view of the whole and of each lead's team, and its tables by each cut."""
    known, people = Book.load(ground.db), store.people(ground.db)
    places = {"": WHOLE, **{id: place for place, id in enumerate(sorted(people))}}
    since = ground.moment - timedelta(days=2 * PERIODS[-1])
    themes = list(known.themes)
    found = written(ground, after=since, until=ground.moment, themes=themes, teams=places)
    now = {days: _window(found, ground.moment, days) for days in PERIODS}
    before = {days: _window(found, ground.moment - timedelta(days=days), days) for days in PERIODS}
    wrote = {id for id in people if now[PERIODS[-1]].has(places[id])}
    teams = leads(people, wrote)
    whoever = {one: now[one.days].population(places[one.team]) for one in views_of(teams)}
    for asked, near in near_of(whoever, teams).items():
        here, team = now[asked.days], places[asked.team]
        grown, tables = (None, []) if near else _view(here, before[asked.days], team, themes)
        number = here.comments(team)
        yield page_of(known, asked, teams=teams, near=near, forest=grown, table=None, comments=number), tables


def _window(found: Written, until: datetime, days: int) -> Window:
    return Window(found, micros(until - timedelta(days=days)), micros(until))


def _view(here: Window, before: Window, team: int, themes: Sequence[int]) -> tuple[Forest, list[Table]]:
    tables: Mapping[Cut, Table] = {cut: table_of(here.counts(team, cut), cut, protected=True) for cut in Cut}
    grown = forest_of(here.grown(team, before), tables[Cut.SCORE], themes, protected=True)
    return grown, list(tables.values())
