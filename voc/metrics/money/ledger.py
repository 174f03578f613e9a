"""Everything that the figures of this package count, read once for all of them. Pure."""

from dataclasses import dataclass

from voc.metrics.money.facts import Client, Week
from voc.metrics.money.rows import Terms


@dataclass(frozen=True)
class Ledger:
    """Accounts with their facts, our people's weeks, and the period."""

    clients: tuple[Client, ...]
    terms: Terms
    weeks: tuple[Week, ...] = ()
