"""Where very many cases stand, how many wait, and the few of them that are shown."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, and_, case, func, or_, select

from voc.base.access import Viewer, visible_accounts
from voc.base.narrowed import WHOLE, Narrowed
from voc.base.preferences import Preferences
from voc.base.words import FollowUpKind, FollowUpState
from voc.followup import rules
from voc.followup.model import FollowUp, Promise, Stand, Waiting
from voc.followup.store.cases import OPEN, cases, joined, of_viewer, seen_by, table, within


@dataclass(frozen=True, slots=True)
class _Timed:
    kind: FollowUpKind
    state: FollowUpState
    acknowledge_by: datetime | None
    contact_by: datetime
    resolve_by: datetime | None


def stands(
    db: Connection,
    viewer: Viewer,
    *,
    now: datetime,
    preferences: Preferences,
    states: Collection[FollowUpState],
    mine: bool = False,
    late: bool = False,
    part: Narrowed = WHOLE,
) -> list[Stand]:
    """Those that `listing` lists, in its order."""
    of = table.c
    columns = of.id, of.kind, of.state, of.acknowledge_by, of.contact_by, of.resolve_by
    at = of.opened_at, of.resolved_at, of.confirmed_at, of.lead_told_at, of.leader_told_at
    query = joined(select(*columns, *at)).where(seen_by(viewer, now), of.state.in_(list(states)), *within(part))
    if mine:
        query = query.where(of_viewer(viewer, now))
    found = []
    for id, kind, state, *limits, opened_at, resolved_at, confirmed_at, lead, leader in db.execute(query):
        timed = _Timed(FollowUpKind(kind), FollowUpState(state), *limits)
        limit = rules.limit_of(timed, preferences=preferences, now=now)
        is_late = limit is not None and limit[3]
        if is_late or not late:
            closed_at = confirmed_at or resolved_at or opened_at
            due_at = None if limit is None else limit[1]
            found.append(Stand(id, timed.state, due_at, is_late, closed_at, lead is not None, leader is not None))
    return sorted(found, key=rules.urgency)


def some(
    db: Connection, viewer: Viewer, ids: Collection[int], *, now: datetime, preferences: Preferences
) -> dict[int, FollowUp]:
    """These with all that their cards say, of those the viewer sees, by id."""
    if not ids:
        return {}
    found = cases(db, viewer, table.c.id.in_(sorted(ids)), now=now, preferences=preferences)
    return {case.id: case for case in found}


def waiting(
    db: Connection, viewer: Viewer, *, now: datetime, preferences: Preferences, part: Narrowed = WHOLE
) -> dict[str, Waiting]:
    """What is open, by the CSM who owns it. Counted by the database, as `rules.with_bar` tells it one by one."""
    late = func.sum(case((_is_late(now, preferences), 1), else_=0))
    query = joined(select(table.c.owner_csm_id, func.count(), late)).where(
        table.c.state != FollowUpState.CONFIRMED,
        table.c.owner_csm_id.is_not(None),
        visible_accounts(viewer),
        *within(part),
    )
    rows = db.execute(query.group_by(table.c.owner_csm_id).order_by(table.c.owner_csm_id))
    return {owner: Waiting(many, int(past or 0)) for owner, many, past in rows if owner is not None}


def _is_late(now: datetime, preferences: Preferences) -> ColumnElement[bool]:
    """The last limit that has passed is the one that counts; a kind without it is not late."""
    limits = (
        (Promise.RESOLVE, table.c.resolve_by, OPEN),
        (Promise.CONTACT, table.c.contact_by, (FollowUpState.NEW, FollowUpState.ACKNOWLEDGED)),
        (Promise.ACKNOWLEDGE, table.c.acknowledge_by, (FollowUpState.NEW,)),
    )
    found: list[ColumnElement[bool]] = []
    later_ones: list[ColumnElement[bool]] = []
    for promise, by, states in limits:
        kinds = [kind for kind in FollowUpKind if rules.clock(kind, preferences).hours(promise) is not None]
        found.append(and_(table.c.state.in_(states), by <= now, table.c.kind.in_(kinds), *later_ones))
        later_ones.append(or_(by.is_(None), by > now))
    return or_(*found)
