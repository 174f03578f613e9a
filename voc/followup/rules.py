"""Which answer opens which case, by when somebody must do what, what may follow what, and who is told. Pure."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import date, datetime

from voc.base.choices import Preferences
from voc.base.errors import Refused
from voc.base.words import FollowUpKind, FollowUpState
from voc.campaigns.conditions import Condition, holds
from voc.campaigns.definition import FollowUps
from voc.followup.hours import Hours
from voc.followup.model import Act, Answer, Bar, Clock, Deadlines, FollowUp, Opening, Promise, Stand, Timed

# From which states an act is allowed, and the state that follows. A further call on a contacted case is
# logged and changes nothing else; a reopened case runs on with the clock it had.
TRANSITIONS: Mapping[Act, Mapping[FollowUpState, FollowUpState]] = {
    Act.ACKNOWLEDGE: {FollowUpState.NEW: FollowUpState.ACKNOWLEDGED},
    Act.CONTACT: {
        FollowUpState.NEW: FollowUpState.CONTACTED,
        FollowUpState.ACKNOWLEDGED: FollowUpState.CONTACTED,
        FollowUpState.CONTACTED: FollowUpState.CONTACTED,
    },
    Act.RESOLVE: {FollowUpState.CONTACTED: FollowUpState.RESOLVED},
    Act.CONFIRM: {FollowUpState.RESOLVED: FollowUpState.CONFIRMED},
    Act.REOPEN: {
        FollowUpState.RESOLVED: FollowUpState.CONTACTED,
        FollowUpState.CONFIRMED: FollowUpState.CONTACTED,
    },
}
_WHAT_FIRST = {
    Act.RESOLVE: "Log the first contact before you resolve it",
    Act.CONFIRM: "Resolve it before the customer can confirm",
    Act.REOPEN: "It is still open",
}
_YES = frozenset({"yes"})
# Scores alone, for a definition that says nothing else.
_BY_SCORE = {FollowUpKind.DETRACTOR: range(7)}


def follow_up_kind(answer: Answer, follow_ups: FollowUps | None, consents: Collection[str] = ()) -> FollowUpKind | None:
    """What the answer asks of us, None if nothing.

    The questionnaire says when; `follow_ups` None (a definition that cannot be read any more) leaves
    the detractors, whom the score alone tells. An answer given in confidence asks for nothing unless
    the person ticked one of the `consents`; then it is a request, whatever they scored: no kind tells it.
    """
    if answer.confidential:
        ticked = any(answer.picked.get(key) == _YES for key in consents)
        return FollowUpKind.PASSIVE_REQUEST if ticked else None
    conditions: dict[FollowUpKind, Condition | None] = {}
    if follow_ups is not None:
        conditions = {
            FollowUpKind.DETRACTOR: follow_ups.detractor,
            FollowUpKind.PASSIVE_REQUEST: follow_ups.passive_request,
            FollowUpKind.PROMOTER_OFFER: follow_ups.promoter_offer,
        }
    for kind, condition in conditions.items():
        if condition is not None and holds(condition, answer.picked):
            return kind
    if follow_ups is None and answer.score in _BY_SCORE[FollowUpKind.DETRACTOR]:
        return FollowUpKind.DETRACTOR
    return None


def opening(answer: Answer, kind: FollowUpKind) -> Opening:
    """One case per kind and invitation, that is per kind, account, person and wave.

    One that was asked for in confidence leads neither to the answer nor to its score.
    """
    return Opening(
        key=f"{kind}:{answer.invitation_id}",
        kind=kind,
        account_id=answer.account_id,
        contact_id=answer.contact_id,
        wave_id=answer.wave_id,
        response_id=None if answer.confidential else answer.response_id,
        score=None if answer.confidential else answer.score,
        opened_at=answer.submitted_at,
    )


def silent_opening(account_id: str, contact_id: str | None, *, spell_on: date, now: datetime) -> Opening:
    """One case per account and spell of silence; `spell_on` is the day on which the spell began."""
    return Opening(
        key=f"{FollowUpKind.SILENT_ACCOUNT}:{account_id}:{spell_on.isoformat()}",
        kind=FollowUpKind.SILENT_ACCOUNT,
        account_id=account_id,
        contact_id=contact_id,
        wave_id=None,
        response_id=None,
        score=None,
        opened_at=now,
    )


def clock(kind: FollowUpKind, preferences: Preferences) -> Clock:
    """The limits of a kind (3-metrics 6)."""
    if kind == FollowUpKind.DETRACTOR:
        return Clock(preferences.acknowledge_hours, preferences.contact_hours, preferences.resolve_hours)
    if kind == FollowUpKind.SILENT_ACCOUNT:
        return Clock(None, preferences.silent_hours, None)
    return Clock(None, preferences.request_hours, preferences.resolve_hours)


def deadlines(opened_at: datetime, limits: Clock, hours: Hours) -> Deadlines:
    def due(limit: float | None) -> datetime | None:
        return None if limit is None else hours.due_after(opened_at, limit)

    return Deadlines(
        acknowledge_by=due(limits.acknowledge_hours),
        contact_by=hours.due_after(opened_at, limits.contact_hours),
        resolve_by=due(limits.resolve_hours),
    )


def promise_due(case: Timed) -> tuple[Promise, datetime] | None:
    """The limit that counts now: the first that is not kept yet. None when nothing is due from us."""
    if case.state == FollowUpState.NEW and case.acknowledge_by is not None:
        return Promise.ACKNOWLEDGE, case.acknowledge_by
    if case.state in (FollowUpState.NEW, FollowUpState.ACKNOWLEDGED):
        return Promise.CONTACT, case.contact_by
    if case.state == FollowUpState.CONTACTED and case.resolve_by is not None:
        return Promise.RESOLVE, case.resolve_by
    return None


def passed_promises(case: Timed, now: datetime) -> list[Promise]:
    """Every limit of an open case that has passed unkept: a case nobody acknowledged may be past its contact too."""
    if case.state == FollowUpState.CONTACTED:
        due = [(Promise.RESOLVE, case.resolve_by)]
    elif case.state == FollowUpState.ACKNOWLEDGED:
        due = [(Promise.CONTACT, case.contact_by), (Promise.RESOLVE, case.resolve_by)]
    elif case.state == FollowUpState.NEW:
        due = [
            (Promise.ACKNOWLEDGE, case.acknowledge_by),
            (Promise.CONTACT, case.contact_by),
            (Promise.RESOLVE, case.resolve_by),
        ]
    else:
        return []
    return [promise for promise, by in due if by is not None and by <= now]


def with_bar(case: FollowUp, *, hours: Hours, preferences: Preferences, now: datetime) -> FollowUp:
    """The case with the bar of the limit that counts."""
    found = limit_of(case, preferences=preferences, now=now)
    if found is None:
        return case
    promise, due_at, limit, late = found
    return replace(case, bar=Bar(promise, hours.elapsed(case.opened_at, now), limit, due_at), late=late)


def limit_of(case: Timed, *, preferences: Preferences, now: datetime) -> tuple[Promise, datetime, float, bool] | None:
    """The limit that counts, its moment and hours, and whether it has passed: the last one passed, else the next."""
    due = promise_due(case)
    if due is None:
        return None
    passed = passed_promises(case, now)
    promise = passed[-1] if passed else due[0]
    moments = {
        Promise.ACKNOWLEDGE: case.acknowledge_by,
        Promise.CONTACT: case.contact_by,
        Promise.RESOLVE: case.resolve_by,
    }
    due_at, limit = moments[promise], clock(case.kind, preferences).hours(promise)
    return None if due_at is None or limit is None else (promise, due_at, limit, bool(passed))


def stand_of(case: FollowUp) -> Stand:
    return Stand(
        id=case.id,
        state=case.state,
        due_at=None if case.bar is None else case.bar.due_at,
        late=case.late,
        closed_at=case.confirmed_at or case.resolved_at or case.opened_at,
        lead_told=case.lead_told_at is not None,
        leader_told=case.leader_told_at is not None,
    )


def urgency(case: Stand) -> tuple[bool, float, int]:
    """Those with something due first, the most urgent on top, then the latest closed."""
    if case.due_at is not None:
        return (False, case.due_at.timestamp(), case.id)
    return (True, -case.closed_at.timestamp(), case.id)


def tells_lead(case: FollowUp, *, now: datetime) -> bool:
    """At 100% of a limit, once."""
    return case.lead_told_at is None and bool(passed_promises(case, now))


def tells_leader(case: FollowUp, *, hours: Hours, preferences: Preferences, now: datetime) -> bool:
    """At 200% of a limit, once."""
    if case.leader_told_at is not None:
        return False
    limits = clock(case.kind, preferences)
    passed = [limits.hours(promise) for promise in passed_promises(case, now)]
    elapsed = hours.elapsed(case.opened_at, now)
    return any(limit is not None and elapsed >= 2 * limit for limit in passed)


def next_state(act: Act, state: FollowUpState) -> FollowUpState:
    """Refused, in words, if the act does not fit the state."""
    following = TRANSITIONS[act].get(state)
    if following is None:
        first = _WHAT_FIRST.get(act) if state not in (FollowUpState.RESOLVED, FollowUpState.CONFIRMED) else None
        raise Refused(first or f"This follow-up is {state} already")
    return following


def allowed_acts(state: FollowUpState) -> tuple[Act, ...]:
    """The buttons of a card, the next step first."""
    return tuple(act for act, states in TRANSITIONS.items() if state in states)
