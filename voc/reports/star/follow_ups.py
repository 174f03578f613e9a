"""Duties to get back to a person."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Connection, select

from voc.base.schema import follow_up
from voc.reports.star.joined import ACCOUNT_ID, CONTACT_ID, of_account, of_contact, stream, with_account, with_contact
from voc.reports.star.model import MOMENT, TEXT, WHOLE, Of, Sort, StarTable, day_key, flag, own_key, plain, refers


def _follow_ups(db: Connection, _of: Of) -> Iterator[Any]:
    columns = follow_up.c
    rows = with_contact(with_account(follow_up, columns.account_id), columns.contact_id)
    return stream(db, select(follow_up, ACCOUNT_ID, CONTACT_ID).select_from(rows).order_by(columns.id))


def _met(row: Any, _of: Of) -> bool:
    return row.contacted_at is not None and row.contacted_at <= row.contact_by


def _due(row: Any, of: Of) -> bool:
    return row.contacted_at is not None or row.contact_by < of.now


FOLLOW_UP = StarTable(
    "fact_follow_up",
    Sort.FACT,
    "Duties to get back to a person. Follow-ups in time: sum of in_time over sum of due.",
    (
        own_key("follow_up_key", "Follow-up", lambda row, _of: row.id, "follow_up.id"),
        of_account("follow_up.account_id"),
        of_contact("follow_up.contact_id"),
        refers("wave_key", "dim_wave", "Wave of the answer", lambda row, _of: row.wave_id or 0, "follow_up.wave_id"),
        refers("csm_key", "dim_csm", "Owner", lambda row, of: of.key("csm", row.owner_csm_id),
               "follow_up.owner_csm_id"),
        plain("kind", TEXT, "detractor, passive_request, promoter_offer or silent_account", "follow_up.kind"),
        plain("state", TEXT, "new, acknowledged, contacted, resolved or confirmed", "follow_up.state"),
        plain("score", WHOLE, "The answer it is about", "follow_up.score", nulls="no answer, or in confidence",
              unit="0..10"),
        plain("cause", TEXT, "Root cause", "follow_up.cause", nulls="not resolved"),
        day_key("opened_date_key", "The answer was recorded: the clock's start", lambda row: row.opened_at,
                "follow_up.opened_at"),
        day_key("contact_by_date_key", "Limit of the first contact", lambda row: row.contact_by,
                "follow_up.contact_by"),
        day_key("contacted_date_key", "First contact", lambda row: row.contacted_at, "follow_up.contacted_at"),
        day_key("resolved_date_key", "Resolved", lambda row: row.resolved_at, "follow_up.resolved_at"),
        plain("opened_at", MOMENT, "The clock's start", "follow_up.opened_at"),
        plain("contact_by", MOMENT, "Limit of the first contact", "follow_up.contact_by"),
        plain("acknowledged_at", MOMENT, "Taken", "follow_up.acknowledged_at", nulls="not yet"),
        plain("contacted_at", MOMENT, "First contact", "follow_up.contacted_at", nulls="not yet"),
        plain("resolve_by", MOMENT, "Limit of resolving", "follow_up.resolve_by", nulls="it has none"),
        plain("resolved_at", MOMENT, "Resolved", "follow_up.resolved_at", nulls="not yet"),
        plain("confirmed_at", MOMENT, "The customer agreed", "follow_up.confirmed_at", nulls="not yet"),
        flag("due", "Contacted, or past the limit at the moment of the export", _due, "follow_up.contact_by"),
        flag("in_time", "Contacted within the limit", _met, "follow_up.contacted_at"),
    ),
    _follow_ups,
    "one follow-up",
)  # fmt: skip
