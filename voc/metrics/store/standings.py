"""Where accounts stood when a day ended: written by the night, read by lists of very many accounts, page by page."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Any

import msgspec
from sqlalchemy import Connection, Select, and_, bindparam, delete, func, insert, or_, select

from voc import statistics
from voc.base.access import TERMINAL, Viewer, visible_accounts
from voc.base.narrowed import WHOLE, Narrowed, accounts_within, owned_within
from voc.base.prepared import Prepared
from voc.base.schema import account, account_night, csm, figure_snapshot
from voc.base.words import AccountState, RecordState, Scope, Segment
from voc.metrics.columns.standing import Stood
from voc.metrics.model import Standing
from voc.metrics.pages import Sum

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_AS_OLD = timedelta(days=7)  # accounts are kept once a week for good
_night = account_night.c
_name = func.lower(account.c.name)


@dataclass(frozen=True)
class Part:
    """Whose accounts: all that the viewer may see, or of these those that a lead's team (or one CSM) owned then.

    `within` narrows them too, by who owned them then.
    """

    viewer: Viewer
    on: date
    team_id: str | None = None
    csm_id: str | None = None
    within: Narrowed = WHOLE


def is_kept(db: Connection, on: date) -> bool:
    return db.execute(select(_night.account_id).where(_night.as_of == on).limit(1)).first() is not None


def keep(db: Connection, on: date, found: Iterable[Stood]) -> None:
    _kept(db.dialect.name).run_each(db, (_row(on, one) for one in found))


@cache
def _kept(dialect: str) -> Prepared:
    named: dict[str, Any] = {one.name: bindparam(one.name) for one in account_night.columns}
    return Prepared(insert(account_night).values(named).inline(), dialect, written_out=["parts"])


def _row(on: date, one: Stood) -> dict[str, Any]:
    total = one.parts["total"] if one.parts else 0.0
    last = one.last_answered
    return {
        "as_of": on,
        "account_id": one.account_id,
        "csm_id": one.csm_id,
        "state": one.state,
        "arr": one.arr,
        "work": total * (one.arr or 0.0),
        "parts": None if one.parts is None else msgspec.json.encode(one.parts).decode(),
        "people": one.people,
        "answered": one.answered,
        "asked_twice": one.asked_twice,
        "p_silent": one.p_silent,
        "coverage_fresh": one.coverage_fresh,
        "coverage_named": one.coverage_named,
        "last_answered_at": None if last is None else _EPOCH + timedelta(microseconds=last),
        "places": one.places,
        "gaps": one.gaps,
        "senior_gaps": one.senior_gaps,
    }


def drop(db: Connection, *, but: date | None = None, on: date | None = None) -> None:
    """A night that was broken off, or all but one."""
    db.execute(delete(account_night).where(_night.as_of == on if but is None else _night.as_of != but))


def _of(query: Select[*tuple[Any, ...]], part: Part) -> Select[*tuple[Any, ...]]:
    found = (
        query.select_from(account_night)
        .join(account, account.c.id == _night.account_id)
        .where(_night.as_of == part.on, account.c.state != RecordState.MERGED, visible_accounts(part.viewer))
    )
    if not part.viewer.sees_all:  # or SQLite goes through the whole night for the accounts of a few
        found = found.where(_night.account_id.in_(select(account.c.id).where(visible_accounts(part.viewer))))
    if part.team_id is not None:
        found = found.join(csm, csm.c.id == _night.csm_id).where(csm.c.manager_id == part.team_id)
    if part.csm_id is not None:
        found = found.where(_night.csm_id == part.csm_id)
    return found.where(*owned_within(part.within, _night.csm_id), *accounts_within(part.within))


def _standings(part: Part) -> Select[*tuple[Any, ...]]:
    own = account.c.name, account.c.segment, account.c.arr.label("amount"), account.c.currency, account.c.renewal_on
    return _of(select(account_night, *own), part)


def listing(
    db: Connection, part: Part, *, state: AccountState, after: str | None = None, limit: int | None = None
) -> list[Standing]:
    """In order of work, a page at a time: from the account `after` on, from the top where it is not there."""
    query = _standings(part).where(_night.state == state)
    if after is not None and (last := _key(db, part, after)) is not None:
        beyond = or_(_name > last.name, and_(_name == last.name, _night.account_id > after))
        query = query.where(or_(_night.work < last.work, and_(_night.work == last.work, beyond)))
    query = query.order_by(_night.work.desc(), _name, _night.account_id)
    return [_standing(row) for row in db.execute(query.limit(limit))]


def _key(db: Connection, part: Part, account_id: str) -> Any:
    query = _of(select(_night.work, _name.label("name")), part).where(_night.account_id == account_id)
    return db.execute(query).first()


def working(db: Connection, part: Part, *, limit: int) -> list[Standing]:
    """Whatever their state, those with the most work in them."""
    query = _standings(part).where(_night.work > 0).order_by(_night.work.desc(), _name, _night.account_id)
    return [_standing(row) for row in db.execute(query.limit(limit))]


def by_revenue(db: Connection, part: Part, *, state: AccountState, limit: int) -> list[Standing]:
    query = _standings(part).where(_night.state == state)
    query = query.order_by(func.coalesce(_night.arr, 0).desc(), _name, _night.account_id)
    return [_standing(row) for row in db.execute(query.limit(limit))]


def of(db: Connection, part: Part, account_ids: Collection[str]) -> dict[str, Standing]:
    """Of these accounts those that the viewer may see, by id."""
    query = _standings(part).where(_night.account_id.in_(sorted(account_ids)))
    return {row.account_id: _standing(row) for row in db.execute(query)}


def _standing(row: Any) -> Standing:
    total = row.parts["total"] if row.parts else None
    return Standing(
        account_id=row.account_id,
        name=row.name,
        csm_id=row.csm_id,
        segment=Segment(row.segment) if row.segment else None,
        state=AccountState(row.state),
        arr=row.arr,
        amount=row.amount,
        currency=row.currency,
        renewal_on=row.renewal_on,
        last_answered_at=row.last_answered_at,
        coverage_fresh=row.coverage_fresh,
        coverage_named=row.coverage_named,
        people=row.people,
        answered=row.answered,
        asked_twice=row.asked_twice,
        score=row.parts or None,
        band=None if total is None else statistics.band(total),
        p_silent=row.p_silent,
        note="no renewal date" if row.parts and row.renewal_on is None else None,
    )


def by_state(db: Connection, part: Part) -> dict[AccountState, Sum]:
    query = _of(select(_night.state, func.count(), func.sum(_night.arr)), part).group_by(_night.state)
    found = {AccountState(state): Sum(count, float(arr or 0.0)) for state, count, arr in db.execute(query)}
    return {state: found[state] for state in AccountState if state in found}


def states(db: Connection, part: Part) -> dict[str, AccountState]:
    """Where each account stood, by id."""
    return {id: AccountState(state) for id, state in db.execute(_of(select(_night.account_id, _night.state), part))}


def stood(db: Connection, part: Part) -> list[tuple[str, AccountState, float | None]]:
    """Name, state and revenue of each account."""
    query = _of(select(account.c.name, _night.state, _night.arr), part).order_by(_night.account_id)
    return [(name, AccountState(state), arr) for name, state, arr in db.execute(query)]


@dataclass(frozen=True)
class Places:
    all: int
    gaps: int
    senior_gaps: int


def places(db: Connection, part: Part) -> Places:
    counted = (func.sum(one) for one in (_night.places, _night.gaps, _night.senior_gaps))
    row = db.execute(_of(select(*counted), part)).one()
    return Places(*(int(one or 0) for one in row))


@dataclass(frozen=True)
class OfOwner:
    """Of the accounts of one CSM; `last_answers` counts the silent ones by the day of their last answer."""

    states: dict[AccountState, Sum]
    places: Places
    soon: int
    last_answers: list[tuple[date, int]]


def by_owner(db: Connection, on: date, *, first_on: date, last_on: date) -> dict[str, OfOwner]:
    """Of every account of that night, by today's owner ("" is nobody): `soon` of the silent ones renew in that time."""
    owner, every = func.coalesce(account.c.csm_id, ""), Part(TERMINAL, on)
    places_of = func.sum(_night.places), func.sum(_night.gaps), func.sum(_night.senior_gaps)
    query = _of(select(owner, _night.state, func.count(), func.sum(_night.arr), *places_of), every)
    states: dict[str, dict[AccountState, Sum]] = defaultdict(dict)
    places: dict[str, Places] = defaultdict(lambda: Places(0, 0, 0))
    for id, state, count, arr, all_of_them, gaps, senior in db.execute(query.group_by(owner, _night.state)):
        states[id][AccountState(state)] = Sum(count, float(arr or 0.0))
        had = places[id]
        places[id] = Places(had.all + int(all_of_them), had.gaps + int(gaps), had.senior_gaps + int(senior))
    silent = _night.state == AccountState.SILENT
    renew = _of(select(owner, func.count()), every).where(silent, account.c.renewal_on.between(first_on, last_on))
    soon = {row[0]: row[1] for row in db.execute(renew.group_by(owner))}
    days: dict[str, Counter[date]] = defaultdict(Counter)
    told = _of(select(owner, _night.last_answered_at), every).where(silent, _night.last_answered_at.is_not(None))
    for id, at in db.execute(told):
        days[id][at.date()] += 1
    return {id: OfOwner(states[id], places[id], soon.get(id, 0), sorted(days[id].items())) for id in sorted(states)}


