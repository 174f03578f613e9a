"""Stories, documents and references, referrals and stated value, profit, and numbers from outside (8a). Pure."""

import re
from datetime import timedelta

from voc.metrics.model import Fact
from voc.metrics.money.facts import Client, Mark
from voc.metrics.money.growth import revenue_at
from voc.metrics.money.onboarding import answer_row
from voc.metrics.money.rows import Rule, Terms, row, without_amount

STORY, DOCUMENT, REFERENCE = "success_story_confirmed", "documentation_contributed", "reference_validated"
COSTS = frozenset({"cost_acquisition", "cost_service", "cost_renewal", "cost_expansion"})
CONCESSION = "discount_given"
YEAR = timedelta(days=365)
DETRACTOR_TO = 6
OUTCOME = "outcome"
GOOD_FROM = 4


def success_stories(client: Client, terms: Terms) -> list[Fact]:
    return _counted(client, terms, STORY, "confirmed")


def documents(client: Client, terms: Terms) -> list[Fact]:
    return _counted(client, terms, DOCUMENT, "contributed")


def _counted(client: Client, terms: Terms, kind: str, label: str) -> list[Fact]:
    return [_of_mark(client, mark, 1.0, label) for mark in client.marks if mark.kind == kind and terms.holds(mark.on)]


def _of_mark(client: Client, mark: Mark, part: float, label: str) -> Fact:
    return row(client, mark.actor, part, 1.0, label, kind="milestone", id=mark.id, on=mark.on)


def validated_references(client: Client, terms: Terms) -> list[Fact]:
    """Each reference of the period counts while nothing speaks against it; what does, is its label."""
    rows = []
    for mark in client.marks:
        if mark.kind == REFERENCE and terms.holds(mark.on):
            against = why_no_reference(client, mark, terms)
            rows.append(_of_mark(client, mark, float(against is None), against or "validated"))
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
    return any(mark.value is not None or re.search("[0-9]", mark.evidence or "") for mark in told)


def referrals_named(client: Client, terms: Terms) -> list[Fact]:
    """One row per answer; what counts are the people it named who became contacts."""
    return [
        answer_row(client, told, float(told.taken_up), _referral(told.named, told.taken_up))
        for told in client.told
        if terms.holds(told.on)
    ]


def _referral(named: int, taken_up: int) -> str:
    return "taken_up" if taken_up else "named_only" if named else "named_nobody"


def customer_stated_value(client: Client, terms: Terms) -> list[Fact]:
    """One answer, one row: 4 or 5 on whether they get the results they bought it for."""
    rows = []
    for told in client.told:
        numbers = told.of(OUTCOME)
        if numbers and terms.holds(told.on):
            good = sum(numbers) / len(numbers) >= GOOD_FROM
            rows.append(answer_row(client, told, float(good), "good" if good else "not_yet"))
    return rows


def concessions(client: Client, terms: Terms) -> list[Fact]:
    """Discounts of the period: printed beside what customers say it is worth."""
    rows = []
    for mark in client.marks:
        if mark.kind != CONCESSION or not terms.holds(mark.on):
            continue
        if mark.money is None:
            known = mark.value is not None
            rows.append(without_amount(client, mark.owner, no_rate=known, kind="milestone", id=mark.id, on=mark.on))
        else:
            rows.append(row(client, mark.owner, mark.money, 1.0, "given", kind="milestone", id=mark.id, on=mark.on))
    return rows


def net_profitability(client: Client, terms: Terms) -> list[Fact]:
    """Revenue of the period at the gross margin, less its costs; of every account, once costs came in at all."""
    margin = terms.standards.gross_margin
    if margin is None or not terms.costs_known:
        return []
    costs = [mark for mark in client.marks if mark.kind in COSTS and terms.holds(mark.on)]
    yearly = revenue_at(client, terms.on)
    if yearly is None or any(mark.money is None for mark in costs):
        if not client.customer and not costs:
            return []
        return [without_amount(client, client.owner, no_rate=client.no_rate or yearly is not None)]
    revenue = yearly * terms.days / 365.25
    if revenue <= 0:
        return []
    profit = revenue * margin - sum(mark.money or 0.0 for mark in costs)
    return [row(client, client.owner, profit, revenue, "profit" if profit >= 0 else "loss")]


def from_outside(kind: str) -> Rule:
    """The latest number of that kind of each account, with its day."""

    def rule(client: Client, terms: Terms) -> list[Fact]:
        known = [mark for mark in client.marks if mark.kind == kind and mark.on <= terms.on and mark.value is not None]
        latest = max(known, key=lambda mark: (mark.on, mark.id), default=None)
        if latest is None or not client.customer:
            return []
        part = latest.value or 0.0
        return [row(client, client.owner, part, 1.0, "latest", kind="milestone", id=latest.id, on=latest.on)]

    return rule


product_usage = from_outside("product_usage")
