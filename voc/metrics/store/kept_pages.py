"""What a night counted for pages beside their figures: written once a night, read whole. The last night's only."""

import json
import math
from collections.abc import Iterable
from datetime import date
from functools import cache
from itertools import islice
from typing import Any, TypeAlias, TypeVar

import msgspec
from sqlalchemy import Connection, Text, bindparam, cast, delete, insert, select

from voc.base.prepared import Prepared
from voc.base.schema import kept_page
from voc.base.words import Scope

Kind = TypeVar("Kind")
_columns = kept_page.c
_WHOLE = Scope.TOTAL, ""
_ENDLESS = "∞"  # JSON has no word for it


Kept: TypeAlias = tuple[str, tuple[Scope, str], int, object]
"""Page, scope, days of its period, value: made of dataclasses, lists and plain values."""

_AT_ONCE = 200  # values that are held written out


def keep(
    db: Connection, on: date, page: str, value: object, *, days: int = 0, scope: tuple[Scope, str] = _WHOLE
) -> None:
    """What was kept of that night before is written over."""
    same = _columns.scope == scope[0], _columns.scope_id == scope[1], _columns.window_days == days
    _forget(db, _columns.as_of == on, _columns.page == page, *same)
    _add(db, on, [(page, scope, days, value)])


def keep_all(db: Connection, on: date, found: Iterable[Kept]) -> None:
    """Of whole pages: whatever that night kept of them before goes."""
    rows, written = iter(found), set[str]()
    while some := list(islice(rows, _AT_ONCE)):
        pages = {page for page, *_ in some} - written
        _forget(db, _columns.as_of == on, _columns.page.in_(sorted(pages)))
        _add(db, on, some)
        written |= pages


def _add(db: Connection, on: date, some: Iterable[Kept]) -> None:
    rows = (
        {"as_of": on, "page": page, "scope": scope, "scope_id": id, "window_days": days, "value": _json(value)}
        for page, (scope, id), days, value in some
    )
    _insert(db.dialect.name).run_each(db, rows)


@cache
def _insert(dialect: str) -> Prepared:
    named: dict[str, Any] = {one.name: bindparam(one.name) for one in kept_page.columns}
    return Prepared(insert(kept_page).values(named).inline(), dialect, written_out=["value"])


def _json(value: object) -> str:
    plain = msgspec.to_builtins(value)
    try:
        return json.dumps(plain, allow_nan=False)
    except ValueError:  # something is endless
        return json.dumps(_plain(plain))


def drop_others(db: Connection, *, but: date) -> None:
    _forget(db, _columns.as_of != but)


def _forget(db: Connection, *conditions: Any) -> None:
    db.execute(delete(kept_page).where(*conditions))


def read(
    db: Connection, on: date, page: str, kind: type[Kind], *, days: int = 0, scope: tuple[Scope, str] = _WHOLE
) -> Kind | None:
    """What `keep` was given; None where that night kept nothing of it."""
    query = select(cast(_columns.value, Text)).where(
        _columns.as_of == on, _columns.page == page, _columns.window_days == days
    )
    found = db.execute(query.where(_columns.scope == scope[0], _columns.scope_id == scope[1])).scalar()
    try:
        if found is None:
            return None
        if "∞" in found or "\\u221e" in found:
            return msgspec.convert(_typed(json.loads(found)), kind)
        return msgspec.json.decode(found, type=kind)  # many times as quick
    except msgspec.ValidationError:  # an older release kept it in another shape: the next night keeps it anew
        return None


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    return _ENDLESS if isinstance(value, float) and math.isinf(value) else value


def _typed(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _typed(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_typed(one) for one in value]
    return math.inf if value == _ENDLESS else value
