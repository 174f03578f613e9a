"""What is on record of decided renewals, and what was known at their landmark: kept once, read by the page."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, case, delete, func, insert, select, true

from voc.accounts.model import MilestoneKind
from voc.base.access import TERMINAL, Viewer, visible_accounts
from voc.base.confidential import shown as may_be_shown
from voc.base.preferences import Preferences
from voc.base.schema import (
    account,
    account_csm,
    alias,
    census_member,
    figure_snapshot,
    follow_up,
    invitation,
    milestone,
    opportunity,
    renewal_landmark,
    wave,
)
from voc.base.words import (
    AccountState,
    AccountStatus,
    Disposition,
    FollowUpKind,
    NotAsked,
    OutOfCohort,
    RecordState,
    Role,
    Scope,
    StopReason,
)
from voc.metrics.cost.landmark import Decision, Invited, Landmark, Past
from voc.metrics.cost.renewal import Renewal
from voc.metrics.store.deal_words import renewals_by_word

_MERGED = and_(alias.c.kind == "account")


def decisions(db: Connection, *, until: date, preferences: Preferences) -> list[Decision]:
    """Every renewal that the CRM calls closed, and accounts lost without one; a merged account's are its winner's."""
    winner = func.coalesce(alias.c.winner_id, opportunity.c.account_id)
    renewals = (
        select(opportunity.c.id, winner.label("account_id"), opportunity.c.close_on, opportunity.c.won)
        .outerjoin(alias, and_(_MERGED, alias.c.loser_id == opportunity.c.account_id))
        .join(account, account.c.id == winner)
        .where(
            opportunity.c.state == RecordState.LIVE,
            opportunity.c.closed,
            renewals_by_word(db, preferences),
            opportunity.c.close_on <= until,
        )
        .order_by(opportunity.c.close_on, opportunity.c.id)
    )
    found = [
        Decision(f"renewal:{row.id}", row.account_id, row.close_on, not row.won)
        for row in db.execute(renewals)
        if row.close_on is not None
    ]
    told = defaultdict(list)
    for one in found:
        if one.lost:
            told[one.account_id].append(one.decided_on)
    lost = (
        select(account.c.id, account.c.churned_on)
        .where(
            account.c.status == AccountStatus.CHURNED,
            account.c.state != RecordState.MERGED,
            account.c.churned_on <= until,
        )
        .order_by(account.c.id)
    )
    for row in db.execute(lost):
        # A lost renewal and the day the account was closed are one departure, told twice.
        if row.churned_on is not None and not any(abs((row.churned_on - day).days) <= 180 for day in told[row.id]):
            found.append(Decision(f"lost:{row.id}:{row.churned_on}", row.id, row.churned_on, True))
    return found


def kept_keys(db: Connection) -> dict[str, tuple[date, bool]]:
    """Day and outcome under which each decision was kept: a CRM that corrects one has it read again."""
    columns = renewal_landmark.c
    return {
        row.key: (row.decided_on, row.lost) for row in db.execute(select(columns.key, columns.decided_on, columns.lost))
    }


def waves(db: Connection) -> list[tuple[datetime, datetime]]:
    """First and last invitation of each wave."""
    query = (
        select(func.min(invitation.c.sent_at).label("first"), func.max(invitation.c.sent_at).label("last"))
        .where(invitation.c.sent_at.is_not(None))
        .group_by(invitation.c.wave_id)
    )
    return [(row.first, row.last) for row in db.execute(query) if row.first is not None and row.last is not None]


def pasts(db: Connection, account_ids: Collection[str]) -> dict[str, Past]:
    """What is on record of these accounts, merged ones with their winners; a constant number of queries."""
    winners = {
        row.loser_id: row.winner_id
        for row in db.execute(
            select(alias.c.loser_id, alias.c.winner_id).where(_MERGED, alias.c.winner_id.in_(sorted(account_ids)))
        )
    }
    ids = sorted({*account_ids, *winners})
    invited, segments = _invited(db, ids, winners)
    owners = _by_account(db, winners, _owners(ids))
    notices = _by_account(db, winners, _notices(ids))
    calls = _by_account(db, winners, _calls(ids))
    scores = _by_account(db, winners, _scores(ids))
    rows = db.execute(select(account).where(account.c.id.in_(sorted(account_ids))).order_by(account.c.id))
    return {
        row.id: Past(
            invited=invited[row.id],
            owners=[(one[1], one[2]) for one in owners[row.id]],
            segments=segments[row.id],
            segment=row.segment,
            customer_since_on=row.customer_since_on,
            lost_on=row.churned_on,
            notices=[one[1] for one in notices[row.id]],
            calls=[one[1] for one in calls[row.id]],
            scores=[(one[1], one[2]) for one in scores[row.id]],
        )
        for row in rows
    }


def _by_account(db: Connection, winners: Mapping[str, str], query: Any) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = defaultdict(list)
    for row in db.execute(query):
        found[winners.get(row[0], row[0])].append(row)
    return found


def _owners(ids: Sequence[str]) -> Any:
    table = account_csm.c
    query = select(table.account_id, table.from_at, table.csm_id).where(table.account_id.in_(ids))
    return query.order_by(table.from_at, table.id)


def _notices(ids: Sequence[str]) -> Any:
    table = milestone.c
    query = select(table.account_id, table.on).where(table.account_id.in_(ids), table.state == RecordState.LIVE)
    return query.where(table.kind == MilestoneKind.NOTICE_GIVEN).order_by(table.on, table.id)


def _calls(ids: Sequence[str]) -> Any:
    """First contacts with accounts as silent ones: our own rescue work."""
    table = follow_up.c
    query = select(table.account_id, table.contacted_at).where(table.account_id.in_(ids))
    return query.where(table.kind == FollowUpKind.SILENT_ACCOUNT, table.contacted_at.is_not(None)).order_by(table.id)


def _scores(ids: Sequence[str]) -> Any:
    table = figure_snapshot.c
    query = select(table.scope_id, table.as_of, table.value).where(
        table.scope == Scope.ACCOUNT, table.name == "silent_score", table.scope_id.in_(ids), table.value.is_not(None)
    )
    return query.order_by(table.scope_id, table.as_of, table.window_days)


_MOMENTS = ("stopped", "stopped_at", "disposition", "disposed_at", "answered_at")


def _columns() -> list[ColumnElement[Any]]:
    table = invitation.c
    shown = [one for one in may_be_shown if one.key in _MOMENTS]
    return [table.id, table.sent_at, table.closes_at, table.bounced_at, table.segment, table.confidential, *shown]


def _invited(
    db: Connection, ids: Sequence[str], winners: Mapping[str, str]
) -> tuple[dict[str, list[Invited]], dict[str, list[tuple[datetime, str | None]]]]:
    """Everybody ever invited at these accounts, also through another account that the same person has a row at."""
    table, census = invitation.c, census_member.c
    own = select(table.account_id, table.contact_id, table.roles, *_columns()).where(table.account_id.in_(ids))
    through = (
        select(census.account_id, census.contact_id, census.roles, *_columns())
        .join(census_member, and_(census.wave_id == table.wave_id, census.address == table.address))
        .where(
            census.account_id.in_(ids), census.reason == NotAsked.SAME_ADDRESS, table.account_id != census.account_id
        )
    )
    invited: dict[str, list[Invited]] = defaultdict(list)
    segments: dict[str, list[tuple[datetime, str | None]]] = defaultdict(list)
    for query, is_own in ((own, True), (through, False)):
        for row in db.execute(query.join(wave, wave.c.id == table.wave_id).order_by(table.id)):
            account_id = winners.get(row.account_id, row.account_id)
            invited[account_id].append(_invited_of(row))
            if is_own and row.sent_at is not None:
                segments[account_id].append((row.sent_at, row.segment))
    return invited, segments


def _invited_of(row: Any) -> Invited:
    return Invited(
        contact_id=row.contact_id,
        roles=frozenset(Role(role) for role in row.roles),
        sent_at=row.sent_at,
        due_at=row.closes_at or row.disposed_at,
        answered_at=row.answered_at,
        bounced_at=row.bounced_at,
        stopped=StopReason(row.stopped) if row.stopped else None,
        stopped_at=row.stopped_at,
        disposition=Disposition(row.disposition) if row.disposition else None,
        disposed_at=row.disposed_at,
        confidential=row.confidential,
    )


def keep(db: Connection, found: Iterable[tuple[Decision, Landmark]], *, now: datetime) -> None:
    rows = [
        {
            "key": decision.key,
            "account_id": decision.account_id,
            "decided_on": decision.decided_on,
            "landmark_on": one.landmark_on,
            "lost": decision.lost,
            "reason": one.reason,
            "state": one.state,
            "csm_id": one.csm_id,
            "segment": one.segment,
            "score": one.score,
            "days_since_answer": one.days_since_answer,
            "senior_silent": one.senior_silent,
            "treated": one.treated,
            "kept_at": now,
        }
        for decision, one in found
    ]
    if rows:
        db.execute(delete(renewal_landmark).where(renewal_landmark.c.key.in_([row["key"] for row in rows])))
        db.execute(insert(renewal_landmark), rows)


def drop(db: Connection, keys: Collection[str]) -> None:
    """Decisions that the CRM took back."""
    if keys:
        db.execute(delete(renewal_landmark).where(renewal_landmark.c.key.in_(sorted(keys))))


def renewals(db: Connection, viewer: Viewer) -> list[tuple[Renewal, bool]]:
    """Every kept decision, and whether the viewer may open its account; a merged account's are its winner's."""
    table = renewal_landmark.c
    winner = func.coalesce(alias.c.winner_id, table.account_id)
    mine = true() if viewer.sees_all else case((visible_accounts(viewer), True), else_=False)
    query = (
        select(mine, table.state, table.reason, table.key, winner, account.c.name, table.decided_on, table.landmark_on)
        .add_columns(table.lost, table.csm_id, table.segment, table.score, table.days_since_answer)
        .add_columns(table.senior_silent, table.treated)
        .select_from(renewal_landmark)
        .outerjoin(alias, and_(_MERGED, alias.c.loser_id == table.account_id))
        .join(account, account.c.id == winner)
        .order_by(table.decided_on, table.key)
    )
    return [(_renewal(*row), bool(its)) for its, *row in db.execute(query)]


def counted(db: Connection, viewer: Viewer) -> int:
    """How many of the viewer's accounts have a decision in the tables: each of them stands there once."""
    return sum(counted_by_owner(db, viewer).values())


