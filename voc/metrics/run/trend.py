"""The trend of one figure of one scope, with the events that may have moved it."""

from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta

from sqlalchemy import Connection

from voc.base.preferences import Preferences
from voc.base.words import Scope
from voc.metrics import store
from voc.metrics.catalogue import BY_NAME
from voc.metrics.cohorts import Key
from voc.metrics.model import Window
from voc.metrics.store import history
from voc.metrics.trend import Point, Trend, new_definitions, weekly

A_YEAR = timedelta(days=365)
NAMES = (
    "response_rate",
    "participation",
    "account_response",
    "response_target",
    "coverage_fresh",
    "fresh_contacts",
    "silent_accounts",
    "silent_arr",
    "invitation_guideline",
    "identified_promoters",
    "follow_up_attainment",
    "nps_people",
)


def of(db: Connection, key: Key, name: str, *, window: Window, preferences: Preferences) -> Trend:
    """A year back from the window's end, a point a week; the caller has checked that the scope may be seen."""
    since, until = window.to_on - A_YEAR, window.to_on
    points = lines(db, key, (name,), window=window)[name]
    begins = points[0].on if points else since
    csm_ids = _csms(db, key)
    events = [
        *history.waves(db, since=begins, until=until, csm_ids=csm_ids),
        *history.hand_overs(db, since=begins, until=until, csm_ids=csm_ids),
        *history.settings(db, since=begins, until=until),
        *new_definitions(points),
    ]
    standard = BY_NAME[name].asked_of_all(preferences)
    return Trend(name, points, sorted(events, key=lambda one: one.on), standard)


def lines(db: Connection, key: Key, names: Collection[str], *, window: Window) -> Mapping[str, Sequence[Point]]:
    """A year of each figure, a point a week, without what happened meanwhile."""
    (scope, id), until = key, window.to_on
    found = history.nights(
        db, scope=scope, scope_id=id, names=names, window_days=window.days, since=until - A_YEAR, until=until
    )
    return {name: weekly([one for one in found if one.name == name]) for name in names}


def _csms(db: Connection, key: Key) -> list[str] | None:
    scope, id = key
    if scope == Scope.CSM:
        return [id]
    if scope == Scope.TEAM:
        return [one.id for one in store.people(db).values() if one.manager_id == id]
    return None
