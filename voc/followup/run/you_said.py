"""What the customer is told came of an answer: written when a case is closed, changed, taken back. Audited."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from voc.base import audit, preferences
from voc.base.access import Viewer
from voc.base.errors import Refused
from voc.base.words import FollowUpKind
from voc.followup import store, you_said
from voc.followup.model import FollowUp
from voc.followup.store import lines


def write(
    db: Connection, follow_up_id: int, *, line: str, colleagues: bool = False, viewer: Viewer, now: datetime
) -> int:
    """The line of a closed case; one a case. Writing it again replaces it. Returns its id."""
    case = store.follow_up(db, follow_up_id, viewer, now=now, preferences=preferences.load(db))
    if case.open:
        raise Refused("Resolve it first: the line says what was done", field="line")
    return keep(db, case, line=line, colleagues=colleagues, viewer=viewer, now=now)


def keep(db: Connection, case: FollowUp, *, line: str, colleagues: bool, viewer: Viewer, now: datetime) -> int:
    """The same for a case that is being closed in this transaction."""
    if case.kind == FollowUpKind.SILENT_ACCOUNT:
        raise Refused("Nobody answered here, so there is nobody to tell", field="line")
    text = you_said.checked(line, colleagues=colleagues, case=case)
    known = lines.of_follow_up(db, case.id)
    if known is not None:
        _change(db, known, text, colleagues=colleagues, viewer=viewer, now=now)
        return known.id
    line_id = lines.add(
        db,
        account_id=case.account_id,
        contact_id=case.contact_id,
        follow_up_id=case.id,
        line=text,
        colleagues=colleagues,
        written_at=now,
        written_by=viewer.name,
    )
    _audit(db, line_id, "written", viewer=viewer, now=now, line=text, colleagues=colleagues)
    return line_id


def change(db: Connection, line_id: int, *, line: str, colleagues: bool, viewer: Viewer, now: datetime) -> None:
    """Other words, or other readers. Whoever was told the old words already is not told again."""
    known = lines.line(db, line_id, viewer)
    case = (
        store.follow_up(db, known.follow_up_id, viewer, now=now, preferences=preferences.load(db))
        if known.follow_up_id is not None
        else None
    )
    text = you_said.checked(line, colleagues=colleagues, case=case)
    _change(db, known, text, colleagues=colleagues, viewer=viewer, now=now)


def _change(db: Connection, known: lines.Line, text: str, *, colleagues: bool, viewer: Viewer, now: datetime) -> None:
    values: dict[str, Any] = {"line": text, "colleagues": colleagues, "changed_at": now}
    if known.withdrawn_at is not None:
        # Taken back before anybody was told, or told and taken back: either way it is news now.
        values |= {"withdrawn_at": None, "written_at": now, "written_by": viewer.name}
    lines.write(db, known.id, **values)
    before = {"line": known.text, "colleagues": known.colleagues}
    _audit(db, known.id, "changed", viewer=viewer, now=now, before=before, line=text, colleagues=colleagues)


def withdraw(db: Connection, line_id: int, *, viewer: Viewer, now: datetime) -> None:
    """Nobody is told it from now on; what has been sent stays sent."""
    known = lines.line(db, line_id, viewer)
    if known.withdrawn_at is None:
        lines.write(db, line_id, withdrawn_at=now)
        _audit(db, line_id, "withdrawn", viewer=viewer, now=now, line=known.text)


def withdraw_of(db: Connection, follow_up_id: int, *, viewer: Viewer, now: datetime) -> None:
    """A reopened case has nothing to tell."""
    known = lines.of_follow_up(db, follow_up_id)
    if known is not None:
        withdraw(db, known.id, viewer=viewer, now=now)


def restore(db: Connection, line_id: int, *, viewer: Viewer, now: datetime) -> None:
    """Take a withdrawal back: the line stands as if it had never been withdrawn."""
    known = lines.line(db, line_id, viewer)
    if known.withdrawn_at is not None:
        lines.write(db, line_id, withdrawn_at=None)
        _audit(db, line_id, "restored", viewer=viewer, now=now, line=known.text)


def _audit(db: Connection, line_id: int, action: str, *, viewer: Viewer, now: datetime, **detail: Any) -> None:
    audit.record(
        db,
        at=now,
        actor=viewer.name,
        action=f"you-said line {action}",
        object_kind="you_said",
        object_id=line_id,
        detail=detail,
    )
