"""Answers that time looks at again: those that nobody has judged yet, and those that were typed and never sent."""

from datetime import datetime, timedelta

from sqlalchemy import Connection, bindparam, select, update

from voc.base.schema import invitation, questionnaire_version, rendering, response
from voc.base.words import Disposition, ResponseState
from voc.responses.model import Counted, Draft, Rendering

_UNJUDGED = (
    select(
        response.c.id.label("response_id"),
        response.c.submitted_at,
        rendering.c.id,
        rendering.c.invitation_id,
        rendering.c.link_id,
        rendering.c.at,
        rendering.c.source,
        rendering.c.trapped_at,
    )
    .join(rendering, rendering.c.id == response.c.rendering_id)
    # Within ten days: what an older release took is not judged by what it did not keep.
    .where(response.c.submitted_at.between(bindparam("since"), bindparam("before")))
    .where(response.c.state == ResponseState.SUBMITTED, response.c.judged_at.is_(None))
    .order_by(response.c.submitted_at, response.c.id)
    .limit(bindparam("most"))
)


def unjudged(db: Connection, *, before: datetime, limit: int) -> list[tuple[Counted, Rendering]]:
    """Answers of the page that nobody has looked at again, oldest first, each with its page."""
    rows = db.execute(_UNJUDGED, {"since": before - timedelta(days=10), "before": before, "most": limit}).all()
    return [
        (
            Counted(row.response_id, row.invitation_id, row.submitted_at),
            Rendering(row.id, row.invitation_id, row.link_id, row.at, row.source, row.trapped_at),
        )
        for row in rows
    ]


def mark_judged(db: Connection, response_id: int, *, at: datetime, state: ResponseState | None = None) -> None:
    values = {"judged_at": at} | ({} if state is None else {"state": state})
    db.execute(update(response).where(response.c.id == response_id).values(values))


def restore_latest(db: Connection, invitation_id: int) -> bool:
    """Of the answers that a newer one replaced, the newest counts again; False if there is none."""
    others = (response.c.invitation_id == invitation_id, response.c.state != ResponseState.SUSPECT)
    sent = select(response.c.id, response.c.state).where(*others, response.c.submitted_at.is_not(None))
    latest = db.execute(sent.order_by(response.c.submitted_at.desc(), response.c.id.desc()).limit(1)).first()
    if latest is not None and latest.state == ResponseState.SUPERSEDED:
        db.execute(update(response).where(response.c.id == latest.id).values(state=ResponseState.SUBMITTED))
    return latest is not None


def abandoned(db: Connection, *, now: datetime, untouched: timedelta) -> list[Draft]:
    """The newest draft of each invitation that is due, if it was left alone and nothing else ended the invitation."""
    rows = db.execute(
        select(
            response.c.id.label("response_id"),
            response.c.invitation_id,
            invitation.c.contact_id,
            response.c.questionnaire_version_id.label("version_id"),
            questionnaire_version.c.hash.label("version_hash"),
            response.c.saved_at,
            invitation.c.confidential,
        )
        .join(invitation, invitation.c.id == response.c.invitation_id)
        .join(questionnaire_version, questionnaire_version.c.id == response.c.questionnaire_version_id)
        .where(response.c.state == ResponseState.DRAFT, response.c.saved_at <= now - untouched)
        .where(invitation.c.closes_at <= now, invitation.c.answered_at.is_(None))
        .where(invitation.c.disposition.is_(None) | (invitation.c.disposition == Disposition.SILENT))
        .order_by(response.c.invitation_id, response.c.saved_at.desc(), response.c.id.desc())
    )
    newest: dict[int, Draft] = {}
    for row in rows:
        newest.setdefault(row.invitation_id, Draft(**row._mapping))
    return list(newest.values())


def keep_partial(db: Connection, response_id: int, *, saved_at: datetime) -> None:
    db.execute(
        update(response)
        .where(response.c.id == response_id)
        .values(state=ResponseState.SUBMITTED, submitted_at=saved_at, complete=False)
    )
