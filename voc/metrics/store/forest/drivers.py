"""What was picked and scored, answer by answer, for the drivers."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, and_, func, select

from voc.base import confidential
from voc.base.access import Viewer, visible_accounts
from voc.base.schema import account, alias, answer, invitation, questionnaire_version, response
from voc.base.words import ResponseState
from voc.metrics.forest.answers import Value


@dataclass(frozen=True)
class Scored:
    """One answer with a score. `version_id` is the questionnaire's as it was asked."""

    response_id: int
    account_id: str
    version_id: int
    questionnaire: str
    score: int


def scored(db: Connection, viewer: Viewer, *, after: datetime, until: datetime) -> list[Scored]:
    merged = and_(alias.c.kind == "account", alias.c.loser_id == invitation.c.account_id)
    query = (
        select(response.c.id, account.c.id.label("account_id"), questionnaire_version.c.name, response.c.score)
        .add_columns(questionnaire_version.c.id.label("version_id"))
        .join(invitation, invitation.c.id == response.c.invitation_id)
        .outerjoin(alias, merged)
        .join(account, account.c.id == func.coalesce(alias.c.winner_id, invitation.c.account_id))
        .join(questionnaire_version, questionnaire_version.c.id == response.c.questionnaire_version_id)
        .where(response.c.state == ResponseState.SUBMITTED, response.c.score.is_not(None), confidential.named)
        .where(response.c.submitted_at > after, response.c.submitted_at <= until, visible_accounts(viewer))
        .order_by(response.c.id)
    )
    return [
        Scored(row.id, row.account_id, row.version_id, row.name, row.score)
        for row in db.execute(query)
        if row.score is not None
    ]


def values(db: Connection, response_ids: Iterable[int]) -> dict[int, dict[str, Value]]:
    """By response and question."""
    ids = sorted(response_ids)
    found: dict[int, dict[str, Value]] = {}
    for first in range(0, len(ids), 10_000):
        some = answer.c.response_id.in_(ids[first : first + 10_000])
        query = select(answer.c.response_id, answer.c.question, answer.c.number, answer.c.choices).where(some)
        for row in db.execute(query):
            value = Value(row.number, tuple(row.choices or ()))
            found.setdefault(row.response_id, {})[row.question] = value
    return found


def files(db: Connection, version_ids: Iterable[int]) -> dict[int, dict[str, str]]:
    query = select(questionnaire_version.c.id, questionnaire_version.c.files)
    rows = db.execute(query.where(questionnaire_version.c.id.in_(sorted(set(version_ids)))))
    return {row.id: row.files for row in rows}