def middle_answers(db: Connection, part: Part, *, state: AccountState) -> list[datetime]:
    """Of the last answers of accounts in that state the one in the middle, or the two."""
    told = _night.state == state, _night.last_answered_at.is_not(None)
    count = db.execute(_of(select(func.count()), part).where(*told)).scalar_one()
    if not count:
        return []
    query = _of(select(_night.last_answered_at), part).where(*told).order_by(_night.last_answered_at)
    return list(db.execute(query.offset((count - 1) // 2).limit(2 - count % 2)).scalars())


def renewing(db: Connection, part: Part, *, state: AccountState, first_on: date, last_on: date) -> int:
    query = _of(select(func.count()), part).where(_night.state == state)
    return int(db.execute(query.where(account.c.renewal_on.between(first_on, last_on))).scalar_one())


def without_rate(db: Connection, part: Part, *, state: AccountState | None = None, limit: int = 20) -> list[str]:
    """Names of accounts whose revenue is in a currency without a rate."""
    query = _of(select(account.c.name), part).where(_night.arr.is_(None), account.c.arr.is_not(None))
    query = query.where(_night.state != AccountState.NO_CENSUS if state is None else _night.state == state)
    return list(db.execute(query.order_by(_night.account_id).limit(limit)).scalars())


def night_before(db: Connection, on: date) -> date | None:
    """The latest night up to that day, and not a week older, of which every account's state was kept for good."""
    query = select(func.max(figure_snapshot.c.as_of)).where(*_of_account, figure_snapshot.c.as_of <= on)
    return db.execute(query.where(figure_snapshot.c.as_of > on - _AS_OLD)).scalar()


_of_account = figure_snapshot.c.scope == Scope.ACCOUNT, figure_snapshot.c.name == "silent_score"


def moved(
    db: Connection, part: Part, *, before: date, window_days: int, to: AccountState, came_from: Collection[AccountState]
) -> tuple[list[str], Sum]:
    """Accounts in a state that stood in another one then: the names of the largest, and all of them."""
    then = figure_snapshot.c
    query = (
        _of(select(account.c.name, _night.arr), part)
        .join(figure_snapshot, and_(*_of_account, then.scope_id == _night.account_id))
        .where(_night.state == to, then.as_of == before, then.window_days == window_days)
        .where(then.reason.in_(sorted(one for one in came_from if one != to)))
    )
    rows = query.subquery()
    count, arr = db.execute(select(func.count(), func.sum(rows.c.arr)).select_from(rows)).one()
    order = func.coalesce(rows.c.arr, 0).desc(), rows.c.name
    names = list(db.execute(select(rows.c.name).order_by(*order).limit(_NAMED)).scalars())
    return names, Sum(count, float(arr or 0.0))


_NAMED = 20


def revenue_of(db: Connection, part: Part) -> Mapping[str, float]:
    """Of accounts with a census, by id."""
    query = _of(select(_night.account_id, _night.arr), part).where(_night.state != AccountState.NO_CENSUS)
    return {id: arr or 0.0 for id, arr in db.execute(query)}
