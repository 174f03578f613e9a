"""How many accounts stood where on the last night, and what they are worth: kept by owner, added up for whoever looks.

The lists themselves are `account_night`, a page at a time; to add up a hundred thousand of them takes half a second.
"""

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from statistics import median

import numpy as np
from sqlalchemy import Connection

from voc.base.access import TERMINAL, Viewer
from voc.base.narrowed import Narrowed
from voc.base.words import AccountState, Scope
from voc.metrics import figures
from voc.metrics import store as facts
from voc.metrics.cohorts import Key
from voc.metrics.columns import states as columns
from voc.metrics.columns.rows import Books, tally
from voc.metrics.columns.states import STATES
from voc.metrics.model import Figure, Window
from voc.metrics.pages import Sum
from voc.metrics.store import kept_pages as kept
from voc.metrics.store import standings as store
from voc.metrics.store.standings import OfOwner, Part, Places

SOON = timedelta(days=100)
_PAGE = "stood"


@dataclass(frozen=True)
class Stood:
    """`median_days` since the last answer of silent accounts that ever gave one; `soon` of the silent ones renew."""

    states: Mapping[AccountState, Sum]
    places: Places
    median_days: float | None
    soon: int


def keep(db: Connection, on: date) -> tuple[str, int, object]:
    """What the night keeps, under today's owners."""
    today = on + timedelta(days=1)
    return _PAGE, 0, store.by_owner(db, on, first_on=today, last_on=today + SOON)


def csms_of(db: Connection, viewer: Viewer, team_id: str | None = None) -> Collection[str] | None:
    """Whose accounts these are; None for everybody's."""
    if viewer.sees_all and team_id is None:
        return None
    visible = facts.visible_csm_ids(db, viewer)
    if team_id is None:
        return visible
    return {id for id, one in facts.people(db).items() if one.manager_id == team_id and id in visible}


def stood(db: Connection, part: Part) -> Stood:
    """Of all that the viewer may see, or of a lead's team."""
    every = kept.read(db, part.on, _PAGE, dict[str, OfOwner])
    if every is None or part.csm_id is not None:
        return _read(db, part)
    csms = csms_of(db, part.viewer, part.team_id)
    mine = [one for id, one in every.items() if csms is None or id in csms]
    days: Counter[int] = Counter()
    for one in mine:
        for day, count in one.last_answers:
            days[(part.on - day).days + 1] += count
    return Stood(
        states=_states(mine),
        places=Places(
            sum(one.places.all for one in mine),
            sum(one.places.gaps for one in mine),
            sum(one.places.senior_gaps for one in mine),
        ),
        median_days=median(days.elements()) if days else None,
        soon=sum(one.soon for one in mine),
    )


def silent_figures(db: Connection, on: date, key: Key, part: Narrowed, *, window: Window) -> Mapping[str, Figure]:
    """Silent accounts and their revenue in a part that no night kept: how its accounts stood, added up."""
    scope, id = key
    owned = {Scope.TEAM: {"team_id": id}, Scope.CSM: {"csm_id": id}}.get(scope, {})
    rows = store.stood(db, Part(TERMINAL, on, within=replace(part, **owned)))
    names = [name for name, _, _ in rows]
    state = np.array([STATES.index(state) for _, state, _ in rows], np.int64)
    revenue = np.array([np.nan if arr is None else arr for _, _, arr in rows], np.float64)
    books = Books(scope, [id], np.zeros(len(rows), np.int64), np.arange(len(rows)))
    counted = figures.Counted(window)
    for name, found in columns.silent_figures(revenue, state):
        tally(counted.tallies, name, found, books, names)
    return {name: figures.figure(counted, key, name) for name in ("silent_accounts", "silent_arr")}


def _states(mine: Collection[OfOwner]) -> dict[AccountState, Sum]:
    found = {state: [one.states[state] for one in mine if state in one.states] for state in AccountState}
    return {
        state: Sum(sum(one.accounts for one in some), sum(one.arr for one in some))
        for state, some in found.items()
        if some
    }


def _read(db: Connection, part: Part) -> Stood:
    """Of a night that kept no sums."""
    today, silent = part.on + timedelta(days=1), AccountState.SILENT
    middle = store.middle_answers(db, part, state=silent)
    return Stood(
        states=store.by_state(db, part),
        places=store.places(db, part),
        median_days=median((today - at.date()).days for at in middle) if middle else None,
        soon=store.renewing(db, part, state=silent, first_on=today, last_on=today + SOON),
    )
