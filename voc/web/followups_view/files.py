"""The file of all follow-ups."""

from datetime import datetime

from voc.followup.model import FollowUp
from voc.reports.tables import Column, Kind
from voc.web.followups_view.words import CAUSES, KINDS

FILE_COLUMNS = (
    Column("Account"),
    Column("Person"),
    Column("Kind"),
    Column("Score", Kind.WHOLE),
    Column("State"),
    Column("Owner"),
    Column("Opened", Kind.MOMENT),
    Column("First contact by", Kind.MOMENT),
    Column("Contacted", Kind.MOMENT),
    Column("Resolve by", Kind.MOMENT),
    Column("Resolved", Kind.MOMENT),
    Column("Confirmed", Kind.MOMENT, "By the customer"),
    Column("Late now", Kind.YES),
    Column("Cause"),
    Column("What was done"),
    Column("In their own words"),
)


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
