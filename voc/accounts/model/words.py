"""The closed vocabularies of a sync: objects, fates, reasons, milestones."""

from collections.abc import Mapping
from enum import StrEnum

import msgspec

from voc.base.words import AccountStatus, Role, Segment


class Spellings(msgspec.Struct, frozen=True):
    """How this company's CRM writes roles, segments and states; keys are in the form of `clean.spelling_key`."""

    roles: Mapping[str, Role]
    segments: Mapping[str, Segment]
    statuses: Mapping[str, AccountStatus]
    free_mail: frozenset[str]
    role_addresses: frozenset[str]


class Kind(StrEnum):
    """The objects of a CRM, in the order in which they may name each other."""

    CSM = "csm"
    ACCOUNT = "account"
    CONTACT = "contact"
    RELATION = "relation"
    OPPORTUNITY = "opportunity"
    OPPORTUNITY_ROLE = "opportunity_role"
    ACTIVITY = "activity"
    MILESTONE = "milestone"


class Fate(StrEnum):
    """What a run does to one row, or to a record of ours that has no row any more."""

    CREATED = "created"
    UPDATED = "updated"
    RETURNED = "returned"  # it was set aside, closed or deleted, and the CRM shows it again
    REWORDED = "reworded"  # another spelling of the same values: counted as unchanged
    UNCHANGED = "unchanged"
    DELETED = "deleted"
    MERGED = "merged"
    REJECTED = "rejected"
    KEPT = "kept"  # rejected today, yesterday's values stand
    DUPLICATE = "duplicate"  # an older copy of a row in the same file
    GONE = "gone"  # missing without a flag: set aside
    CLOSED = "closed"  # missing in the next export too


class Reach(StrEnum):
    """Whether a contact can be asked; the first that applies."""

    LEFT = "left"
    OPTED_OUT = "opted_out"
    BOUNCED = "bounced"
    NO_USABLE_EMAIL = "no_usable_email"
    REACHABLE = "reachable"


class Reason(StrEnum):
    """Every problem a run can report, by its level."""

    # the row is not loaded
    MISSING_ID = "missing_id"
    SHORT_ROW = "short_row"
    LONG_ROW = "long_row"
    MISSING_ACCOUNT = "missing_account"
    UNKNOWN_ACCOUNT = "unknown_account"
    DELETED_ACCOUNT = "deleted_account"
    UNKNOWN_CONTACT = "unknown_contact"  # a warning on an activity
    UNKNOWN_OPPORTUNITY = "unknown_opportunity"
    UNKNOWN_KIND = "unknown_kind"
    UNREADABLE_ROW = "unreadable_row"  # a quote or a line break where none can be
    BAD_DATE = "bad_date"  # a field error where the date is not the point of the row
    # the field stays empty
    INVALID_EMAIL = "invalid_email"
    BAD_NUMBER = "bad_number"
    # a person should look
    NO_CSM = "no_csm"
    INACTIVE_CSM = "inactive_csm"
    UNKNOWN_CSM = "unknown_csm"
    NO_ARR = "no_arr"
    FOREIGN_CURRENCY = "foreign_currency"
    RENEWAL_IN_PAST = "renewal_in_past"
    UNKNOWN_SEGMENT = "unknown_segment"
    UNKNOWN_STATUS = "unknown_status"
    UNKNOWN_PARENT = "unknown_parent"
    ROLE_ADDRESS = "role_address"
    FREE_MAIL = "free_mail"
    UNKNOWN_TIMEZONE = "unknown_timezone"
    UNKNOWN_ROLE = "unknown_role"
    UNCLEAR_OPT_OUT = "unclear_opt_out"
    DUPLICATE_ID = "duplicate_id"
    DUPLICATE_EMAIL_SAME_ACCOUNT = "duplicate_email_same_account"
    DUPLICATE_EMAIL_OTHER_ACCOUNT = "duplicate_email_other_account"
    CONTROL_CHARACTER_REMOVED = "control_character_removed"
    OVERSIZED_FIELD = "oversized_field"
    MERGE_WINNER_MISSING = "merge_winner_missing"
    MERGE_GUESSED = "merge_guessed"
    ACCOUNT_MISSING_FROM_EXPORT = "account_missing_from_export"
    # about a file
    HEADER_ONLY_FILE = "header_only_file"
    SECOND_COPY = "second_copy"
    UNKNOWN_COLUMN = "unknown_column"
    EMPTY_FILE = "empty_file"
    MISSING_FILE = "missing_file"


class MilestoneKind(StrEnum):
    ONBOARDING_STARTED = "onboarding_started"
    WENT_LIVE = "went_live"
    TRAINING_COMPLETED = "training_completed"
    SUCCESS_STORY_CONFIRMED = "success_story_confirmed"
    REFERENCE_VALIDATED = "reference_validated"
    DOCUMENTATION_CONTRIBUTED = "documentation_contributed"
    CALL_REVIEWED = "call_reviewed"  # value: 1 to 5
    NOTICE_GIVEN = "notice_given"  # the customer said that it will not renew
    # numbers that finance and the product know; amounts in the account's own currency
    COST_ACQUISITION = "cost_acquisition"
    COST_SERVICE = "cost_service"
    COST_RENEWAL = "cost_renewal"
    COST_EXPANSION = "cost_expansion"
    DISCOUNT_GIVEN = "discount_given"
    PRODUCT_USAGE = "product_usage"
