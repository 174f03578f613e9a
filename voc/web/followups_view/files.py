"""The file of all follow-ups."""

from datetime import datetime

from voc.followup.model import FollowUp
from voc.web.followups_view.words import CAUSES, KINDS

FILE_HEADS = (
    "Account", "Person", "Kind", "Score", "State", "Owner", "Opened", "First contact by", "Contacted", "Resolve by",
    "Resolved", "Confirmed", "Late now", "Cause", "What was done", "In their own words",
)  # fmt: skip


def file_row(case: FollowUp) -> tuple[str | int | datetime | bool | None, ...]:
    return (
        case.account_name,
        case.contact_name,
        KINDS[case.kind],
        case.score,
        case.state.value,
        case.owner_name,
        case.opened_at,
        case.contact_by,
        case.contacted_at,
        case.resolve_by,
        case.resolved_at,
        case.confirmed_at,
        case.late,
        CAUSES[case.cause] if case.cause else None,
        case.outcome,
        case.words,
    )
