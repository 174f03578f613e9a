"""The made-up worlds. Each function returns what one figure said of one world; a loop over seeds is the simulation."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np

from voc import statistics
from voc.base.words import AccountState, Disposition, Role, Scope
from voc.metrics.compare import Comparisons, RateBook, compare
from voc.metrics.cost.landmark import Decision, Invited, Past, read
from voc.metrics.figures import Counted
from voc.metrics.model import Sum, Window
from voc.metrics.silence import Limits

DAY = timedelta(days=1)
BEGAN = date(2025, 1, 1)


@dataclass(frozen=True)
class Risks:
    """Relative risk of leaving, silent against responding: at the landmark, and read over the whole year."""

    landmark: float
    whole_year: float


def silence_means_nothing(seed: int, *, customers: int = 1500, churn: float = 0.25) -> Risks:
    """Everybody is asked every eight weeks and answers by the toss of one coin, whether or not they leave.

    Whoever leaves goes on a random day of the year and is not asked after it; whoever stays decides at its end. In the
    last 90 days, the mind made up, a leaver answers nothing any more: a reading that knows of what came after the
    landmark takes the leaving for its own cause. The plain reading asks who answered in that year: leavers had less
    of it.
    """
    draws = np.random.default_rng(seed)
    left, landmarks, naive = [], [], []
    for _ in range(customers):
        lost = bool(draws.random() < churn)
        decided_on = BEGAN + timedelta(days=int(draws.integers(30, 365)) if lost else 365)
        past = Past(invited=_asked(draws, until=decided_on, mute_from=decided_on - 90 * DAY if lost else None))
        found = read(
            Decision("x", "acc", decided_on, lost),
            past,
            notice_days=90,
            limits=Limits(),
            waves=[(_at(BEGAN - 300 * DAY), _at(decided_on))],
        )
        answered = any(one.answered_at is not None and one.answered_at >= _at(BEGAN) for one in past.invited)
        left.append(lost)
        landmarks.append(found.state)
        naive.append(AccountState.HEARD if answered else AccountState.SILENT)
    return Risks(_risk(left, landmarks), _risk(left, naive))


_CADENCE, _ANSWERS = 56, 0.22


def _asked(draws: Any, *, until: date, mute_from: date | None) -> list[Invited]:
    """Two people asked every eight weeks from long before the year, while the customer is one."""
    found = []
    sent_on = BEGAN - timedelta(days=300 + int(draws.integers(0, _CADENCE)))
    while (sent_on := sent_on + timedelta(days=_CADENCE)) < until:
        for person in ("a", "b"):
            answered = draws.random() < _ANSWERS
            due_at = _at(sent_on) + 21 * DAY
            at = _at(sent_on) + timedelta(days=float(draws.uniform(0.1, 20))) if answered else None
            if at is not None and mute_from is not None and at.date() > mute_from:
                answered, at = False, None
            found.append(
                Invited(
                    contact_id=person,
                    roles=frozenset({Role.CHAMPION}),
                    sent_at=_at(sent_on),
                    due_at=due_at,
                    answered_at=at,
                    disposition=Disposition.COMPLETE if answered else Disposition.SILENT,
                    disposed_at=at or due_at,
                )
            )
    return found


def _at(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 9, tzinfo=UTC)


def _risk(left: list[bool], states: Sequence[AccountState | None]) -> float:
    counts = {AccountState.SILENT: [0, 0], AccountState.HEARD: [0, 0]}
    for lost, state in zip(left, states, strict=True):
        if state in counts:
            counts[state][0] += lost
            counts[state][1] += 1
    (a, n1), (b, n2) = counts.values()
    found = statistics.rr_score(a=a, n1=n1, b=b, n2=n2)
    assert found is not None
    assert found[0] is not None
    return found[0]


def interval_holds(
    seed: int, *, silent: int = 40, responding: int = 120, risk: float = 0.08, times: float = 2.5
) -> bool:
    """Whether Koopman's 95% interval holds the true ratio in one draw."""
    draws = np.random.default_rng(seed)
    a, b = int(draws.binomial(silent, risk * times)), int(draws.binomial(responding, risk))
    found = statistics.rr_score(a=a, n1=silent, b=b, n2=responding)
    assert found is not None
    assert found[1] is not None
    assert found[2] is not None
    return found[1] <= times <= found[2]


def equal_csms(
    seed: int, *, csms: int = 200, accounts: int = 20, people: int = 4, icc: float = 0.2, rate: float = 0.5
) -> Comparisons:
    """CSMs who are all equally good: colleagues in one account answer alike, and nothing else differs."""
    draws = np.random.default_rng(seed)
    weight = 1 / icc - 1
    shares = draws.beta(rate * weight, (1 - rate) * weight, size=(csms, accounts))
    answers = draws.binomial(people, shares)
    counted = Counted(Window(180, BEGAN, BEGAN + 180 * DAY))
    keys = [(Scope.CSM, f"csm-{number:03}") for number in range(csms)]
    for key, book in zip(keys, answers, strict=True):
        tally = counted.tallies[key]["response_rate"]
        for x in book:
            found = Sum(float(x), float(people), float(x), people, {})  # type: ignore[arg-type]  # no labels are needed
            tally.add(found, account_name="")
    books = {
        key[1]: RateBook(tally.part, tally.whole, tally.accounts, counted.deff(key))
        for key, tally in ((key, counted.tallies[key]["response_rate"]) for key in keys)
    }
    return compare(books, standard=0.5, icc=counted.icc)


def outside(compared: Comparisons) -> int:
    """How many land outside the inner lines."""
    return sum(one.team in ("edge", "beyond") for one in compared.by_csm.values())


def naively_outside(compared: Comparisons) -> int:
    """The same with every invitation counted as if colleagues did not answer alike."""
    rate = compared.team_rate or 0.5
    return sum(
        abs(one.answered / one.invitations - rate) > 2 * (rate * (1 - rate) / one.invitations) ** 0.5
        for one in compared.by_csm.values()
    )
