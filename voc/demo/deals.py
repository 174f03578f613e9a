"""What the invented CRM knows of money and work: sales, new units, onboardings, proofs, costs and usage."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

from voc.demo.chance import Chance

if TYPE_CHECKING:
    from voc.demo.company import Customer

_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Sale:
    """More of the same, or something else, won by an account within the year."""

    customer: "Customer"
    kind: str  # as the CRM types it
    on: date
    amount: int


@dataclass(frozen=True)
class NewUnit:
    """A part of a customer that bought for itself: an account of its own with a parent."""

    parent: "Customer"
    name: str
    since: date
    arr: int


@dataclass(frozen=True)
class Noted:
    """A milestone: kind, day, number and evidence as somebody typed them into the CRM."""

    customer: "Customer"
    kind: str
    on: date
    value: str = ""
    evidence: str = ""


def sales(chance: Chance, customers: list["Customer"], *, starts_on: date) -> list[Sale]:
    """One customer in four buys more in the year, the healthy ones more often."""
    found = []
    for number, customer in enumerate(customers):
        if customer.silent or not chance.happens(0.1 + 0.3 * customer.health, "buys more", number):
            continue
        on = starts_on + chance.whole(20, 340, "buys on", number) * _DAY
        kind = "Cross-sell" if chance.happens(0.4, "something else", number) else "Upsell"
        amount = int(round(customer.arr * chance.between(0.04, 0.16, "buys for", number), -3))
        found.append(Sale(customer, kind, on, max(1000, amount)))
    return found


def new_units(chance: Chance, customers: list["Customer"], *, starts_on: date) -> list[NewUnit]:
    large = [one for one in customers if one.segment == "enterprise" and one.health > 0.6 and not one.silent][:4]
    places = ("Iberia", "Nordics", "Logistics", "Services")
    return [
        NewUnit(
            parent=customer,
            name=f"{customer.name}, {place}",
            since=starts_on + chance.whole(60, 300, "unit since", customer.id) * _DAY,
            arr=int(round(customer.arr * chance.between(0.06, 0.2, "unit pays", customer.id), -3)),
        )
        for customer, place in zip(large, places, strict=False)
    ]


UNIT_STEPS = (("onboarding_started", 6, "Kick-off held"), ("training_completed", 29, "All key users trained"),
              ("went_live", 58, "First order on the platform"))  # fmt: skip


def noted(chance: Chance, customers: list["Customer"], *, starts_on: date, ends_on: date) -> list[Noted]:
    """Everything of all customers, those lost included; what comes after a loss is left out."""
    found: list[Noted] = []
    for number, customer in enumerate(customers):
        found += _onboarding(chance, customer, customer.since + 5 * _DAY, ("first", number))
        if chance.happens(0.45, "rolls out", number):
            on = starts_on + chance.whole(-120, 345, "rolls out on", number) * _DAY
            found += _onboarding(chance, customer, on, ("second", number))
        found += _proofs(chance, customer, number, starts_on=starts_on)
        found += _numbers(chance, customer, number, starts_on=starts_on, ends_on=ends_on)
    return [one for one in found if one.customer.churned_on is None or one.on < one.customer.churned_on]


def _onboarding(chance: Chance, customer: "Customer", starts: date, key: tuple[object, ...]) -> list[Noted]:
    """Started, trained, live: the well ones in two months, a few never."""
    typical = 34 + 60 * (1 - customer.health) + 14 * abs(chance.bell("live", *key))
    found = [Noted(customer, "onboarding_started", starts, evidence="Kick-off held")]
    if chance.happens(0.88 if key[0] == "second" else 0.97, "trained", *key):
        days = chance.whole(9, 25, "trained in", *key) + int(60 * (1 - customer.health))
        score = f"{chance.between(3.1, 4.9, 'trained well', *key):.1f}"
        found.append(Noted(customer, "training_completed", starts + days * _DAY, score, "Test after the last session"))
    if chance.happens(0.9 if key[0] == "second" else 0.98, "live", *key):
        found.append(Noted(customer, "went_live", starts + int(typical) * _DAY, evidence="First order on the platform"))
    return found


def _proofs(chance: Chance, customer: "Customer", number: int, *, starts_on: date) -> list[Noted]:
    def day(*key: object) -> date:
        return starts_on + chance.whole(10, 355, *key, number) * _DAY

    found = []
    if customer.health > 0.62 and chance.happens(0.4, "story", number):
        told = day("story")
        with_number = chance.happens(0.7, "story number", number)
        evidence = (
            f"Stock-outs down by {chance.whole(12, 48, 'saves', number)}%" if with_number else "A quote, no figure"
        )
        found.append(Noted(customer, "success_story_confirmed", told, evidence=evidence))
        if chance.happens(0.6, "reference", number):
            later = told + chance.whole(5, 60, "reference after", number) * _DAY
            found.append(Noted(customer, "reference_validated", later, evidence="Took a call with a prospect"))
    if chance.happens(0.25, "document", number):
        found.append(Noted(customer, "documentation_contributed", day("document"), evidence="Guide for new users"))
    for turn in range(3):
        score = f"{min(5.0, max(1.0, 3.8 + 0.6 * chance.bell('call', number, turn))):.1f}"
        found.append(Noted(customer, "call_reviewed", day("call", turn), score, "Recorded call, house template"))
    return found


def _numbers(chance: Chance, customer: "Customer", number: int, *, starts_on: date, ends_on: date) -> list[Noted]:
    """What serving it cost, what was given away, and how much it is used."""
    found, on = [], starts_on + 27 * _DAY
    while on <= ends_on:
        used = min(98.0, max(4.0, 100 * customer.health + 6 * chance.bell("used", number, on.month)))
        found.append(Noted(customer, "product_usage", on, f"{used:.0f}", "Share of seats active in the month"))
        served = int(customer.arr * chance.between(0.02, 0.07, "served", number, on.month))
        found.append(Noted(customer, "cost_service", on, str(served), "Support and services, from finance"))
        on += 91 * _DAY
    if chance.happens(0.12, "discount", number):
        given = int(round(customer.arr * chance.between(0.03, 0.1, "discount of", number), -2))
        on = customer.renewal_on - 20 * _DAY
        found.append(Noted(customer, "discount_given", on, str(given), "Agreed at the renewal"))
    return found
