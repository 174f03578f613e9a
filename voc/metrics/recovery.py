"""Detractors at the next wave: how many recovered, and how many would have by themselves (3-metrics 6). Pure.

A bad first score improves on its own: whoever is measured on a bad day is measured on a better one next. So the share
that recovered stands beside what the same scores would do with nobody calling, and beside those nobody contacted.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from voc import statistics
from voc.base.words import PASSIVE_FROM, PROMOTER_FROM

DETRACTOR_TO = PASSIVE_FROM - 1
LEAST_PAIRS = 30
ASSUMED_R = 0.6
LEAST_EACH = 10  # contacted in time and not contacted, to compare them


class Contact(StrEnum):
    """What our people did between the two answers."""

    IN_TIME = "in_time"
    LATE = "late"
    NONE = "none"


@dataclass(frozen=True)
class Answer:
    """One invitation of one person: answered with a score, or (once due) silent; `contact` after it.

    One that is not `counted` was sent at an account of another book: it is there as the next one of an answer here.
    """

    contact_id: str
    account_id: str
    wave_id: int
    invitation_id: int
    sent_at: datetime
    settled: bool  # due by now, or answered
    score: int | None
    contact: Contact = Contact.NONE
    followed_up: bool = False  # a follow-up was opened for it
    counted: bool = True


@dataclass(frozen=True)
class Pair:
    """A person's answer and what they said at the next wave: None is silence, which is no recovery."""

    contact_id: str
    account_id: str
    first: int
    then: int | None
    contact: Contact
    followed_up: bool
    invitation_id: int
    next_id: int = 0  # the invitation of the next wave

    @property
    def recovered(self) -> bool:
        return self.then is not None and self.then > DETRACTOR_TO


@dataclass(frozen=True)
class Share:
    part: int
    all: int

    @property
    def value(self) -> float | None:
        return self.part / self.all if self.all else None

    @property
    def interval(self) -> statistics.Interval | None:
        return statistics.wilson(x=self.part, n=self.all)


@dataclass(frozen=True)
class Recovery:
    """`again` are detractors who answered again, `all` those asked again; `expected` with nobody calling.

    `r` is how alike two answers of one person are, from `pairs` untouched ones or assumed. `in_time` against
    `untouched` is the only comparison that can credit the follow-up; `gap` its difference with limits, if enough.
    """

    again: Share
    all: Share
    waiting: int  # detractors not asked again yet
    expected: float | None
    r: float
    pairs: int
    assumed: bool
    in_time: Share
    late: Share
    untouched: Share
    gap: tuple[float, float, float] | None
    promoters: Share  # of those who answered again, who fell
    promoters_to_detractor: int
    rows: tuple[Pair, ...]  # detractors asked again


def pairs(answers: Iterable[Answer]) -> tuple[list[Pair], int]:
    """Every counted answer with the same person's next invitation that is settled, wherever that was sent.

    And how many detractors wait for one.
    """
    by_person: dict[str, list[Answer]] = {}
    for one in sorted(answers, key=lambda one: (one.contact_id, one.sent_at, one.invitation_id)):
        by_person.setdefault(one.contact_id, []).append(one)
    found, waiting = [], 0
    for history in by_person.values():
        for i, first in enumerate(history):
            if first.score is None or not first.counted:
                continue
            then = next((one for one in history[i + 1 :] if one.wave_id != first.wave_id), None)
            if then is None or not then.settled:
                waiting += first.score <= DETRACTOR_TO
                continue
            found.append(
                Pair(
                    contact_id=first.contact_id,
                    account_id=first.account_id,
                    first=first.score,
                    then=then.score,
                    contact=first.contact,
                    followed_up=first.followed_up,
                    invitation_id=first.invitation_id,
                    next_id=then.invitation_id,
                )
            )
    return found, waiting


