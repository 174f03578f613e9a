"""What a campaign is, and the values that its rules take and give."""

from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from enum import StrEnum

import msgspec

from voc.base.words import Disposition, NotAsked, Occasion, Role, Step, StopReason, WaveState

__all__ = ["Disposition", "NotAsked", "Occasion", "Role", "Step", "StopReason", "WaveState"]


class CampaignSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How a campaign asks. Days between steps are working days of the contact's country.

    `reminder_1_days` counts from the day the invitation was *sent*, `reminder_2_days` from the first
    reminder, `last_call_days` from the step before it. Weekdays: Monday is 0.
    """

    cadence_weeks: int = 24  # so that two waves always fit into the window of 180 days
    invitation_weekdays: list[int] = msgspec.field(default_factory=lambda: [1, 2, 3])
    heads_up: bool = True
    heads_up_days: int = 2  # before the invitation
    heads_up_share: float = 1.0  # of the accounts, drawn by lot; 0.5 is an A/B
    reminder_1: bool = True
    reminder_1_days: int = 4
    reminder_2: bool = True
    reminder_2_days: int = 6
    last_call: bool = False
    last_call_days: int = 3
    due_days: int | None = None  # after the invitation was sent; None takes the installation's
    quiet_days: int = 2  # no step later than this many working days before the due date
    give_up_days: int = 28  # an invitation that finds no day this long after launch is not sent any more
    on: bool = True  # off: no wave of it is launched; one under way goes on
    thanks: bool = False  # a mail of thanks too, once the answer has been looked at again; the page thanks anyway
    confidential: bool = False  # frozen on the wave and each invitation at launch, and never weakened
    occasion: Occasion | None = None  # by event: a wave begins when it happens; None: when somebody launches it
    occasion_days: int = 14  # what happened longer ago is not asked about any more
    ahead_days: int = 120  # so long before a renewal it is asked about
    # None is as for the company, also when that changes while a wave is under way
    opens: time | None = None
    closes: time | None = None
    blackout_days: list[date] | None = None
    quarantine_days: int | None = None
    messages_per_quarantine: int | None = None
    contacts_per_account_day: int | None = None
    renewal_pause_days: int | None = None


class Why(StrEnum):
    """Why a step is not sent on the day it was meant for."""

    NOT_A_WORKING_DAY = "not_a_working_day"
    OUTSIDE_WINDOW = "outside_window"  # zone, window or blackout days changed since it was planned
    OVERDUE = "overdue"
    PAUSED = "paused"  # the wave was, or sending was
    ASKED_RECENTLY = "asked_recently"
    ENOUGH_MESSAGES = "enough_messages"
    ONE_A_DAY = "one_a_day"
    ACCOUNT_FULL = "account_full"
    GOES_FIRST = "goes_first"  # a campaign of higher priority does
    AWAY = "away"
    SET_ASIDE = "set_aside"
    EXCLUDED = "excluded"
    ESCALATED = "escalated"
    NUDGED = "nudged"  # the CSM wrote in person just before
    RENEWAL_SIGNING = "renewal_signing"
    TOO_LATE = "too_late"  # the due date is too near


@dataclass(frozen=True, slots=True)
class Limits:
    """The quarantine: every message counts, per address over all campaigns."""

    days: int = 90
    messages: int = 5
    contacts_per_account_day: int = 3
    renewal_pause_days: int = 14
    consent_countries: frozenset[str] = frozenset()  # ISO codes: nobody there is asked without recorded consent


@dataclass(frozen=True, slots=True)
class Candidate:
    """One holder of a required role at one account, with all that decides whether they are asked."""

    contact_id: str
    account_id: str
    address: str | None
    roles: tuple[Role, ...]
    own_account: bool = True
    direct: bool = True
    since_on: date | None = None  # created in the CRM: the oldest row wins a tie
    unreachable: NotAsked | None = None  # left, opted out, bounced ...: the rule of the stakeholder team
    consented: bool = False  # to be asked by mail: the CRM says so, or a CSM recorded it
    excluded_until_on: date | None = None
    excluded_by: str | None = None
    escalated_until_on: date | None = None
    renewal_on: date | None = None
    last_asked_on: date | None = None  # by a campaign of the same priority
    time_zone: str = "UTC"
    country: str | None = None
    language: str = "en"
    csm_id: str | None = None
    segment: str | None = None
    arr: Decimal | None = None
    currency: str | None = None
    inherited: bool = False
    freshness: float | None = None
    name: str = ""
    account_name: str = ""


@dataclass(frozen=True, slots=True)
class Member:
    """A line of the census: asked (`reason` is None) or the first reason why not, with until when or by whom."""

    candidate: Candidate
    reason: NotAsked | None
    detail: str | None = None

    @property
    def asked(self) -> bool:
        return self.reason is None


class Plan(msgspec.Struct, frozen=True, gc=False):
    """The next step of an invitation: the local day meant and the moment that follows from it."""

    step: Step
    on: date
    at: datetime
    why: Why | None = None  # it was meant for an earlier day


@dataclass(frozen=True, slots=True)
class Dropped:
    """A step that is not sent at all, and why."""

    step: Step
    on: date
    why: Why


class Chased(msgspec.Struct, frozen=True, gc=False):
    """One invitation as the rules of the chase see it."""

    key: str  # what spreads it over the window: the address, the same in rehearsal and launch
    address: str
    account_id: str
    time_zone: str
    country: str | None
    heads_up: bool
    priority: int
    since_on: date  # launched or resumed: invitations must find a day within `give_up_days` of it
    closes_at: datetime | None = None  # null until the invitation was sent
    away_until_on: date | None = None
    set_aside: bool = False  # person or account: missing from the CRM, not settled yet
    excluded_until_on: date | None = None
    escalated_until_on: date | None = None
    renewal_on: date | None = None


@dataclass(frozen=True, slots=True)
class HeadsUpText:
    """A heads-up or a nudge in the CSM's own words, instead of the questionnaire's.

    Plain text, no template: greeting and signature come from the frame, an empty line parts paragraphs.
    """

    subject: str
    body: str


class DueStep(msgspec.Struct, frozen=True, gc=False):
    """A claimed step with all that its mail needs. Nobody else gets it again.

    `you_said` are the lines on what came of their last answer, plain text, one sentence or two each.
    `due_at` is the moment it was planned for. `closes_at` is the invitation's own due date; for the
    invitation itself the one it gets if it is sent now. `give_up_at` is when the next step would be
    due: a mail that could not be handed over until then is not retried.
    """

    invitation_id: int
    wave_id: int
    step: Step
    campaign: str
    label: str
    priority: int
    questionnaire_version_id: int
    questionnaire: str
    contact_id: str
    first_name: str | None
    last_name: str | None
    title: str | None
    roles: tuple[Role, ...]
    address: str
    account_id: str
    account_name: str
    csm_id: str | None
    csm_name: str | None
    csm_email: str | None
    csm_title: str | None
    language: str
    time_zone: str
    country: str | None
    due_at: datetime
    closes_at: datetime
    give_up_at: datetime
    last_step: bool  # no reminder follows: this one names the closing date
    you_said: tuple[str, ...] = ()
    heads_up_text: HeadsUpText | None = None
    confidential: bool = False


@dataclass(frozen=True, slots=True)
class RehearsedMail:
    """A mail that would be sent, or the step that would not (`why`), if nobody answered."""

    contact_id: str
    name: str
    account_id: str
    account_name: str
    address: str
    step: Step
    on: date
    at: datetime | None  # None: dropped
    why: Why | None = None  # moved or dropped
    time_zone: str = "UTC"
    country: str | None = None
    csm_id: str | None = None
