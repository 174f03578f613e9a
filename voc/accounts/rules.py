"""What the rows of a CRM mean: texts to records, records to changes, merges through chains, the brake.

Pure. What needs other rows (does the account exist, is the address used twice) is decided by set in
the store, in the order of checks that `conventions` names: the row itself, deleted or merged, its
account, what else it names, and last the date or kind that is the point of the row.
"""

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from voc.accounts import clean
from voc.accounts.clean import Unclean
from voc.accounts.model import (
    RECORDS,
    AccountStatus,
    Change,
    Cleaned,
    Fate,
    Incoming,
    Kind,
    Problem,
    ProblemLevel,
    Reason,
    Record,
    RecordState,
    Segment,
    Spellings,
)

# The texts a connector hands over per object, in this order. A field that its CRM does not have
# gets the text beside it in DEFAULTS.
TEXTS: dict[Kind, tuple[str, ...]] = {
    Kind.CSM: ("name", "email", "title", "manager_id", "time_zone", "active"),
    Kind.ACCOUNT: (
        "name",
        "parent_id",
        "csm_id",
        "owner_id",
        "segment",
        "industry",
        "country",
        "arr",
        "currency",
        "renewal_on",
        "customer_since_on",
        "status",
        "churned_on",
    ),
    Kind.CONTACT: (
        "account_id",
        "first_name",
        "last_name",
        "email",
        "title",
        "department",
        "country",
        "language",
        "time_zone",
        "opted_out",
        "bounced",
        "bounced_on",
        "bounce_reason",
        "left_company",
        "last_activity_on",
        "created_on",
        "consented_on",
    ),
    Kind.RELATION: ("account_id", "contact_id", "roles", "active", "direct", "start_on", "end_on"),
    Kind.OPPORTUNITY: (
        "account_id",
        "owner_id",
        "name",
        "kind",
        "stage",
        "closed",
        "won",
        "amount",
        "currency",
        "close_on",
        "arr_before",
        "arr_after",
        "renewal_confirmed_on",
    ),
    Kind.OPPORTUNITY_ROLE: ("opportunity_id", "contact_id", "role", "main"),
    Kind.ACTIVITY: ("about_id", "contact_id", "csm_id", "subject", "kind", "on"),
    Kind.MILESTONE: ("account_id", "csm_id", "kind", "on", "value", "evidence"),
}
DEFAULTS = {"active": "1", "direct": "1", "status": "customer"}

# Which fields name another record, and of which kind.
REFERENCES: dict[Kind, dict[str, Kind]] = {
    Kind.CSM: {"manager_id": Kind.CSM},
    Kind.ACCOUNT: {"parent_id": Kind.ACCOUNT, "csm_id": Kind.CSM, "owner_id": Kind.CSM},
    Kind.CONTACT: {"account_id": Kind.ACCOUNT},
    Kind.RELATION: {"account_id": Kind.ACCOUNT, "contact_id": Kind.CONTACT},
    Kind.OPPORTUNITY: {"account_id": Kind.ACCOUNT, "owner_id": Kind.CSM},
    Kind.OPPORTUNITY_ROLE: {"opportunity_id": Kind.OPPORTUNITY, "contact_id": Kind.CONTACT},
    # `about_id` may name an account or an opportunity; an opportunity's id never has an alias
    Kind.ACTIVITY: {"about_id": Kind.ACCOUNT, "contact_id": Kind.CONTACT, "csm_id": Kind.CSM},
    Kind.MILESTONE: {"account_id": Kind.ACCOUNT, "csm_id": Kind.CSM},
}

# Another spelling of these, or the CRM's own date of them, is no change.
NOT_COUNTED = frozenset({"email_original", "created_on"})

# The date is the point of the row.
_DATED = (Kind.ACTIVITY, Kind.MILESTONE)

Aliases = Mapping[Kind, Mapping[str, str]]


# --- texts to records ---------------------------------------------------------------------------

