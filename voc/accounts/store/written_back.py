"""What the CRM was told: the table `written_back`, and since when, with what result, kept as a setting."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, delete, func, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite

from voc.accounts.connection import Switch
from voc.accounts.connector import WriteWhat
from voc.accounts.writing import Planned, Told, accepted_before
from voc.base.schema import setting, written_back

_KEY = "write_back"
_AT_ONCE = 1_000


class LastRun(msgspec.Struct, frozen=True):
    """One run. `left` are writes that were due and not tried, for the reason in `message`."""

    at: datetime
    written: int = 0
    later: int = 0
    refused: int = 0
    left: int = 0
    requests: int = 0
    seconds: float = 0.0
    message: str | None = None


class Standing(msgspec.Struct, frozen=True):
    """`crm` is the identity of the CRM that all this is about; `since` is when each switch was turned on."""

    crm: str | None = None
    since: dict[Switch, datetime] = {}
    last: LastRun | None = None


def standing(db: Connection) -> Standing:
    value = db.execute(select(setting.c.value).where(setting.c.key == _KEY)).scalar()
    return Standing() if value is None else msgspec.convert(value, Standing)


def save_standing(db: Connection, value: Standing, *, by: str, now: datetime) -> None:
    db.execute(delete(setting).where(setting.c.key == _KEY))
    row = {"key": _KEY, "value": msgspec.to_builtins(value), "changed_at": now, "changed_by": by}
    db.execute(insert(setting).values(**row))


def told(db: Connection, keys: Sequence[str]) -> dict[str, Told]:
    """What we know of each of these keys."""
    found: dict[str, Told] = {}
    for first in range(0, len(keys), _AT_ONCE):
        query = select(written_back).where(written_back.c.key.in_(keys[first : first + _AT_ONCE]))
        found |= {row.key: _told(row) for row in db.execute(query)}
    return found


def _told(row: Any) -> Told:
    return Told(
        key=row.key,
        what=WriteWhat(row.what),
        record_id=row.record_id,
        digest=row.digest,
        at=row.at,
        tries=row.tries,
        again_at=row.again_at,
        why=row.why,
        written=row.written,
    )


def hand_over(db: Connection, writes: Iterable[Planned], *, until: datetime, now: datetime) -> None:
    """Note, before the CRM is asked, that from now on nobody knows what it has taken."""
    rows = [
        {
            "key": one.write.key,
            "what": one.write.what,
            "record_id": one.write.record_id,
            "digest": one.digest,
            "at": now,
            "again_at": until,
            "why": None,
            "written": accepted_before(one.told),
        }
        for one in writes
    ]
    _put(db, rows)


def note(db: Connection, outcomes: Iterable[Told]) -> None:
    rows = [{name: getattr(one, name) for name in Told.__struct_fields__} for one in outcomes]
    _put(db, [{**row, "written": None if row["written"] is None else dict(row["written"])} for row in rows])


def _put(db: Connection, rows: list[dict[str, Any]]) -> None:
    """Insert or overwrite by key; what the rows do not name (`tries`, `written`) stays."""
    if not rows:
        return
    statement: Any = (postgresql if db.dialect.name == "postgresql" else sqlite).insert(written_back)
    changed = {name: statement.excluded[name] for name in rows[0] if name != "key"}
    db.execute(statement.on_conflict_do_update(index_elements=[written_back.c.key], set_=changed), rows)


def put_off(db: Connection, keys: Sequence[str], *, again_at: datetime, why: str) -> None:
    """The CRM could not be asked at all: no fault of these writes."""
    changed = update(written_back).where(written_back.c.key.in_(keys)).values(again_at=again_at, why=why)
    db.execute(changed)


def refused(db: Connection, *, limit: int = 200) -> list[Told]:
    """Writes that a person must look at, the oldest first."""
    query = select(written_back).where(_REFUSED).order_by(written_back.c.at, written_back.c.key).limit(limit)
    return [_told(row) for row in db.execute(query)]


def count_refused(db: Connection) -> tuple[int, datetime | None]:
    """How many writes were refused, and when the oldest of them."""
    count, oldest = db.execute(select(func.count(), func.min(written_back.c.at)).where(_REFUSED)).one()
    return count, oldest


def try_again(db: Connection, *, key: str | None, now: datetime) -> int:
    """Make refused writes due, one of them or all; how many."""
    chosen = _REFUSED if key is None else _REFUSED & (written_back.c.key == key)
    return db.execute(update(written_back).where(chosen).values(again_at=now, tries=0)).rowcount


def forget_all(db: Connection) -> None:
    """Another CRM: nothing of it was told to that one."""
    db.execute(delete(written_back))


def failed(db: Connection) -> list[str]:
    """Keys of writes that were refused or failed for now."""
    return list(
        db.scalars(select(written_back.c.key).where(written_back.c.why.is_not(None)).order_by(written_back.c.key))
    )


def let_go(db: Connection, keys: Sequence[str]) -> None:
    """Nobody wants these written any more: nothing to show, and should somebody want them again, it is tried anew."""
    for first in range(0, len(keys), _AT_ONCE):
        chosen = written_back.c.key.in_(keys[first : first + _AT_ONCE])
        db.execute(update(written_back).where(chosen).values(digest="", tries=0, again_at=None, why=None))


_REFUSED = written_back.c.why.is_not(None) & written_back.c.again_at.is_(None)
