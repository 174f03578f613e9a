"""The retention page made of rows, account by account: what the page counts from columns must say the same."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import Connection

from voc.base import preferences as settings
from voc.base.access import Viewer
from voc.base.preferences import Preferences
from voc.base.words import Scope
from voc.metrics import cohorts, figures, store
from voc.metrics.catalogue import BY_NAME
from voc.metrics.cohorts import TOTAL, Key
from voc.metrics.figures import Counted
from voc.metrics.model import Fact, Facts, Figure, Slice
from voc.metrics.money import compared, goals, reckoning
from voc.metrics.money.compared import Comparison, Decision
from voc.metrics.money.facts import Client, DealKind
from voc.metrics.money.ledger import Ledger
from voc.metrics.money.page import Goal, Line, Open, RetentionPage, Without
from voc.metrics.run import money
from voc.metrics.run.retention import NAMES, team_of, whole_of
from voc.metrics.run.subjects import Question

COMES_UP = timedelta(days=90)


@dataclass(frozen=True)
class _Read:
    """Everything that was counted for one page."""

    ledger: Ledger
    facts: Facts
    counted: Counted
    rows: dict[str, list[Fact]]
    known: Preferences

    def figure(self, key: Key, name: str) -> Figure:
        return figures.figure(self.counted, key, name)

    def name(self, id: str) -> str:
        found = self.facts.csms.get(id)
        return found.name if found else f"A CSM the CRM does not know ({id})"

    def book(self, key: Key) -> list[Client]:
        """Customers of today, under today's owners."""
        customers = [one for one in self.ledger.clients if one.customer]
        scope, id = key
        if scope == Scope.TOTAL:
            return customers
        if scope == Scope.CSM:
            return [one for one in customers if one.owner.csm_id == id]
        return [one for one in customers if self.facts.manager_of(one.owner.csm_id) == id]


def retention(
    db: Connection,
    viewer: Viewer,
    *,
    now: datetime,
    as_of: date | None = None,
    window_days: int = 365,
    team_id: str | None = None,
    segment: str | None = None,
    region: str | None = None,
) -> RetentionPage:
    read = _read(db, moment=store.moment_of(as_of, now=now), days=window_days, part=Slice(segment, region))
    whole = whole_of(viewer, read.facts.csms, team_id)
    visible = store.visible_csm_ids(db, viewer)
    shared = team_of(read.facts.csms, whole)
    everybody = [id for id in _csm_ids(read) if shared is None or _in_team(read.facts, id, shared)]
    mine = [id for id in everybody if viewer.sees_all or id in visible]
    opened = _open(read, whole)
    return RetentionPage(
        window=read.counted.window,
        currency=read.known.reporting_currency,
        whole=_line(read, whole, "All" if whole == TOTAL else read.name(whole[1])),
        lines=tuple(_line(read, (Scope.CSM, id), read.name(id)) for id in mine),
        compared=_compared(read, everybody, shared),
        open=opened,
        without=_without(read, whole),
        goals=_goals(read, everybody, mine),
        split_by=read.known.split_by,
        inherited=sum(one.inherited and one.unit.whole > 0 for one in _of(read, whole, "logo_retention")),
        names={id: one.name for id, one in read.facts.csms.items()},
        waiting=len(opened),
        late=sum(one.due_on is not None and one.due_on < now.date() for one in opened),
    )


def _read(db: Connection, *, moment: datetime, days: int, part: Slice) -> _Read:
    known = settings.load(db)
    ledger = money.load(db, Question(moment, days, known))
    accounts = store.accounts_known(db, known)
    if not part.whole:
        regions = {id: one.region for id, one in accounts.items()} if part.region is not None else {}
        kept = tuple(
            one
            for one in ledger.clients
            if part.segment in (None, one.segment) and part.region in (None, regions.get(one.account_id))
        )
        ledger = Ledger(kept, ledger.terms, ledger.weeks)
    facts = Facts(moment, (), store.people(db))
    counted = Counted(cohorts.window(moment, days), icc_default=known.icc_default)
    rows: dict[str, list[Fact]] = {}
    for name in NAMES:
        made = BY_NAME[name].facts
        assert made is not None  # all of them are of the subject `money`
        rows[name] = list(made(ledger))
        figures.count_facts(counted, facts, BY_NAME[name], ((one, accounts[one.account_id]) for one in rows[name]))
    return _Read(ledger, facts, counted, rows, known)


