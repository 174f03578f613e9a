"""Follow-ups out of the tables and into them. Every list is what the viewer may see, by account."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, delete, exists, func, insert, or_, select, update

from voc.base import schema
from voc.base.access import TERMINAL, Viewer, visible_accounts
from voc.base.db import insert_once
from voc.base.errors import NotFound
from voc.base.preferences import Preferences
from voc.base.schema import (
    account,
    alias,
    answer,
    answer_seen,
    contact,
    csm,
    follow_up_event,
    invitation,
    message,
    questionnaire_version,
    response,
    staff,
)
from voc.base.words import Cause, FollowUpKind, FollowUpState, RecordState, ResponseState, Role, StaffRole
from voc.followup import rules
from voc.followup.hours import of_owner
from voc.followup.model import Answer, CauseCount, Colleague, Deadlines, Event, FollowUp, Opening, Sla
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
) -> list[FollowUp]:
    """Cases the viewer sees: those with something due first, the most urgent on top, then the latest closed.

    `mine` are those the viewer's own CSM id owns; `late` those past a limit.
    """
    conditions: list[ColumnElement[bool]] = []
    if late:
        states = [state for state in OPEN if states is None or state in states]
    if states is not None:
        conditions.append(table.c.state.in_(list(states)))
    if mine:
        conditions.append(table.c.owner_csm_id == (viewer.csm_id or ""))
    if account_id is not None:
        conditions.append(account.c.id == account_id)
    found = _cases(db, viewer, *conditions, now=now, preferences=preferences)
    if late:
        found = [case for case in found if case.late]
    return sorted(found, key=_urgency)[:limit]


def _urgency(case: FollowUp) -> tuple[bool, float, int]:
    if case.bar is not None:
        return (False, case.bar.due_at.timestamp(), case.id)
    closed_at = case.confirmed_at or case.resolved_at or case.opened_at
    return (True, -closed_at.timestamp(), case.id)


def board(
    db: Connection, viewer: Viewer, *, now: datetime, preferences: Preferences, mine: bool = False
) -> dict[FollowUpState, list[FollowUp]]:
    """The columns of the board: every state but confirmed, each with its most urgent case on top."""
    columns = [state for state in FollowUpState if state != FollowUpState.CONFIRMED]
    found = listing(db, viewer, now=now, preferences=preferences, states=columns, mine=mine)
    return {state: [case for case in found if case.state == state] for state in columns}


def follow_up(
    db: Connection, follow_up_id: int, viewer: Viewer, *, now: datetime, preferences: Preferences
) -> FollowUp:
    """One case with its events, the first first. NotFound if it is not the viewer's to see."""
    found = _cases(db, viewer, table.c.id == follow_up_id, now=now, preferences=preferences)
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


def sla(
    db: Connection, *, opened_from: datetime, opened_to: datetime, now: datetime, preferences: Preferences
) -> list[Sla]:
    """Each case opened in [from, to) against its limit for the first contact, as known at `now`.

    For figures: of every account, in the order of opening. A contact after `now` has not happened.
    """
    opened = and_(table.c.opened_at >= opened_from, table.c.opened_at < opened_to)
    query = select(table, account.c.id.label("known_as"), csm.c.time_zone).where(opened)
    rows = []
    for row in db.execute(_joined(query).order_by(table.c.opened_at, table.c.id)):
        done = row.contacted_at is not None and row.contacted_at <= now
        hours = of_owner(row.time_zone, preferences).elapsed(row.opened_at, row.contacted_at if done else now)
        kind = FollowUpKind(row.kind)
        limit = rules.clock(kind, preferences).contact_hours
        rows.append(Sla(row.id, kind, row.known_as, row.owner_csm_id, row.opened_at, done, hours, limit))
    return rows


def causes(db: Connection, viewer: Viewer, *, since: datetime) -> list[CauseCount]:
    """Root causes of the cases confirmed since then, the most frequent first."""
    accounts = func.count(account.c.id.distinct())
    query = _joined(select(table.c.cause, func.count(), accounts)).where(
        table.c.confirmed_at >= since, table.c.cause.is_not(None), visible_accounts(viewer)
    )
    rows = db.execute(query.group_by(table.c.cause).order_by(func.count().desc(), table.c.cause))
    return [CauseCount(Cause(cause), cases, places) for cause, cases, places in rows]


def _joined(query: Select[*tuple[Any, ...]]) -> Select[*tuple[Any, ...]]:
    """With the account it counts for today (a merged one's winner) and the owner's CSM row."""
    merged = and_(alias.c.kind == "account", alias.c.loser_id == table.c.account_id)
    return (
        query.select_from(table)
        .outerjoin(alias, merged)
        .join(account, account.c.id == func.coalesce(alias.c.winner_id, table.c.account_id))
        .outerjoin(csm, csm.c.id == table.c.owner_csm_id)
    )


