"""What a programme owner sets: standards, calendar, limits, test mode. Kept in the database, audited.

The role matrix per segment is a table of its own (`role_requirement`).
"""

import json
import re
from datetime import datetime
from functools import cache, lru_cache
from typing import Any

import msgspec
from sqlalchemy import Connection, Text, cast, delete, insert, select

from voc.base import audit
from voc.base.choices import Preferences, check
from voc.base.errors import Refused
from voc.base.prepared import Prepared
from voc.base.schema import setting

__all__ = ["Preferences", "change", "check", "load"]


def load(db: Connection) -> Preferences:
    rows = _stored(db.dialect.name).run(db, {})
    return _made(tuple([(key, text) for key, text in rows if key in Preferences.__struct_fields__]))


@cache
def _stored(dialect: str) -> Prepared:
    # As text: every commit before a final dot looks whether something has changed.
    return Prepared(select(setting.c.key, cast(setting.c.value, Text)).order_by(setting.c.key), dialect)


@lru_cache(maxsize=64)
def _made(stored: tuple[tuple[str, str], ...]) -> Preferences:
    values = {key: json.loads(text) for key, text in stored}
    return msgspec.convert(values, Preferences, strict=False)


def change(db: Connection, values: dict[str, Any], *, actor: str, now: datetime) -> Preferences:
    """Set some of them; all or none. Refused names the first field that is wrong and what it may be."""
    before = load(db)
    # A form writes 09:30, the format of times wants seconds.
    values = {key: f"{value}:00" if _is_hour_and_minute(value) else value for key, value in values.items()}
    try:
        after = msgspec.convert({**msgspec.to_builtins(before), **values}, Preferences, strict=False)
    except msgspec.ValidationError as mistake:
        field = re.search(r"`\$\.(\w+)", str(mistake))
        raise Refused(f"That value cannot be used: {mistake}", field=field.group(1) if field else None) from None
    check(after)
    old, new = msgspec.to_builtins(before), msgspec.to_builtins(after)
    for key, value in new.items():
        if value == old[key]:
            continue
        db.execute(delete(setting).where(setting.c.key == key))
        db.execute(insert(setting).values(key=key, value=value, changed_at=now, changed_by=actor))
        audit.record(
            db,
            at=now,
            actor=actor,
            action="setting changed",
            object_kind="setting",
            object_id=key,
            detail={"from": old[key], "to": value},
        )
    return after


def _is_hour_and_minute(value: object) -> bool:
    return isinstance(value, str) and re.fullmatch(r"\d\d:\d\d", value) is not None
