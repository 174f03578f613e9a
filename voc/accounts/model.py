"""What a CRM tells us, in our own words: eight kinds of record, what one run did, what it found wrong.

A connector yields `Incoming` rows: our field names, the CRM's text. `rules` turns each into one of
the eight records below; `run.sync` writes them.
"""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

import msgspec

from voc.base.words import AccountStatus, ProblemLevel, RecordState, Role, RunState, Segment

__all__ = ["AccountStatus", "ProblemLevel", "RecordState", "Role", "RunState", "Segment"]


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


class Csm(msgspec.Struct, frozen=True, gc=False):
    id: str
    name: str
    email: str | None
    title: str | None
    manager_id: str | None
    time_zone: str | None
    active: bool


class Account(msgspec.Struct, frozen=True, gc=False):
    id: str
    name: str
    parent_id: str | None
    csm_id: str | None
    owner_id: str | None
    segment: Segment | None
    industry: str | None
    country: str | None
    arr: Decimal | None
    currency: str | None
    renewal_on: date | None
    customer_since_on: date | None
    status: AccountStatus
    churned_on: date | None


class Contact(msgspec.Struct, frozen=True, gc=False):
    id: str
    account_id: str | None
    first_name: str | None
    last_name: str | None
    email: str | None
    email_original: str | None
    title: str | None
    department: str | None
    country: str | None
    language: str | None
    time_zone: str | None
    opted_out: bool
    bounced: bool
    bounced_on: date | None
    bounce_reason: str | None
    left_company: bool
    last_activity_on: date | None
    created_on: date | None
    consented_on: date | None = None  # to be asked by mail


class Relation(msgspec.Struct, frozen=True, gc=False):
    id: str
    account_id: str | None
    contact_id: str | None
    roles: tuple[Role, ...]
    active: bool
    direct: bool
    start_on: date | None
    end_on: date | None


class Opportunity(msgspec.Struct, frozen=True, gc=False):
    id: str
    account_id: str | None
    owner_id: str | None
    name: str
    kind: str | None
    stage: str | None
    closed: bool
    won: bool
    amount: Decimal | None
    currency: str | None
    close_on: date | None
    arr_before: Decimal | None
    arr_after: Decimal | None
    renewal_confirmed_on: date | None


class OpportunityRole(msgspec.Struct, frozen=True, gc=False):
    id: str
    opportunity_id: str | None
    contact_id: str | None
    role: str | None
    main: bool


class Activity(msgspec.Struct, frozen=True, gc=False):
    id: str
    about_id: str | None
    contact_id: str | None
    csm_id: str | None
    subject: str | None
    kind: str | None
    on: date | None


class Milestone(msgspec.Struct, frozen=True, gc=False):
    id: str
    account_id: str | None
    csm_id: str | None
    kind: str | None
    on: date | None
    value: Decimal | None
    evidence: str | None


Record = Csm | Account | Contact | Relation | Opportunity | OpportunityRole | Activity | Milestone

RECORDS: dict[Kind, type[Record]] = {
    Kind.CSM: Csm,
    Kind.ACCOUNT: Account,
    Kind.CONTACT: Contact,
    Kind.RELATION: Relation,
    Kind.OPPORTUNITY: Opportunity,
    Kind.OPPORTUNITY_ROLE: OpportunityRole,
    Kind.ACTIVITY: Activity,
    Kind.MILESTONE: Milestone,
}


class Incoming(msgspec.Struct, gc=False):
    """One row as a connector read it. `row` and `line` are its place in a file; 0 and None where there is none.

    `cells` are the CRM's texts in the order of `rules.TEXTS[kind]`; `modified` is the CRM's moment
    of change, only ever compared; `digest` stands for everything in `cells`. A row that cannot be
    read has a `reason` and no cells.
    """

    id: str
    row: int
    line: int | None
    cells: tuple[str, ...] = ()
    digest: str = ""
    modified: str = ""
    deleted: bool = False
    winner_id: str | None = None
    reason: Reason | None = None