@dataclass(frozen=True)
class Cell:
    """So many pairs that are alike."""

    first: int
    then: int | None
    contact: Contact
    followed_up: bool
    pairs: int

    @property
    def recovered(self) -> bool:
        return self.then is not None and self.then > DETRACTOR_TO


@dataclass(frozen=True)
class Cells:
    """Everything that recovery is reckoned from; `scores` counts all answers by their score, 0 to 10."""

    pairs: Sequence[Cell]
    waiting: int
    scores: Sequence[int]


def together(some: Iterable[Cells]) -> Cells:
    """Of several books at once."""
    kept = list(some)
    scores = [sum(one.scores[score] for one in kept) for score in range(11)]
    return Cells([cell for one in kept for cell in one.pairs], sum(one.waiting for one in kept), scores)


def recovery(answers: Sequence[Answer]) -> Recovery:
    found, waiting = pairs(answers)
    alike = Counter((one.first, one.then, one.contact, one.followed_up) for one in found)
    scores = Counter(one.score for one in answers if one.counted)
    cells = Cells([Cell(*key, count) for key, count in alike.items()], waiting, [scores[one] for one in range(11)])
    return reckoned(cells, rows=[one for one in found if one.first <= DETRACTOR_TO])


def reckoned(cells: Cells, *, rows: Sequence[Pair] = ()) -> Recovery:
    found = cells.pairs
    detractors = [one for one in found if one.first <= DETRACTOR_TO]
    promoters = [one for one in found if one.first >= PROMOTER_FROM and one.then is not None]
    untouched = [one for one in found if one.first > DETRACTOR_TO and one.then is not None and not one.followed_up]
    r = retest(untouched)
    groups = {kind: _recovered([one for one in detractors if one.contact == kind]) for kind in Contact}
    return Recovery(
        again=_recovered([one for one in detractors if one.then is not None]),
        all=_recovered(detractors),
        waiting=cells.waiting,
        expected=_expected(cells.scores, ASSUMED_R if r is None else r),
        r=ASSUMED_R if r is None else r,
        pairs=_count(untouched),
        assumed=r is None,
        in_time=groups[Contact.IN_TIME],
        late=groups[Contact.LATE],
        untouched=groups[Contact.NONE],
        gap=_gap(groups[Contact.IN_TIME], groups[Contact.NONE]),
        promoters=Share(_count(one for one in promoters if _fell(one)), _count(promoters)),
        promoters_to_detractor=_count(one for one in promoters if one.then is not None and one.then <= DETRACTOR_TO),
        rows=tuple(rows),
    )


def _count(cells: Iterable[Cell]) -> int:
    return sum(one.pairs for one in cells)


def _fell(one: Cell) -> bool:
    return one.then is not None and one.then < PROMOTER_FROM


def _recovered(cells: Sequence[Cell]) -> Share:
    return Share(_count(one for one in cells if one.recovered), _count(cells))


def retest(cells: Sequence[Cell]) -> float | None:
    """How alike two answers of one person are, from 30 untouched pairs; None below that.

    The slope of the second on the first: only good first scores are among these pairs, and a plain correlation
    of a part of the scale comes out too low, which would credit nature with what follow-up did.
    """
    told = [(one.first, one.then, one.pairs) for one in cells if one.then is not None]
    if sum(pairs for _, _, pairs in told) < LEAST_PAIRS:
        return None
    slope = statistics.slope(points=told)
    return None if slope is None else min(0.95, max(0.0, slope))


def _expected(scores: Sequence[int], r: float) -> float | None:
    """Of detractors, the share that answers above 6 the next time with nobody doing anything."""
    found = statistics.mean_sd(counts=scores)
    if found is None or found[1] == 0:
        return None
    return statistics.recovery_expected(mean=found[0], sd=found[1], retest_r=r)


def _gap(one: Share, other: Share) -> tuple[float, float, float] | None:
    if min(one.all, other.all) < LEAST_EACH:
        return None
    return statistics.newcombe_diff(x1=one.part, n1=one.all, x2=other.part, n2=other.all)
