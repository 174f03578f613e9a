"""Where one account stands, and what is usual."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from voc.base.words import AccountState, Segment
from voc.statistics.silence import SilentScore


@dataclass(frozen=True)
class Norms:
    """What is usual here: how alike colleagues answer, and the share of people heard by segment ("" in all)."""

    icc: float
    reach: dict[str, float]

    def reach_of(self, segment: str | None) -> float | None:
        return self.reach.get(segment or "", self.reach.get(""))


@dataclass(frozen=True)
class Standing:
    """Where one account stands: its state (3-metrics 4.1) and, for silent, quiet and heard ones, the score.

    `people` were delivered to in the window, `asked_twice` if each at least twice; `one_in` is how
    rarely an ordinary account of this size stays silent (None unless silent). `work_order` is score x
    revenue. `spell_on` is the day the silence began.
    """

    account_id: str
    name: str
    csm_id: str | None
    segment: Segment | None
    state: AccountState
    arr: float | None
    amount: Decimal | None
    currency: str | None
    renewal_on: date | None
    last_answered_at: datetime | None
    coverage_fresh: float | None
    coverage_named: float | None
    people: int = 0
    answered: int = 0
    asked_twice: bool = False
    score: SilentScore | None = None
    band: str | None = None
    p_silent: float | None = None
    spell_on: date | None = None
    note: str | None = None

    @property
    def work_order(self) -> float:
        return (self.score["total"] if self.score else 0.0) * (self.arr or 0.0)