class Staged(msgspec.Struct, gc=False):
    """A row as it is kept apart until all rows are read. `record` is None for one without values."""

    row: Incoming
    fate: Fate
    record: Record | None = None
    hash: str | None = None
    fields: tuple[str, ...] = ()
    late: Reason | None = None


class Problem(msgspec.Struct, gc=False):
    """Something a person should know about one row, one field or one file."""

    level: ProblemLevel
    reason: Reason
    object: Kind
    file: str | None = None
    row: int | None = None
    line: int | None = None
    record_id: str | None = None
    field: str | None = None
    text: str | None = None


class FileRead(msgspec.Struct):
    """How one object was read. `exported` is False when the CRM did not export it this time."""

    object: Kind
    file: str | None
    encoding: str = "utf-8"
    delimiter: str = ","
    rows: int = 0
    exported: bool = True
    part: bool = False  # only what changed was read: what is not there is not missing


class Counts(msgspec.Struct):
    """One object in one run.

    rows = created + updated + returned + unchanged + deleted_rows + merged_rows + rejected + duplicates;
    `deleted`, `merged`, `gone`, `closed` and `kept` count records of ours that this run changed or left alone.
    """

    rows: int = 0
    loaded: int = 0
    created: int = 0
    updated: int = 0
    returned: int = 0
    unchanged: int = 0
    deleted_rows: int = 0
    merged_rows: int = 0
    rejected: int = 0
    duplicates: int = 0
    deleted: int = 0
    merged: int = 0
    gone: int = 0
    closed: int = 0
    kept: int = 0

    @property
    def changes(self) -> int:
        return self.created + self.updated + self.returned + self.deleted + self.merged + self.gone + self.closed

    @property
    def adds_up(self) -> bool:
        parts = self.created + self.updated + self.returned + self.unchanged
        return self.rows == parts + self.deleted_rows + self.merged_rows + self.rejected + self.duplicates


class Progress(msgspec.Struct):
    """`share` of the phase that is done, 0 to 1; `rows` so far."""

    phase: str  # reading, deciding, writing
    object: Kind | None
    rows: int
    share: float


Watcher = Callable[[Progress], None]


class Live(msgspec.Struct):
    """How far a run is, for a page that shows it live.

    `share` of the phase is done, 0 to 1, after `seconds` of it; `rows` are those of the whole run.
    """

    phase: str  # reading, deciding, writing
    object: Kind | None
    rows: int
    share: float
    at: datetime
    seconds: float

    @property
    def seconds_left(self) -> float | None:
        """Of this phase; None while nothing can be said."""
        return self.seconds * (1 - self.share) / self.share if self.share > 0.01 else None


class Spent(msgspec.Struct, frozen=True):
    """What a run asked of the CRM, and how much of the day's allowance everybody used."""

    requests: int = 0
    allowance: int | None = None
    used: int | None = None
    day: date | None = None
    requests_today: int = 0


class SyncReport(msgspec.Struct):
    """What one run did, ready for JSON. `resume_at` is when a paused one may go on, where that is known."""

    run_id: int
    source: str
    as_of: date
    state: RunState
    message: str
    changed: bool
    counts: dict[str, Counts]
    problems: dict[str, dict[str, int]]  # level -> reason -> how many
    files: list[FileRead]
    rows: int
    seconds: float
    rows_per_second: float
    usage: Spent = Spent()
    resume_at: datetime | None = None


class Change(msgspec.Struct):
    """What is different in a record since the last run, and the record as it shall stand."""

    fate: Fate
    record: Record
    fields: tuple[str, ...] = ()


class Cleaned(msgspec.Struct):
    """A record and what was wrong with its texts.

    `late` is a reason to refuse the row that is asked only after the records it names are found.
    `unreadable` are the fields that keep yesterday's value.
    """

    record: Record
    problems: list[Problem]
    late: Reason | None = None
    unreadable: frozenset[str] = frozenset()
    missing: Reason | None = None
