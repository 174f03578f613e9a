"""Answers that nobody has looked at yet, and the writes of a case."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, exists, func, insert, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from voc.base.db import insert_once
from voc.base.schema import (
    account,
    alias,
    answer,
    answer_seen,
    csm,
    follow_up_event,
    invitation,
    questionnaire_version,
    response,
)
from voc.base.words import FollowUpState, RecordState, ResponseState
from voc.followup.model import Answer, Deadlines, Opening
from voc.followup.store.cases import OPEN, joined, table


def unseen_answers(db: Connection, *, settled_by: datetime) -> list[Answer]:
    """Submitted answers, and corrected ones, that nobody has looked at for a follow-up; suspect ones are not.

    Those of the page only once they were sent by `settled_by`: until then a scanner may be found out.

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
            invitation.c.confidential,
            func.coalesce(of_account.c.winner_id, invitation.c.account_id).label("account_id"),
            func.coalesce(of_contact.c.winner_id, invitation.c.contact_id).label("contact_id"),
        )
        .join(invitation, invitation.c.id == response.c.invitation_id)
        .outerjoin(of_account, and_(of_account.c.kind == "account", of_account.c.loser_id == invitation.c.account_id))
        .outerjoin(of_contact, and_(of_contact.c.kind == "contact", of_contact.c.loser_id == invitation.c.contact_id))
        .where(response.c.state == ResponseState.SUBMITTED, response.c.submitted_at.is_not(None), ~seen)
        .where(or_(response.c.rendering_id.is_(None), response.c.submitted_at <= settled_by))
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
            confidential=row.confidential,
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
    """Two processes may look at the same answer; the later one's mark stands and neither fails."""
    into = postgresql.insert if db.dialect.name == "postgresql" else sqlite.insert
    rows = [{"response_id": one.response_id, "submitted_at": one.submitted_at} for one in answers]
    if rows:
        seen = into(answer_seen)
        newer = {"submitted_at": seen.excluded.submitted_at}
        db.execute(seen.on_conflict_do_update(index_elements=[answer_seen.c.response_id], set_=newer), rows)


def questionnaire_files(db: Connection, version_ids: Collection[int]) -> dict[int, dict[str, str]]:
    query = select(questionnaire_version.c.id, questionnaire_version.c.files)
    rows = db.execute(query.where(questionnaire_version.c.id.in_(sorted(version_ids))))
    return {row.id: row.files for row in rows}


def owner_of(db: Connection, account_id: str) -> tuple[str | None, str | None]:
    """The account's CSM if active, and the zone the clock runs in: an absent owner's too."""
    query = (
        select(csm.c.id, csm.c.time_zone, is_active(csm))
        .join(account, account.c.csm_id == csm.c.id)
        .where(account.c.id == account_id)
    )
    row = db.execute(query).first()
    if row is None:
        return None, None
    csm_id, zone, active = row
    return (csm_id if active else None), zone


def is_active(people: Any) -> ColumnElement[bool]:
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


def reassign(db: Connection, follow_up_id: int, *, before: str | None, after: str | None) -> bool:
    """False if somebody else did it first."""
    owned = table.c.owner_csm_id.is_(None) if before is None else table.c.owner_csm_id == before
    changed = update(table).where(table.c.id == follow_up_id, owned).values(owner_csm_id=after)
    return db.execute(changed.returning(table.c.id)).first() is not None


def note_told(db: Connection, follow_up_id: int, *, lead: bool, at: datetime) -> bool:
    """That the lead, or else the leader, is told; False if it is noted already."""
    told_at = table.c.lead_told_at if lead else table.c.leader_told_at
    noted = update(table).where(table.c.id == follow_up_id, told_at.is_(None)).values({told_at: at})
    return db.execute(noted.returning(table.c.id)).first() is not None


def add_event(db: Connection, follow_up_id: int, *, at: datetime, what: str, by: str, note: str | None = None) -> None:
    row = {"follow_up_id": follow_up_id, "at": at, "what": what, "by": by, "note": note}
    db.execute(insert(follow_up_event).values(**row))


def to_hand_over(db: Connection) -> list[tuple[int, str | None, str | None, str | None]]:
    """Open cases whose owner is not the account's active CSM: id, owner until now, owner from now and their name."""
    current = csm.alias("current")
    query = (
        joined(select(table.c.id, table.c.owner_csm_id, current.c.id, current.c.name))
        .outerjoin(current, and_(current.c.id == account.c.csm_id, is_active(current)))
        .where(
            table.c.state.in_(list(OPEN)),
            func.coalesce(table.c.owner_csm_id, "") != func.coalesce(current.c.id, ""),
        )
        .order_by(table.c.id)
    )
    return [(id, before, after, name) for id, before, after, name in db.execute(query)]
