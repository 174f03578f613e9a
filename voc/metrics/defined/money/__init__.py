"""Renewals, growth, onboarding, contacts, upkeep and proofs, of what the CRM and respondents tell (3-metrics 8, 8a)."""

from voc.metrics.defined.money.contacts import CONTACTS
from voc.metrics.defined.money.growth import GROWTH
from voc.metrics.defined.money.onboarding import ONBOARDING
from voc.metrics.defined.money.own_numbers import of_number
from voc.metrics.defined.money.proofs import PROOFS
from voc.metrics.defined.money.recovered import RECOVERED
from voc.metrics.defined.money.renewals import RENEWALS
from voc.metrics.defined.money.upkeep import UPKEEP
from voc.metrics.definition import Definition

__all__ = ["DEFINITIONS", "of_number"]

DEFINITIONS: tuple[Definition, ...] = (
    *RENEWALS,
    *GROWTH,
    *ONBOARDING,
    *CONTACTS,
    *UPKEEP,
    *RECOVERED,
    *PROOFS,
)
