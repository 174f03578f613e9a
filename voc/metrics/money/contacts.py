"""Meetings, reviews and how calls are held (3-metrics 8a). Pure."""

from datetime import timedelta

from voc.metrics.money.facts import HUMAN, ContactKind
from voc.metrics.money.rows import QUARTER_DAYS, Row, Slice, Terms, of_account

FOLLOWING = timedelta(days=90)  # an answer this long after a meeting is still about it
REVIEW_EVERY = timedelta(days=180)
VALUED_FROM = 4
AFTER_MEETINGS = ("pulse", "post-review")
CALL_REVIEWED = "call_reviewed"


def activity(one: Slice, terms: Terms) -> list[Row]:
    """Human contacts per account and quarter; an account that changed hands counts for each by its days."""
    contacts = [touch for touch in one.touches if touch.kind in HUMAN and terms.holds(touch.on)]
    if not one.client.customer and not contacts:
        return []
    share = one.held if one.client.customer else 0.0
    if share <= 0 and not contacts:
        return []
    latest = max((touch.on for touch in contacts), default=None)
    label = "met" if contacts else "nobody_met"
    return [of_account(one.client, len(contacts) * QUARTER_DAYS / terms.days, share, label, on=latest)]


def meetings_valued(one: Slice, terms: Terms) -> list[Row]:
    """Answers to the pulse or after a review that followed a human contact: those of 4 or 5."""
    rows = []
    for told in one.told:
        numbers = [number for _, number in told.ratings]
        if told.questionnaire not in AFTER_MEETINGS or not terms.holds(told.on) or not numbers:
            continue
        followed = any(
            touch.kind in HUMAN and touch.on <= told.on <= touch.on + FOLLOWING for touch in one.client.touches
        )
        good = sum(numbers) / len(numbers) >= VALUED_FROM
        label = "no_meeting_before" if not followed else "valued" if good else "not_valued"
        rows.append(
            Row(float(followed and good), float(followed), label, "answer", told.id, told.on, told.contact_id)
        )
    return rows


def business_reviews_held(one: Slice, terms: Terms) -> list[Row]:
    """Accounts reviewed in the last 180 days, of those whose segment requires it."""
    client = one.client
    if not one.today or not client.customer or client.segment not in terms.standards.review_segments:
        return []
    held = [touch.on for touch in client.touches if touch.kind == ContactKind.REVIEW]
    latest = max((on for on in held if terms.on - REVIEW_EVERY < on <= terms.on), default=None)
    return [of_account(client, float(latest is not None), 1.0, "held" if latest else "not_held", on=latest)]


def call_quality(one: Slice, terms: Terms) -> list[Row]:
    return [
        Row(mark.value, 1.0, "reviewed", "milestone", mark.id, mark.on)
        for mark in one.acts
        if mark.kind == CALL_REVIEWED and terms.holds(mark.on) and mark.value is not None and 1 <= mark.value <= 5
    ]


def index(value: float | None, standard: float, *, most: float = 1.5) -> float | None:
    """How far the standard is reached, 1 is in full; capped, so that much of one cannot make up for the other."""
    return None if value is None or standard <= 0 else min(most, value / standard)
