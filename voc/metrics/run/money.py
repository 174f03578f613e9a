"""The subject `money`: what its figures count, read once for all of them."""

from typing import TYPE_CHECKING

from sqlalchemy import Connection

from voc.base.preferences import Preferences
from voc.metrics.money import growth, onboarding
from voc.metrics.money.facts import Client
from voc.metrics.money.ledger import Ledger
from voc.metrics.money.proofs import COSTS
from voc.metrics.money.rows import Standards, Terms
from voc.metrics.store import money as store
from voc.metrics.store import upkeep

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


def standards_of(preferences: Preferences) -> Standards:
    return Standards(
        onboarding_days=preferences.onboarding_days,
        meetings_per_quarter=preferences.meetings_per_quarter,
        call_quality=preferences.call_quality_standard,
        review_segments=frozenset(preferences.review_segments),
        gross_margin=preferences.gross_margin or None,
    )