_CLEANERS: dict[str, Callable[[str], Any]] = {
    "email": clean.address,
    "language": clean.language,
    "time_zone": clean.zone,
    "currency": clean.currency,
    **dict.fromkeys(("arr", "amount", "arr_before", "arr_after", "value"), clean.amount),
    **dict.fromkeys(("active", "direct", "opted_out", "bounced", "left_company", "closed", "won", "main"), clean.flag),
    **dict.fromkeys(
        (
            "renewal_on",
            "customer_since_on",
            "churned_on",
            "bounced_on",
            "last_activity_on",
            "created_on",
            "consented_on",
            "start_on",
            "end_on",
            "close_on",
            "renewal_confirmed_on",
            "on",
        ),
        clean.day,
    ),
}
_ROW_CLEANERS = {
    kind: tuple((name, _CLEANERS[name]) for name in names if name in _CLEANERS) for kind, names in TEXTS.items()
}
_TEXT_FIELDS = {
    kind: tuple(name for name in names if name not in _CLEANERS and name not in REFERENCES[kind])
    for kind, names in TEXTS.items()
}


def record_of(
    kind: Kind, row: Incoming, *, spellings: Spellings, aliases: Aliases, same_id: Callable[[str], str] = str.strip
) -> Cleaned:
    """The record a row means. Ids of merged records are already those of their winners, as far as known before.

    `same_id` gives one form to all spellings of a record's id.
    A text that cannot be read leaves its field empty; `unreadable` names those that keep yesterday's
    value (an address never does: it is better not to reach somebody than to reach the wrong one).
    """
    notes = _Notes(kind, row)
    texts = dict(zip(TEXTS[kind], _without_mess(kind, row, notes), strict=True))
    values: dict[str, Any] = {"id": row.id, **texts}
    for name in _TEXT_FIELDS[kind]:
        if (cell := texts[name]).isspace() or not cell:
            values[name] = None
    for name, cleaner in _ROW_CLEANERS[kind]:
        try:
            values[name] = cleaner(texts[name])
        except Unclean as unclean:
            values[name] = None
            notes.unclean(name, unclean.reason, texts[name])
    for name, named in REFERENCES[kind].items():
        reference = same_id(texts[name]) or None
        known = aliases.get(named)
        values[name] = known.get(reference, reference) if known and reference else reference
    if finish := _FINISH.get(kind):
        finish(values, texts, notes, spellings)
    return notes.cleaned(RECORDS[kind](**values))


class _Notes:
    """Collects what is wrong with one row."""

    def __init__(self, kind: Kind, row: Incoming) -> None:
        self.kind = kind
        self.row = row
        self.problems: list[Problem] = []
        self.unreadable: set[str] = set()
        self.late: Reason | None = None
        self.missing: Reason | None = None

    def warn(self, reason: Reason, *, field: str | None = None, text: str | None = None) -> None:
        self.add(ProblemLevel.WARNING, reason, field=field, text=text)

    def add(self, level: ProblemLevel, reason: Reason, *, field: str | None, text: str | None) -> None:
        self.problems.append(
            Problem(
                level=level,
                reason=reason,
                object=self.kind,
                row=self.row.row,
                line=self.row.line,
                record_id=self.row.id,
                field=field,
                text=None if text is None else clean.without_control_characters(text)[:200],
            )
        )

    def unclean(self, field: str, reason: Reason, cell: str) -> None:
        if reason == Reason.BAD_DATE and field == "on" and self.kind in _DATED:
            self.late = reason
            return
        if reason == Reason.UNKNOWN_TIMEZONE:
            self.warn(reason, field=field, text=cell.strip())
            return
        if field == "created_on":
            return  # a system date: nobody can mend it
        self.add(ProblemLevel.FIELD_ERROR, reason, field=field, text=cell)
        if reason != Reason.INVALID_EMAIL:
            self.unreadable.add(field)

    def cleaned(self, record: Record) -> Cleaned:
        return Cleaned(
            record=record,
            problems=self.problems,
            late=self.late,
            unreadable=frozenset(self.unreadable),
            missing=self.missing,
        )


