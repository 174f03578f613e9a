"""Two periods side by side: what the same people did, and what is only another mix of people (3-metrics 1.8, 3.6).

A rise made only of mix is not a rise. Both parts are over people who were reached, each once a period. Pure.
"""

from dataclasses import dataclass

import numpy as np

from voc import statistics
from voc.base.words import PASSIVE_FROM, PROMOTER_FROM
from voc.metrics.columns.kinds import Column, any_of, here, last_of, numbered
from voc.metrics.columns.model import Asked

LEAST_PEOPLE, LEAST_ACCOUNTS = 30, 3  # a wave beside another one, 3-metrics 0.7


@dataclass(frozen=True)
class Change:
    """From one period to the next, in shares of 0..1 or points of -100..100; None where there are too few.

    `before` and `after` are over `people_before` and `people_after` people, `both` of them in both. `same` is the
    change among those with its interval, `mix` what is left of the whole change: other people were asked.
    """

    before: float | None
    after: float | None
    people_before: int
    people_after: int
    both: int
    same: tuple[float, float, float] | None
    whole: tuple[float, float | None, float | None] | None

    @property
    def mix(self) -> float | None:
        return None if self.whole is None or self.same is None else self.whole[0] - self.same[0]


@dataclass(frozen=True)
class Person:
    """Everybody reached in one period: who, of how many accounts, answered in time, and with which sign."""

    key: Column
    accounts: int
    answered: Column
    voted: Column
    sign: Column


def people_of(due: Asked) -> Person:
    reached = due.of(np.flatnonzero(due.delivered & ~due.not_eligible))
    person, count, first = numbered(reached.contact)
    scored = np.flatnonzero((reached.score >= 0) & here(reached.score_at))
    latest = last_of(person[scored], (reached.score_at[scored], reached.id[scored]), count)
    score = reached.score[scored][latest] if len(scored) else np.full(count, -1)
    return Person(
        key=reached.contact[first],
        accounts=len(np.unique(reached.account)),
        answered=any_of(person, reached.on_time, count),
        voted=latest >= 0,
        sign=np.where(score >= PROMOTER_FROM, 1, np.where(score >= PASSIVE_FROM, 0, -1)),
    )


def response(before: Person, after: Person) -> Change:
    """Of the people reached, the share who answered in time."""
    there, here_ = _shared(before.key, after.key)
    was, is_ = before.answered[there], after.answered[here_]
    same = None
    if len(there) >= LEAST_PEOPLE:
        gained, lost = int((is_ & ~was).sum()), int((was & ~is_).sum())
        same = statistics.paired_response_change(
            newly_answering=gained, unchanged=len(there) - gained - lost, newly_silent=lost
        )
    whole = None
    if _enough(before, after, len(before.key), len(after.key)):
        found = statistics.newcombe_diff(
            x1=int(after.answered.sum()), n1=len(after.key), x2=int(before.answered.sum()), n2=len(before.key)
        )
        # The interval holds for different people; where some are the same it is not told.
        whole = None if found is None else (found[0], *((None, None) if len(there) else found[1:]))
    return _change(before.answered, after.answered, scale=1.0, both=len(there), same=same, whole=whole)


def score(before: Person, after: Person) -> Change:
    """Promoters less detractors among those who gave a score."""
    first, second = before.key[before.voted], after.key[after.voted]
    there, here_ = _shared(first, second)
    was, is_ = before.sign[before.voted], after.sign[after.voted]
    same = whole = None
    pairs = list(zip(was[there].tolist(), is_[here_].tolist(), strict=True))
    if len(pairs) >= LEAST_PEOPLE:
        found = statistics.nps_change_paired(wave1=[a for a, _ in pairs], wave2=[b for _, b in pairs])
        same = (found[0], found[2], found[3]) if found and found[2] is not None and found[3] is not None else None
    if _enough(before, after, len(first), len(second)):
        only = np.delete(was, there).tolist(), np.delete(is_, here_).tolist()
        all_of_them = statistics.nps_change_overlap(both=pairs, only1=only[0], only2=only[1])
        whole = None if all_of_them is None else (all_of_them[0], all_of_them[2], all_of_them[3])
    return _change(was, is_, scale=100.0, both=len(pairs), same=same, whole=whole)


def _shared(first: Column, second: Column) -> tuple[Column, Column]:
    _, there, here_ = np.intersect1d(first, second, assume_unique=True, return_indices=True)
    return there, here_


def _enough(before: Person, after: Person, first: int, second: int) -> bool:
    return min(first, second) >= LEAST_PEOPLE and min(before.accounts, after.accounts) >= LEAST_ACCOUNTS


def _change(
    was: Column,
    is_: Column,
    *,
    scale: float,
    both: int,
    same: tuple[float, float, float] | None,
    whole: tuple[float, float | None, float | None] | None,
) -> Change:
    told = whole is not None
    return Change(
        before=scale * float(was.mean()) if told else None,
        after=scale * float(is_.mean()) if told else None,
        people_before=len(was),
        people_after=len(is_),
        both=both,
        same=same,
        whole=whole,
    )
