"""The lines that tell customers what came of an answer, and who could read them."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, func, insert, select, update

from voc.base import confidential
from voc.base.access import Viewer, visible_accounts
from voc.base.errors import NotFound
from voc.base.schema import (
    account,
    alias,
    contact,
    follow_up,
    improvement,
    improvement_line,
    invitation,
    you_said,
)
from voc.base.words import Cause, FollowUpKind, RecordState
from voc.stakeholders.rules import full_name


@dataclass(frozen=True)
class Line:
    """`account_id` is the account it counts for today. `colleagues`: others there may read it, if it is safe."""

    id: int
    account_id: str
    account_name: str
    contact_id: str | None
    contact_name: str | None
    follow_up_id: int | None
    improvement_id: int | None
    improvement: str | None  # its title: what was done for all who raised the theme
    kind: FollowUpKind | None
    cause: Cause | None
    text: str
    colleagues: bool
    written_at: datetime
    written_by: str
    changed_at: datetime | None
    withdrawn_at: datetime | None


def listing(db: Connection, viewer: Viewer, *, account_id: str | None = None, limit: int | None = None) -> list[Line]:
    """Those the viewer may see, by account, the latest first; withdrawn ones too."""
    conditions = [account.c.id == account_id] if account_id is not None else []
    return _lines(db, visible_accounts(viewer), *conditions, limit=limit)


def line(db: Connection, line_id: int, viewer: Viewer) -> Line:
    """NotFound if it is not the viewer's to see."""
    found = _lines(db, visible_accounts(viewer), you_said.c.id == line_id)
    if not found:
        raise NotFound("There is no such line, or it is not yours.")
    return found[0]


def of_follow_up(db: Connection, follow_up_id: int) -> Line | None:
    """The case's line; whoever may see the case may see it."""
    found = _lines(db, you_said.c.follow_up_id == follow_up_id)
    return found[0] if found else None


def _lines(db: Connection, *conditions: ColumnElement[bool], limit: int | None = None) -> list[Line]:
    merged = and_(alias.c.kind == "account", alias.c.loser_id == you_said.c.account_id)
    query = (
        select(
            you_said,
            account.c.id.label("known_as"),
            account.c.name.label("account_name"),
            contact.c.first_name,
            contact.c.last_name,
            contact.c.email,
            follow_up.c.kind,
            follow_up.c.cause,
            improvement.c.id.label("improvement_id"),
            improvement.c.title.label("improvement_title"),
        )
        .outerjoin(alias, merged)
        .join(account, account.c.id == func.coalesce(alias.c.winner_id, you_said.c.account_id))
        .outerjoin(contact, contact.c.id == you_said.c.contact_id)
        .outerjoin(follow_up, follow_up.c.id == you_said.c.follow_up_id)
        .outerjoin(improvement_line, improvement_line.c.you_said_id == you_said.c.id)
        .outerjoin(improvement, improvement.c.id == improvement_line.c.improvement_id)
        .where(*conditions)
        .order_by(account.c.name, account.c.id, you_said.c.written_at.desc(), you_said.c.id.desc())
        .limit(limit)
    )
    return [_line(row) for row in db.execute(query)]


def _line(row: Any) -> Line:
    return Line(
        id=row.id,
        account_id=row.known_as,
        account_name=row.account_name,
        contact_id=row.contact_id,
        contact_name=full_name(row.first_name, row.last_name, row.email) if row.contact_id else None,
        follow_up_id=row.follow_up_id,
        improvement_id=row.improvement_id,
        improvement=row.improvement_title,
        kind=FollowUpKind(row.kind) if row.kind else None,
        cause=Cause(row.cause) if row.cause else None,
        text=row.line,
        colleagues=row.colleagues,
        written_at=row.written_at,
        written_by=row.written_by,
        changed_at=row.changed_at,
        withdrawn_at=row.withdrawn_at,
    )


def add(db: Connection, **values: Any) -> int:
    return db.execute(insert(you_said).values(**values).returning(you_said.c.id)).scalar_one()


def write(db: Connection, line_id: int, **values: Any) -> None:
    db.execute(update(you_said).where(you_said.c.id == line_id).values(**values))


def who_answered(db: Connection, account_ids: Collection[str]) -> dict[tuple[str, str], str]:
    """(contact, account) -> name, of everybody at these accounts who answered before and is still there."""
    if not account_ids:
        return {}
    query = (
        select(invitation.c.contact_id, invitation.c.account_id, contact.c.first_name, contact.c.last_name)
        .add_columns(contact.c.email)
        .join(contact, contact.c.id == invitation.c.contact_id)
        .where(
            invitation.c.account_id.in_(sorted(account_ids)),
            confidential.answered,
            contact.c.state == RecordState.LIVE,
            contact.c.left_at.is_(None),
        )
        .distinct()
        .order_by(invitation.c.account_id, contact.c.last_name, contact.c.first_name, invitation.c.contact_id)
    )
    return {
        (row.contact_id, row.account_id): full_name(row.first_name, row.last_name, row.email)
        for row in db.execute(query)
    }
