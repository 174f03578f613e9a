"""Which step of an invitation is next, when, and why it is moved, dropped or held.

    heads-up --2 days--> invitation --4--> reminder 1 --6--> reminder 2 --> (last call) --> due

Each step is planned from the day the one before it was *sent*; only the next one is planned. Values
in, values out: `ledger` holds what was already sent to whom, and the caller reserves in it.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from msgspec.structs import replace

from voc.campaigns.calendar import Calendar, local_day
from voc.campaigns.census import renewal_pause_ends, rests_until
from voc.campaigns.model import CampaignSettings, Chased, Dropped, Limits, Plan, Step, Why
from voc.campaigns.quarantine import Ledger

_DAY = timedelta(days=1)
LATE = timedelta(hours=24)  # overdue by more: the next window
CLOSING = timedelta(minutes=15)  # what a full outbox may still hand out after the window
HELD_AFTER_WORKING_DAYS = 5  # overdue by more: a person looks
NUDGE_APART_DAYS = 2  # working days between a CSM's nudge and the next mail of the chase

ASKING = (Step.HEADS_UP, Step.INVITE)
_ORDER = tuple(Step)


@dataclass(frozen=True, slots=True)
class Rules:
    """Everything the chase of one campaign goes by."""

    settings: CampaignSettings
    calendar: Calendar
    limits: Limits
    due_days: int

    def is_on(self, step: Step) -> bool:
        match step:
            case Step.HEADS_UP:
                return self.settings.heads_up
            case Step.INVITE:
                return True
            case Step.REMINDER_1:
                return self.settings.reminder_1
            case Step.REMINDER_2:
                return self.settings.reminder_2
            case Step.LAST_CALL:
                return self.settings.last_call

    def days_before(self, step: Step) -> int:
        """Working days from the step before it to this one."""
        match step:
            case Step.HEADS_UP:
                return 0
            case Step.INVITE:
                return self.settings.heads_up_days
            case Step.REMINDER_1:
                return self.settings.reminder_1_days
            case Step.REMINDER_2:
                return self.settings.reminder_2_days
            case Step.LAST_CALL:
                return self.settings.last_call_days

    def weekdays(self, step: Step) -> list[int] | None:
        return self.settings.invitation_weekdays if step == Step.INVITE else None


@dataclass(frozen=True, slots=True)
class Send:
    """Now. `on` is the contact's local day, which the quarantine counts."""

    on: date


@dataclass(frozen=True, slots=True)
class Held:
    """Too long overdue: a person decides whether it still makes sense."""

    because: str


Decision = Send | Plan | Dropped | Held


def plan(rules: Rules, chased: Chased, step: Step, *, from_on: date, why: Why | None = None) -> Plan | Dropped:
    """That step on the first day from `from_on` that suits it, or dropped because the due date is too near."""
    on, at = rules.calendar.next_moment(
        from_on,
        chased.time_zone,
        chased.country,
        key=f"{chased.key}:{step}",
        weekdays=rules.weekdays(step),
    )
    if on > last_day(rules, chased, step):
        return Dropped(step, on, why or Why.TOO_LATE)
    return Plan(step, on, at, why)


def last_day(rules: Rules, chased: Chased, step: Step) -> date:
    """The last local day on which that step may still go out: never the due day itself."""
    if step in ASKING or chased.closes_at is None:
        return chased.since_on + timedelta(days=rules.settings.give_up_days)
    due_on = local_day(chased.closes_at, chased.time_zone)
    return min(rules.calendar.shift(due_on, -rules.settings.quiet_days, chased.country), due_on - _DAY)


def next_step(rules: Rules, chased: Chased, *, after: Step, sent_at: datetime) -> Plan | Dropped | None:
    """What follows a step that was sent at that moment; None if it was the last one."""
    following = next((step for step in _ORDER[_ORDER.index(after) + 1 :] if rules.is_on(step)), None)
    if following is None:
        return None
    day = rules.calendar.shift(local_day(sent_at, chased.time_zone), rules.days_before(following), chased.country)
    return plan(rules, chased, following, from_on=day)


def replan(rules: Rules, chased: Chased, step: Step, *, now: datetime, why: Why) -> Plan | Dropped:
    """Into the next window that opens from now on."""
    on, _at = rules.calendar.next_after(
        now, chased.time_zone, chased.country, key=f"{chased.key}:{step}", weekdays=rules.weekdays(step)
    )
    return plan(rules, chased, step, from_on=on, why=why)


def around_escalation(
    rules: Rules, chased: Chased, step: Step, *, meant_on: date, moved: bool, now: datetime
) -> Plan | Dropped | None:
    """Where a step goes that an escalation of the account, or its end, concerns; None where it stays.

    `moved`: an escalation has moved it before from `meant_on`. Dropped: it would be too late after the escalation.
    """
    until_on = chased.escalated_until_on
    if until_on is not None and max(meant_on, local_day(now, chased.time_zone)) < until_on:
        return plan(rules, chased, step, from_on=until_on, why=Why.ESCALATED)
    if not moved:
        return None
    soonest, _at = rules.calendar.next_after(
        now, chased.time_zone, chased.country, key=f"{chased.key}:{step}", weekdays=rules.weekdays(step)
    )
    return plan(rules, chased, step, from_on=max(meant_on, soonest))


