"""Meetings, reviews and how calls are held (3-metrics 8a). Pure."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta

from voc.metrics.model import Fact, Unit
from voc.metrics.money.facts import HUMAN, Client, ContactKind
from voc.metrics.money.growth import joined
from voc.metrics.money.onboarding import answer_row
from voc.metrics.money.rows import QUARTER_DAYS, Terms, row

FOLLOWING = timedelta(days=90)  # an answer this long after a meeting is still about it
REVIEW_EVERY = timedelta(days=180)
VALUED_FROM = 4
AFTER_MEETINGS = ("pulse", "post-review")
CALL_REVIEWED = "call_reviewed"
HAND_OVER_REVIEWED = "hand_over_reviewed"
LEAST_REVIEWS = 5  # of somebody's calls, before they tell how good these are
MOST = 1.5  # so that much of one cannot make up for the other


def activity(client: Client, terms: Terms) -> list[Fact]:
    """Human contacts per account and quarter; one that changed hands is shared among its owners by their days."""
    if not client.customer:
        return []
    contacts = [touch.on for touch in client.touches if touch.kind in HUMAN and terms.holds(touch.on)]
    rows = []
    for stretch in terms.stretches(client):
        mine = [on for on in contacts if stretch.has(on)]
        per_quarter = len(mine) * QUARTER_DAYS / terms.days
        label = "met" if mine else "nobody_met"
        share = stretch.days / terms.days
        rows.append(row(client, stretch.owner, per_quarter, share, label, on=max(mine, default=None)))
    return joined(rows)


def meetings_valued(client: Client, terms: Terms) -> list[Fact]:
    """Answers to the pulse or after a review that followed a human contact: those of 4 or 5."""
    rows = []
    for told in client.told:
        numbers = [number for _, number in told.ratings]
        if told.questionnaire not in AFTER_MEETINGS or not terms.holds(told.on) or not numbers:
            continue
        followed = any(touch.kind in HUMAN and touch.on <= told.on <= touch.on + FOLLOWING for touch in client.touches)
        good = sum(numbers) / len(numbers) >= VALUED_FROM
        label = "no_meeting_before" if not followed else "valued" if good else "not_valued"
        rows.append(answer_row(client, told, float(followed and good), label, whole=float(followed)))
    return rows


def business_reviews_held(client: Client, terms: Terms) -> list[Fact]:
    """Accounts reviewed in the last 180 days, of those whose segment requires it."""
    if not client.customer or client.segment not in terms.standards.review_segments:
        return []
    held = [touch.on for touch in client.touches if touch.kind == ContactKind.REVIEW]
    latest = max((on for on in held if terms.on - REVIEW_EVERY < on <= terms.on), default=None)
    return [row(client, client.owner, float(latest is not None), 1.0, "held" if latest else "not_held", on=latest)]


def call_quality(client: Client, terms: Terms) -> list[Fact]:
    return _reviewed(client, terms, CALL_REVIEWED)


def hand_over_quality(client: Client, terms: Terms) -> list[Fact]:
    return _reviewed(client, terms, HAND_OVER_REVIEWED)


def _reviewed(client: Client, terms: Terms, kind: str) -> list[Fact]:
    return [
        row(client, mark.actor, mark.value, 1.0, "reviewed", kind="milestone", id=mark.id, on=mark.on)
        for mark in client.marks
        if mark.kind == kind and terms.holds(mark.on) and mark.value is not None and 1 <= mark.value <= 5
    ]


# --- activity x quality, a CSM at a time ---


def index(value: float | None, standard: float) -> float | None:
    """How far the standard is reached: 1 is in full, 1.5 the most."""
    return None if value is None or standard <= 0 else min(MOST, value / standard)


def activity_x_quality(clients: Iterable[Client], terms: Terms) -> list[Fact]:
    """One row per CSM with both; it belongs to no account. Printed beside the outcome, never merged with it."""
    busy: dict[str, list[Unit]] = defaultdict(list)
    good: dict[str, list[Unit]] = defaultdict(list)
    for client in clients:
        for found, rows in ((busy, activity(client, terms)), (good, call_quality(client, terms))):
            for one in rows:
                if one.csm_id is not None and not one.inherited:
                    found[one.csm_id].append(one.unit)
    facts = []
    for csm_id in sorted(busy.keys() | good.keys()):
        contacts = index(_mean(busy, csm_id), terms.standards.meetings_per_quarter)
        enough = len(good.get(csm_id, ())) >= LEAST_REVIEWS
        calls = index(_mean(good, csm_id), terms.standards.call_quality) if enough else None
        known = contacts is not None and calls is not None
        label = "both_known" if known else "no_activity" if enough else _few(good.get(csm_id, ()))
        product = (contacts or 0.0) * (calls or 0.0)
        facts.append(Fact("", csm_id, Unit(product if known else 0.0, float(known), label, "csm", csm_id)))
    return facts


def _few(reviews: Sequence[Unit]) -> str:
    return "too_few_calls_reviewed" if reviews else "calls_not_reviewed"


def _mean(units: Mapping[str, list[Unit]], csm_id: str) -> float | None:
    whole = sum(unit.whole for unit in units.get(csm_id, ()))
    return sum(unit.part for unit in units[csm_id]) / whole if whole else None
