"""From the first sale to the first use: how long it takes, who is stuck, who is trained, what they say (8a). Pure.

A customer that leaves before it is live stays open to the end: it never got there.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from voc import statistics
from voc.metrics.model import Fact
from voc.metrics.money.facts import Client, DealKind, Mark, Owned, Told
from voc.metrics.money.growth import revenue_at
from voc.metrics.money.rows import Terms, row, without_amount

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

    @property
    def is_open(self) -> bool:
        return self.ends_on is None

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
    followed_on = [day for _, day in known[1:]] + [date.max]
    for (id, begins), following in zip(known, followed_on, strict=False):
        end = next((mark for mark in ends if begins <= mark.on < max(following, begins + timedelta(days=1))), None)
        if end is not None and end.on > on:
            end = None
        found.append(Stage(name, id, begins, end.on if end else None, end.owner if end else client.owner))
    return found


# --- how long ---


def onboarding_time(client: Client, terms: Terms) -> list[Fact]:
    """One row per onboarding that began in the period, open ones with their age."""
    return _times(client, onboardings(client, terms.on), terms, kind="milestone")


def time_to_launch(client: Client, terms: Terms) -> list[Fact]:
    return _times(client, launches(client, terms.on), terms, kind="sale")


def _times(client: Client, stages: list[Stage], terms: Terms, *, kind: str) -> list[Fact]:
    return [
        _of_stage(
            client, stage, terms, part=float(not stage.is_open), label="open" if stage.is_open else "live", kind=kind
        )
        for stage in stages
        if terms.holds(stage.starts_on)
    ]


def _of_stage(
    client: Client,
    stage: Stage,
    terms: Terms,
    *,
    part: float,
    label: str,
    whole: float = 1.0,
    kind: str = "milestone",
) -> Fact:
    days = float(stage.age(terms.on))
    return row(client, stage.owner, part, whole, label, kind=kind, id=stage.id, on=stage.starts_on, size=days)


def live_in_time(client: Client, terms: Terms) -> list[Fact]:
    """Live within the standard, of those that are live or past it; the others are still within it."""
    standard, rows = terms.standards.onboarding_days, []
    for stage in onboardings(client, terms.on):
        if terms.holds(stage.starts_on):
            late = stage.age(terms.on) > standard
            label = "late" if late else "pending" if stage.is_open else "in_time"
            part, whole = float(label == "in_time"), float(label != "pending")
            rows.append(_of_stage(client, stage, terms, part=part, whole=whole, label=label))
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
        for stage in stages(client, on) if client.marks else ():
            if not stage.is_open:
                times[client.segment or "", stage.name].append(stage.age(on))
    return {
        key: statistics.quantile(values=found, share=SLOW)
        for key, found in times.items()
        if len(found) >= LEAST_COMPLETED
    }


def stuck_accounts(client: Client, terms: Terms) -> list[Fact]:
    """Open stages older than four in five took; where too few are completed, nobody knows what is usual."""
    rows = []
    for stage in stages(client, terms.on) if client.customer else ():
        if stage.is_open:
            usual = terms.usual_days.get((client.segment or "", stage.name))
            label = "no_yardstick" if usual is None else "stuck" if stage.age(terms.on) > usual else "under_way"
            part, whole = float(label == "stuck"), float(usual is not None)
            rows.append(_of_stage(client, stage, terms, part=part, whole=whole, label=label))
    return rows


# --- trained ---


def revenue_trained_30(client: Client, terms: Terms) -> list[Fact]:
    return _trained(client, terms, within=30)


def revenue_trained_90(client: Client, terms: Terms) -> list[Fact]:
    return _trained(client, terms, within=90)


def _trained(client: Client, terms: Terms, *, within: int) -> list[Fact]:
    """Of the onboardings whose 30 (90) days ended in the period; revenue as it was at the start."""
    rows = []
    for stage in trainings(client, terms.on):
        if not terms.holds(stage.starts_on + timedelta(days=within)):
            continue
        revenue = revenue_at(client, stage.starts_on)
        if revenue is None:
            rows.append(without_amount(client, stage.owner, no_rate=client.no_rate, kind="milestone", id=stage.id))
        else:
            trained = not stage.is_open and stage.age(terms.on) <= within
            label = "trained" if trained else "not_trained"
            rows.append(_of_stage(client, stage, terms, part=revenue * trained, whole=revenue, label=label))
    return rows


# --- what they say ---


def onboarding_rating(client: Client, terms: Terms) -> list[Fact]:
    """Each answer's mean over the questions about the CSM."""
    return _ratings(client, terms, "csm")


def training_score(client: Client, terms: Terms) -> list[Fact]:
    """Each answer's mean over the questions about the training; a training's own score where the CRM has one."""
    rows = _ratings(client, terms, "training")
    for mark in client.marks:
        if mark.kind == TRAINED and terms.holds(mark.on) and mark.value is not None and 1 <= mark.value <= 5:
            rows.append(
                row(client, mark.owner, mark.value, 1.0, "from_the_crm", kind="milestone", id=mark.id, on=mark.on)
            )
    return rows


def _ratings(client: Client, terms: Terms, measure: str) -> list[Fact]:
    rows = []
    for told in client.told:
        numbers = told.of(measure)
        if told.questionnaire == "onboarding" and terms.holds(told.on) and numbers:
            mean = sum(numbers) / len(numbers)
            rows.append(answer_row(client, told, mean, "answered", owner=_at_the_end(client, told)))
    return rows


def _at_the_end(client: Client, told: Told) -> Owned:
    """The CSM at the end of the onboarding that they speak of; where none is known, at the answer."""
    ended = [s for s in onboardings(client, told.on) if s.ends_on is not None]
    return max(ended, key=lambda stage: stage.ends_on or date.min).owner if ended else told.owner


def answer_row(
    client: Client, told: Told, part: float, label: str, *, whole: float = 1.0, owner: Owned | None = None
) -> Fact:
    return row(
        client,
        told.owner if owner is None else owner,
        part,
        whole,
        label,
        kind="answer",
        id=told.id,
        on=told.on,
        contact_id=told.contact_id,
    )
