"""Stories, documents and references, referrals and stated value, profit, and numbers from outside (3-metrics 8a). Pure."""

import re
from datetime import timedelta

from voc.metrics.money.facts import Client, Mark
from voc.metrics.money.growth import revenue_at
from voc.metrics.money.rows import Row, Rule, Slice, Terms, of_account, without_amount

STORY, DOCUMENT, REFERENCE = "success_story_confirmed", "documentation_contributed", "reference_validated"
COSTS = ("cost_acquisition", "cost_service", "cost_renewal", "cost_expansion")
CONCESSION = "discount_given"
YEAR = timedelta(days=365)
DETRACTOR_TO = 6
OUTCOME = "outcome"
GOOD_FROM = 4


def _counted(kind: str, label: str) -> Rule:
    def rule(one: Slice, terms: Terms) -> list[Row]:
        return [
            Row(1.0, 1.0, label, "milestone", mark.id, mark.on)
            for mark in one.acts
            if mark.kind == kind and terms.holds(mark.on)
        ]

    return rule


success_stories = _counted(STORY, "confirmed")
documents = _counted(DOCUMENT, "contributed")


def validated_references(one: Slice, terms: Terms) -> list[Row]:
    """Each reference of the period counts while nothing speaks against it; what does, is its label."""
    rows = []
    for mark in one.acts:
        if mark.kind == REFERENCE and terms.holds(mark.on):
            against = why_no_reference(one.client, mark, terms)
            rows.append(Row(float(against is None), 1.0, against or "validated", "milestone", mark.id, mark.on))
    return rows


def why_no_reference(client: Client, mark: Mark, terms: Terms) -> str | None:
    """What speaks against it, the first that applies; None if it holds."""
    if not client.customer or client.since_on is None or client.since_on > terms.on - YEAR:
        return "customer_under_a_year"
    if not _has_number(client, mark):
        return "story_without_number"
    if client.latest_score is not None and client.latest_score <= DETRACTOR_TO:
        return "detractor"
    return "follow_up_overdue" if client.overdue_follow_ups else None


def _has_number(client: Client, reference: Mark) -> bool:
    told = [reference, *(mark for mark in client.marks if mark.kind == STORY and mark.on <= reference.on)]
    return any(mark.value is not None or re.search(r"\d", mark.evidence or "") for mark in told)


def referrals_named(one: Slice, terms: Terms) -> list[Row]:
    return [
        Row(float(told.taken_up), 1.0, _referral(told.named, told.taken_up), "answer", told.id, told.on, told.contact_id)
        for told in one.told
        if terms.holds(told.on)
    ]


def _referral(named: int, taken_up: int) -> str:
    return "taken_up" if taken_up else "named" if named else "named_nobody"


def customer_stated_value(one: Slice, terms: Terms) -> list[Row]:
    """One person, one answer, one row: 4 or 5 on whether they get the results they bought it for."""
    rows = []
    for told in one.told:
        numbers = told.of(OUTCOME)
        if numbers and terms.holds(told.on):
            good = sum(numbers) / len(numbers) >= GOOD_FROM
            label = "good" if good else "not_yet"
            rows.append(Row(float(good), 1.0, label, "answer", told.id, told.on, told.contact_id))
    return rows


def concessions(one: Slice, terms: Terms) -> float:
    """Discounts of the period, in the reporting currency: printed beside what customers say it is worth."""
    given = [mark for mark in one.marks if mark.kind == CONCESSION and terms.holds(mark.on)]
    return sum(mark.money or 0.0 for mark in given)


def net_profitability(one: Slice, terms: Terms) -> list[Row]:
    """Revenue of the period at the gross margin, less its costs. An account without any cost row is left out."""
    costs = [mark for mark in one.marks if mark.kind in COSTS and terms.holds(mark.on)]
    margin, client = terms.standards.gross_margin, one.client
    if margin is None or not costs:
        return []
    yearly = revenue_at(client, terms.on)
    if yearly is None or any(mark.money is None for mark in costs):
        return [without_amount(client, client.account_id, "account", no_rate=client.no_rate or yearly is not None)]
    revenue = yearly * terms.days / 365.25
    if revenue <= 0:
        return []
    profit = revenue * margin - sum(mark.money or 0.0 for mark in costs)
    return [of_account(client, profit, revenue, "profit" if profit >= 0 else "loss")]


def from_outside(kind: str) -> Rule:
    """The latest number of that kind of each account, with its day."""

    def rule(one: Slice, terms: Terms) -> list[Row]:
        if not one.today or not one.client.customer:
            return []
        known = [m for m in one.client.marks if m.kind == kind and m.on <= terms.on and m.value is not None]
        latest = max(known, key=lambda mark: (mark.on, mark.id), default=None)
        if latest is None:
            return []
        return [Row(latest.value or 0.0, 1.0, "latest", "milestone", latest.id, latest.on)]

    return rule


product_usage = from_outside("product_usage")
