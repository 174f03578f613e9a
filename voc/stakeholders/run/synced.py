"""Take in what a sync brought."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time
from typing import Any

from sqlalchemy import Connection

from voc.base.words import Sign, SuppressionReason
from voc.stakeholders.model import CaughtUp
from voc.stakeholders.store import synced


def catch_up(db: Connection, now: datetime) -> CaughtUp:
    """Take in what a sync brought: past meetings, opt-outs, bounces and departures. Idempotent.

    Of a first load only past activities with a contact are signs of life: when a row was last
    modified says nothing about the person.
    """
    meetings = 0
    for batch in synced.new_meetings(db, before=now.date()):
        synced.add_signs(
            db,
            [
                (f"activity:{row.id}", row.contact_id, Sign.MEETING, _noon(row.on), row.name or synced.CRM, row.kind)
                for row in batch
            ],
        )
        meetings += len(batch)
    opted_out = synced.new_opt_outs(db)
    synced.add_suppressions(db, [(address, SuppressionReason.OPT_OUT, now) for address in opted_out])
    taken_back = synced.lift_bounces_taken_back(db, at=now)
    bounced = synced.new_bounces(db)
    _take_bounces(db, bounced, now)
    left = synced.new_departures(db)
    synced.add_signs(db, [(f"crm-left:{id}", id, Sign.LEFT, now, synced.CRM, None) for id in left])
    return CaughtUp(
        meetings=meetings,
        opt_outs=len(opted_out),
        bounces=len(bounced),
        bounces_taken_back=taken_back,
        left=len(left),
    )


def _take_bounces(db: Connection, bounced: Sequence[Any], now: datetime) -> None:
    dated = [(row, min(_noon(row.bounced_on), now) if row.bounced_on else now) for row in bounced]
    synced.add_suppressions(db, [(row.email, SuppressionReason.BOUNCED, at) for row, at in dated])
    synced.add_signs(
        db,
        [
            (f"crm-bounced:{row.id}:{row.bounced_on}", row.id, Sign.BOUNCED, at, synced.CRM, row.bounce_reason)
            for row, at in dated
        ],
    )


def _noon(day: date) -> datetime:
    """A day of the CRM as a moment: within half a day of the truth in any zone."""
    return datetime.combine(day, time(12), UTC)
