"""What only one kind of record needs once its texts are clean."""

from collections.abc import Callable
from typing import Any

from voc.accounts import clean
from voc.accounts.model import AccountStatus, Kind, Reason, Segment, Spellings
from voc.accounts.rules.notes import Notes

_Texts = dict[str, str]


def _finish_csm(values: dict[str, Any], texts: _Texts, notes: Notes, spellings: Spellings) -> None:
    values["name"] = values["name"] or values["email"] or values["id"]


def _finish_account(values: dict[str, Any], texts: _Texts, notes: Notes, spellings: Spellings) -> None:
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


def _finish_contact(values: dict[str, Any], texts: _Texts, notes: Notes, spellings: Spellings) -> None:
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


def _finish_relation(values: dict[str, Any], texts: _Texts, notes: Notes, spellings: Spellings) -> None:
    values["roles"], unknown = clean.roles(texts["roles"], spellings.roles)
    for label in unknown:
        notes.warn(Reason.UNKNOWN_ROLE, field="roles", text=label)
    _require_account(values["account_id"], notes)


def _finish_opportunity(values: dict[str, Any], texts: _Texts, notes: Notes, spellings: Spellings) -> None:
    values["name"] = values["name"] or values["id"]
    _require_account(values["account_id"], notes)


def _finish_activity(values: dict[str, Any], texts: _Texts, notes: Notes, spellings: Spellings) -> None:
    _require_account(values["about_id"], notes)
    if values["on"] is None:
        notes.late = Reason.BAD_DATE


def _finish_milestone(values: dict[str, Any], texts: _Texts, notes: Notes, spellings: Spellings) -> None:
    _require_account(values["account_id"], notes)
    known = clean.milestone_kind(texts["kind"])
    values["kind"] = known or texts["kind"].strip()[:64] or None  # the row is refused; its word is shown
    if known is None:
        notes.late = Reason.UNKNOWN_KIND
    elif values["on"] is None:
        notes.late = Reason.BAD_DATE


def _require_account(reference: str | None, notes: Notes) -> None:
    if reference is None:
        notes.missing = Reason.MISSING_ACCOUNT


FINISH: dict[Kind, Callable[[dict[str, Any], _Texts, Notes, Spellings], None]] = {
    Kind.CSM: _finish_csm,
    Kind.ACCOUNT: _finish_account,
    Kind.CONTACT: _finish_contact,
    Kind.RELATION: _finish_relation,
    Kind.OPPORTUNITY: _finish_opportunity,
    Kind.ACTIVITY: _finish_activity,
    Kind.MILESTONE: _finish_milestone,
}