def _cases(
    db: Connection, viewer: Viewer, *conditions: ColumnElement[bool], now: datetime, preferences: Preferences
) -> list[FollowUp]:
    accounts_csm = csm.alias("accounts_csm")
    query = (
        _joined(
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
            )
        )
        .outerjoin(accounts_csm, accounts_csm.c.id == account.c.csm_id)
        .outerjoin(contact, contact.c.id == table.c.contact_id)
        .outerjoin(response, response.c.id == table.c.response_id)
        .outerjoin(invitation, invitation.c.id == response.c.invitation_id)
        .where(visible_accounts(viewer), *conditions)
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
    )
    return rules.with_bar(case, hours=hours, preferences=preferences, now=now)


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


# --- what `run` needs -----------------------------------------------------------------------------


def unseen_answers(db: Connection) -> list[Answer]:
    """Submitted answers, and corrected ones, that nobody has looked at for a follow-up; suspect ones are not.

    Account and contact are those they count for today.
    """
    seen = exists().where(
        answer_seen.c.response_id == response.c.id, answer_seen.c.submitted_at == response.c.submitted_at
    )
    of_account, of_contact = alias.alias("of_account"), alias.alias("of_contact")
    query = (
        select(
            response.c.id,
            response.c.invitation_id,
            response.c.questionnaire_version_id,
            response.c.submitted_at,
            response.c.score,
            invitation.c.wave_id,
            func.coalesce(of_account.c.winner_id, invitation.c.account_id).label("account_id"),
            func.coalesce(of_contact.c.winner_id, invitation.c.contact_id).label("contact_id"),
        )
        .join(invitation, invitation.c.id == response.c.invitation_id)
        .outerjoin(of_account, and_(of_account.c.kind == "account", of_account.c.loser_id == invitation.c.account_id))
        .outerjoin(of_contact, and_(of_contact.c.kind == "contact", of_contact.c.loser_id == invitation.c.contact_id))
        .where(response.c.state == ResponseState.SUBMITTED, response.c.submitted_at.is_not(None), ~seen)
        .order_by(response.c.submitted_at, response.c.id)
    )
    rows = db.execute(query).all()
    picked = _picked(db, [row.id for row in rows])
    return [
        Answer(
            response_id=row.id,
            invitation_id=row.invitation_id,
            questionnaire_version_id=row.questionnaire_version_id,
            wave_id=row.wave_id,
            account_id=row.account_id,
            contact_id=row.contact_id,
            submitted_at=row.submitted_at,
            score=row.score,
            picked=picked.get(row.id, {}),
        )
        for row in rows
    ]


def _picked(db: Connection, response_ids: Sequence[int]) -> dict[int, dict[str, frozenset[str]]]:
    found: dict[int, dict[str, frozenset[str]]] = {}
    for first in range(0, len(response_ids), 1_000):
        some = response_ids[first : first + 1_000]
        query = select(answer.c.response_id, answer.c.question, answer.c.number, answer.c.choices)
        for row in db.execute(query.where(answer.c.response_id.in_(some))):
            number = set() if row.number is None else {str(row.number)}
            found.setdefault(row.response_id, {})[row.question] = frozenset(number | set(row.choices or ()))
    return found


def mark_seen(db: Connection, answers: Sequence[Answer]) -> None:
    for first in range(0, len(answers), 1_000):
        some = answers[first : first + 1_000]
        db.execute(delete(answer_seen).where(answer_seen.c.response_id.in_([one.response_id for one in some])))
        rows = [{"response_id": one.response_id, "submitted_at": one.submitted_at} for one in some]
        db.execute(insert(answer_seen), rows)


def questionnaire_files(db: Connection, version_ids: Collection[int]) -> dict[int, dict[str, str]]:
    query = select(questionnaire_version.c.id, questionnaire_version.c.files)
    rows = db.execute(query.where(questionnaire_version.c.id.in_(sorted(version_ids))))
    return {row.id: row.files for row in rows}


def owner_of(db: Connection, account_id: str) -> tuple[str | None, str | None]:
    """The account's CSM if active, and the zone the clock runs in: an absent owner's too."""
    query = (
        select(csm.c.id, csm.c.time_zone, _active(csm))
        .join(account, account.c.csm_id == csm.c.id)
        .where(account.c.id == account_id)
    )
    row = db.execute(query).first()
    if row is None:
        return None, None
    csm_id, zone, active = row
    return (csm_id if active else None), zone


