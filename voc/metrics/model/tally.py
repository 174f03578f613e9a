"""Units of one figure added up for one scope, account by account."""

from collections import Counter
from dataclasses import dataclass, field

from voc.base.words import Scope
from voc.metrics.model.units import NO_RATE, Sample, Sum, Unit
from voc.statistics.moments import Moments


@dataclass
class Tally:
    """One figure in one scope; `moments` are the sums over its accounts, for the clustering."""

    part: float = 0.0
    whole: float = 0.0
    counted: int = 0
    labels: Counter[str] = field(default_factory=Counter)
    moments: Moments = field(default_factory=Moments)
    # groups never taken apart: how many accounts they are of, and the square of `whole` per account
    grouped: int = 0
    grouped_squares: float = 0.0
    left_out: list[str] = field(default_factory=list)
    # kept where the figure is no share of sums
    units: list[Unit] = field(default_factory=list)
    sample: Sample | None = None  # the same, where they were made as columns

    def add(self, found: Sum, *, account_name: str) -> None:
        self.part += found.part
        self.whole += found.whole
        self.counted += found.counted
        for label, count in found.labels.items():
            self.labels[label] += count
        if found.whole > 0:
            self.moments.add(found.part, found.whole, found.squares)
        if NO_RATE in found.labels:
            self.left_out.append(account_name)

    @property
    def accounts(self) -> int:
        return self.moments.accounts + self.grouped

    @property
    def spread_out(self) -> float:
        """Mean size of an account as one of its rows sees it: sum m^2 / sum m."""
        return (self.moments.mm + self.grouped_squares) / self.whole if self.whole > 0 else 1.0

    def add_group(self, found: Sum, *, accounts: int) -> None:
        """People of several accounts that cannot be told apart: how alike colleagues answer is not read from them."""
        self.part += found.part
        self.whole += found.whole
        self.counted += found.counted
        self.labels.update(found.labels)
        if found.whole > 0:
            self.grouped += accounts
            self.grouped_squares += found.whole * found.whole / accounts


Tallies = dict[tuple[Scope, str], dict[str, Tally]]
