"""From the first sale to the first use: how long it takes, who is stuck, who is trained, what they say (3-metrics 8a). Pure.

A customer that leaves before it is live stays open to the end: it never got there.
"""

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from voc.metrics.money.facts import Client, DealKind, Mark, Owned
from voc.metrics.money.growth import revenue_at
from voc.metrics.money.rows import Row, Rule, Slice, Terms, without_amount

STARTED, LIVE, TRAINED = "onboarding_started", "went_live", "training_completed"
LEAST_COMPLETED = 20
SLOW = 0.8


@dataclass(frozen=True)
class Stage:
    """A stretch between two milestones. `ends_on` None is open; `owner` is that of its end, or of today."""

    name: str  # to_start, to_live, to_training
    id: str
    starts_on: date
    ends_on: date | None
    owner: Owned

    def age(self, on: date) -> int:
        """Days it took, or has taken by that day."""
        return ((on if self.ends_on is None else min(self.ends_on, on)) - self.starts_on).days


def onboardings(client: Client, on: date) -> list[Stage]:
    """From each start to the first going live before the next start."""
    return _stages("to_live", client, [(mark.id, mark.on) for mark in _of(client, STARTED)], _of(client, LIVE), on)


def trainings(client: Client, on: date) -> list[Stage]:
    starts = [(mark.id, mark.on) for mark in _of(client, STARTED)]
    return _stages("to_training", client, starts, _of(client, TRAINED), on)


def launches(client: Client, on: date) -> list[Stage]:
    """From the first deal won to going live."""
    return _stages("launch", client, _first_won(client), _of(client, LIVE), on)


def waits(client: Client, on: date) -> list[Stage]:
    """From the first deal won to the start of onboarding; going live ends it too, where nobody noted the start."""
    ends = sorted([*_of(client, STARTED), *_of(client, LIVE)], key=lambda mark: (mark.on, mark.id))
    return _stages("to_start", client, _first_won(client), ends, on)


def _first_won(client: Client) -> list[tuple[str, date]]:
    won = [
        (deal.id, deal.closes_on) for deal in client.deals if deal.kind == DealKind.NEW and deal.won and deal.closes_on
    ]
    return sorted(won, key=lambda one: (one[1], one[0]))[:1]


def _of(client: Client, kind: str) -> list[Mark]:
    return sorted((mark for mark in client.marks if mark.kind == kind), key=lambda mark: (mark.on, mark.id))


def _stages(name: str, client: Client, starts: list[tuple[str, date]], ends: list[Mark], on: date) -> list[Stage]:
    known = [start for start in starts if start[1] <= on]
    found = []
    for (id, begins), following in zip(known, [*(day for _, day in known[1:]), date.max], strict=True):
        end = next((mark for mark in ends if begins <= mark.on < max(following, begins + timedelta(days=1))), None)
        if end is not None and end.on > on:
            end = None
        found.append(Stage(name, id, begins, end.on if end else None, end.owner if end else client.owner))
    return found


# --- how long ---


def _times(stages: str) -> Rule:
    """One row per stage that began in the period, open ones with their age."""

    def rule(one: Slice, terms: Terms) -> list[Row]:
        return [
            Row(
                float(stage.ends_on is not None),
                1.0,
                "open" if stage.ends_on is None else "live",
                "milestone" if stages == "onboarding" else "sale",
                stage.id,
                stage.starts_on,
                days=float(stage.age(terms.on)),
            )
            for stage in _mine(one, terms, stages)
            if terms.holds(stage.starts_on)
        ]

    return rule


def _mine(one: Slice, terms: Terms, stages: str) -> list[Stage]:
    made = {"onboarding": onboardings, "launch": launches}[stages](one.client, terms.on)
    return [stage for stage in made if one.owns(stage.owner)]


onboarding_time = _times("onboarding")
time_to_launch = _times("launch")


