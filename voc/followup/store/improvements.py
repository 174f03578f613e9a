"""Improvements, who raised their theme, and the lines those people are told."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, exists, func, insert, or_, select, true, update

from voc.base import confidential
from voc.base.access import TERMINAL, Viewer, visible_accounts
from voc.base.errors import NotFound
from voc.base.schema import (
    account,
    alias,
    contact,
    improvement,
    improvement_event,
    improvement_line,
    invitation,
    response,
    theme,
    you_said,
)
from voc.base.words import PROMOTER_FROM, ImprovementState, RecordState, ResponseState
from voc.followup.improving import Improvement, Step
from voc.responses.store.themes import standing
from voc.stakeholders.rules import full_name


def add(db: Connection, **values: Any) -> int:
    return db.execute(insert(improvement).values(**values).returning(improvement.c.id)).scalar_one()


def lock(db: Connection, improvement_id: int) -> None:
    """Of two who change one at once the second sees what the first did; SQLite has one writer anyway."""
    db.execute(select(improvement.c.id).where(improvement.c.id == improvement_id).with_for_update())


def write(db: Connection, improvement_id: int, **values: Any) -> None:
    db.execute(update(improvement).where(improvement.c.id == improvement_id).values(**values))


def move(
    db: Connection, improvement_id: int, *, came_from: ImprovementState, to: ImprovementState, **values: Any
) -> bool:
    """False if it is not in that state any more: somebody was quicker."""
    there = (improvement.c.id == improvement_id, improvement.c.state == came_from)
    moved = update(improvement).where(*there).values(state=to, **values).returning(improvement.c.id)
    return db.execute(moved).first() is not None


def add_step(db: Connection, improvement_id: int, *, at: datetime, what: str, by: str, note: str | None = None) -> None:
    row = {"improvement_id": improvement_id, "at": at, "what": what, "by": by, "note": note}
    db.execute(insert(improvement_event).values(**row))


def listing(db: Connection, viewer: Viewer) -> list[Improvement]:
    """Open ones first, by due date; then the closed, the latest first. Counts are of accounts the viewer sees."""
    rows = db.execute(_improvements(true())).all()
    told = _told(db, viewer)
    found = [_counted(db, _improvement(row), viewer, told) for row in rows]
    return sorted(found, key=lambda one: (not one.open, one.due_on if one.open else date.min, -_closed(one), one.id))


def _closed(one: Improvement) -> float:
    return one.closed_at.timestamp() if one.closed_at else 0.0


def one(db: Connection, improvement_id: int, viewer: Viewer) -> Improvement:
    row = db.execute(_improvements(improvement.c.id == improvement_id)).first()
    if row is None:
        raise NotFound("There is no such improvement.")
    steps = db.execute(
        select(improvement_event).where(improvement_event.c.improvement_id == row.id).order_by(improvement_event.c.id)
    )
    found = _counted(db, _improvement(row), viewer, _told(db, viewer))
    return replace(found, steps=tuple(Step(step.at, step.what, step.by, step.note) for step in steps))


def _improvements(condition: ColumnElement[bool]) -> Any:
    named = select(improvement, theme.c.name.label("theme_name")).join(theme, theme.c.id == improvement.c.theme_id)
    return named.where(condition).order_by(improvement.c.id)


def _improvement(row: Any) -> Improvement:
    return Improvement(
        id=row.id,
        theme_id=row.theme_id,
        theme=row.theme_name,
        title=row.title,
        department=row.department,
        owner=row.owner,
        due_on=row.due_on,
        since_on=row.since_on,
        state=ImprovementState(row.state),
        opened_at=row.opened_at,
        opened_by=row.opened_by,
        closed_at=row.closed_at,
        done=row.done,
        lines=row.lines or {},
    )


# --- who raised it ------------------------------------------------------------------------------


@dataclass(frozen=True)
class Raiser:
    """Somebody who wrote of the theme and is still there; `language` is that of their latest comment."""

    account_id: str
    account_name: str
    csm_id: str | None
    contact_id: str
    contact_name: str
    language: str
    latest_at: datetime


def raisers(db: Connection, viewer: Viewer, *, theme_id: int, since_on: date, until: datetime) -> list[Raiser]:
    """By account and name. Nobody who wrote in confidence is among them, nor who scored 9 or 10: they praised it."""
    found: dict[tuple[str, str], Raiser] = {}
    for row in db.execute(_raised(viewer, theme_id, since_on, until)):
        name = full_name(row.first_name, row.last_name, row.email)
        found[row.account_id, row.contact_id] = Raiser(
            row.account_id, row.name, row.csm_id, row.contact_id, name, row.language, row.submitted_at
        )
    return sorted(found.values(), key=lambda one: (one.account_name, one.account_id, one.contact_name, one.contact_id))


def _raised(viewer: Viewer, theme_id: int, since_on: date, until: datetime) -> Any:
    """Rows of comments, the oldest first."""
    of_account, of_contact = alias.alias("of_account"), alias.alias("of_contact")
    account_id = func.coalesce(of_account.c.winner_id, invitation.c.account_id)
    contact_id = func.coalesce(of_contact.c.winner_id, invitation.c.contact_id)
    held = standing().subquery()
    since = datetime.combine(since_on, time(), UTC)
    return (
        select(account.c.id.label("account_id"), account.c.name, account.c.csm_id, contact.c.id.label("contact_id"))
        .add_columns(contact.c.first_name, contact.c.last_name, contact.c.email)
        .add_columns(response.c.language, response.c.submitted_at)
        .select_from(held)
        .join(response, response.c.id == held.c.response_id)
        .join(invitation, invitation.c.id == response.c.invitation_id)
        .outerjoin(of_account, and_(of_account.c.kind == "account", of_account.c.loser_id == invitation.c.account_id))
        .outerjoin(of_contact, and_(of_contact.c.kind == "contact", of_contact.c.loser_id == invitation.c.contact_id))
        .join(account, account.c.id == account_id)
        .join(contact, contact.c.id == contact_id)
        .where(held.c.theme_id == theme_id, response.c.state == ResponseState.SUBMITTED, confidential.named)
        .where(response.c.submitted_at >= since, response.c.submitted_at <= until, visible_accounts(viewer))
        .where(contact.c.state == RecordState.LIVE, contact.c.left_at.is_(None))
        .where(or_(response.c.score.is_(None), response.c.score < PROMOTER_FROM))
        .order_by(response.c.submitted_at, response.c.id)
    )


def _counted(db: Connection, found: Improvement, viewer: Viewer, told: Mapping[int, tuple[int, int]]) -> Improvement:
    until = found.closed_at or _FOREVER
    people = raisers(db, viewer, theme_id=found.theme_id, since_on=found.since_on, until=until)
    accounts = len({one.account_id for one in people})
    drafted, asked = told.get(found.id, (0, 0))
    return replace(found, accounts=accounts, people=len(people), drafted=drafted, told=asked)


_FOREVER = datetime(9999, 1, 1, tzinfo=UTC)

# --- what they are told -------------------------------------------------------------------------


@dataclass(frozen=True)
class Drafted:
    """The line for one person, as it stands now; `asked` once an invitation went to them after it was written."""

    account_id: str
    contact_id: str
    you_said_id: int
    text: str
    withdrawn_at: datetime | None
    asked: bool


def drafted(db: Connection, improvement_id: int) -> dict[tuple[str, str], Drafted]:
    """By (account, contact)."""
    query = (
        select(improvement_line.c.account_id, improvement_line.c.contact_id, improvement_line.c.you_said_id)
        .add_columns(you_said.c.line, you_said.c.withdrawn_at, _asked().label("asked"))
        .join(you_said, you_said.c.id == improvement_line.c.you_said_id)
        .where(improvement_line.c.improvement_id == improvement_id)
        .order_by(improvement_line.c.id)
    )
    return {
        (row.account_id, row.contact_id): Drafted(
            row.account_id, row.contact_id, row.you_said_id, row.line, row.withdrawn_at, bool(row.asked)
        )
        for row in db.execute(query)
    }


def _asked() -> ColumnElement[bool]:
    """An invitation went to the person while the line stood."""
    return exists().where(
        invitation.c.contact_id == improvement_line.c.contact_id,
        invitation.c.sent_at > you_said.c.written_at,
        or_(you_said.c.withdrawn_at.is_(None), you_said.c.withdrawn_at > invitation.c.sent_at),
    )


def _told(db: Connection, viewer: Viewer) -> dict[int, tuple[int, int]]:
    """People with a line, and how many of them had an invitation since, by improvement."""
    query = (
        select(improvement_line.c.improvement_id, you_said.c.withdrawn_at, _asked().label("asked"))
        .join(you_said, you_said.c.id == improvement_line.c.you_said_id)
        .join(account, account.c.id == improvement_line.c.account_id)
        .where(visible_accounts(viewer))
    )
    found: dict[int, tuple[int, int]] = {}
    for row in db.execute(query):
        drafted, asked = found.get(row.improvement_id, (0, 0))
        stands = bool(row.asked) or row.withdrawn_at is None
        found[row.improvement_id] = (drafted + stands, asked + bool(row.asked))
    return found


def add_line(db: Connection, improvement_id: int, *, account_id: str, contact_id: str, you_said_id: int) -> None:
    row = {"account_id": account_id, "contact_id": contact_id, "you_said_id": you_said_id}
    db.execute(insert(improvement_line).values(improvement_id=improvement_id, **row))


def everybody(db: Connection, found: Improvement, *, until: datetime) -> list[Raiser]:
    """Whoever raised it, at any account: whom closing it tells."""
    return raisers(db, TERMINAL, theme_id=found.theme_id, since_on=found.since_on, until=until)


def theme_name(db: Connection, theme_id: int) -> tuple[str, str]:
    """Name and department; NotFound for a theme that there is not."""
    row = db.execute(select(theme.c.name, theme.c.department).where(theme.c.id == theme_id)).first()
    if row is None:
        raise NotFound("There is no such theme.")
    return row.name, row.department