def _without_mess(kind: Kind, row: Incoming, notes: _Notes) -> tuple[str, ...]:
    joined = "".join(row.cells)
    # Two looks at the whole row spare the many clean ones a look at each cell.
    if joined.isprintable() and len(joined) < clean.FIELD_LIMIT_BYTES // 4:
        return row.cells
    cells = []
    for name, cell in zip(TEXTS[kind], row.cells, strict=True):
        kept = clean.without_control_characters(cell)
        if kept != cell:
            notes.warn(Reason.CONTROL_CHARACTER_REMOVED, field=name)
        short = clean.within_limit(kept) if len(kept) >= clean.FIELD_LIMIT_BYTES // 4 else kept
        if short != kept:
            notes.warn(Reason.OVERSIZED_FIELD, field=name, text=kept[:80])
        cells.append(short)
    return tuple(cells)


_Texts = dict[str, str]


def _finish_csm(values: dict[str, Any], texts: _Texts, notes: _Notes, spellings: Spellings) -> None:
    values["name"] = values["name"] or values["email"] or values["id"]


def _finish_account(values: dict[str, Any], texts: _Texts, notes: _Notes, spellings: Spellings) -> None:
    values["name"] = values["name"] or values["id"]
    status = spellings.statuses.get(clean.spelling_key(texts["status"]))
    if status is None:
        # A value nobody understands never loses a customer.
        notes.warn(Reason.UNKNOWN_STATUS, field="status", text=texts["status"])
        status = AccountStatus.CUSTOMER
        notes.unreadable.add("status")
    values["status"] = status
    segment: Segment | None = spellings.segments.get(clean.spelling_key(texts["segment"]))
    values["segment"] = segment
    if segment is None and status == AccountStatus.CUSTOMER:
        notes.warn(Reason.UNKNOWN_SEGMENT, field="segment", text=texts["segment"])
    if status == AccountStatus.CUSTOMER and not texts["arr"].strip():
        notes.warn(Reason.NO_ARR, field="arr")


def _finish_contact(values: dict[str, Any], texts: _Texts, notes: _Notes, spellings: Spellings) -> None:
    values["email_original"] = clean.text(texts["email"])
    # The day may be unreadable; that somebody wrote one is the news.
    values["bounced"] = bool(values["bounced"] or texts["bounced_on"].strip())
    if not values["opted_out"] and not clean.says_no(texts["opted_out"]):
        values["opted_out"] = True
        notes.warn(Reason.UNCLEAR_OPT_OUT, field="opted_out", text=texts["opted_out"])
    _require_account(values["account_id"], notes)
    email = values["email"]
    if email is None:
        return
    local, _, domain = email.partition("@")
    if local in spellings.role_addresses:
        notes.warn(Reason.ROLE_ADDRESS, field="email", text=email)
    if domain in spellings.free_mail:
        notes.warn(Reason.FREE_MAIL, field="email", text=email)


def _finish_relation(values: dict[str, Any], texts: _Texts, notes: _Notes, spellings: Spellings) -> None:
    values["roles"], unknown = clean.roles(texts["roles"], spellings.roles)
    for label in unknown:
        notes.warn(Reason.UNKNOWN_ROLE, field="roles", text=label)
    _require_account(values["account_id"], notes)


def _finish_opportunity(values: dict[str, Any], texts: _Texts, notes: _Notes, spellings: Spellings) -> None:
    values["name"] = values["name"] or values["id"]
    _require_account(values["account_id"], notes)


def _finish_activity(values: dict[str, Any], texts: _Texts, notes: _Notes, spellings: Spellings) -> None:
    _require_account(values["about_id"], notes)
    if values["on"] is None:
        notes.late = Reason.BAD_DATE


