"""Who was asked and what came of it, and who was left out and why: by account."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, and_, func, or_, select

from voc.base.among import among
from voc.base.confidential import named
from voc.base.confidential import shown as may_be_shown
from voc.base.preferences import Preferences
from voc.base.schema import census_member, invitation, response, wave
from voc.base.words import Disposition, NotAsked, ResponseState, Role, StopReason, WaveState
from voc.metrics.model import Asked, Left
from voc.metrics.store.amounts import in_reporting
from voc.metrics.store.names import WORTH_NAMING

_STATE_OF_ASKED = (
    *("next_step", "sent_at", "closes_at", "stopped", "stopped_at", "disposition", "disposed_at"),
    *("answered_at", "bounced_at", "confidential"),
)


def asked_of(
    db: Connection,
    account_ids: Collection[str] | None,
    winners: Mapping[tuple[str, str], str],
    *,
    moment: datetime,
    since: datetime,
    preferences: Preferences,
) -> dict[str, list[Asked]]:
    """Invitations by account: due after `since`, or not sent yet in a wave launched after it."""
    query = (
        select(
            invitation.c.id,
            invitation.c.wave_id,
            invitation.c.contact_id,
            invitation.c.account_id,
            invitation.c.address,
            invitation.c.csm_id,
            invitation.c.inherited,
            invitation.c.segment,
            invitation.c.roles,
            invitation.c.arr,
            invitation.c.currency,
            invitation.c.freshness,
            *(one for one in may_be_shown if one.key in _STATE_OF_ASKED),
            wave.c.state.label("wave_state"),
        )
        .join(wave, wave.c.id == invitation.c.wave_id)
        .where(
            wave.c.launched_at <= moment,
            wave.c.state != WaveState.PLANNING,
            or_(
                invitation.c.closes_at > since,
                and_(invitation.c.closes_at.is_(None), wave.c.launched_at > since),
            ),
        )
        .order_by(invitation.c.id)
    )
    if account_ids is not None:
        # Somebody of these accounts may have been asked through another one.
        theirs = (
            select(census_member.c.address)
            .distinct()
            .where(among(census_member.c.account_id, account_ids), census_member.c.reason == NotAsked.SAME_ADDRESS)
        )
        addresses = [one for one in db.execute(theirs).scalars() if one is not None]
        own = among(invitation.c.account_id, account_ids)
        query = query.where(or_(own, among(invitation.c.address, addresses)) if addresses else own)
    rows = db.execute(query).all()
    few = None if account_ids is None or len(rows) > WORTH_NAMING else [row.id for row in rows]
    scores = _scores(db, since=since, moment=moment, invitation_ids=few)
    found: dict[str, list[Asked]] = defaultdict(list)
    for row in rows:
        if row.sent_at is not None and row.sent_at > moment:
            continue
        one = _asked_of(row, winners, scores.get(row.id), moment=moment, preferences=preferences)
        found[one.account_id].append(one)
    return found


def _asked_of(
    row: Any,
    winners: Mapping[tuple[str, str], str],
    score: tuple[int, datetime] | None,
    *,
    moment: datetime,
    preferences: Preferences,
) -> Asked:
    due_at = row.closes_at or row.disposed_at
    planned = (
        row.sent_at is None and row.next_step is not None and row.wave_state in (WaveState.RUNNING, WaveState.PAUSED)
    )
    return Asked(
        id=row.id,
        wave_id=row.wave_id,
        account_id=winners.get(("account", row.account_id), row.account_id),
        contact_id=winners.get(("contact", row.contact_id), row.contact_id),
        address=row.address,
        csm_id=row.csm_id,
        inherited=row.inherited,
        segment=row.segment,
        roles=frozenset(Role(role) for role in row.roles),
        arr=in_reporting(preferences, row.arr, row.currency),
        freshness=row.freshness,
        sent_at=row.sent_at,
        due_at=due_at,
        bounced_at=known_at(row.bounced_at, moment),
        answered_at=known_at(row.answered_at, moment),
        stopped=StopReason(row.stopped) if row.stopped and known_at(row.stopped_at, moment) else None,
        disposition=Disposition(row.disposition) if row.disposition and due_at and due_at <= moment else None,
        score=score[0] if score else None,
        score_at=score[1] if score else None,
        planned=planned,
        currency=row.currency,
        confidential=row.confidential,
    )


def known_at(at: datetime | None, moment: datetime) -> datetime | None:
    return at if at is not None and at <= moment else None


def _scores(
    db: Connection, *, since: datetime, moment: datetime, invitation_ids: Collection[int] | None = None
) -> dict[int, tuple[int, datetime]]:
    """The latest submitted score of each invitation; a draft's where the due date made it a partial answer."""
    at = func.coalesce(response.c.submitted_at, response.c.saved_at)
    query = (
        select(response.c.invitation_id, response.c.score, response.c.state, at.label("at"), invitation.c.disposition)
        .join(invitation, invitation.c.id == response.c.invitation_id)
        .where(
            named,
            response.c.score.is_not(None),
            response.c.state.in_([ResponseState.SUBMITTED, ResponseState.DRAFT]),
            at > since,
            at <= moment,
        )
        .order_by(at, response.c.id)
    )
    if invitation_ids is not None:
        query = query.where(response.c.invitation_id.in_(invitation_ids))
    found: dict[int, tuple[int, datetime]] = {}
    drafts: dict[int, tuple[int, datetime]] = {}
    for row in db.execute(query):
        if row.score is None:
            continue
        if row.state == ResponseState.SUBMITTED:
            found[row.invitation_id] = (row.score, row.at)
        elif row.disposition == Disposition.PARTIAL:
            drafts[row.invitation_id] = (row.score, row.at)
    return {**drafts, **found}


