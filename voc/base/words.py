"""The closed vocabularies: states, reasons and kinds, one word each, checked by the database too.

They stand here and not in the stages' models because `schema` needs them for its CHECK
constraints; each stage's `model` re-exports its own.
"""

from enum import StrEnum

PROMOTER_FROM, PASSIVE_FROM = 9, 7  # of a score of 0 to 10; below are detractors


class StaffRole(StrEnum):
    CSM = "csm"
    LEAD = "lead"
    LEADER = "leader"
    ADMIN = "admin"


class RecordState(StrEnum):
    """How a row stands that came from the CRM. Only `live` rows are counted or asked."""

    LIVE = "live"
    SET_ASIDE = "set_aside"  # missing from the CRM without a delete flag; a person or the next run settles it
    CLOSED = "closed"  # missing twice, or settled as gone
    DELETED = "deleted"
    MERGED = "merged"


class AccountStatus(StrEnum):
    CUSTOMER = "customer"
    PROSPECT = "prospect"
    CHURNED = "churned"


class Segment(StrEnum):
    ENTERPRISE = "enterprise"
    MID_MARKET = "mid-market"
    SMALL = "small"


class Role(StrEnum):
    """Why a contact must be heard."""

    DECISION_MAKER = "decision_maker"
    BUDGET_HOLDER = "budget_holder"
    CHAMPION = "champion"
    EXECUTIVE_SPONSOR = "executive_sponsor"
    INFLUENCER = "influencer"
    END_USER = "end_user"


class RunState(StrEnum):
    RUNNING = "running"
    COMPLETE = "complete"
    HELD = "held"  # read, but a brake stopped it; a person decides
    PAUSED = "paused"  # stopped politely or by the CRM; the next run goes on where it stopped
    FAILED = "failed"


class ErrandKind(StrEnum):
    """What an admin asks of the CRM on a page; a worker does it, the page shows how far it is."""

    CHECK = "check"
    TRY = "try"
    SYNC = "sync"


class ProblemLevel(StrEnum):
    REJECTED = "rejected"  # the row is not loaded
    FIELD_ERROR = "field_error"  # the row is loaded, that field stays empty
    WARNING = "warning"  # the row is loaded in full, a person should look
    FILE = "file"


class Sign(StrEnum):
    """A sign of life, or of the end of it (3-metrics 5.2)."""

    ANSWERED = "answered"
    REPLIED = "replied"
    OPTED_OUT = "opted_out"
    MEETING = "meeting"
    CONFIRMED = "confirmed"
    CLICKED = "clicked"
    OUT_OF_OFFICE = "out_of_office"
    EDITED = "edited"
    DELIVERED = "delivered"
    BOUNCED = "bounced"
    LEFT = "left"


class SuppressionReason(StrEnum):
    OPT_OUT = "opt_out"
    BOUNCED = "bounced"
    COMPLAINT = "complaint"


class SuggestionKind(StrEnum):
    LEFT = "left"
    SUCCESSOR = "successor"
    CHANGED_ROLE = "changed_role"
    REFERRAL = "referral"
    BOUNCED = "bounced"


class SuggestionState(StrEnum):
    OPEN = "open"
    ACCEPTED = "accepted"
    DECLINED = "declined"


class NotAsked(StrEnum):
    """Why somebody in the census is not asked; the first that applies."""

    SET_ASIDE = "set_aside"
    LEFT = "left"
    OPTED_OUT = "opted_out"
    BOUNCED = "bounced"
    NO_ADDRESS = "no_address"
    COMPLAINED = "complained"
    NO_CONSENT = "no_consent"  # their country asks for it, and nobody recorded any
    EXCLUDED = "excluded"
    ESCALATED = "escalated"
    RENEWAL_SIGNING = "renewal_signing"
    ASKED_RECENTLY = "asked_recently"
    SAME_ADDRESS = "same_address"


class WaveState(StrEnum):
    PLANNING = "planning"  # its rows are being written; nothing is sent, nothing counts it
    RUNNING = "running"
    PAUSED = "paused"
    STOPPED = "stopped"
    CLOSED = "closed"


class Step(StrEnum):
    HEADS_UP = "heads_up"
    INVITE = "invite"
    REMINDER_1 = "reminder_1"
    REMINDER_2 = "reminder_2"
    LAST_CALL = "last_call"


class StopReason(StrEnum):
    """Why a chase ended before its last step."""

    ANSWERED = "answered"
    REFUSED = "refused"
    OPTED_OUT = "opted_out"
    BOUNCED = "bounced"
    COMPLAINED = "complained"
    LEFT = "left"
    MOVED = "moved"
    REPLIED = "replied"
    REFERRED = "referred"
    MERGED = "merged"
    GONE = "gone"
    NO_CONSENT = "no_consent"
    NO_DAY = "no_day"  # quarantine or a pause left no day in this wave on which to invite
    WAVE_STOPPED = "wave_stopped"
    WAVE_CLOSED = "wave_closed"