def _finish_milestone(values: dict[str, Any], texts: _Texts, notes: _Notes, spellings: Spellings) -> None:
    _require_account(values["account_id"], notes)
    known = clean.milestone_kind(texts["kind"])
    values["kind"] = known or texts["kind"].strip()[:64] or None  # the row is refused; its word is shown
    if known is None:
        notes.late = Reason.UNKNOWN_KIND
    elif values["on"] is None:
        notes.late = Reason.BAD_DATE


def _require_account(reference: str | None, notes: _Notes) -> None:
    if reference is None:
        notes.missing = Reason.MISSING_ACCOUNT


_FINISH: dict[Kind, Callable[[dict[str, Any], _Texts, _Notes, Spellings], None]] = {
    Kind.CSM: _finish_csm,
    Kind.ACCOUNT: _finish_account,
    Kind.CONTACT: _finish_contact,
    Kind.RELATION: _finish_relation,
    Kind.OPPORTUNITY: _finish_opportunity,
    Kind.ACTIVITY: _finish_activity,
    Kind.MILESTONE: _finish_milestone,
}


# --- records to changes -------------------------------------------------------------------------


def change_of(kind: Kind, cleaned: Cleaned, stored: Record | None, state: RecordState | None) -> Change:
    """What a row changes in the record we have, field by field on cleaned values.

    A field that became unreadable keeps yesterday's value.
    """
    if stored is None or state is None:
        return Change(Fate.CREATED, cleaned.record)
    record = cleaned.record
    if cleaned.unreadable:
        record = msgspec.structs.replace(record, **{name: getattr(stored, name) for name in cleaned.unreadable})
    if state != RecordState.LIVE:
        return Change(Fate.RETURNED, record)
    different = [name for name in record.__struct_fields__ if getattr(record, name) != getattr(stored, name)]
    fields = tuple(name for name in different if name not in NOT_COUNTED)
    if fields:
        return Change(Fate.UPDATED, record, fields)
    return Change(Fate.REWORDED if different else Fate.UNCHANGED, record)


# --- merges -------------------------------------------------------------------------------------


def final_winners(merges: Mapping[str, str]) -> dict[str, str]:
    """Loser -> the record it stands for in the end, through any chain. Records merged in a ring stand for nobody."""
    final: dict[str, str] = {}
    for loser, next_winner in merges.items():
        seen, winner = {loser}, next_winner
        while winner in merges and winner not in seen:
            seen.add(winner)
            winner = merges[winner]
        if winner not in seen:
            final[loser] = winner
    return final


# --- the brake ----------------------------------------------------------------------------------

VANISHED_SHARE = 0.05
# One person who left the file of a team of twelve is 8%: no reason to stop.
VANISHED_AT_LEAST = 3


def why_hold(kind: Kind, *, vanished: int, live: int, rows: int, rows_before: int | None) -> str | None:
    """Why a person should look before this is applied, or None.

    `vanished` counts live records without a row and without a flag, except those whose account or
    opportunity itself is deleted or missing: they went with it and are counted there. `live` is
    how many there were.
    """
    if vanished >= VANISHED_AT_LEAST and vanished > live * VANISHED_SHARE:
        return f"{vanished:,} of {live:,} {_plural(kind)} are missing without a delete flag"
    if rows_before and rows * 2 < rows_before:
        return f"the export has {rows:,} {_plural(kind)}, the one before had {rows_before:,}"
    return None


def why_hold_opt_outs(*, lifted: int, standing: int) -> str | None:
    """Why a person should look before that many of those who had opted out can be asked again, or None.

    One may have changed their mind; when many do at once, a column was renamed, emptied or is spelled otherwise.
    """
    if lifted > 1 and lifted > standing * VANISHED_SHARE:
        return f"{lifted:,} of {standing:,} contacts who had opted out are no longer marked so and would be asked again"
    return None


def _plural(kind: Kind) -> str:
    return {
        Kind.CSM: "CSMs",
        Kind.OPPORTUNITY: "opportunities",
        Kind.OPPORTUNITY_ROLE: "opportunity roles",
        Kind.ACTIVITY: "activities",
    }.get(kind, f"{kind}s")
