"""What stands beside the figures of whole scopes, added up by their columns: its rows are read a page at a time."""

from datetime import date, timedelta

import numpy as np
from sqlalchemy import Connection

from voc.base import preferences as settings
from voc.metrics import cohorts, store
from voc.metrics.cohorts import Key
from voc.metrics.columns import periods
from voc.metrics.columns.counting import Counting
from voc.metrics.columns.model import DAY
from voc.metrics.columns.running import Running
from voc.metrics.defined import beside
from voc.metrics.figures import of_sums
from voc.metrics.model import Figure
from voc.metrics.run.looking import Asking, terms_of
from voc.metrics.run.periods import people_in
from voc.metrics.store.company import company


def under_way(db: Connection, asking: Asking, key: Key) -> Figure:
    """Invitations that arrived and are not due yet."""
    known = asking.preferences or settings.load(db)
    moment = store.moment_of(asking.as_of, now=asking.now)
    terms = terms_of(asking, moment, known)
    found = company(db, moment=moment, window_days=terms.days, preferences=known)
    running = Running(Counting(found, terms, asking.part), horizon=known.due_days)
    answered, waiting, accounts = running.sums(key)
    labels = {"answered": answered, "waiting": waiting}
    return of_sums(answered, labels, accounts, key, beside.UNDER_WAY, window=cohorts.window(moment, terms.days))


def reached_in_time(db: Connection, asking: Asking, key: Key, to: date) -> Figure:
    """People reached in the period that ends `to`, as known at the end of `asking.as_of`."""
    known = asking.preferences or settings.load(db)
    moment, end = store.moment_of(asking.as_of, now=asking.now), store.moment_of(to, now=asking.now)
    terms, back = terms_of(asking, moment, known), moment - end
    found = company(db, moment=moment, window_days=terms.days + back.days + 1, preferences=known)
    counting, until = Counting(found, terms, asking.part), found.at - back // timedelta(microseconds=1)
    rows = np.flatnonzero(found.asked.settled(after=until - terms.days * DAY, moment=until) & ~found.asked.elsewhere)
    people: periods.Person = people_in(counting, key, found.asked.of(counting.asked_in(rows)))
    answered = int(people.answered.sum())
    labels = {"answered": answered, "silent": len(people.key) - answered}
    return of_sums(
        answered, labels, people.accounts, key, beside.REACHED_IN_TIME, window=cohorts.window(end, terms.days)
    )
