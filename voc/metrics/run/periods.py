"""A period beside another one."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

import numpy as np
from sqlalchemy import Connection

from voc.base import preferences as settings
from voc.base.access import Viewer
from voc.base.errors import NotFound
from voc.base.words import Scope
from voc.metrics import cohorts, store
from voc.metrics.cohorts import Key
from voc.metrics.columns import periods
from voc.metrics.columns.counting import Counting
from voc.metrics.columns.model import DAY, Asked
from voc.metrics.columns.periods import Change
from voc.metrics.model import Slice, Window
from voc.metrics.run.looking import Asking, allowed, terms_of
from voc.metrics.store.company import company


@dataclass(frozen=True)
class Beside:
    """What was due in `window`, beside what was due in `earlier`; as known at the end of the later one."""

    window: Window
    earlier: Window
    response: Change
    recommend: Change


def compare_periods(
    db: Connection,
    viewer: Viewer,
    *,
    now: datetime,
    as_of: date | None = None,
    window_days: int | None = None,
    earlier_to: date | None = None,
    team_id: str | None = None,
    segment: str | None = None,
    region: str | None = None,
) -> Beside:
    """The window that ends at `as_of`, beside one of the same length that ends at `earlier_to` (None: just before).

    Of the viewer's whole, or of a team; NotFound where that is not the viewer's.
    """
    may, known = allowed(db, viewer), settings.load(db)
    key = may.whole if team_id is None else (Scope.TEAM, team_id)
    if not may.sees(key):
        raise NotFound("There is no such team.")
    days = window_days or known.window_days
    moment = store.moment_of(as_of, now=now)
    back = timedelta(days=days) if earlier_to is None else moment.date() - earlier_to
    asking = Asking(now, as_of, days, Slice(segment, region), preferences=known)
    terms = terms_of(asking, moment, known)
    found = company(db, moment=moment, window_days=days + back.days, preferences=known)
    later = Counting(found, terms, asking.part)
    after = people_in(later, key, later.due)
    before = people_in(later, key, _due(later, back))
    return Beside(
        window=cohorts.window(moment, days),
        earlier=cohorts.window(moment - back, days),
        response=periods.response(before, after),
        recommend=periods.score(before, after),
    )


def _due(counting: Counting, back: timedelta) -> Asked:
    """What was due in the window moved back by that."""
    asked, to = counting.company.asked, counting.company.at - back.days * DAY
    rows = np.flatnonzero(asked.settled(after=to - counting.terms.days * DAY, moment=to) & ~asked.elsewhere)
    return asked.of(counting.asked_in(rows))


def people_in(counting: Counting, key: Key, due: Asked) -> periods.Person:
    """Everybody whom these invitations of a scope reached."""
    scope, id = key
    ids = counting.ids_of(scope)
    place = ids.index(id) if id in ids else -2
    of = dict(counting.scopes_of_asked(due))[scope]
    return periods.people_of(due.of(np.flatnonzero(of == place)))