def _in_team(facts: Facts, csm_id: str, manager_id: str) -> bool:
    return csm_id == manager_id or facts.manager_of(csm_id) == manager_id


def _csm_ids(read: _Read) -> list[str]:
    """Everybody with a book or a row, by name."""
    owners = {one.owner.csm_id for one in read.ledger.clients if one.customer and one.owner.csm_id}
    counted = {id for (scope, id), found in read.counted.tallies.items() if scope == Scope.CSM and found}
    return sorted(owners | counted, key=lambda one: (read.name(one).casefold(), one))


def _line(read: _Read, key: Key, name: str) -> Line:
    book = read.book(key)
    return Line(
        scope=key[0],
        id=key[1],
        name=name,
        figures={one: read.figure(key, one) for one in NAMES},
        accounts=len(book),
        arr=sum(one.revenue or 0.0 for one in book),
    )


def _of(read: _Read, key: Key, name: str) -> list[Fact]:
    """The rows that count for a scope."""
    return [
        one
        for one in read.rows[name]
        if key in cohorts.scopes(read.facts, account_id=one.account_id, csm_id=one.csm_id, inherited=one.inherited)
    ]


def _compared(read: _Read, csm_ids: Sequence[str], shared: str | None) -> Comparison:
    key: Key = TOTAL if shared is None else (Scope.TEAM, shared)
    clients = {one.account_id: one for one in read.ledger.clients}
    at_stake = {
        one.account_id: one.unit.whole or None for one in _of(read, key, "nrr") if one.unit.label != "not_decided"
    }
    sizes = compared.sizes(at_stake)
    decisions = [
        Decision(
            account_id=one.account_id,
            csm_id=None if one.inherited else one.csm_id,
            kept=one.unit.part > 0,
            segment=clients[one.account_id].segment or "",
            size=sizes.get(one.account_id, ""),
        )
        for one in _of(read, key, "logo_retention")
        if one.unit.whole > 0
    ]
    return compared.compare(decisions, csm_ids=csm_ids, standard=read.known.retention_standard)


def _open(read: _Read, key: Key) -> tuple[Open, ...]:
    """Renewals that wait for a decision: past their day, or due within 90 days; the earliest first."""
    until = read.ledger.terms.on + COMES_UP
    found = [
        Open(
            deal.id,
            one.account_id,
            one.name,
            one.owner.csm_id,
            deal.closes_on,
            _at_stake(one, deal.before),
            deal.confirmed_on,
        )
        for one in read.book(key)
        for deal in one.deals
        if deal.kind == DealKind.RENEWAL and not deal.closed and deal.closes_on is not None and deal.closes_on <= until
    ]
    return tuple(sorted(found, key=lambda one: (one.due_on or until, one.account_name, one.id)))


def _at_stake(client: Client, before: float | None) -> float | None:
    return client.revenue if before is None else before


def _without(read: _Read, key: Key) -> tuple[Without, ...]:
    """The three accounts that move the total most, and every CSM: an outlier is seen, nobody is ranked."""
    rows = [one for one in _of(read, key, "nrr") if one.unit.whole > 0]
    names = {one.account_id: one.name for one in read.ledger.clients}
    accounts = reckoning.leave_one_out([(names[one.account_id], one.unit.part, one.unit.whole) for one in rows])
    csms = reckoning.leave_one_out(
        [(read.name(one.csm_id), one.unit.part, one.unit.whole) for one in rows if one.csm_id and not one.inherited]
        + [("", one.unit.part, one.unit.whole) for one in rows if one.csm_id is None or one.inherited]
    )
    listed = [Without(name, "account", value) for name, value in accounts[:3]]
    if key[0] == Scope.CSM:
        return tuple(listed)
    by_name = sorted((name, value) for name, value in csms if name)
    return tuple(listed + [Without(name, "csm", value) for name, value in by_name])


def _goals(read: _Read, everybody: Sequence[str], mine: Sequence[str]) -> tuple[Goal, ...]:
    books = {id: read.book((Scope.CSM, id)) for id in everybody}
    sized = {id: goals.Book(sum(one.revenue or 0.0 for one in book), len(book)) for id, book in books.items()}
    return goals.of(read.known.goals, sized, mine=mine, by=read.known.split_by)