def after_nudge(
    rules: Rules, chased: Chased, step: Step, *, planned_on: date, nudged_on: date
) -> Plan | Dropped | None:
    """Where the next step goes that would arrive together with a nudge of that day; None where it stays."""
    free_on = rules.calendar.shift(nudged_on, NUDGE_APART_DAYS, chased.country)
    return plan(rules, chased, step, from_on=free_on, why=Why.NUDGED) if planned_on < free_on else None


def asked(chased: Chased, *, closes_at: datetime) -> Chased:
    """The same person once the invitation is sent, with its due date."""
    return replace(chased, closes_at=closes_at)


def decide(rules: Rules, chased: Chased, planned: Plan, ledger: Ledger, *, now: datetime) -> Decision:
    """What to do with a step whose moment has come: send it, or move, drop or hold it, with the reason."""
    today = local_day(now, chased.time_zone)
    on, at = _meant(rules, chased, planned)
    if at > now:
        return plan(rules, chased, planned.step, from_on=on, why=Why.OUTSIDE_WINDOW)
    overdue_days = rules.calendar.working_days_between(on, today, chased.country)
    if overdue_days > HELD_AFTER_WORKING_DAYS:
        return Held(f"Overdue since {on}: {overdue_days} working days.")
    blocked = why_not_today(rules, chased, planned.step, ledger, today=today)
    if blocked is not None:
        why, free_on = blocked
        return plan(rules, chased, planned.step, from_on=free_on, why=why)
    if now - at > LATE:
        return replan(rules, chased, planned.step, now=now, why=Why.OVERDUE)
    if not rules.calendar.is_working(today, chased.country):
        return plan(rules, chased, planned.step, from_on=today + _DAY, why=Why.NOT_A_WORKING_DAY)
    if today > last_day(rules, chased, planned.step):
        return Dropped(planned.step, today, Why.TOO_LATE)
    # A clock that was moved, or a service that was down: late by hours must not become a mail at night.
    if now - at > CLOSING and not _open(rules, chased, now=now):
        return replan(rules, chased, planned.step, now=now, why=Why.OUTSIDE_WINDOW)
    return Send(today)


def _open(rules: Rules, chased: Chased, *, now: datetime) -> bool:
    """Whether the contact's window is open, or has only just closed."""
    window = rules.calendar.window(local_day(now, chased.time_zone), chased.time_zone)
    return window is not None and window[0] <= now < window[1] + CLOSING


def why_not_today(rules: Rules, chased: Chased, step: Step, ledger: Ledger, *, today: date) -> tuple[Why, date] | None:
    """The first thing that speaks against a message today, and the first day on which it no longer does."""
    if chased.away_until_on is not None and today <= chased.away_until_on:
        return Why.AWAY, chased.away_until_on + _DAY
    if chased.set_aside:
        return Why.SET_ASIDE, today + _DAY
    if chased.excluded_until_on is not None and today < chased.excluded_until_on:
        return Why.EXCLUDED, chased.excluded_until_on
    if chased.escalated_until_on is not None and today < chased.escalated_until_on:
        return Why.ESCALATED, chased.escalated_until_on
    pause_ends = renewal_pause_ends(chased.renewal_on, today, rules.limits)
    if pause_ends is not None:
        return Why.RENEWAL_SIGNING, pause_ends
    asked_on = ledger.last_asked_on(chased.address, chased.priority) if step in ASKING else None
    if asked_on is not None:
        # A heads-up announces the invitation that follows: it waits with it.
        ahead = rules.settings.heads_up_days if step == Step.HEADS_UP else 0
        free_on = rules.calendar.shift(rests_until(asked_on, rules.limits), -ahead, chased.country)
        if today < free_on:
            return Why.ASKED_RECENTLY, free_on
    return why_not_mail(rules.limits, chased, ledger, today=today)


def why_not_mail(limits: Limits, chased: Chased, ledger: Ledger, *, today: date) -> tuple[Why, date] | None:
    """The limits that count every message: the first that another one today would break, and when it frees."""
    frees_on = ledger.frees_on(chased.address, limits, today=today)
    if frees_on is not None:
        return Why.ENOUGH_MESSAGES, frees_on
    if ledger.mailed_on(chased.address, today):
        return Why.ONE_A_DAY, today + _DAY
    if ledger.goes_first(chased.address, chased.priority, today):
        return Why.GOES_FIRST, today + _DAY
    if ledger.contacts_of(chased.account_id, today, but=chased.address) >= limits.contacts_per_account_day:
        return Why.ACCOUNT_FULL, today + _DAY
    return None


def _meant(rules: Rules, chased: Chased, planned: Plan) -> tuple[date, datetime]:
    """Day and moment as they follow from the intention today: zone, window and blackout days may have changed."""
    window = rules.calendar.window(planned.on, chased.time_zone)
    if window is not None and rules.calendar.is_working(planned.on, chased.country):
        opens, closes = window
        if opens <= planned.at < closes:
            return planned.on, planned.at
    return rules.calendar.next_moment(
        planned.on,
        chased.time_zone,
        chased.country,
        key=f"{chased.key}:{planned.step}",
        weekdays=rules.weekdays(planned.step),
    )
