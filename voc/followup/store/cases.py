"""Follow-ups as pages and figures read them. Every list is what the viewer may see, by account."""

from collections.abc import Collection, Iterable
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Boolean, ColumnElement, Connection, Select, and_, func, or_, select, type_coerce

from voc.base import schema
from voc.base.access import Viewer, visible_accounts
from voc.base.errors import NotFound
from voc.base.narrowed import WHOLE, Narrowed, accounts_within, owned_within
from voc.base.preferences import Preferences
from voc.base.schema import account, alias, answer, contact, csm, follow_up_event, invitation, response
from voc.base.words import Cause, FollowUpKind, FollowUpState, Role
from voc.followup import rules
from voc.followup.hours import of_owner
from voc.followup.model import CauseCount, Event, FollowUp, StandIn
from voc.followup.store import deputies
from voc.stakeholders.rules import full_name

OPEN = (FollowUpState.NEW, FollowUpState.ACKNOWLEDGED, FollowUpState.CONTACTED)
_THE_WHY = "why"
table = schema.follow_up


def listing(
    db: Connection,
    viewer: Viewer,
    *,
    now: datetime,
    preferences: Preferences,
    states: Collection[FollowUpState] | None = None,
    mine: bool = False,
    late: bool = False,
    account_id: str | None = None,
    limit: int | None = None,
    part: Narrowed = WHOLE,
) -> list[FollowUp]:
    """Cases the viewer sees: those with something due first, the most urgent on top, then the latest closed.

    `mine` are those the viewer's own CSM id owns or stands in for today; `late` those past a limit; `part`
    goes by the follow-up's owner.
    """
    conditions = within(part)
    if late:
        states = [state for state in OPEN if states is None or state in states]
    if states is not None:
        conditions.append(table.c.state.in_(list(states)))
    if mine:
        conditions.append(of_viewer(viewer, now))
    if account_id is not None:
        conditions.append(account.c.id == account_id)
    found = cases(db, viewer, *conditions, now=now, preferences=preferences)
    if late:
        found = [case for case in found if case.late]
    return _most_urgent(found)[:limit]


def confirmed(
    db: Connection,
    viewer: Viewer,
    *,
    now: datetime,
    preferences: Preferences,
    mine: bool = False,
    after: int | None = None,
    limit: int,
    part: Narrowed = WHOLE,
) -> list[FollowUp]:
    """A page of what customers confirmed, the latest first, from the case `after` on."""
    conditions = _confirmed_of(viewer, mine=mine, part=part)
    query = joined(select(table.c.id)).where(*conditions)
    if after is not None and (last := db.execute(select(_confirmed_at).where(table.c.id == after)).scalar()):
        beyond = and_(_confirmed_at == last, table.c.id > after)
        query = query.where(or_(_confirmed_at < last, beyond))
    ids = db.execute(query.order_by(_confirmed_at.desc(), table.c.id).limit(limit)).scalars().all()
    return _most_urgent(cases(db, viewer, table.c.id.in_(ids), now=now, preferences=preferences))


def how_many_confirmed(db: Connection, viewer: Viewer, *, mine: bool = False, part: Narrowed = WHOLE) -> int:
    conditions = _confirmed_of(viewer, mine=mine, part=part)
    return int(db.execute(joined(select(func.count())).where(*conditions)).scalar_one())


_confirmed_at = func.coalesce(table.c.confirmed_at, table.c.resolved_at, table.c.opened_at)


def _confirmed_of(viewer: Viewer, *, mine: bool, part: Narrowed) -> list[ColumnElement[bool]]:
    own = [table.c.owner_csm_id == (viewer.csm_id or "")] if mine else []
    return [visible_accounts(viewer), table.c.state == FollowUpState.CONFIRMED, *own, *within(part)]


def within(part: Narrowed) -> list[ColumnElement[bool]]:
    """A follow-up belongs to whoever owns it, at an account of today's segment and country."""
    return [*owned_within(part, table.c.owner_csm_id), *accounts_within(part)]


