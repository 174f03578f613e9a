"""How a figure of what the CRM tells is declared: a rule for one account, and columns for all at once."""

from collections.abc import Callable, Iterable
from typing import Any

from voc.metrics.columns.money.fact_rows import FactRows
from voc.metrics.columns.money.period import Period
from voc.metrics.definition import Definition, Direction, Kind, Measure, Owner, Spread
from voc.metrics.model import Fact
from voc.metrics.money import reckoning
from voc.metrics.money.ledger import Ledger
from voc.metrics.money.rows import Rule

SUBJECT = "money"
Columns = Callable[[Period], FactRows]


def of_accounts(rule: Rule) -> Callable[[Ledger], Iterable[Fact]]:
    return lambda ledger: (fact for client in ledger.clients for fact in rule(client, ledger.terms))


def figure(name: str, rule: Rule, columns: Columns, **declared: Any) -> Definition:
    """`rule` makes the rows of one account, `columns` the same of all at once."""
    return Definition(
        name=name, owner=Owner.FACT, subject=SUBJECT, facts=of_accounts(rule), columns=columns, **declared
    )


OWNER_ON_THE_DAY = "Under the owner on the day; in the first 60 days after a hand-over it counts for the team."
SHARED_BY_DAYS = "An account that changed hands is shared among its owners by their days."
MEDIAN_DAYS = {
    "kind": Kind.RENEWAL,
    "measure": Measure.DAYS,
    "direction": Direction.DOWN,
    "spread": Spread.RECKONED,
    "reckon": reckoning.median_days,
}
