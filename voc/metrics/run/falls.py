"""Once a month the lead hears of what fell suddenly: beyond 3 sigma of its own twelve months, or to half for money."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection

from voc.base import preferences as settings
from voc.base.secrets import Vault
from voc.base.settings import Settings
from voc.base.tokens import Tokens
from voc.base.words import MessageKind, Scope
from voc.delivery import run as delivery
from voc.delivery.model import Party
from voc.followup import store as people
from voc.followup.model import Colleague
from voc.metrics import cohorts, store
from voc.metrics.catalogue import BY_NAME
from voc.metrics.cohorts import Key
from voc.metrics.model import Facts
from voc.metrics.money import falls, growth
from voc.metrics.money.falls import Month
from voc.metrics.money.ledger import Ledger
from voc.metrics.run import money
from voc.metrics.run.subjects import Question

DAYS = 31 * (falls.MONTHS + 2)  # thirteen whole months, whatever the day
RATES = ("logo_retention", "on_time_renewal")
MONEY = "expansion"
TOLD_UNTIL = 3  # of the month: a night that failed is caught up by the next

Dated = tuple[date, float, float]


@dataclass(frozen=True)
class Fall:
    """A figure of a CSM or team that fell in the last whole month."""

    key: Key
    name: str
    before: float
    last: Month


def found(db: Connection, now: datetime) -> list[Fall]:
    """What fell in the month that ended last; of every CSM and team, and of all."""
    ledger = money.load(db, Question(now, DAYS, settings.load(db)))
    facts = Facts(now, (), store.people(db))
    rates = {name: _rated(ledger, facts, name) for name in RATES}
    fell = [
        Fall(key, name, _usual(months), months[-1])
        for name, by_key in rates.items()
        for key, months in by_key.items()
        if falls.rate_fell(months)
    ]
    fell += [
        Fall(key, MONEY, sum(one.part for one in months[:-1]) / falls.MONTHS, months[-1])
        for key, months in _won(ledger, facts).items()
        if falls.money_fell(months)
    ]
    return sorted(fell, key=lambda one: (one.key, one.name))


def _usual(months: list[Month]) -> float:
    return sum(one.part for one in months[:-1]) / sum(one.whole for one in months[:-1])


def _rated(ledger: Ledger, facts: Facts, name: str) -> dict[Key, list[Month]]:
    made = BY_NAME[name].facts
    assert made is not None  # of the subject `money`
    rows = (
        (key, (one.unit.on, one.unit.part, one.unit.whole))
        for one in made(ledger)
        if one.unit.whole > 0 and one.unit.on is not None
        for key in cohorts.scopes(facts, account_id="", csm_id=one.csm_id, inherited=one.inherited)
    )
    return _by_month(rows, ledger.terms.on)


def _won(ledger: Ledger, facts: Facts) -> dict[Key, list[Month]]:
    """Recurring revenue won from customers, by the month it was won in."""
    rows = (
        (key, (deal.closes_on, deal.gain or 0.0, 0.0))
        for client in ledger.clients
        for _kind, deal in growth.sold(client, ledger.terms)
        if deal.closes_on is not None
        for key in cohorts.scopes(facts, account_id="", csm_id=deal.owner.csm_id, inherited=deal.owner.inherited)
    )
    return _by_month(rows, ledger.terms.on)


def _by_month(rows: Iterable[tuple[Key, Dated]], on: date) -> dict[Key, list[Month]]:
    dated: dict[Key, list[Dated]] = defaultdict(list)
    for key, row in rows:
        dated[key].append(row)
    return {key: falls.monthly(found, on=on) for key, found in dated.items()}


def tell(db: Connection, now: datetime, *, vault: Vault, tokens: Tokens, settings: Settings) -> int:
    """One mail a month to each lead, about the team and its CSMs; leaders hear of all. Idempotent; how many mails."""
    if now.day > TOLD_UNTIL:
        return 0
    facts = Facts(now, (), store.people(db))
    fell = found(db, now)
    queued = 0
    for whom, colleague, mine in _addressed(db, facts, fell):
        month = mine[0].last.first
        delivery.queue(
            db,
            key=f"fall:{whom}:{month:%Y-%m}",
            kind=MessageKind.ALERT,
            to=Party(colleague.name, colleague.address),
            subject=f"What fell suddenly in {month:%B %Y}",
            body_text=text(mine, {id: one.name for id, one in facts.csms.items()}, base_url=settings.base_url),
            now=now,
            vault=vault,
            tokens=tokens,
            settings=settings,
        )
        queued += 1
    return queued


def _addressed(db: Connection, facts: Facts, fell: list[Fall]) -> list[tuple[str, Colleague, list[Fall]]]:
    leads, leaders = people.leads(db), people.leaders(db)
    by_lead: dict[str, list[Fall]] = defaultdict(list)
    for one in fell:
        scope, id = one.key
        by_lead[(id if scope == Scope.TEAM else facts.manager_of(id) or "") if scope != Scope.TOTAL else ""].append(one)
    told = [(id, leads[id], mine) for id, mine in sorted(by_lead.items()) if id in leads]
    rest = [one for id, mine in sorted(by_lead.items()) if id not in leads for one in mine]
    return told + ([(leader.key, leader, rest) for leader in leaders] if rest else [])


def text(fell: list[Fall], names: Mapping[str, str], *, base_url: str) -> str:
    """What fell, from what to what; never why."""
    lines = [f"{_who(one.key, names)}, {BY_NAME[one.name].label}: {_moved(one)}" for one in fell]
    said = (
        "Each of these was compared with its own twelve months before, not with anybody else. It fell further than "
        "chance would let it (3 sigma), or to less than half for money. It does not say why."
    )
    return "\n\n".join([*lines, said, f"{base_url}/retention"])


def _who(key: Key, names: Mapping[str, str]) -> str:
    scope, id = key
    if scope == Scope.TOTAL:
        return "All teams"
    return f"Team of {names.get(id, id)}" if scope == Scope.TEAM else names.get(id, id)


def _moved(one: Fall) -> str:
    if one.name == MONEY:
        return f"{one.last.part:,.0f} in the month, {one.before:,.0f} is usual."
    return f"{one.last.part:.0f} of {one.last.whole:.0f} in the month, {100 * one.before:.0f}% is usual."