def _most_urgent(found: Iterable[FollowUp]) -> list[FollowUp]:
    return sorted(found, key=lambda case: rules.urgency(rules.stand_of(case)))


def follow_up(
    db: Connection, follow_up_id: int, viewer: Viewer, *, now: datetime, preferences: Preferences
) -> FollowUp:
    """One case with its events, the first first. NotFound if it is not the viewer's to see."""
    found = cases(db, viewer, table.c.id == follow_up_id, now=now, preferences=preferences)
    if not found:
        raise NotFound("There is no such follow-up, or it is not yours.")
    rows = db.execute(
        select(follow_up_event)
        .where(follow_up_event.c.follow_up_id == follow_up_id)
        .order_by(follow_up_event.c.at, follow_up_event.c.id)
    )
    return replace(found[0], events=tuple(Event(row.at, row.what, row.by, row.note) for row in rows))


def of_account(
    db: Connection, account_id: str, viewer: Viewer, *, now: datetime, preferences: Preferences
) -> list[FollowUp]:
    """Every case of an account, the open ones first."""
    return listing(db, viewer, now=now, preferences=preferences, account_id=account_id)


def of_accounts(
    db: Connection,
    account_ids: Collection[str],
    viewer: Viewer,
    *,
    now: datetime,
    preferences: Preferences,
    kind: FollowUpKind,
    states: Collection[FollowUpState],
) -> list[FollowUp]:
    """The cases of one kind of these accounts, the oldest first."""
    if not account_ids:
        return []
    wanted = account.c.id.in_(sorted(account_ids)), table.c.kind == kind, table.c.state.in_(list(states))
    return cases(db, viewer, *wanted, now=now, preferences=preferences)


def causes(db: Connection, viewer: Viewer, *, since: datetime, part: Narrowed = WHOLE) -> list[CauseCount]:
    """Root causes of the cases confirmed since then, the most frequent first."""
    accounts = func.count(account.c.id.distinct())
    query = joined(select(table.c.cause, func.count(), accounts)).where(
        table.c.confirmed_at >= since, table.c.cause.is_not(None), visible_accounts(viewer), *within(part)
    )
    rows = db.execute(query.group_by(table.c.cause).order_by(func.count().desc(), table.c.cause))
    return [CauseCount(Cause(cause), cases, places) for cause, cases, places in rows]


def joined(query: Select[*tuple[Any, ...]]) -> Select[*tuple[Any, ...]]:
    """With the account it counts for today (a merged one's winner) and the owner's CSM row."""
    merged = and_(alias.c.kind == "account", alias.c.loser_id == table.c.account_id)
    return (
        query.select_from(table)
        .outerjoin(alias, merged)
        .join(account, account.c.id == func.coalesce(alias.c.winner_id, table.c.account_id))
        .outerjoin(csm, csm.c.id == table.c.owner_csm_id)
    )


def seen_by(viewer: Viewer, now: datetime) -> ColumnElement[bool]:
    """At an account the viewer may see, or of somebody they stand in for."""
    return or_(visible_accounts(viewer), table.c.owner_csm_id.in_(deputies.stood_in_for(viewer, now.date())))


