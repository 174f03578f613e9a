"""One account and lists of accounts: figures, where each stands, silent ones."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from statistics import median

from sqlalchemy import Connection

from voc.base import preferences as settings
from voc.base.access import Viewer
from voc.base.errors import NotFound
from voc.base.preferences import Preferences
from voc.base.words import AccountState, Scope
from voc.metrics import cohorts, silence, store
from voc.metrics.model import Figure, Standing
from voc.metrics.pages import ScopeFigures, SilentPage, Since, Sum
from voc.metrics.run import stood_sums
from voc.metrics.run.kept import kept_of, last_night
from voc.metrics.run.lines import line_of
from voc.metrics.run.looking import Allowed, Asking, FactsLook, allowed, look_at, usual
from voc.metrics.run.narrowing import Within, within
from voc.metrics.run.standings import kept_on
from voc.metrics.run.stood_sums import SOON
from voc.metrics.store import standings as nights
from voc.metrics.units import NOT_ASKED

GAPS = (AccountState.NOT_ASKED, AccountState.UNREACHABLE, AccountState.ALL_OPTED_OUT)
GAPS_NAMED = 200
_FIGURES = ("silent_accounts", "silent_arr")


def figures(db: Connection, asking: Asking, may: Allowed, ids: Collection[str] | None) -> list[ScopeFigures]:
    """Figures of each account, with `standing`; of those the viewer may see."""
    found = look_at(db, asking, ids)
    keys = [key for key in found.keys(Scope.ACCOUNT) if may.sees(key)]
    missing = sorted(set(ids or ()) - {id for _, id in keys})
    if missing:
        raise NotFound(f"There is no account {', '.join(missing)}.")
    standings = {one.account_id: one for one in _standings(db, found)}
    return [replace(line_of(found, key), standing=standings.get(key[1])) for key in keys]


def account(
    db: Connection,
    viewer: Viewer,
    account_id: str,
    *,
    now: datetime,
) -> ScopeFigures:
    """One account's figures, with `standing` (state, score in its parts) and `flight`. The id must be resolved.

    Reads this account alone: what is usual in the company comes from last night's snapshot.
    """
    may = allowed(db, viewer)
    if account_id not in may.accounts:
        raise NotFound("There is no such account.")
    return figures(db, Asking(now), may, [account_id])[0]


def account_states(
    db: Connection,
    viewer: Viewer,
    *,
    now: datetime,
    as_of: date | None = None,
    preferences: Preferences | None = None,
    account_ids: Collection[str] | None = None,
) -> dict[str, Standing]:
    """Where each account of the viewer stands, by id, or each of these. A constant number of queries.

    Every fact of every one of them is read: of many accounts the lists of `run.standings` tell as of last night.
    """
    may = allowed(db, viewer)
    only = may.only if account_ids is None else may.accounts & frozenset(account_ids)
    found = look_at(db, Asking(now, as_of, names=(), preferences=preferences), only)
    return {one.account_id: one for one in _standings(db, found) if one.account_id in may.accounts}


def _standings(db: Connection, found: FactsLook) -> list[Standing]:
    norms = usual(db, found.moment, found.terms.days, found.preferences)
    return [
        silence.standing(one, moment=found.moment, limits=found.terms.limits, norms=norms)
        for one in found.facts.accounts
    ]


def silent(
    db: Connection,
    viewer: Viewer,
    *,
    now: datetime,
    as_of: date | None = None,
    after: str | None = None,
    limit: int | None = None,
    live_up_to: int | None = None,
    team_id: str | None = None,
    csm_id: str | None = None,
    segment: str | None = None,
    region: str | None = None,
) -> SilentPage:
    """The silent-accounts page of the viewer's accounts: `limit` of the silent ones (None: all), after that account.

    Of many accounts as of last night, of few (`live_up_to`) as they stand now. Of a part of them a foreign team or
    CSM is NotFound.
    """
    on = kept_on(db, viewer, now=now, as_of=as_of, live_up_to=live_up_to)
    known = settings.load(db)
    chosen = within(db, viewer, team_id=team_id, csm_id=csm_id, segment=segment, region=region, preferences=known)
    if on is not None:
        found = _kept_silent(db, viewer, on, chosen, known, now=now, after=after, limit=limit)
        if found is not None:
            return found
    return _live_silent(db, viewer, chosen, now=now, as_of=as_of, known=known, after=after, limit=limit)


def _kept_silent(
    db: Connection,
    viewer: Viewer,
    on: date,
    chosen: Within,
    known: Preferences,
    *,
    now: datetime,
    after: str | None,
    limit: int | None,
) -> SilentPage | None:
    """None where the night kept other figures than these: the period was another one."""
    figures = _night_figures(db, on, chosen, known, now=now)
    if len(figures) < len(_FIGURES):
        return None
    scope, scope_id = figures["silent_accounts"].scope, figures["silent_accounts"].scope_id
    part = nights.Part(viewer, on, within=chosen.part)
    sums = stood_sums.stood(db, part)
    states = sums.states
    listed = nights.listing(
        db, part, state=AccountState.SILENT, after=after, limit=None if limit is None else limit + 1
    )
    return SilentPage(
        window=cohorts.window(store.moment_of(on, now=now), known.window_days),
        currency=known.reporting_currency,
        silent=tuple(listed[:limit]),
        more=_more(listed, limit),
        states={state: one for state, one in states.items() if state != AccountState.NO_CENSUS},
        gaps={
            state: tuple(nights.by_revenue(db, part, state=state, limit=GAPS_NAMED))
            for state in GAPS
            if state in states
        },
        accounts=figures["silent_accounts"],
        revenue=figures["silent_arr"],
        scope=scope,
        scope_id=scope_id,
        without_rate=tuple(nights.without_rate(db, part, state=AccountState.SILENT)),
        median_days=sums.median_days,
        soon=sums.soon,
        kept_on=on,
    )


def _night_figures(
    db: Connection, on: date, chosen: Within, known: Preferences, *, now: datetime
) -> Mapping[str, Figure]:
    """As the night kept them; of what crosses two of its parts added up from where the accounts stood."""
    key = chosen.kept_key
    if key is not None:
        return kept_of(db, key, on=on, days=known.window_days, names=_FIGURES)
    window = cohorts.window(store.moment_of(on, now=now), known.window_days)
    return stood_sums.silent_figures(db, on, chosen.key, chosen.part, window=window)


def _more(listed: Sequence[Standing], limit: int | None) -> str | None:
    return listed[limit - 1].account_id if limit is not None and len(listed) > limit else None


def _live_silent(
    db: Connection,
    viewer: Viewer,
    chosen: Within,
    *,
    now: datetime,
    as_of: date | None,
    known: Preferences,
    after: str | None,
    limit: int | None,
) -> SilentPage:
    may = allowed(db, viewer)
    mine = may.accounts if chosen.part.whole else store.ids_within(db, viewer, chosen.part)
    only = may.only if chosen.part.whole else mine
    looked = look_at(db, Asking(now, as_of, names=_FIGURES, preferences=known), only)
    standing = [one for one in _standings(db, looked) if one.account_id in mine]
    by_state: dict[AccountState, list[Standing]] = {}
    for one in standing:
        if one.state != AccountState.NO_CENSUS:
            by_state.setdefault(one.state, []).append(one)
    found = sorted(
        by_state.get(AccountState.SILENT, []), key=lambda one: (-one.work_order, one.name.lower(), one.account_id)
    )
    place = next((at + 1 for at, one in enumerate(found) if one.account_id == after), 0)
    listed = found[place:]
    ages = [(now.date() - one.last_answered_at.date()).days for one in found if one.last_answered_at is not None]
    scope, scope_id = chosen.key
    return SilentPage(
        window=looked.window,
        currency=known.reporting_currency,
        silent=tuple(listed[:limit]),
        more=_more(listed, limit),
        states={state: _sum(by_state[state]) for state in AccountState if state in by_state},
        gaps={state: _largest(by_state[state]) for state in GAPS if state in by_state},
        accounts=looked.figure(chosen.key, "silent_accounts"),
        revenue=looked.figure(chosen.key, "silent_arr"),
        scope=scope,
        scope_id=scope_id,
        without_rate=tuple(one.name for one in found if one.arr is None and one.amount is not None),
        median_days=median(ages) if ages else None,
        soon=sum(one.renewal_on is not None and now.date() <= one.renewal_on <= now.date() + SOON for one in found),
        since=None if as_of is not None else _since(db, viewer, chosen, standing, known, now=now),
    )


def _since(
    db: Connection, viewer: Viewer, chosen: Within, standing: Sequence[Standing], known: Preferences, *, now: datetime
) -> Since | None:
    """What last night counted of the same accounts; None where it did not."""
    on, key = last_night(now.date()), chosen.kept_key
    kept = {} if key is None else kept_of(db, key, on=on, days=known.window_days, names=_FIGURES[:1])
    then = nights.states(db, nights.Part(viewer, on, within=chosen.part)) if kept else {}
    if not then:
        return None
    today = {one.account_id: one.state for one in standing}
    asked_then, asked_now = ({id for id, state in some.items() if _is_asked(state)} for some in (then, today))
    gone = asked_then - asked_now
    left = {id for id in gone if today.get(id, AccountState.NO_CENSUS) == AccountState.NO_CENSUS}
    was = {id for id, state in then.items() if state == AccountState.SILENT}
    return Since(
        on=on,
        silent=round(kept["silent_accounts"].numerator or 0),
        asked=round(kept["silent_accounts"].denominator or 0),
        answered=sum(today.get(id) == AccountState.HEARD for id in was),
        fell_silent=sum(state == AccountState.SILENT and id not in was for id, state in today.items()),
        left=len(left),
        out=len(gone - left),
        joined=len(asked_now - asked_then),
    )


def _is_asked(state: AccountState) -> bool:
    return state not in NOT_ASKED


def _sum(some: Sequence[Standing]) -> Sum:
    return Sum(len(some), sum(one.arr or 0.0 for one in some))


def _largest(some: Sequence[Standing]) -> tuple[Standing, ...]:
    return tuple(sorted(some, key=lambda one: (-(one.arr or 0.0), one.name.lower()))[:GAPS_NAMED])
