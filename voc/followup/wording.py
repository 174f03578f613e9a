"""The mails to our own people about a case. Pure."""

from datetime import datetime

from voc.base.words import FollowUpKind
from voc.followup.hours import Hours
from voc.followup.model import Colleague, FollowUp, Notice, NoticeKind, Promise
from voc.stakeholders.wording import roles

_ASKED = {"call": "a call", "reference": "to be named as a reference", "story": "to tell the story with you"}
_TO = {Promise.ACKNOWLEDGE: "acknowledge", Promise.CONTACT: "contact", Promise.RESOLVE: "resolve"}


def notice(kind: NoticeKind, case: FollowUp, *, key: str, to: Colleague, hours: Hours, base_url: str) -> Notice:
    """The mail that opens a case for its owner, or tells the lead or the leader that it is late."""
    link = f"{base_url.rstrip('/')}/follow-ups/{case.id}"
    parts = _opened(case, hours) if kind == NoticeKind.OPENED else _late(kind, case, hours)
    greeting = f"{to.name.split(' ', maxsplit=1)[0]},"
    body = "\n\n".join([greeting, *parts, f"Open it: {link}"])
    return Notice(key, kind, to.name, to.address, _subject(kind, case), body)


def finding(case: FollowUp) -> str:
    """The case in one line: who, where, and what it is about."""
    who = f"{case.contact_name} at {case.account_name}" if case.contact_name else case.account_name
    # Asked in confidence, a case has no score: nobody is told it.
    scored = "" if case.score is None else f" scored {case.score} and"
    match case.kind:
        case FollowUpKind.DETRACTOR:
            return f"{who} is not content" if case.score is None else f"{who} scored {case.score}"
        case FollowUpKind.PASSIVE_REQUEST:
            return f"{who}{scored} asks for {_asked(case) or 'a word with you'}"
        case FollowUpKind.PROMOTER_OFFER:
            return f"{who}{scored} offers {_asked(case) or 'help'}"
        case FollowUpKind.SILENT_ACCOUNT:
            return f"{case.account_name} is silent"


def _subject(kind: NoticeKind, case: FollowUp) -> str:
    return f"{'Follow-up' if kind == NoticeKind.OPENED else 'Late'}: {finding(case)}"


def _opened(case: FollowUp, hours: Hours) -> list[str]:
    parts = [_who(case)]
    if case.words:
        parts.append(f"“{case.words}”")
    parts.append(_due(case, hours))
    return parts


def _late(kind: NoticeKind, case: FollowUp, hours: Hours) -> list[str]:
    parts = [_who(case)]
    if case.words:
        parts.append(f"“{case.words}”")
    if case.bar is not None:
        used = f"{case.bar.elapsed_hours:.0f} business hours have passed; the limit to {_TO[case.bar.promise]}"
        owner = case.owner_name or "Nobody"
        parts.append(f"{used} was {case.bar.limit_hours:g}. {owner} owns it; it is {case.state}.")
    if kind == NoticeKind.LEADER and case.lead_told_at is not None:
        parts.append(f"The lead was told on {moment(case.lead_told_at, hours)} ({hours.zone}).")
    return parts


def _who(case: FollowUp) -> str:
    if case.kind == FollowUpKind.SILENT_ACCOUNT:
        first = f" Begin with {case.contact_name}." if case.contact_name else ""
        return f"{case.account_name} was asked, and nobody there has answered.{first}"
    who = case.contact_name or "Somebody"
    place = f"{who}, {roles(case.roles)} at {case.account_name}," if case.roles else f"{who} at {case.account_name}"
    if case.score is None and case.kind == FollowUpKind.DETRACTOR:
        return f"{place} gave a low rating: the answer says of what."
    if case.score is None:
        asks = case.kind == FollowUpKind.PASSIVE_REQUEST
        wish = f"asks for {_asked(case) or 'a word with you'}" if asks else f"offers {_asked(case) or 'help'}"
        kept = " They were asked in confidence: their score and words are shown to nobody."
        return f"{place} {wish}.{kept if case.response_id is None else ''}"
    said = f"{place} scored {case.score} of 10"
    if case.kind == FollowUpKind.DETRACTOR or not _asked(case):
        return f"{said}."
    verb = "asks for" if case.kind == FollowUpKind.PASSIVE_REQUEST else "offers"
    return f"{said} and {verb} {_asked(case)}."


def _asked(case: FollowUp) -> str:
    return " and ".join(_ASKED[key] for key in case.asked if key in _ASKED)


def _due(case: FollowUp, hours: Hours) -> str:
    contact = moment(case.contact_by, hours)
    if case.acknowledge_by is not None:
        first = moment(case.acknowledge_by, hours)
        return f"Acknowledge it by {first} and get in touch by {contact} ({hours.zone})."
    return f"Get in touch by {contact} ({hours.zone})."


def moment(at: datetime, hours: Hours) -> str:
    """Tuesday 3 March, 13:00, in the owner's zone."""
    local = hours.local(at)
    return f"{local:%A} {local.day} {local:%B}, {local:%H:%M}"
