"""What the retention page shows, as values. Built by `run.retention`."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from voc.base.words import Scope
from voc.metrics.model import Figure, Window
from voc.metrics.money.compared import Comparison


@dataclass(frozen=True)
class Line:
    """One scope with its figures, by name."""

    scope: Scope
    id: str
    name: str
    figures: Mapping[str, Figure]
    accounts: int
    arr: float


@dataclass(frozen=True)
class Open:
    """A renewal that nobody has decided although its day lies in the period, or comes within 90 days."""

    id: str
    account_id: str
    account_name: str
    csm_id: str | None
    due_on: date | None
    at_stake: float | None
    confirmed_on: date | None


@dataclass(frozen=True)
class Without:
    """Net retention of the whole without one account or CSM."""

    name: str
    kind: str  # account, csm
    value: float


@dataclass(frozen=True)
class Goal:
    """A goal of the whole, and each CSM's part of it by id."""

    name: str
    target: float
    is_sum: bool
    parts: Mapping[str, float]


@dataclass(frozen=True)
class RetentionPage:
    """`lines` are CSMs in alphabetical order, never by a figure. `whole` is the viewer's all, team or own book."""

    window: Window
    currency: str
    whole: Line
    lines: tuple[Line, ...]
    compared: Comparison
    open: tuple[Open, ...]
    without: tuple[Without, ...]
    goals: tuple[Goal, ...]
    split_by: str
    inherited: int  # renewals that count for a team and no CSM: nobody is known to have owned them at the landmark
    names: Mapping[str, str]  # of our people
    waiting: int  # of `open` there may be more than are listed
    late: int  # of these past their day
    kept_on: date | None = None  # the day whose night this is from; None: counted for this page