def _active(people: Any) -> ColumnElement[bool]:
    return and_(people.c.active, people.c.state == RecordState.LIVE)


def open_case(db: Connection, opening: Opening, due: Deadlines, *, owner_csm_id: str | None) -> int | None:
    """The new case's id, None if it is there already."""
    row = {
        "key": opening.key,
        "kind": opening.kind,
        "state": FollowUpState.NEW,
        "account_id": opening.account_id,
        "contact_id": opening.contact_id,
        "wave_id": opening.wave_id,
        "response_id": opening.response_id,
        "score": opening.score,
        "owner_csm_id": owner_csm_id,
        "opened_at": opening.opened_at,
        "acknowledge_by": due.acknowledge_by,
        "contact_by": due.contact_by,
        "resolve_by": due.resolve_by,
    }
    if not insert_once(db, table, row):
        return None
    return db.execute(select(table.c.id).where(table.c.key == opening.key)).scalar_one()


def move(db: Connection, follow_up_id: int, *, came_from: FollowUpState, to: FollowUpState, **values: Any) -> bool:
    """False if it is not in that state any more: somebody was quicker."""
    there = (table.c.id == follow_up_id, table.c.state == came_from)
    moved = db.execute(update(table).where(*there).values(state=to, **values).returning(table.c.id))
    return moved.first() is not None


def write(db: Connection, follow_up_id: int, **values: Any) -> None:
    db.execute(update(table).where(table.c.id == follow_up_id).values(**values))


def add_event(db: Connection, follow_up_id: int, *, at: datetime, what: str, by: str, note: str | None = None) -> None:
    row = {"follow_up_id": follow_up_id, "at": at, "what": what, "by": by, "note": note}
    db.execute(insert(follow_up_event).values(**row))


def to_hand_over(db: Connection) -> list[tuple[int, str | None, str | None]]:
    """Open cases whose owner is not the account's active CSM: id, owner until now, owner from now."""
    current = csm.alias("current")
    query = (
        _joined(select(table.c.id, table.c.owner_csm_id, current.c.id))
        .outerjoin(current, and_(current.c.id == account.c.csm_id, _active(current)))
        .where(
            table.c.state.in_(list(OPEN)),
            func.coalesce(table.c.owner_csm_id, "") != func.coalesce(current.c.id, ""),
        )
        .order_by(table.c.id)
    )
    return [(id, before, after) for id, before, after in db.execute(query)]


def past_a_limit(db: Connection, *, now: datetime, preferences: Preferences) -> list[FollowUp]:
    """Open cases past any of their limits of which the leader has not been told."""
    passed = or_(table.c.acknowledge_by <= now, table.c.contact_by <= now, table.c.resolve_by <= now)
    conditions = (table.c.state.in_(list(OPEN)), table.c.leader_told_at.is_(None), passed)
    return _cases(db, TERMINAL, *conditions, now=now, preferences=preferences)


def open_cases(db: Connection, *, now: datetime, preferences: Preferences) -> list[FollowUp]:
    return _cases(db, TERMINAL, table.c.state.in_(list(OPEN)), now=now, preferences=preferences)


def in_outbox(db: Connection, keys: Sequence[str]) -> set[str]:
    """Those of these keys under which a mail was queued already."""
    found: set[str] = set()
    for first in range(0, len(keys), 1_000):
        some = keys[first : first + 1_000]
        found |= set(db.scalars(select(message.c.key).where(message.c.key.in_(some))))
    return found


def leads(db: Connection) -> dict[str, Colleague]:
    """By CSM id of the lead: whoever signs in as that lead, else the CRM's own row of an active manager."""
    known: dict[str, Colleague] = {}
    managers = select(csm.c.id, csm.c.name, csm.c.email).where(_active(csm), csm.c.email.is_not(None))
    for id, name, email in db.execute(managers.order_by(csm.c.id)):
        known[id] = Colleague("lead", name, email or "")
    signed_in = select(staff.c.csm_id, staff.c.name, staff.c.email).where(
        staff.c.active, staff.c.role == StaffRole.LEAD, staff.c.csm_id.is_not(None)
    )
    for csm_id, name, email in db.execute(signed_in.order_by(staff.c.id)):
        known[csm_id or ""] = Colleague("lead", name, email)
    return known


def leaders(db: Connection) -> list[Colleague]:
    """Every leader, or the admins where there is none."""
    for role in (StaffRole.LEADER, StaffRole.ADMIN):
        query = select(staff.c.id, staff.c.name, staff.c.email).where(staff.c.active, staff.c.role == role)
        if found := db.execute(query.order_by(staff.c.id)).all():
            return [Colleague(f"leader:{id}", name, email) for id, name, email in found]
    return []
