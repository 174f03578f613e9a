"""The claim: which steps are due, each given out once, every test inside the one transaction.

    waves locked shared -> due rows locked, those of others skipped -> addresses and accounts held
    -> opt-outs, exclusions, quarantine read -> decided -> reserved and written

On PostgreSQL nothing in it waits for a row or a name that another planner holds, so it is never
part of a deadlock; what is busy is left for the next call. On SQLite there is one writer.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from voc.base import locks, preferences
from voc.base.preferences import Preferences
from voc.base.words import AccountStatus, RecordState, StopReason
from voc.campaigns import chase
from voc.campaigns.calendar import local_day
from voc.campaigns.census import lacks_consent
from voc.campaigns.chase import Rules, Send
from voc.campaigns.model import Chased, Dropped, DueStep, Plan, Step
from voc.campaigns.quarantine import Reserved
from voc.campaigns.store import facts
from voc.campaigns.store.outcome import Outcome, write
from voc.campaigns.store.rows import chased_of, due_step, rules_of
from voc.campaigns.store.words import with_words


def claim_due(db: Connection, *, now: datetime, limit: int) -> list[DueStep]:
    """Up to `limit` steps whose moment has come, each for the caller alone, the quarantine reserved for it.

    Steps that may not go out now are moved, dropped, held or stopped on the way, with the reason
    kept. While the CRM's data is stale nobody is asked anew; those steps stay due. An empty list means
    that nothing more is due at `now` (or another planner is at it). The caller freezes the messages in
    the same transaction.
    """
    wanted = preferences.load(db)
    waves = facts.running_waves(db)
    rules = {row.id: rules_of(row.settings, wanted) for row in waves}
    steps = facts.steps_allowed(db, stale_after=timedelta(hours=wanted.stale_after_hours), now=now)
    while waves:
        due = facts.due(db, sorted(rules), steps, now=now, limit=limit)
        if not due:
            return []
        free = _held(db, due)
        claimed = _decide_all(db, free, rules, wanted, now=now)
        if claimed or not free:
            return claimed
    return []


def _held(db: Connection, rows: list[Any]) -> list[Any]:
    """Those whose address and account no other transaction is counting or suppressing just now."""
    names = {locks.address(row.address) for row in rows} | {locks.account(row.account_now_id) for row in rows}
    held = locks.try_hold(db, names)
    return [row for row in rows if locks.address(row.address) in held and locks.account(row.account_now_id) in held]


def _decide_all(
    db: Connection, rows: list[Any], rules: Mapping[int, Rules], wanted: Preferences, *, now: datetime
) -> list[DueStep]:
    if not rows:
        return []
    # Each campaign counts by its own limits, over what the one that looks back furthest needs.
    furthest = max((rules[row.wave_id].limits for row in rows), key=lambda limits: limits.days)
    ledger = facts.ledger(db, rows, furthest, now=now)
    suppressed = facts.suppressed(db, rows)
    consented = facts.consented(db, rows) if wanted.consent_countries else frozenset()
    excluded = facts.excluded(db, rows, today=now.date() - timedelta(days=1))
    outcome = Outcome()
    for row in sorted(rows, key=lambda row: (row.priority, row.due_at, row.id)):
        reason = suppressed.get(row.address) or _why_stop(row)
        if reason is None and lacks_consent(row.country, row.address in consented, wanted.consent_countries):
            reason = StopReason.NO_CONSENT
        if reason is not None:
            outcome.stopped.append((row, reason))
            continue
        person = chased_of(row, excluded)
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
    write(db, outcome, wanted, now=now)
    given_out = [_due_step(row, person, rules[row.wave_id], now=now) for row, person, _on in outcome.sent]
    return with_words(db, given_out, now=now)


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


def _due_step(row: Any, person: Chased, rules: Rules, *, now: datetime) -> DueStep:
    step = Step(row.next_step)
    closes_at = row.closes_at or now + timedelta(days=rules.due_days)
    if step == Step.INVITE:
        person = chase.asked(person, closes_at=closes_at)
    following = chase.next_step(rules, person, after=step, sent_at=now)
    goes_on = isinstance(following, Plan)
    give_up_at = following.at if isinstance(following, Plan) else closes_at
    return due_step(row, step, due_at=row.due_at, closes_at=closes_at, give_up_at=give_up_at, last_step=not goes_on)
