"""The subject `money`: what its figures count, read once for all of them."""

from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from sqlalchemy import Connection

from voc.base.preferences import Preferences
from voc.metrics.columns.money.period import Period, day_of
from voc.metrics.columns.money.records import Weeks
from voc.metrics.money import growth, onboarding
from voc.metrics.money.facts import Client
from voc.metrics.money.ledger import Ledger
from voc.metrics.money.proofs import COSTS
from voc.metrics.money.rows import Standards, Terms
from voc.metrics.store import money as store
from voc.metrics.store import upkeep
from voc.metrics.store.company import Ground
from voc.metrics.store.records import Read

if TYPE_CHECKING:
    from voc.metrics.run.subjects import Question


def load(db: Connection, question: "Question") -> Ledger:
    """Every account's facts up to the moment, and the terms that the rules of the figures need."""
    return ledger(db, question, read(db, question))


def read(db: Connection, question: "Question") -> list[Client]:
    """The facts, which serve a shorter period that ends at the same moment too."""
    return store.clients(
        db,
        moment=question.moment,
        days=question.days,
        preferences=question.preferences,
        account_ids=question.account_ids,
        also_elsewhere=question.also_elsewhere,
    )


def ledger(db: Connection, question: "Question", found: list[Client]) -> Ledger:
    """What `read` found, and the terms of the period."""
    moment, days, known = question.moment, question.days, question.preferences
    terms = Terms(moment.date(), days, standards_of(known))
    clients = growth.credit_units(found, opening_on=terms.after_on)
    weeks = () if question.account_ids is not None else upkeep.csm_weeks(db, moment=moment, days=days)
    return Ledger(clients=tuple(clients), terms=_with_usual(terms, clients), weeks=tuple(weeks))


def _with_usual(terms: Terms, clients: list[Client]) -> Terms:
    costs = any(mark.kind in COSTS and terms.holds(mark.on) for client in clients for mark in client.marks)
    usual = onboarding.usual_days(clients, terms.on)
    return Terms(terms.on, terms.days, terms.standards, usual, costs_known=costs)


# --- of all accounts at once ---


class OfAll:
    """The records of all accounts, read once, and each period of them; all end at one moment."""

    def __init__(self, db: Connection, longest: "Question", ground: Ground) -> None:
        self._db, self._moment = db, longest.moment
        self.records = Read(ground, days=longest.days)
        self._all = longest.account_ids is None
        self._place = {id: at for at, id in enumerate(self.records.csm_ids)}
        self._first: Period | None = None

    def period(self, question: "Question") -> Period:
        found = Period(
            records=self.records,
            on=day_of(question.moment.date()),
            days=question.days,
            standards=standards_of(question.preferences),
            weeks=self._weeks(question.days) if self._all else None,
            beside=self._first,
        )
        self._first = self._first or found
        return found

    @cached_property
    def _owned(self) -> upkeep.Books:
        return upkeep.Books(self._db, until=self._moment)

    def _weeks(self, days: int) -> Weeks:
        found = upkeep.csm_weeks(self._db, moment=self._moment, days=days, owned=self._owned)
        columns = (
            [self._place[one.csm_id] for one in found],
            [one.problems for one in found],
            [one.suggestions for one in found],
        )
        return Weeks(*(np.array(one, np.int64) for one in columns))


def standards_of(preferences: Preferences) -> Standards:
    return Standards(
        onboarding_days=preferences.onboarding_days,
        meetings_per_quarter=preferences.meetings_per_quarter,
        call_quality=preferences.call_quality_standard,
        review_segments=frozenset(preferences.review_segments),
        gross_margin=preferences.gross_margin or None,
    )
