"""The words for steps, and for why somebody is not asked and why a mail goes on another day than it was meant for."""

from collections.abc import Mapping

from voc.base.words import NotAsked, Step, StopReason
from voc.campaigns.model import Why

REASONS: Mapping[NotAsked, tuple[str, str]] = {
    NotAsked.SET_ASIDE: ("Missing from the CRM", "the CRM lists them again, or somebody settles it"),
    NotAsked.LEFT: ("Left the company", "a successor for the place"),
    NotAsked.OPTED_OUT: ("Own wish: never again", "only the person"),
    NotAsked.BOUNCED: ("Address gone", "a new address"),
    NotAsked.NO_ADDRESS: ("No mail address", "an address in the CRM"),
    NotAsked.COMPLAINED: ("Reported our mail as unwanted", "only the person"),
    NotAsked.NO_CONSENT: ("No consent recorded", "their word that they may be asked, kept on their page"),
    NotAsked.EXCLUDED: ("Excluded by a CSM", "a reason and an expiry, below"),
    NotAsked.ESCALATED: ("Account under escalation", "escalation closed"),
    NotAsked.RENEWAL_SIGNING: ("Contract being signed", "two weeks after the signature"),
    NotAsked.ASKED_RECENTLY: ("Asked a short while ago", "the rest between messages is over"),
    NotAsked.SAME_ADDRESS: ("Same address as somebody asked", "nothing: one person is asked once"),
}

STEPS: Mapping[Step, str] = {
    Step.HEADS_UP: "heads-up",
    Step.INVITE: "invitation",
    Step.REMINDER_1: "reminder 1",
    Step.REMINDER_2: "reminder 2",
    Step.LAST_CALL: "last call",
}

WHYS: Mapping[Why, str] = {
    Why.NOT_A_WORKING_DAY: "a holiday or weekend there",
    Why.OUTSIDE_WINDOW: "outside the hours in which mail goes out",
    Why.OVERDUE: "overdue",
    Why.PAUSED: "sending was paused",
    Why.ASKED_RECENTLY: "asked a short while ago",
    Why.ENOUGH_MESSAGES: "enough messages in the last weeks",
    Why.ONE_A_DAY: "another message on the same day",
    Why.ACCOUNT_FULL: "enough people of that account on that day",
    Why.GOES_FIRST: "another campaign goes first",
    Why.AWAY: "away until then",
    Why.SET_ASIDE: "missing from the CRM",
    Why.EXCLUDED: "excluded until then",
    Why.ESCALATED: "account under escalation until then",
    Why.NUDGED: "the CSM wrote in person just before",
    Why.RENEWAL_SIGNING: "contract being signed",
    Why.TOO_LATE: "too near to the closing date",
}

STOPS: Mapping[StopReason, str] = {
    StopReason.ANSWERED: "answered",
    StopReason.REFUSED: "said no",
    StopReason.OPTED_OUT: "never again",
    StopReason.BOUNCED: "mail came back",
    StopReason.COMPLAINED: "reported the mail",
    StopReason.LEFT: "left the company",
    StopReason.MOVED: "moved on to another post",
    StopReason.REPLIED: "replied in person",
    StopReason.REFERRED: "named a colleague",
    StopReason.MERGED: "merged in the CRM",
    StopReason.GONE: "gone from the CRM",
    StopReason.NO_CONSENT: "no consent recorded",
    StopReason.NO_DAY: "no day left to invite",
    StopReason.WAVE_STOPPED: "wave stopped",
    StopReason.WAVE_CLOSED: "wave closed",
}
