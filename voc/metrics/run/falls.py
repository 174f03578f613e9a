"""Once a month the lead hears of what fell suddenly: beyond 3 sigma of its own twelve months, or to half for money.

Compared month by month: the shares in `RATES`, response and follow-ups, each row of which has a day. Compared quarter
by quarter, as the last night of each kept it: the shares in `BY_QUARTER`, which look back 90 days, so that no two
points share a day. Sums and counts (`WON`, `MET`, `COUNTED`) fall to half of their mean, and revenue kept (`KEPT`) to
half of the share of the twelve months. Where less is better, a rise is the fall.

Left out: what stands from one month to the next or looks back further (places known, promoters, silence, onboardings
stuck), since its points repeat each other and limits for independent ones would raise false alarms; silent revenue,
which stands too, and a euro is no trial.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
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
from voc.metrics.catalogue import BY_NAME, Direction
from voc.metrics.cohorts import Key
from voc.metrics.model import Facts
from voc.metrics.money import falls, growth, proofs
from voc.metrics.money.facts import HUMAN
from voc.metrics.money.facts import Owned as FactOwner
from voc.metrics.money.falls import Month
from voc.metrics.money.ledger import Ledger
from voc.metrics.run import money
from voc.metrics.run.subjects import Question
from voc.metrics.store import falls as months_of
from voc.metrics.store.falls import Owned

DAYS = 31 * (falls.MONTHS + 2)  # thirteen whole months, whatever the day
RATES = (
    "logo_retention",
    "on_time_renewal",
    "renewal_confirmed_90",
    "live_in_time",
    "crm_upkeep",
    "meetings_valued",
    "customer_stated_value",
)
"""Each row has its day."""
ASKED, FOLLOWED_UP = "response_rate", "follow_up_attainment"
BY_QUARTER = ("invitation_guideline", "response_target", "voc_contribution")
KEPT_DAYS = 90
WON = ("expansion", "upsell", "cross_sell", "whitespace")
KEPT = ("grr", "nrr")  # revenue lost is the rest of the first
MET = "activity"
COUNTED = ("success_stories", "documents", "validated_references")
PARTS = frozenset(WON) - {"expansion"}
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
    spans = falls.spans(now.date())
    rates[ASKED] = _owned(months_of.answered(db, spans), facts, now.date())
    rates[FOLLOWED_UP] = _owned(months_of.followed_up(db, spans), facts, now.date())
    fell = [*_fell(rates, least=falls.MONTHS), *_fell(_kept(db, spans, now.date()), least=falls.QUARTERS)]
    fell += [
        Fall(key, name, sum(one.part for one in months[:-1]) / falls.MONTHS, months[-1])
        for name, by_key in _amounts(ledger, facts).items()
        for key, months in by_key.items()
        if falls.money_fell(months)
    ]
    fell += [
        Fall(key, name, _usual(months), months[-1])
        for name in KEPT
        for key, months in _rated(ledger, facts, name).items()
        if falls.revenue_share_fell(months)
    ]
    whole = {one.key for one in fell if one.name == "expansion"}  # its parts would say the same again
    fell = [one for one in fell if one.name not in PARTS or one.key not in whole]
    return sorted(fell, key=lambda one: (one.key, one.name))


def _fell(rates: Mapping[str, Mapping[Key, list[Month]]], *, least: int) -> list[Fall]:
    return [
        Fall(key, name, _usual(months), months[-1])
        for name, by_key in rates.items()
        for key, months in by_key.items()
        if falls.rate_fell(falls.turned(months) if BY_NAME[name].direction == Direction.DOWN else months, least=least)
    ]


def _owned(rows: Iterable[Owned], facts: Facts, on: date) -> dict[Key, list[Month]]:
    return _by_month(
        (
            (key, (one.first, one.part, one.whole))
            for one in rows
            for key in cohorts.scopes(facts, account_id="", csm_id=one.csm_id, inherited=one.inherited)
        ),
        on,
    )


def _kept(db: Connection, spans: list[tuple[date, date]], on: date) -> dict[str, dict[Key, list[Month]]]:
    dated: dict[str, list[tuple[Key, Dated]]] = defaultdict(list)
    for one in months_of.month_ends(db, spans, names=BY_QUARTER, window_days=KEPT_DAYS):
        dated[one.name].append(((one.scope, one.scope_id), (one.first, one.part, one.whole)))
    return {
        name: {key: falls.quarters(months) for key, months in _by_month(rows, on).items()}
        for name, rows in dated.items()
    }


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


def _amounts(ledger: Ledger, facts: Facts) -> dict[str, dict[Key, list[Month]]]:
    """Revenue won from customers, people met and proofs given, by the month in which they were."""
    dated: dict[str, list[tuple[Key, Dated]]] = defaultdict(list)
    for name, on, amount, owner in _happened(ledger):
        for key in cohorts.scopes(facts, account_id="", csm_id=owner.csm_id, inherited=owner.inherited):
            dated[name].append((key, (on, amount, 0.0)))
    return {name: _by_month(rows, ledger.terms.on) for name, rows in dated.items()}


_PROOF = {proofs.STORY: "success_stories", proofs.DOCUMENT: "documents", proofs.REFERENCE: "validated_references"}


def _happened(ledger: Ledger) -> Iterator[tuple[str, date, float, FactOwner]]:
    for client in ledger.clients:
        for kind, deal in growth.sold(client, ledger.terms):
            if deal.closes_on is not None:
                yield "expansion", deal.closes_on, deal.gain or 0.0, deal.owner
                yield kind, deal.closes_on, deal.gain or 0.0, deal.owner
        for touch in client.touches:
            if touch.kind in HUMAN:
                yield MET, touch.on, 1.0, touch.owner
        for mark in client.marks:
            if mark.kind in _PROOF:
                yield _PROOF[mark.kind], mark.on, 1.0, mark.actor


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
        "chance would let it (3 sigma), or to less than half where money or things are counted; what is better small "
        "rose. It does not say why."
    )
    return "\n\n".join([*lines, said, f"{base_url}/retention"])


def _who(key: Key, names: Mapping[str, str]) -> str:
    scope, id = key
    if scope == Scope.TOTAL:
        return "All teams"
    return f"Team of {names.get(id, id)}" if scope == Scope.TEAM else names.get(id, id)


def _moved(one: Fall) -> str:
    if one.name in WON:
        return f"{one.last.part:,.0f} in the month, {one.before:,.0f} is usual."
    if one.name == MET:
        return f"{one.last.part:.0f} people met or called in the month, {one.before:.0f} is usual."
    if one.name in COUNTED:
        return f"{one.last.part:.0f} in the month, {one.before:.1f} is usual."
    if one.name in KEPT:
        kept = 100 * one.last.part / one.last.whole
        decided = f"the revenue of {one.last.rows} renewals decided in the month"
        return f"{kept:.0f}% of {decided}, {100 * one.before:.0f}% is usual."
    if one.name in BY_QUARTER:
        share = f"{100 * one.last.part / one.last.whole:.0f}%"
        return f"{share} in the {KEPT_DAYS} days to the end of the month, {100 * one.before:.0f}% is usual."
    return f"{one.last.part:.0f} of {one.last.whole:.0f} in the month, {100 * one.before:.0f}% is usual."