def live_in_time(one: Slice, terms: Terms) -> list[Row]:
    """Live within the standard, of those that are live or past it; the others are still within it."""
    standard, rows = terms.standards.onboarding_days, []
    for stage in _mine(one, terms, "onboarding"):
        if not terms.holds(stage.starts_on):
            continue
        label = "pending"
        if stage.ends_on is not None and stage.age(terms.on) <= standard:
            label = "in_time"
        elif stage.age(terms.on) > standard:
            label = "late"
        rows.append(Row(float(label == "in_time"), float(label != "pending"), label, "milestone", stage.id,
                        stage.starts_on, days=float(stage.age(terms.on))))  # fmt: skip
    return rows


# --- stuck ---


def stages(client: Client, on: date) -> Iterator[Stage]:
    yield from waits(client, on)
    yield from onboardings(client, on)
    yield from trainings(client, on)


def usual_days(clients: Iterable[Client], on: date) -> dict[tuple[str, str], float]:
    """The 80th percentile of the completed times by (segment, stage), from 20 completed on."""
    times: dict[tuple[str, str], list[int]] = defaultdict(list)
    for client in clients:
        for stage in stages(client, on):
            if stage.ends_on is not None:
                times[client.segment or "", stage.name].append(stage.age(on))
    return {key: quantile(found, SLOW) for key, found in times.items() if len(found) >= LEAST_COMPLETED}


def quantile(values: list[int], share: float) -> float:
    """Linear interpolation, type 7."""
    ordered, place = sorted(values), share * (len(values) - 1)
    below = math.floor(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (place - below) * (ordered[above] - ordered[below])


def stuck_accounts(one: Slice, terms: Terms) -> list[Row]:
    """Open stages older than four in five took; where too few are completed, nobody knows what is usual."""
    rows = []
    for stage in stages(one.client, terms.on):
        if stage.ends_on is not None or not one.owns(stage.owner) or not one.client.customer:
            continue
        usual = terms.usual_days.get((one.client.segment or "", stage.name))
        age = stage.age(terms.on)
        label = "no_yardstick" if usual is None else "stuck" if age > usual else "under_way"
        rows.append(Row(float(label == "stuck"), float(usual is not None), label, "milestone", stage.id,
                        stage.starts_on, days=float(age)))  # fmt: skip
    return rows


# --- trained ---


def _trained(within: int) -> Rule:
    def rule(one: Slice, terms: Terms) -> list[Row]:
        rows = []
        for stage in trainings(one.client, terms.on):
            ripe_on = stage.starts_on + timedelta(days=within)
            if not one.owns(stage.owner) or not terms.after_on < ripe_on <= terms.on:
                continue
            revenue = revenue_at(one.client, stage.starts_on)
            if revenue is None:
                rows.append(without_amount(one.client, stage.id, "milestone", no_rate=one.client.no_rate))
                continue
            trained = stage.ends_on is not None and stage.age(terms.on) <= within
            label = "trained" if trained else "not_trained"
            rows.append(Row(revenue * trained, revenue, label, "milestone", stage.id, stage.starts_on,
                            days=float(stage.age(terms.on))))  # fmt: skip
        return rows

    return rule


revenue_trained_30, revenue_trained_90 = _trained(30), _trained(90)

# --- what they say ---


def onboarding_rating(one: Slice, terms: Terms) -> list[Row]:
    """Each answer's mean over the questions about the CSM."""
    return _ratings(one, terms, "csm")


def training_score(one: Slice, terms: Terms) -> list[Row]:
    """Each answer's mean over the questions about the training; a training's own score where the CRM has one."""
    scored = [mark for mark in one.marks if mark.kind == TRAINED and terms.holds(mark.on) and _is_rating(mark.value)]
    rows = [Row(mark.value or 0.0, 1.0, "from_the_crm", "milestone", mark.id, mark.on) for mark in scored]
    return _ratings(one, terms, "training") + rows


def _ratings(one: Slice, terms: Terms, measure: str) -> list[Row]:
    rows = []
    for told in one.told:
        numbers = told.of(measure)
        if told.questionnaire == "onboarding" and terms.holds(told.on) and numbers:
            rows.append(Row(sum(numbers) / len(numbers), 1.0, "answered", "answer", told.id, told.on, told.contact_id))
    return rows


def _is_rating(value: float | None) -> bool:
    return value is not None and 1 <= value <= 5
