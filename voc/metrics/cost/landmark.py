"""One renewal decision read at its landmark: the state that was known then (3-metrics 4.4). Pure.

Read over the whole year, silence seems to double the risk even where it means nothing: whoever left
early had less time to answer. So the account is read some 90 days before the decision, from moments
up to then alone. Every event carries its moment, and what lies after the landmark is not looked at.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from types import MappingProxyType

from voc.base.words import AccountState, Disposition, OutOfCohort, Role, StopReason
from voc.metrics.model import AccountFacts, Asked
from voc.metrics.silence import SENIOR, WINDOW, Limits, recent, state_of_asked

LEAST_DAYS = 90
NOTICE_COUNTS = timedelta(days=365)  # a notice that is older belonged to an earlier contract


Merged = Mapping[str, tuple[datetime, str]]  # contact -> since when it is known to be another one
NOBODY: Merged = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Decision:
    """A renewal that was decided, or an account that was lost without one. One customer may have several."""

    key: str
    account_id: str
    decided_on: date
    lost: bool


@dataclass(frozen=True, slots=True)
class Invited:
    """One invitation with the moment of everything that became of it."""

    contact_id: str
    roles: frozenset[Role]
    sent_at: datetime | None
    due_at: datetime | None
    answered_at: datetime | None = None
    bounced_at: datetime | None = None
    stopped: StopReason | None = None
    stopped_at: datetime | None = None
    disposition: Disposition | None = None
    disposed_at: datetime | None = None
    confidential: bool = False


@dataclass(frozen=True)
class Past:
    """What is on record of one account; `owners` are (from, CSM) in order, `calls` first contacts with it as silent."""

    invited: Sequence[Invited] = ()
    owners: Sequence[tuple[datetime, str | None]] = ()
    segments: Sequence[tuple[datetime, str | None]] = ()  # frozen at each invitation
    segment: str | None = None  # today's, where nobody was ever invited
    customer_since_on: date | None = None
    lost_on: date | None = None
    notices: Sequence[date] = ()
    calls: Sequence[datetime] = ()
    scores: Sequence[tuple[date, float]] = ()  # of the nights, in order


@dataclass(frozen=True)
class Landmark:
    """What was known of the account at the end of `landmark_on`; `reason` says why the decision is in no table."""

    landmark_on: date
    reason: OutOfCohort | None
    state: AccountState | None
    csm_id: str | None
    segment: str | None
    score: float | None
    days_since_answer: float | None
    senior_silent: bool | None
    treated: bool


SCORE_AGE_DAYS = 30  # an older score says nothing of that day


def landmark_on(decided_on: date, *, notice_days: int) -> date:
    return decided_on - timedelta(days=max(LEAST_DAYS, notice_days))


def read(
    decision: Decision,
    past: Past,
    *,
    notice_days: int,
    limits: Limits,
    waves: Iterable[tuple[datetime, datetime]],
    merged: Merged = NOBODY,
) -> Landmark:
    """`waves` are the first and the last invitation of each wave of ours. A score counts if it is not too old."""
    on = landmark_on(decision.decided_on, notice_days=notice_days)
    moment = end_of(on)
    account = known_at(past, moment, merged=merged)
    reason = _why_out(past, on=on, waves=waves)
    since = account.last_answered_at or account.first_delivered_at
    return Landmark(
        landmark_on=on,
        reason=reason,
        state=None if reason else state_of_asked(account, moment=moment, limits=limits),
        csm_id=_latest(past.owners, moment),
        segment=_latest(past.segments, moment) or past.segment,
        score=_score(past.scores, on, SCORE_AGE_DAYS),
        days_since_answer=None if since is None else (moment - since) / timedelta(days=1),
        senior_silent=_senior_silent(account, moment),
        treated=any(moment < at < end_of(decision.decided_on) for at in past.calls),
    )


def end_of(day: date) -> datetime:
    return datetime.combine(day + timedelta(days=1), time(), tzinfo=UTC) - timedelta(microseconds=1)


def known_at(past: Past, moment: datetime, *, merged: Merged = NOBODY) -> AccountFacts:
    """The account as facts of that moment; it had a census, for it was a customer to be renewed."""
    asked = [one for invited in past.invited if (one := _asked_at(invited, moment, merged)) is not None]
    answers = [one.answered_at for one in asked if one.answered_at is not None]
    arrived = [one.sent_at for one in asked if one.sent_at is not None and one.delivered]
    return AccountFacts(
        account_id="",
        name="",
        csm_id=None,
        segment=None,
        customer=True,
        arr=None,
        amount=None,
        currency=None,
        renewal_on=None,
        customer_since_on=past.customer_since_on,
        team=None,
        asked=tuple(asked),
        last_answered_at=max(answers, default=None),
        first_delivered_at=min(arrived, default=None),
    )


def _asked_at(one: Invited, moment: datetime, merged: Merged) -> Asked | None:
    began = one.sent_at or one.bounced_at
    if began is None or began > moment:
        return None
    told = one.due_at is not None and one.due_at <= moment and _known(one.disposed_at or one.due_at, moment)
    return Asked(
        id=0,
        wave_id=0,
        account_id="",
        contact_id=_person(one.contact_id, moment, merged),
        address="",
        csm_id=None,
        inherited=False,
        segment=None,
        roles=one.roles,
        arr=None,
        freshness=None,
        sent_at=one.sent_at if _known(one.sent_at, moment) else None,
        due_at=one.due_at,
        bounced_at=one.bounced_at if _known(one.bounced_at, moment) else None,
        answered_at=one.answered_at if _known(one.answered_at, moment) else None,
        stopped=one.stopped if _known(one.stopped_at, moment) else None,
        disposition=one.disposition if told else None,
        confidential=one.confidential,
    )


def _person(contact_id: str, moment: datetime, merged: Merged) -> str:
    """Two rows of somebody are one person from the day on which we knew it."""
    at, winner = merged.get(contact_id, (moment, contact_id))
    return winner if at <= moment else contact_id


def _known(at: datetime | None, moment: datetime) -> bool:
    return at is not None and at <= moment


def _why_out(past: Past, *, on: date, waves: Iterable[tuple[datetime, datetime]]) -> OutOfCohort | None:
    if past.lost_on is not None and past.lost_on <= on:
        return OutOfCohort.LOST_BEFORE
    if any(on - NOTICE_COUNTS < notice <= on for notice in past.notices):
        return OutOfCohort.NOTICE_BEFORE
    moment = end_of(on)
    if not any(first <= moment and last > moment - WINDOW for first, last in waves):
        return OutOfCohort.NOBODY_ASKED
    return None


def _latest(values: Iterable[tuple[datetime, str | None]], moment: datetime) -> str | None:
    return max(((at, value or "") for at, value in values if at <= moment), default=(moment, ""))[1] or None


def _score(scores: Iterable[tuple[date, float]], on: date, days: int) -> float | None:
    kept = [(day, score) for day, score in scores if on - timedelta(days=days) < day <= on]
    return max(kept)[1] if kept else None


def _senior_silent(account: AccountFacts, moment: datetime) -> bool | None:
    """Whether a decision maker or budget holder was reached in the window and none answered; None if none was."""
    senior = [one for one in recent(account, moment=moment) if one.roles & SENIOR and one.delivered]
    if not senior:
        return None
    return not any(one.answered_at is not None and one.answered_at > moment - WINDOW for one in senior)
