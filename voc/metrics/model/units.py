"""Rows behind a figure, and what is made of them."""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import NamedTuple

from numpy.typing import ArrayLike

from voc.base.words import Role
from voc.metrics.model.figure import Interval

NO_RATE = "no_rate"  # an account whose currency has no rate: left out of money figures and named
CONFIDENTIAL = "confidential"  # the kind of a row that is one of a group and nobody's


class Unit(NamedTuple):
    """One row behind a figure. With `whole` 0 it stands beside the figure (a bounce, somebody silent)."""

    part: float
    whole: float
    label: str
    kind: str  # invitation, contact, place, account, follow_up
    id: str
    contact_id: str | None = None
    role: Role | None = None
    on: date | None = None  # the day of a dated fact
    size: float | None = None  # how long it took, in days, where that is what is counted


class Fact(NamedTuple):
    """A row that names whose it is, of a subject whose rows are no invitations: a renewal, a milestone, a review.

    `account_id` is "" for what belongs to a person and to no account (a week). `csm_id` is the owner at the date of
    the fact. `inherited` counts for the team and the total, not for the CSM.
    `segment` as it was then, where that is known; None takes the account's.
    """

    account_id: str
    csm_id: str | None
    unit: Unit
    inherited: bool = False
    segment: str | None = None


class Known(NamedTuple):
    """What is known of an account, a lost one too."""

    name: str
    segment: str | None
    region: str | None


class Reckoned(NamedTuple):
    """What a figure is that is no share of sums, made of its rows in one scope. `value` None: nothing to tell."""

    value: float | None
    numerator: float | None
    denominator: float | None
    interval: Interval | None = None
    extra: Mapping[str, float | None] = MappingProxyType({})


class Sample(NamedTuple):
    """Rows of one scope as columns, for a value that is no share of sums. `size` NaN: it has none."""

    part: ArrayLike
    whole: ArrayLike
    size: ArrayLike


def sample_of(units: Sequence[Unit]) -> Sample:
    return Sample(
        [unit.part for unit in units],
        [unit.whole for unit in units],
        [math.nan if unit.size is None else unit.size for unit in units],
    )


class Sum(NamedTuple):
    """Units of one figure at one account, added up: most accounts count alike for CSM, team and total."""

    part: float
    whole: float
    squares: float
    counted: int
    labels: Counter[str]


def add_up(units: Sequence[Unit]) -> Sum:
    return Sum(
        part=sum(unit.part for unit in units),
        whole=sum(unit.whole for unit in units),
        squares=sum(unit.part * unit.part for unit in units),
        counted=sum(unit.whole > 0 for unit in units),
        labels=Counter(unit.label for unit in units),
    )


@dataclass(frozen=True)
class CountedRow:
    """One row that a figure counts, ready for a page or CSV.

    Rows with `whole` above 0 make up the denominator, their `part` the numerator; the others stand
    beside it with their `label`. `kind` and `id` name the record (invitation, contact, place,
    account, follow_up); one of a confidential wave has the wave's instead, and no account.
    `handed_over` marks an account that is not the viewer's any more, `by_phone` an answer that a CSM typed in.
    """

    kind: str
    id: str
    account_id: str
    account_name: str
    csm_id: str | None
    contact_id: str | None
    contact_name: str | None
    role: Role | None
    label: str
    part: float
    whole: float
    handed_over: bool = False
    on: date | None = None
    size: float | None = None
    by_phone: bool = False
