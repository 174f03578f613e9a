"""One account and lists of accounts: figures, where each stands, silent ones."""

from collections.abc import Collection
from datetime import date, datetime

from sqlalchemy import Connection

from voc.base.access import Viewer
from voc.base.errors import NotFound
from voc.base.preferences import Preferences
from voc.base.words import AccountState, Scope
from voc.metrics import silence
from voc.metrics.cohorts import Key
from voc.metrics.model import Standing
from voc.metrics.pages import ScopeFigures, SilentPage
from voc.metrics.run.looking import Allowed, Asking, FactsLook, allowed, look_at, usual


def figures(db: Connection, asking: Asking, may: Allowed, ids: Collection[str] | None) -> list[ScopeFigures]:
    """Figures of each account, with `standing`; of those the viewer may see."""
    found = look_at(db, asking, ids)
    keys = [key for key in found.keys(Scope.ACCOUNT) if may.sees(key)]
    missing = sorted(set(ids or ()) - {id for _, id in keys})
    if missing:
        raise NotFound(f"There is no account {', '.join(missing)}.")
    standings = {one.account_id: one for one in _standings(db, found)}
    return [_line(found, key, standings.get(key[1])) for key in keys]


def _line(found: FactsLook, key: Key, standing: Standing | None) -> ScopeFigures:
    book = found.book(key)
    return ScopeFigures(
        scope=key[0],
        id=key[1],
        name=found.name(key),
        figures=found.figures(key),
        accounts=book.accounts,
        arr=book.arr,
        without_rate=book.without_rate,
        flight=found.flight(key),
        standing=standing,
    )


def account(
    db: Connection,
    viewer: Viewer,
    account_id: str,
    *,
    now: datetime,
    window_days: int | None = None,
    preferences: Preferences | None = None,
) -> ScopeFigures:
    """One account's figures, with `standing` (state, score in its parts) and `flight`. The id must be resolved.

    Reads this account alone: what is usual in the company comes from last night's snapshot.
    """
    may = allowed(db, viewer)
    if account_id not in may.accounts:
        raise NotFound("There is no such account.")
    return figures(db, Asking(now, days=window_days, preferences=preferences), may, [account_id])[0]


def account_states(
    db: Connection,
    viewer: Viewer,
    *,
    now: datetime,
    as_of: date | None = None,
    preferences: Preferences | None = None,
) -> dict[str, Standing]:
    """Where each account of the viewer stands, by id: for lists of accounts. A constant number of queries."""
    may = allowed(db, viewer)
    found = look_at(db, Asking(now, as_of, names=(), preferences=preferences), may.only)
    return {one.account_id: one for one in _standings(db, found) if one.account_id in may.accounts}


def _standings(db: Connection, found: FactsLook) -> list[Standing]:
    norms = usual(db, found.moment, found.terms.days, found.preferences)
    return [
        silence.standing(one, moment=found.moment, limits=found.terms.limits, norms=norms)
        for one in found.facts.accounts
    ]


def silent(
    db: Connection, viewer: Viewer, *, now: datetime, as_of: date | None = None, preferences: Preferences | None = None
) -> SilentPage:
    """The silent-accounts page of the viewer's accounts."""
    may = allowed(db, viewer)
    names = ("silent_accounts", "silent_arr")
    looked = look_at(db, Asking(now, as_of, names=names, preferences=preferences), may.only)
    mine = [one for one in _standings(db, looked) if one.account_id in may.accounts]
    other: dict[AccountState, list[Standing]] = {}
    for one in mine:
        if one.state not in (AccountState.SILENT, AccountState.NO_CENSUS):
            other.setdefault(one.state, []).append(one)
    found = [one for one in mine if one.state == AccountState.SILENT]
    scope, scope_id = may.whole
    return SilentPage(
        window=looked.window,
        currency=looked.preferences.reporting_currency,
        silent=tuple(sorted(found, key=lambda one: (-one.work_order, one.name, one.account_id))),
        other={state: tuple(other[state]) for state in AccountState if state in other},
        accounts=looked.figure(may.whole, "silent_accounts"),
        revenue=looked.figure(may.whole, "silent_arr"),
        scope=scope,
        scope_id=scope_id,
        without_rate=tuple(one.name for one in found if one.arr is None and one.amount is not None),
    )
