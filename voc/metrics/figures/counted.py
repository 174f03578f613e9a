"""Everything that was counted, and how alike colleagues in one account answer."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cached_property

from voc.base.words import Scope
from voc.metrics import cohorts
from voc.metrics.catalogue import CATALOGUE, Measure, Spread
from voc.metrics.cohorts import Key
from voc.metrics.model import Norms, Tallies, Tally, Window
from voc.statistics.moments import Moments, correlation_of

SPARE_ACCOUNTS_FOR_ICC = 20
SCORES_FOR_OWN_ICC = 100
LEAST_PEOPLE_FOR_REACH = 30


@dataclass
class Counted:
    """All tallies of all scopes, and how alike colleagues in one account answer."""

    window: Window
    tallies: Tallies = field(default_factory=lambda: defaultdict(lambda: defaultdict(Tally)))
    flying: dict[Key, int] = field(default_factory=lambda: defaultdict(int))
    in_confidence: set[Key] = field(default_factory=set)  # where somebody was asked so, answered or not
    heard: dict[str, list[int]] = field(default_factory=lambda: defaultdict(lambda: [0, 0]))  # by segment: of people
    icc_default: float = 0.2
    icc_of_all: Callable[[], float] | None = None  # where not everybody was counted

    @cached_property
    def icc(self) -> float:
        """Pooled over all CSMs; the default while fewer than 20 accounts are to spare."""
        return self._icc("response_rate") if self.icc_of_all is None else self.icc_of_all()

    @cached_property
    def norms(self) -> Norms:
        """By segment from 30 people on; what is too thin is read from all."""
        reach = {
            segment: heard / people
            for segment, (heard, people) in sorted(self.heard.items())
            if people >= (LEAST_PEOPLE_FOR_REACH if segment else 1)
        }
        return Norms(icc=self.icc, reach=reach)

    @cached_property
    def score_icc(self) -> float | None:
        """Of the scores, once a hundred exist."""
        total = self.tallies[cohorts.TOTAL]["nps_people"]
        return self._icc("nps_people") if total.whole >= SCORES_FOR_OWN_ICC else None

    def _icc(self, name: str) -> float:
        books = [
            tallies[name].moments
            for (scope, _), tallies in self.tallies.items()
            if scope == Scope.CSM and name in tallies
        ]
        return icc_of(books, default=self.icc_default)

    def deff(self, key: Key, name: str = "response_rate", *, icc: float | None = None) -> float:
        return 1 + (self.tallies[key][name].spread_out - 1) * (self.icc if icc is None else icc)

    def score_deff(self, key: Key) -> float:
        """That of the response until a hundred scores exist."""
        return self.deff(key) if self.score_icc is None else self.deff(key, "nps_people", icc=self.score_icc)

    def people_behind(self, key: Key, name: str) -> int:
        """A score of accounts rests on the people who gave it, every other figure on its rows."""
        if name in SCORES_OF_ACCOUNTS:
            return round(self.tallies[key]["nps_people"].moments.m)
        return self.tallies[key][name].counted


def icc_of(books: Iterable[Moments], *, default: float) -> float:
    measured, spare = correlation_of(books)
    return default if measured is None or spare < SPARE_ACCOUNTS_FOR_ICC else measured


SCORES_OF_ACCOUNTS = frozenset(
    one.name for one in CATALOGUE if one.measure == Measure.SCORE and one.spread == Spread.ACCOUNTS
)


def with_needed(names: Iterable[str]) -> set[str]:
    """And what they are read by: colleagues alike widen every range, and a score of accounts is one of people."""
    wanted = {*names, "response_rate"}
    return wanted | {"nps_people"} if wanted & SCORES_OF_ACCOUNTS else wanted
