"""Accounts with their dated facts, without a database: the rules of money in milliseconds."""

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

from voc.base.words import Segment
from voc.metrics.model import Fact, Sample, sample_of
from voc.metrics.money.facts import Client, ContactKind, Deal, DealKind, Held, Mark, Owned, Told, Touch
from voc.metrics.money.rows import Rule, Terms

ON = date(2026, 3, 3)
DANA, BEN = Owned("csm-1"), Owned("csm-2")


def ago(days: int) -> date:
    return ON - timedelta(days=days)


def terms(days: int = 365, **values: Any) -> Terms:
    return Terms(on=ON, days=days, **values)


def client(id: str = "acc-1", *facts: Deal | Mark | Touch | Told, **values: Any) -> Client:
    row: dict[str, Any] = {
        "account_id": id,
        "name": id,
        "segment": Segment.MID_MARKET,
        "customer": True,
        "since_on": date(2020, 1, 1),
        "churned_on": None,
        "revenue": 100.0,
        "currency": "USD",
        "known_amount": True,
        "held": (Held("csm-1", date(2020, 1, 1)),),
        "owner": DANA,
        "deals": tuple(one for one in facts if isinstance(one, Deal)),
        "marks": tuple(one for one in facts if isinstance(one, Mark)),
        "touches": tuple(one for one in facts if isinstance(one, Touch)),
        "told": tuple(one for one in facts if isinstance(one, Told)),
    }
    return Client(**{**row, **values})


def renewal(before: float | None, after: float | None, *, days_ago: int = 30, **values: Any) -> Deal:
    """Decided so many days ago, on the day it was due; `after` 0 is lost, None with `closed=False` is open."""
    closed = values.pop("closed", True)
    row: dict[str, Any] = {
        "id": f"r-{days_ago}",
        "kind": DealKind.RENEWAL,
        "closed": closed,
        "won": closed and bool(after),
        "closes_on": ago(days_ago),
        "owner": DANA,
        "due_on": ago(days_ago),
        "before": before,
        "after": after,
    }
    return Deal(**{**row, **values})


def sale(kind: DealKind, amount: float | None, *, days_ago: int, **values: Any) -> Deal:
    row: dict[str, Any] = {"id": f"s-{days_ago}", "kind": kind, "closed": True, "won": True, "owner": DANA}
    return Deal(**{**row, "closes_on": ago(days_ago), "amount": amount, **values})


def mark(kind: str, days_ago: int, value: float | None = None, **values: Any) -> Mark:
    row: dict[str, Any] = {"id": f"{kind}-{days_ago}", "kind": kind, "on": ago(days_ago), "owner": DANA, "actor": DANA}
    return Mark(**{**row, "value": value, "money": value, **values})


def touch(kind: ContactKind, days_ago: int) -> Touch:
    return Touch(f"t-{days_ago}", kind, ago(days_ago), DANA)


def told(questionnaire: str, days_ago: int, *ratings: tuple[str, float], **values: Any) -> Told:
    row: dict[str, Any] = {"id": f"a-{days_ago}", "questionnaire": questionnaire, "on": ago(days_ago), "owner": DANA}
    return Told(**{**row, "ratings": ratings, **values})


def sums(rule: Rule, *clients: Client, terms: Terms, csm: str | None = None) -> tuple[Any, Any]:
    """Numerator and denominator of all accounts, or of what counts for one CSM: numbers, to compare with about."""
    rows = [one.unit for one in facts(rule, *clients, terms=terms) if csm is None or _counts_for(one, csm)]
    return sum(row.part for row in rows), sum(row.whole for row in rows)


def facts(rule: Rule, *clients: Client, terms: Terms) -> list[Fact]:
    return [one for client in clients for one in rule(client, terms)]


def labels(rule: Rule, *clients: Client, terms: Terms) -> list[str]:
    return [one.unit.label for one in facts(rule, *clients, terms=terms)]


def _counts_for(one: Fact, csm: str) -> bool:
    return one.csm_id == csm and not one.inherited


def units(found: Iterable[Fact]) -> list[Any]:
    return [one.unit for one in found]


def sample(found: Iterable[Fact]) -> Sample:
    return sample_of(units(found))
