"""Up to when each object was read from the source whose data we hold."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Connection, delete, insert, select

from voc.accounts.model import Kind
from voc.accounts.plan import Reading, Watermark, moved
from voc.base.schema import watermark


def marks(db: Connection, fingerprint: str | None) -> dict[Kind, Watermark]:
    rows = db.execute(select(watermark).where(watermark.c.fingerprint == fingerprint))
    return {Kind(row.kind): Watermark(row.read_until, row.swept_at, row.all_read_at) for row in rows}


def move(db: Connection, fingerprint: str | None, readings: Mapping[Kind, Reading], *, started_at: datetime) -> None:
    """What a complete run read from one source; what was known of any other no longer holds.

    Another source, or the same one with another mapping, has overwritten the records: coming back
    to it begins with everything.
    """
    before = marks(db, fingerprint)
    db.execute(delete(watermark))
    rows = []
    for kind, reading in readings.items():
        if not reading.windowed:
            continue
        exported = reading.file is None or reading.file.exported
        mark = moved(before.get(kind), reading, started_at=started_at) if exported else before.get(kind)
        if mark is not None:
            moments = {"read_until": mark.read_until, "swept_at": mark.swept_at, "all_read_at": mark.all_read_at}
            rows.append({"fingerprint": fingerprint, "kind": kind, **moments})
    if rows:
        db.execute(insert(watermark), rows)