class Disposition(StrEnum):
    """What became of an invitation (3-metrics 1.1, after the AAPOR Standard Definitions)."""

    COMPLETE = "complete"
    PARTIAL = "partial"
    REFUSED = "refused"
    SILENT = "silent"
    OTHER = "other"
    UNKNOWN = "unknown"
    NOT_ELIGIBLE = "not_eligible"


class MessageKind(StrEnum):
    CHASE = "chase"
    DIGEST = "digest"
    FOLLOW_UP = "follow_up"
    NUDGE = "nudge"
    TEST = "test"
    THANKS = "thanks"
    ALERT = "alert"


class MessageState(StrEnum):
    QUEUED = "queued"
    CLAIMED = "claimed"
    HANDING_OVER = "handing_over"  # the second commit: from here on nobody can know until the 250
    SENT = "sent"
    UNKNOWN = "unknown"
    FAILED = "failed"
    CANCELLED = "cancelled"
    HELD = "held"


class InboundKind(StrEnum):
    HARD_BOUNCE = "hard_bounce"
    SOFT_BOUNCE = "soft_bounce"
    POLICY_BOUNCE = "policy_bounce"  # 5.7.x: about our reputation, never about the contact
    COMPLAINT = "complaint"
    AWAY = "away"
    LEFT = "left"
    CHANGED_ROLE = "changed_role"
    REPLY = "reply"
    AUTOMATIC = "automatic"  # a program's receipt: says nothing about the person


class ResponseState(StrEnum):
    DRAFT = "draft"  # kept as one types
    SUSPECT = "suspect"  # posted, but "confirm it is you" is not pressed yet
    SUBMITTED = "submitted"
    SUPERSEDED = "superseded"


class Occasion(StrEnum):
    """What happens at an account and begins a wave of a campaign by event."""

    ONBOARDED = "onboarded"  # the milestone went_live
    REVIEWED = "reviewed"  # a business review was held
    RENEWAL_AHEAD = "renewal_ahead"  # the renewal is so many days away


class FollowUpKind(StrEnum):
    DETRACTOR = "detractor"
    PASSIVE_REQUEST = "passive_request"
    PROMOTER_OFFER = "promoter_offer"
    SILENT_ACCOUNT = "silent_account"


class FollowUpState(StrEnum):
    NEW = "new"
    ACKNOWLEDGED = "acknowledged"
    CONTACTED = "contacted"
    RESOLVED = "resolved"
    CONFIRMED = "confirmed"


class Cause(StrEnum):
    """Root cause of a follow-up."""

    SUPPORT = "support"
    RELIABILITY = "reliability"
    PRODUCT = "product"
    TRAINING = "training"
    PRICE = "price"
    ACCOUNT_TEAM = "account_team"
    OTHER = "other"


class ThemeSource(StrEnum):
    """Who said that a comment is about a theme: the code book's words, or a person, whose word counts."""

    RULE = "rule"
    PERSON = "person"


class ImprovementState(StrEnum):
    PLANNED = "planned"
    UNDER_WAY = "under_way"
    DONE = "done"
    DROPPED = "dropped"


class AccountState(StrEnum):
    """3-metrics 4.1, first match wins."""

    NO_CENSUS = "no_census"
    HEARD = "heard"
    NOT_ASKED = "not_asked"
    UNREACHABLE = "unreachable"
    ALL_OPTED_OUT = "all_opted_out"
    IN_FLIGHT = "in_flight"
    IN_CONFIDENCE = "in_confidence"  # asked so: whether anybody answered is shown to nobody
    TOO_NEW = "too_new"
    SILENT = "silent"
    QUIET = "quiet"


class OutOfCohort(StrEnum):
    """Why a renewal decision is in no table of what silence costs (3-metrics 4.4)."""

    LOST_BEFORE = "lost_before"  # gone by the landmark already
    NOTICE_BEFORE = "notice_before"  # had given notice by then
    NOBODY_ASKED = "nobody_asked"  # no wave of ours had run in the 180 days before


class FigureState(StrEnum):
    OK = "ok"
    TOO_FEW = "too_few"
    NONE_ASKED = "none_asked"
    IN_FLIGHT = "in_flight"
    SUPPRESSED = "suppressed"
    NO_DATA = "no_data"


class Scope(StrEnum):
    ACCOUNT = "account"
    CSM = "csm"
    TEAM = "team"
    SEGMENT = "segment"
    REGION = "region"
    TOTAL = "total"


class MeasureFile(StrEnum):
    """What a leader measures by, as files."""

    SCORECARD = "scorecard"
    REVIEW = "review"


class ReviewKind(StrEnum):
    """What colleagues say of each other's work, each on a template of its own."""

    CALL = "call"
    HAND_OVER = "hand_over"
