"""Guesses of CSMs, and what their accounts answered in each wave that asked them by name."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from sqlalchemy import Connection, and_, func, insert, select

from voc.base.access import Viewer, visible_accounts
from voc.base.among import among
from voc.base.confidential import named
from voc.base.schema import account, alias, guess, invitation, response, wave
from voc.base.words import AccountStatus, RecordState, ResponseState
from voc.metrics.guesses import Answered, Guessed
from voc.metrics.store.merges import records_of


@dataclass(frozen=True)
class Open:
    """An account one may guess about; `asked_now` while an invitation of it is under way."""

    id: str
    name: str
    arr: Decimal | None
    currency: str | None
    csm_id: str | None
    asked_now: bool


def accounts(db: Connection, viewer: Viewer, *, now: datetime) -> list[Open]:
    """The viewer's own customers, by name."""
    running = (
        select(invitation.c.account_id)
        .where(invitation.c.sent_at <= now, invitation.c.closes_at > now)
        .distinct()
        .subquery("running")
    )
    query = (
        select(account.c.id, account.c.name, account.c.arr, account.c.currency, account.c.csm_id)
        .add_columns(running.c.account_id.is_not(None).label("asked_now"))
        .outerjoin(running, running.c.account_id == account.c.id)
        .where(
            visible_accounts(viewer),
            account.c.csm_id == (viewer.csm_id or ""),
            account.c.status == AccountStatus.CUSTOMER,
            account.c.state == RecordState.LIVE,
        )
        .order_by(func.lower(account.c.name), account.c.id)
    )
    return [Open(row.id, row.name, row.arr, row.currency, row.csm_id, bool(row.asked_now)) for row in db.execute(query)]


def guesses(db: Connection, viewer: Viewer, *, csm_id: str) -> list[Guessed]:
    """Of one CSM, of accounts the viewer may see, in order."""
    merged = and_(alias.c.kind == "account", alias.c.loser_id == guess.c.account_id)
    winner = func.coalesce(alias.c.winner_id, guess.c.account_id)
    query = (
        select(winner.label("account_id"), guess.c.csm_id, guess.c.score, guess.c.at)
        .outerjoin(alias, merged)
        .join(account, account.c.id == winner)
        .where(visible_accounts(viewer), guess.c.csm_id == csm_id)
        .order_by(guess.c.at, guess.c.id)
    )
    return [Guessed(row.account_id, row.csm_id, row.score, row.at) for row in db.execute(query)]


def answers(db: Connection, viewer: Viewer, account_ids: Mapping[str, object]) -> list[Answered]:
    """Each wave that asked one of these accounts by name, with the scores it got; in order."""
    if not account_ids:
        return []
    merged = and_(alias.c.kind == "account", alias.c.loser_id == invitation.c.account_id)
    winner = func.coalesce(alias.c.winner_id, invitation.c.account_id)
    query = (
        select(winner.label("account_id"), account.c.name, invitation.c.wave_id, wave.c.label)
        .add_columns(invitation.c.sent_at, response.c.score)
        .outerjoin(alias, merged)
        .join(account, account.c.id == winner)
        .join(wave, wave.c.id == invitation.c.wave_id)
        .outerjoin(
            response,
            and_(response.c.invitation_id == invitation.c.id, response.c.state == ResponseState.SUBMITTED),
        )
        .where(
            among(invitation.c.account_id, records_of(db, account_ids)),
            named,
            visible_accounts(viewer),
            invitation.c.sent_at.is_not(None),
            among(winner, account_ids),
        )
        .order_by(invitation.c.sent_at, invitation.c.id, response.c.id)
    )
    found: dict[tuple[str, int], Answered] = {}
    for row in db.execute(query):
        key = (row.account_id, row.wave_id)
        before = found.get(key)
        scores = (*(before.scores if before else ()), *(() if row.score is None else (row.score,)))
        asked_at = before.asked_at if before else row.sent_at
        assert asked_at is not None  # the query asks for it
        found[key] = Answered(row.account_id, row.name, row.label, asked_at, scores)
    return list(found.values())


def add(db: Connection, *, account_id: str, csm_id: str, score: int, now: datetime, by: str) -> None:
    db.execute(insert(guess).values(account_id=account_id, csm_id=csm_id, score=score, at=now, by=by))