def cases(
    db: Connection, viewer: Viewer, *conditions: ColumnElement[bool], now: datetime, preferences: Preferences
) -> list[FollowUp]:
    accounts_csm, deputy = csm.alias("accounts_csm"), csm.alias("deputy_csm")
    today, theirs = now.date(), visible_accounts(viewer)
    query = (
        joined(
            select(
                table,
                account.c.id.label("known_as"),
                account.c.name.label("account_name"),
                account.c.arr,
                account.c.currency,
                contact.c.first_name,
                contact.c.last_name,
                contact.c.title,
                contact.c.email,
                invitation.c.roles,
                csm.c.name.label("owner_name"),
                csm.c.email.label("owner_address"),
                csm.c.time_zone,
                func.coalesce(csm.c.manager_id, accounts_csm.c.manager_id).label("lead_csm_id"),
                deputy.c.id.label("deputy_id"),
                deputy.c.name.label("deputy_name"),
                deputy.c.email.label("deputy_address"),
                deputies.table.c.to_on.label("away_to_on"),
                type_coerce(theirs, Boolean).label("opens_account"),
            )
        )
        .outerjoin(deputies.table, and_(deputies.table.c.csm_id == table.c.owner_csm_id, deputies.in_force(today)))
        .outerjoin(deputy, deputy.c.id == deputies.table.c.deputy_csm_id)
        .outerjoin(accounts_csm, accounts_csm.c.id == account.c.csm_id)
        .outerjoin(contact, contact.c.id == table.c.contact_id)
        .outerjoin(response, response.c.id == table.c.response_id)
        .outerjoin(invitation, invitation.c.id == response.c.invitation_id)
        .where(seen_by(viewer, now), *conditions)
        .order_by(table.c.opened_at, table.c.id)
    )
    rows = db.execute(query).all()
    said = _said(db, {row.response_id for row in rows if row.response_id is not None})
    return [_case(row, said.get(row.response_id, (None, ())), now=now, preferences=preferences) for row in rows]


def _case(row: Any, said: tuple[str | None, tuple[str, ...]], *, now: datetime, preferences: Preferences) -> FollowUp:
    hours = of_owner(row.time_zone, preferences)
    words, asked = said
    case = FollowUp(
        id=row.id,
        kind=FollowUpKind(row.kind),
        state=FollowUpState(row.state),
        account_id=row.known_as,
        account_name=row.account_name,
        arr=row.arr,
        currency=row.currency,
        contact_id=row.contact_id,
        contact_name=full_name(row.first_name, row.last_name, row.email) if row.contact_id else None,
        contact_title=row.title,
        contact_address=row.email,
        roles=tuple(Role(role) for role in row.roles or ()),
        wave_id=row.wave_id,
        response_id=row.response_id,
        score=row.score,
        words=words,
        asked=asked,
        owner_csm_id=row.owner_csm_id,
        owner_name=row.owner_name,
        owner_address=row.owner_address,
        time_zone=hours.zone,
        lead_csm_id=row.lead_csm_id,
        opened_at=row.opened_at,
        acknowledge_by=row.acknowledge_by,
        contact_by=row.contact_by,
        resolve_by=row.resolve_by,
        acknowledged_at=row.acknowledged_at,
        contacted_at=row.contacted_at,
        resolved_at=row.resolved_at,
        confirmed_at=row.confirmed_at,
        cause=Cause(row.cause) if row.cause else None,
        outcome=row.outcome,
        lead_told_at=row.lead_told_at,
        leader_told_at=row.leader_told_at,
        deputy=_stand_in(row),
        opens_account=row.opens_account,
    )
    return rules.with_bar(case, hours=hours, preferences=preferences, now=now)


def _stand_in(row: Any) -> StandIn | None:
    if row.deputy_id is None or row.deputy_address is None:
        return None
    return StandIn(row.deputy_id, row.deputy_name, row.deputy_address, row.away_to_on)


def of_viewer(viewer: Viewer, now: datetime) -> ColumnElement[bool]:
    owned = table.c.owner_csm_id == (viewer.csm_id or "")
    return or_(owned, table.c.owner_csm_id.in_(deputies.stood_in_for(viewer, now.date())))


def _said(db: Connection, response_ids: Collection[int]) -> dict[int, tuple[str | None, tuple[str, ...]]]:
    """Response -> the person's own words (the why, else the first text), and what was answered with yes."""
    query = select(answer).where(answer.c.response_id.in_(sorted(response_ids))).order_by(answer.c.id)
    words: dict[int, str] = {}
    asked: dict[int, tuple[str, ...]] = {}
    for row in db.execute(query) if response_ids else ():
        if row.text and row.text.strip() and (row.response_id not in words or row.question == _THE_WHY):
            words[row.response_id] = row.text.strip()
        if row.choices == ["yes"]:
            asked[row.response_id] = (*asked.get(row.response_id, ()), row.question)
    return {id: (words.get(id), asked.get(id, ())) for id in response_ids}