def left_of(
    db: Connection,
    account_ids: Collection[str] | None,
    winners: Mapping[tuple[str, str], str],
    asked: dict[str, list[Asked]],
    *,
    moment: datetime,
    since: datetime,
) -> dict[str, list[Left]]:
    """Who was left out of each wave, and why; whoever was asked through another account is added to `asked` here."""
    query = (
        select(census_member)
        .join(wave, wave.c.id == census_member.c.wave_id)
        .where(
            census_member.c.reason.is_not(None),
            wave.c.launched_at > since,
            wave.c.launched_at <= moment,
            wave.c.state != WaveState.PLANNING,
        )
        .order_by(census_member.c.id)
    )
    if account_ids is not None:
        query = query.where(census_member.c.account_id.in_(sorted(account_ids)))
    by_address = {(one.wave_id, one.address): one for mails in asked.values() for one in mails}
    left: dict[str, list[Left]] = defaultdict(list)
    for row in db.execute(query):
        account_id = winners.get(("account", row.account_id), row.account_id)
        contact_id = winners.get(("contact", row.contact_id), row.contact_id)
        roles = frozenset(Role(role) for role in row.roles)
        same = by_address.get((row.wave_id, row.address)) if row.address else None
        if row.reason == NotAsked.SAME_ADDRESS and same is not None and same.account_id != account_id:
            asked[account_id].append(_through(same, account_id=account_id, contact_id=contact_id, roles=roles))
        elif row.reason == NotAsked.SAME_ADDRESS and same is not None:
            asked[account_id].append(_through(same, account_id=account_id, contact_id=same.contact_id, roles=roles))
        else:
            left[account_id].append(Left(row.wave_id, contact_id, roles, NotAsked(row.reason)))
    return left


def _through(asked: Asked, *, account_id: str, contact_id: str, roles: frozenset[Role]) -> Asked:
    """The same invitation as it counts for another row of the same person."""
    values = {name: getattr(asked, name) for name in Asked.__slots__}
    return Asked(**{**values, "account_id": account_id, "contact_id": contact_id, "roles": roles, "elsewhere": True})
