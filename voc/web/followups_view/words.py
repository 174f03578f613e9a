"""What kinds, states, causes and events are called, and how hours are written."""

from collections.abc import Mapping

from voc.base.words import Cause, FollowUpKind, FollowUpState
from voc.followup.model import FollowUp, Promise
from voc.web import view

KINDS: Mapping[FollowUpKind, str] = {
    FollowUpKind.DETRACTOR: "Detractor",
    FollowUpKind.PASSIVE_REQUEST: "Passive’s request",
    FollowUpKind.PROMOTER_OFFER: "Promoter’s offer",
    FollowUpKind.SILENT_ACCOUNT: "Silent account",
}

LANES: Mapping[FollowUpState, str] = {
    FollowUpState.NEW: "New",
    FollowUpState.ACKNOWLEDGED: "Acknowledged",
    FollowUpState.CONTACTED: "Contacted",
    FollowUpState.RESOLVED: "Resolved, not yet confirmed",
}

GLYPHS: Mapping[FollowUpState, str] = {
    FollowUpState.NEW: "",
    FollowUpState.ACKNOWLEDGED: "half",
    FollowUpState.CONTACTED: "half",
    FollowUpState.RESOLVED: "done",
    FollowUpState.CONFIRMED: "ok",
}

CAUSES: Mapping[Cause, str] = {
    Cause.SUPPORT: "Support slow to answer",
    Cause.RELIABILITY: "Reliability",
    Cause.PRODUCT: "Missing in the product",
    Cause.TRAINING: "People not trained",
    Cause.PRICE: "Price and terms",
    Cause.ACCOUNT_TEAM: "Our own people",
    Cause.OTHER: "Other",
}

ASKED: Mapping[str, str] = {
    "call": "Would like a call",
    "reference": "Would be a reference",
    "story": "Would tell their story",
}

EVENTS: Mapping[str, str] = {
    "opened": "Opened",
    "planned": "Next play",
    "acknowledged": "Acknowledged",
    "contacted": "Call logged",
    "resolved": "Resolved",
    "confirmed": "Confirmed by the customer",
    "reopened": "Reopened",
    "reassigned": "New owner",
    "escalated": "Escalated",
}


def kind_words(case: FollowUp) -> str:
    return KINDS[case.kind] if case.score is None else f"{KINDS[case.kind]}, {case.score}"


def who(case: FollowUp) -> str:
    if case.contact_name is None:
        return "The whole account"
    role = view.low_word(case.roles[0]) if case.roles else case.contact_title
    return f"{case.contact_name}, {role}" if role else case.contact_name


_PROMISES: Mapping[Promise, str] = {
    Promise.ACKNOWLEDGE: "acknowledge",
    Promise.CONTACT: "contact",
    Promise.RESOLVE: "resolve",
}


def clock_words(case: FollowUp) -> str:
    """19 h of 16: the lead was told. Or: acknowledge within 4 h: 1 h 20 left."""
    bar = case.bar
    if case.state == FollowUpState.CONFIRMED:
        return f"confirmed {view.short_day(case.confirmed_at)}"
    if bar is None:
        return f"resolved {view.short_day(case.resolved_at)}" if case.resolved_at else "no limit"
    if case.late:
        told = "the leader was told" if case.leader_told_at else ("the lead was told" if case.lead_told_at else "")
        used = f"{bar.elapsed_hours:.0f} h of {bar.limit_hours:g}"
        return f"{used}: {told}" if told else used
    return f"{_PROMISES[bar.promise]} within {bar.limit_hours:g} h: {hours_words(bar.left_hours)} left"


def hours_words(hours: float) -> str:
    """1 h 20 under a working day, whole hours above."""
    if hours >= 8:
        return f"{hours:.0f} h"
    whole, minutes = divmod(round(hours * 60), 60)
    return f"{whole} h {minutes:02d}" if whole and minutes else (f"{whole} h" if whole else f"{minutes} min")


def owner(case: FollowUp) -> str:
    """Who owns it and, while they are away, who looks after it."""
    told = case.owner_name or "nobody"
    if case.deputy is None:
        return told
    return f"{told}, away to {view.short_day(case.deputy.to_on)}; {case.deputy.name} stands in"
