"""The claim: which steps are due, each given out once, every test inside the one transaction.

    waves locked shared -> due rows locked, those of others skipped -> addresses and accounts held
    -> opt-outs, exclusions, quarantine read -> decided -> reserved and written

On PostgreSQL nothing in it waits for a row or a name that another planner holds, so it is never
part of a deadlock; what is busy is left for the next call. On SQLite there is one writer.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, and_, bindparam, func, insert, or_, select, update

from voc.base import locks, preferences
from voc.base.preferences import Preferences
from voc.base.schema import (
    account,
    alias,
    campaign,
    chase_event,
    contact,
    contact_quota,
    csm,
    exclusion,
    invitation,
    questionnaire_version,
    suppression,
    wave,
)
from voc.base.words import AccountStatus, RecordState, StopReason, SuppressionReason
from voc.campaigns import chase
from voc.campaigns.calendar import local_day
from voc.campaigns.chase import Held, Rules, Send
from voc.campaigns.model import Chased, Dropped, DueStep, Limits, Plan, Role, Step, WaveState, Why
from voc.campaigns.quarantine import Ledger, Reserved
from voc.campaigns.store import owners
from voc.campaigns.store.rows import limits_of, rules_of, stop_rows

_SUPPRESSED = {
    SuppressionReason.OPT_OUT: StopReason.OPTED_OUT,
    SuppressionReason.BOUNCED: StopReason.BOUNCED,
    SuppressionReason.COMPLAINT: StopReason.COMPLAINED,
}
# The strongest first: an opt-out is the person's own wish.
_STRENGTH = (StopReason.OPTED_OUT, StopReason.COMPLAINED, StopReason.BOUNCED)


def claim_due(db: Connection, *, now: datetime, limit: int) -> list[DueStep]:
    """Up to `limit` steps whose moment has come, each for the caller alone, the quarantine reserved for it.

    Steps that may not go out now are moved, dropped, held or stopped on the way, with the reason
    kept. An empty list means that nothing more is due at `now` (or another planner is at it). The
    caller freezes the messages in the same transaction.
    """
    wanted = preferences.load(db)
    waves = _running_waves(db)
    rules = {row.id: rules_of(row.settings, wanted) for row in waves}
    while waves:
        due = _due(db, sorted(rules), now=now, limit=limit)
        if not due:
            return []
        free = _held(db, due)
        claimed = _decide_all(db, free, rules, wanted, now=now)
        if claimed or not free:
            return claimed
    return []


def _running_waves(db: Connection) -> Sequence[Any]:
    """Locked shared: a pause or a stop waits for claims under way, and no claim follows it."""
    return db.execute(
        select(wave.c.id, wave.c.settings)
        .where(wave.c.state == WaveState.RUNNING)
        .order_by(wave.c.id)
        .with_for_update(read=True)
    ).all()


def _due(db: Connection, wave_ids: list[int], *, now: datetime, limit: int) -> list[Any]:
    """Due rows in the order of `ix_invitation_due`, locked, with everything their mail needs.

    A merged account is read as the one it was merged into.
    """
    where_now = func.coalesce(alias.c.winner_id, invitation.c.account_id)
    query = (
        select(
            invitation,
            account.c.id.label("account_now_id"),
            account.c.name.label("account_name"),
            account.c.state.label("account_state"),
            account.c.status.label("account_status"),
            account.c.csm_id.label("csm_now_id"),
            account.c.segment.label("segment_now"),
            account.c.arr.label("arr_now"),
            account.c.currency.label("currency_now"),
            account.c.renewal_on,
            account.c.escalated_until_on,
            contact.c.state.label("contact_state"),
            contact.c.first_name,
            contact.c.last_name,
            contact.c.title,
            contact.c.left_company,
            contact.c.left_at,
            contact.c.opted_out,
            contact.c.away_until_on.label("contact_away_until_on"),
            wave.c.label,
            wave.c.launched_at,
            wave.c.resumed_at,
            wave.c.questionnaire_version_id,
            campaign.c.name.label("campaign"),
            campaign.c.priority,
            questionnaire_version.c.name.label("questionnaire"),
            csm.c.name.label("csm_name"),
            csm.c.email.label("csm_email"),
            csm.c.title.label("csm_title"),
        )
        .join(wave, wave.c.id == invitation.c.wave_id)
        .join(campaign, campaign.c.id == wave.c.campaign_id)
        .join(questionnaire_version, questionnaire_version.c.id == wave.c.questionnaire_version_id)
        .join(contact, contact.c.id == invitation.c.contact_id)
        .outerjoin(alias, and_(alias.c.kind == "account", alias.c.loser_id == invitation.c.account_id))
        .join(account, account.c.id == where_now)
        .outerjoin(csm, and_(csm.c.id == account.c.csm_id, csm.c.active))
        .where(
            invitation.c.next_step.is_not(None),
            invitation.c.due_at <= now,
            invitation.c.held_because.is_(None),
            invitation.c.stopped.is_(None),
            invitation.c.answered_at.is_(None),
            invitation.c.wave_id.in_(wave_ids),
        )
        .order_by(invitation.c.due_at, invitation.c.id)
        .limit(limit)
        .with_for_update(of=invitation, skip_locked=True)
    )
    return list(db.execute(query).all())


def _held(db: Connection, rows: list[Any]) -> list[Any]:
    """Those whose address and account no other transaction is counting or suppressing just now."""
    names = {locks.address(row.address) for row in rows} | {locks.account(row.account_now_id) for row in rows}
    held = locks.try_hold(db, names)
    return [row for row in rows if locks.address(row.address) in held and locks.account(row.account_now_id) in held]


@dataclass(slots=True)
class _Outcome:
    """What a batch comes to, written with one statement of each kind."""

    sent: list[tuple[Any, Chased, date]]
    moved: list[tuple[Any, Plan]]
    dropped: list[tuple[Any, Dropped]]
    held: list[tuple[Any, Held]]
    stopped: list[tuple[Any, StopReason]]


def _decide_all(
    db: Connection, rows: list[Any], rules: Mapping[int, Rules], wanted: Preferences, *, now: datetime
) -> list[DueStep]:
    if not rows:
        return []
    limits = limits_of(wanted)
    ledger = _ledger(db, rows, limits, now=now)
    suppressed = _suppressed(db, rows)
    excluded = _excluded(db, rows, today=now.date() - timedelta(days=1))
    outcome = _Outcome([], [], [], [], [])
    for row in sorted(rows, key=lambda row: (row.priority, row.due_at, row.id)):
        reason = suppressed.get(row.address) or _why_stop(row)
        if reason is not None:
            outcome.stopped.append((row, reason))
            continue
        person = _chased(row, excluded)
        meant_on = row.intended_on or local_day(row.due_at, row.time_zone)
        planned = Plan(Step(row.next_step), meant_on, row.due_at)
        decision = chase.decide(rules[row.wave_id], person, planned, ledger, now=now)
        if isinstance(decision, Send):
            ledger.reserve(Reserved(person.address, person.account_id, planned.step, person.priority, decision.on))
            outcome.sent.append((row, person, decision.on))
        elif isinstance(decision, Plan):
            outcome.moved.append((row, decision))
        elif isinstance(decision, Dropped):
            outcome.dropped.append((row, decision))
        else:
            outcome.held.append((row, decision))
    _write(db, outcome, now=now)
    return [_due_step(row, person, rules[row.wave_id], now=now) for row, person, _on in outcome.sent]


def _why_stop(row: Any) -> StopReason | None:
    """What the CRM or a person said since the step was planned."""
    if row.contact_state == RecordState.MERGED:
        return StopReason.MERGED
    if row.contact_state in (RecordState.CLOSED, RecordState.DELETED):
        return StopReason.GONE
    if row.left_company or row.left_at is not None:
        return StopReason.LEFT
    if row.opted_out:
        return StopReason.OPTED_OUT
    if row.account_state in (RecordState.CLOSED, RecordState.DELETED) or row.account_status != AccountStatus.CUSTOMER:
        return StopReason.GONE
    return None


def _suppressed(db: Connection, rows: list[Any]) -> dict[str, StopReason]:
    """Read after the addresses are held: an opt-out that is committed is seen here, the others wait."""
    addresses = sorted({row.address for row in rows})
    found: dict[str, set[StopReason]] = {}
    standing = select(suppression.c.address, suppression.c.reason).where(
        suppression.c.address.in_(addresses), suppression.c.lifted_at.is_(None)
    )
    for address, why in db.execute(standing):
        found.setdefault(address, set()).add(_SUPPRESSED[SuppressionReason(why)])
    flagged = select(contact.c.email, contact.c.opted_out).where(
        contact.c.email.in_(addresses),
        contact.c.state == RecordState.LIVE,
        or_(contact.c.opted_out, contact.c.bounced),
    )
    for email, opted_out in db.execute(flagged):
        found.setdefault(email or "", set()).add(StopReason.OPTED_OUT if opted_out else StopReason.BOUNCED)
    return {address: next(reason for reason in _STRENGTH if reason in reasons) for address, reasons in found.items()}


def _excluded(db: Connection, rows: list[Any], *, today: date) -> dict[tuple[str, str | None], date]:
    """(account, contact or None for all of it) -> the day the latest exclusion ends."""
    query = (
        select(exclusion.c.account_id, exclusion.c.contact_id, func.max(exclusion.c.expires_on))
        .where(
            exclusion.c.account_id.in_(sorted({row.account_now_id for row in rows})),
            exclusion.c.ended_at.is_(None),
            exclusion.c.expires_on > today,
        )
        .group_by(exclusion.c.account_id, exclusion.c.contact_id)
    )
    return {(account_id, contact_id): expires_on for account_id, contact_id, expires_on in db.execute(query)}


def _chased(row: Any, excluded: Mapping[tuple[str, str | None], date]) -> Chased:
    account_id = row.account_now_id
    ends = [excluded.get((account_id, None)), excluded.get((account_id, row.contact_id))]
    away = [row.away_until_on, row.contact_away_until_on]
    return Chased(
        key=row.address,
        address=row.address,
        account_id=account_id,
        time_zone=row.time_zone,
        country=row.country,
        heads_up=row.heads_up,
        priority=row.priority,
        since_on=local_day(row.resumed_at or row.launched_at, row.time_zone),
        closes_at=row.closes_at,
        away_until_on=max((day for day in away if day is not None), default=None),
        set_aside=RecordState.SET_ASIDE in (row.contact_state, row.account_state),
        excluded_until_on=max((day for day in ends if day is not None), default=None),
        escalated_until_on=row.escalated_until_on,
        renewal_on=row.renewal_on,
    )


def _ledger(db: Connection, rows: list[Any], limits: Limits, *, now: datetime) -> Ledger:
    addresses = sorted({row.address for row in rows})
    today = now.date()
    columns = (
        contact_quota.c.address,
        contact_quota.c.account_id,
        contact_quota.c.step,
        contact_quota.c.priority,
        contact_quota.c.on,
    )
    since = now - timedelta(days=limits.days + 2)
    own = select(*columns).where(contact_quota.c.address.in_(addresses), contact_quota.c.at >= since)
    # Local days of all zones that "today" may be.
    others = select(*columns).where(
        contact_quota.c.account_id.in_(sorted({row.account_now_id for row in rows})),
        contact_quota.c.on.between(today - timedelta(days=1), today + timedelta(days=1)),
        contact_quota.c.address.not_in(addresses),
    )
    ledger = Ledger(Reserved(*found) for query in (own, others) for found in db.execute(query))
    coming = (
        select(invitation.c.address, campaign.c.priority, invitation.c.intended_on)
        .join(wave, wave.c.id == invitation.c.wave_id)
        .join(campaign, campaign.c.id == wave.c.campaign_id)
        .where(
            invitation.c.address.in_(addresses),
            invitation.c.next_step.is_not(None),
            invitation.c.held_because.is_(None),
            invitation.c.intended_on <= today + timedelta(days=1),
            wave.c.state == WaveState.RUNNING,
        )
    )
    for address, priority, on in db.execute(coming):
        ledger.expect(address, priority=priority, on=on or today)
    return ledger


def _write(db: Connection, outcome: _Outcome, *, now: datetime) -> None:
    events = [_event(row, "moved", plan.why, plan.on, now) for row, plan in outcome.moved]
    events += [_event(row, "dropped", drop.why, drop.on, now) for row, drop in outcome.dropped]
    events += [_event(row, "held", Why.OVERDUE, None, now) for row, _held in outcome.held]
    if events:
        db.execute(insert(chase_event), events)
    _write_sent(db, [row for row, _person, _on in outcome.sent], now=now)
    if outcome.sent:
        reserved = [
            {
                "address": row.address,
                "account_id": row.account_now_id,
                "invitation_id": row.id,
                "step": row.next_step,
                "priority": row.priority,
                "on": on,
                "at": now,
            }
            for row, _person, on in outcome.sent
        ]
        db.execute(insert(contact_quota), reserved)
    if outcome.moved:
        statement = update(invitation).where(invitation.c.id == bindparam("row_id"))
        db.execute(
            statement.values(intended_on=bindparam("on"), due_at=bindparam("at"), moved_because=bindparam("because")),
            [{"row_id": row.id, "on": plan.on, "at": plan.at, "because": plan.why} for row, plan in outcome.moved],
        )
    for row, held in outcome.held:
        db.execute(update(invitation).where(invitation.c.id == row.id).values(held_because=held.because))
    over = [row.id for row, drop in outcome.dropped if drop.step not in chase.ASKING]
    if over:
        db.execute(update(invitation).where(invitation.c.id.in_(over)).values(next_step=None, due_at=None))
    for row, drop in outcome.dropped:
        if drop.step in chase.ASKING:
            stop_rows(db, [row.id], reason=StopReason.NO_DAY, now=now)
    for row, reason in outcome.stopped:
        stop_rows(db, [row.id], reason=reason, now=now)


def _event(row: Any, what: str, why: Why | None, on: date | None, now: datetime) -> dict[str, Any]:
    return {"invitation_id": row.id, "at": now, "step": row.next_step, "what": what, "why": why, "on": on}


def _write_sent(db: Connection, rows: list[Any], *, now: datetime) -> None:
    """Claimed rows have no next step until this one is recorded; an invitation freezes who it stands for."""
    if not rows:
        return
    statement = update(invitation).where(invitation.c.id.in_([row.id for row in rows]))
    db.execute(statement.values(next_step=None, due_at=None, moved_because=None))
    asked = [row for row in rows if row.next_step == Step.INVITE]
    if asked:
        owners.freeze(db, asked, now=now)


def _due_step(row: Any, person: Chased, rules: Rules, *, now: datetime) -> DueStep:
    step = Step(row.next_step)
    closes_at = row.closes_at or now + timedelta(days=rules.due_days)
    if step == Step.INVITE:
        person = chase.asked(person, closes_at=closes_at)
    following = chase.next_step(rules, person, after=step, sent_at=now)
    return DueStep(
        invitation_id=row.id,
        wave_id=row.wave_id,
        step=step,
        campaign=row.campaign,
        label=row.label,
        priority=row.priority,
        questionnaire_version_id=row.questionnaire_version_id,
        questionnaire=row.questionnaire,
        contact_id=row.contact_id,
        first_name=row.first_name,
        last_name=row.last_name,
        title=row.title,
        roles=tuple(Role(role) for role in row.roles),
        address=row.address,
        account_id=row.account_now_id,
        account_name=row.account_name,
        csm_id=row.csm_now_id,
        csm_name=row.csm_name,
        csm_email=row.csm_email,
        csm_title=row.csm_title,
        language=row.language,
        time_zone=row.time_zone,
        country=row.country,
        due_at=row.due_at,
        closes_at=closes_at,
        give_up_at=following.at if isinstance(following, Plan) else closes_at,
        last_step=not isinstance(following, Plan),
    )
