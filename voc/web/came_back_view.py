"""What a mail that came back meant, and what followed from it, in words."""

from dataclasses import dataclass
from datetime import date, datetime

from voc.base.words import InboundKind, SuggestionKind, SuggestionState
from voc.web.store.came_back import CameBack, Told

_HEADS = {
    InboundKind.HARD_BOUNCE: "Bounced: the address is gone",
    InboundKind.SOFT_BOUNCE: "Came back for now",
    InboundKind.POLICY_BOUNCE: "Refused because of us, not of them",
    InboundKind.COMPLAINT: "Reported our mail as unwanted",
    InboundKind.AWAY: "Automatic reply: away",
    InboundKind.LEFT: "Automatic reply: has left",
    InboundKind.CHANGED_ROLE: "Automatic reply: another role",
    InboundKind.REPLY: "Replied",
    InboundKind.AUTOMATIC: "Automatic reply that says nothing of them",
}
_FOLLOWED = {
    InboundKind.HARD_BOUNCE: "The address is not mailed any more, and the chase stopped.",
    InboundKind.SOFT_BOUNCE: "Nothing changed: the next step of the chase tries again.",
    InboundKind.POLICY_BOUNCE: "Nothing changed for them; the admins were told.",
    InboundKind.COMPLAINT: "They are never mailed again, and the chase stopped.",
    InboundKind.AWAY: "A sign of life; the chase goes on as planned.",
    InboundKind.LEFT: "The chase stopped.",
    InboundKind.CHANGED_ROLE: "The chase goes on until a CSM decides.",
    InboundKind.REPLY: "It went on to the CSM; no reminder goes out any more.",
    InboundKind.AUTOMATIC: "Nothing: a program acknowledged our mail.",
}
_SUGGESTED = {
    SuggestionKind.LEFT: "Suggested: they have left",
    SuggestionKind.CHANGED_ROLE: "Suggested: another role",
    SuggestionKind.BOUNCED: "Suggested: find the new address",
}
_STATES = {
    SuggestionState.OPEN: "to be decided",
    SuggestionState.ACCEPTED: "accepted",
    SuggestionState.DECLINED: "declined",
}


@dataclass(frozen=True)
class Line:
    """`open`: a CSM still has to decide."""

    at: datetime | None
    head: str
    quote: str | None
    followed: str
    suggestions: tuple[str, ...]
    open: bool


def lines(mails: list[CameBack]) -> list[Line]:
    return [
        Line(
            one.at,
            _head(one),
            one.quote,
            _followed(one),
            tuple(_suggested(told) for told in one.told),
            any(told.state is SuggestionState.OPEN for told in one.told),
        )
        for one in mails
    ]


def _head(one: CameBack) -> str:
    if one.kind is InboundKind.AWAY and one.until_on is not None:
        return f"Automatic reply: away until {_day(one.until_on)}"
    return _HEADS[one.kind]


def _followed(one: CameBack) -> str:
    if one.kind is InboundKind.AWAY and one.until_on is not None:
        return f"A sign of life; the next step waits for the working day after {_day(one.until_on)}."
    return _FOLLOWED[one.kind]


def _suggested(told: Told) -> str:
    by = f" by {told.decided_by}" if told.decided_by else ""
    state = _STATES[told.state] + by
    if told.kind is not SuggestionKind.SUCCESSOR:
        return f"{_SUGGESTED[told.kind]} ({state})."
    who = " ".join(part for part in (told.name, told.address and f"<{told.address}>") if part)
    return f"Suggested as successor: {who or 'somebody whose address was not kept'} ({state})."


def _day(day: date) -> str:
    return f"{day.day} {day:%B %Y}"
