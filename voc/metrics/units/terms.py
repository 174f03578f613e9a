"""What the figures need besides the facts, and what makes their rows."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from voc.base.words import AccountState
from voc.metrics.model import NO_RATE, AccountFacts, Book, Unit
from voc.metrics.silence import Limits, state


@dataclass(frozen=True)
class Terms:
    """What the figures need besides the facts."""

    moment: datetime
    days: int
    response_standard: float
    fresh_cut: float
    limits: Limits = field(default_factory=Limits)
    confirmed: frozenset[str] = frozenset()
    entered: frozenset[str] = frozenset()
    states: dict[str, AccountState] = field(default_factory=dict)

    def state_of(self, account: AccountFacts) -> AccountState:
        """Each account's state is asked for by several figures and found once."""
        if account.account_id not in self.states:
            self.states[account.account_id] = state(account, moment=self.moment, limits=self.limits)
        return self.states[account.account_id]


Units = Callable[[Book, Terms], list[Unit]]


def account_unit(book: Book, met: bool, *, yes: str, no: str, weight: float = 1.0) -> Unit:
    return Unit(weight * met, weight, yes if met else no, "account", book.facts.account_id)


def no_rate(book: Book) -> Unit:
    return Unit(0.0, 0.0, NO_RATE, "account", book.facts.account_id)