def counted_by_owner(db: Connection, viewer: Viewer = TERMINAL) -> dict[str, int]:
    """The same by today's owner of the account; "" is nobody."""
    table = renewal_landmark.c
    winner, owner = func.coalesce(alias.c.winner_id, table.account_id), func.coalesce(account.c.csm_id, "")
    query = (
        select(owner, func.count(winner.distinct()))
        .select_from(renewal_landmark)
        .outerjoin(alias, and_(_MERGED, alias.c.loser_id == table.account_id))
        .join(account, account.c.id == winner)
        .where(visible_accounts(viewer), table.reason.is_(None), table.state.is_not(None))
        .group_by(owner)
    )
    return {row[0] or "": row[1] for row in db.execute(query)}


_STATES: Mapping[str | None, AccountState | None] = {None: None, **{one.value: one for one in AccountState}}
_REASONS: Mapping[str | None, OutOfCohort | None] = {None: None, **{one.value: one for one in OutOfCohort}}


def _renewal(state: str | None, reason: str | None, *columns: Any) -> Renewal:
    """Of `columns` as the query names them."""
    key, account_id, name, decided_on, landmark_on, lost, csm_id, segment, score, days, senior, treated = columns
    return Renewal(
        key=key,
        account_id=account_id,
        account_name=name,
        decided_on=decided_on,
        landmark_on=landmark_on,
        lost=lost,
        state=_STATES[state],
        reason=_REASONS[reason],
        csm_id=csm_id,
        segment=segment,
        score=score,
        days_since_answer=days,
        senior_silent=senior,
        treated=treated,
    )
