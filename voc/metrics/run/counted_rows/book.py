"""Figures of a CSM's book or a team's, counted by the columns of its accounts alone: nobody else is read for them."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import Connection

from voc.base.narrowed import Narrowed
from voc.base.preferences import Preferences
from voc.base.words import Scope
from voc.metrics import store
from voc.metrics.catalogue import OPENS
from voc.metrics.columns import alike
from voc.metrics.columns.counting import Counting
from voc.metrics.definition import Owner, Spread
from voc.metrics.figures import icc_of
from voc.metrics.model import Figure
from voc.metrics.run import subjects
from voc.metrics.run.counted_rows.opened import Opened, asking_of
from voc.metrics.run.looking import Asking, count, terms_of
from voc.metrics.run.subjects import Question
from voc.metrics.store import in_order
from voc.metrics.store.alike import answered
from voc.metrics.store.company import Ground, company
from voc.metrics.units import Terms


def accounts_of(db: Connection, opened: Opened) -> list[str] | None:
    """Every account that may have a row, and those it cannot be told without; None where all are needed."""
    definition = OPENS[opened.figure]
    if opened.scope not in (Scope.CSM, Scope.TEAM) or definition.needs_all:
        return None
    facts = definition.owner == Owner.FACT
    found = in_order.ids(db, in_order.Several(opened.scope, ids_of(db, opened), with_named=facts))
    return in_order.with_their_groups(db, found) if facts else found


def ids_of(db: Connection, opened: Opened) -> Collection[str]:
    """The CSMs of a team; else the id alone."""
    if opened.scope != Scope.TEAM:
        return [opened.id]
    return [one.id for one in store.people(db).values() if one.manager_id == opened.id]


def figure_of(db: Connection, opened: Opened, *, now: datetime, known: Preferences) -> Figure | None:
    """As a look at the whole company counts it; None where it takes one."""
    theirs = accounts_of(db, opened)
    if theirs is None or OPENS[opened.figure].spread == Spread.SCORE:  # its range: how alike scores are everywhere
        return None
    asking = asking_of(opened, now, known)
    moment = store.moment_of(asking.as_of, now=now)
    terms = terms_of(asking, moment, known)
    ground = Ground(db, moment, known, theirs)
    found = company(db, moment=moment, window_days=terms.days, preferences=known, ground=ground)
    question = Question(moment, terms.days, known, frozenset(theirs), also_elsewhere=True)
    shared = subjects.Shared(db, question, ground)
    looked = count(db, Counting(found, terms, asking.part), known, names=asking.names, shared=shared)
    looked.counted.icc_of_all = lambda: _icc(db, asking, terms, known)
    return looked.figure(opened.key, opened.figure)


def _icc(db: Connection, asking: Asking, terms: Terms, known: Preferences) -> float:
    part = asking.part
    countries = None if part.region is None else store.countries_of(db, part.region, known)
    there = Narrowed(segment=part.segment, countries=countries)
    found = answered(db, days=terms.days, moment=terms.moment, part=there)
    return icc_of(alike.books(found), default=known.icc_default)
