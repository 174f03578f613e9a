"""Whether a CSM may write in person to somebody who has not answered, and why not, in words."""

from dataclasses import dataclass
from datetime import date, datetime

from voc.campaigns import chase
from voc.campaigns.calendar import local_day
from voc.campaigns.census import lacks_consent
from voc.campaigns.chase import Rules
from voc.campaigns.model import Chased, Step, StopReason, WaveState, Why
from voc.campaigns.quarantine import Ledger

_STOPPED = {
    StopReason.REFUSED: "They said that they do not want to answer this time.",
    StopReason.OPTED_OUT: "They asked never to be asked again.",
    StopReason.BOUNCED: "Mail to their address came back: find the new one first.",
    StopReason.COMPLAINED: "They reported our mail as unwanted.",
    StopReason.LEFT: "They have left.",
    StopReason.MOVED: "They have moved on to another post.",
    StopReason.REPLIED: "They replied in person already: answer that mail.",
    StopReason.REFERRED: "They named a colleague instead.",
    StopReason.NO_CONSENT: "Their country wants recorded consent, and there is none.",
    StopReason.WAVE_CLOSED: "The wave is over.",
    StopReason.WAVE_STOPPED: "The wave was stopped.",
}
_TODAY = {
    Why.AWAY: "They are away.",
    Why.SET_ASIDE: "They are missing from the CRM: settle that first.",
    Why.EXCLUDED: "They are not to be asked for a while.",
    Why.ESCALATED: "Their account is under escalation.",
    Why.RENEWAL_SIGNING: "Their contract is being signed.",
    Why.ENOUGH_MESSAGES: "They got as many messages lately as we allow.",
    Why.ONE_A_DAY: "They got a message today.",
    Why.ACCOUNT_FULL: "As many people of this account got a message today as we allow.",
    Why.GOES_FIRST: "A message of another campaign goes first today.",
}
# Where the day that frees is only tomorrow's look at the same thing, no day is named.
_NO_DAY = frozenset({Why.SET_ASIDE})


@dataclass(frozen=True, slots=True)
class Invited:
    """One invitation with all that speaks for or against a nudge. `stopped`: the chase, or the address itself."""

    chased: Chased
    wave: WaveState
    confidential: bool
    sent_at: datetime | None
    answered_at: datetime | None
    stopped: StopReason | None
    consented: bool
    in_confidence_until: datetime | None = None  # when the last of their invitations in confidence under way is due


def why_not_nudge(rules: Rules, invited: Invited, ledger: Ledger, *, now: datetime) -> str | None:
    """The first reason to leave them alone, in words, with the day from which it is possible; None if they may be.

    Of a confidential wave nothing else is told: whether they answered would be.
    """
    person = invited.chased
    if invited.confidential:
        return "This wave is confidential: nobody sees who has answered, so nobody is nudged one by one."
    if invited.answered_at is not None:
        return "They have answered."
    if invited.stopped is not None:
        return _STOPPED.get(invited.stopped, "There is no invitation under way to remind them of.")
    if invited.sent_at is None:
        return "There is no invitation under way to remind them of."
    if person.closes_at is not None and now >= person.closes_at:
        return "The closing date of this invitation has passed."
    if invited.wave is not WaveState.RUNNING:
        return f"The wave is {invited.wave}: nothing of it goes out."
    if lacks_consent(person.country, invited.consented, rules.limits.consent_countries):
        return _STOPPED[StopReason.NO_CONSENT]
    if invited.in_confidence_until is not None and invited.in_confidence_until > now:
        until = local_day(invited.in_confidence_until, person.time_zone)
        return (
            "They are being asked in confidence in another wave: a word from you could come on the day of a reminder "
            f"that nobody is told of. After {until.day} {until:%B %Y} it is possible."
        )
    # A nudge is held to what a reminder is: it asks nobody anew.
    blocked = chase.why_not_today(rules, person, Step.REMINDER_1, ledger, today=local_day(now, person.time_zone))
    return None if blocked is None else _in_words(*blocked)


def _in_words(why: Why, free_on: date) -> str:
    frees = "" if why in _NO_DAY else f" From {free_on.day} {free_on:%B %Y} it is possible."
    return f"{_TODAY[why]}{frees}"
