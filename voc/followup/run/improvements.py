"""An improvement is opened, begun, closed, dropped, reopened. Closing it drafts a line for everybody who raised it."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy import Connection

from voc.base import audit
from voc.base.access import Viewer
from voc.base.errors import Refused
from voc.base.words import ImprovementState
from voc.followup import improving
from voc.followup.improving import FROM, TO, Act, Improvement, Plan
from voc.followup.store import improvements as store
from voc.followup.store import lines

LOOKS_BACK = timedelta(days=365)


def open_improvement(db: Connection, theme_id: int, plan: Plan, *, viewer: Viewer, now: datetime) -> int:
    """A new one about a theme, for all accounts that raised it in the year before. Its id."""
    _may(viewer)
    store.theme_name(db, theme_id)
    improvement_id = store.add(
        db,
        theme_id=theme_id,
        title=plan.title,
        department=plan.department,
        owner=plan.owner,
        due_on=plan.due_on,
        since_on=(now - LOOKS_BACK).date(),
        state=ImprovementState.PLANNED,
        opened_at=now,
        opened_by=viewer.name,
    )
    store.add_step(db, improvement_id, at=now, what="opened", by=viewer.name)
    _audit(db, improvement_id, "opened", viewer, now, theme=theme_id, **_told(plan))
    return improvement_id


def change(
    db: Connection, improvement_id: int, plan: Plan, *, viewer: Viewer, now: datetime, seen: int | None = None
) -> None:
    """Another title, department, owner or due date, while it is open.

    `seen` is how many steps the page showed: Refused where another came meanwhile. None without a page.
    """
    _may(viewer)
    store.lock(db, improvement_id)
    found = store.one(db, improvement_id, viewer)
    if seen is not None and seen != len(found.steps):
        raise Refused(
            f"{found.steps[-1].by} changed it meanwhile. Look at what happened, then save yours", field="seen"
        )
    if not found.open:
        raise Refused("It is closed. Reopen it first")
    before = _told(Plan(found.title, found.department, found.owner, found.due_on))
    after = _told(plan)
    if before == after:
        return
    store.write(db, improvement_id, title=plan.title, department=plan.department, owner=plan.owner, due_on=plan.due_on)
    changed = {name: [before[name], after[name]] for name in after if before[name] != after[name]}
    note = "; ".join(f"{name.replace('_', ' ')}: {new}" for name, (_old, new) in changed.items())
    store.add_step(db, improvement_id, at=now, what="changed", by=viewer.name, note=note)
    _audit(db, improvement_id, "changed", viewer, now, **changed)


def begin(db: Connection, improvement_id: int, *, viewer: Viewer, now: datetime) -> None:
    _move(db, store.one(db, improvement_id, viewer), Act.BEGIN, viewer=viewer, now=now)


def drop(db: Connection, improvement_id: int, *, note: str, viewer: Viewer, now: datetime) -> None:
    """It will not be done. Nobody is told anything; the reason is kept."""
    reason = note.strip()
    if not reason:
        raise Refused("Write why it is dropped", field="note")
    _move(db, store.one(db, improvement_id, viewer), Act.DROP, viewer=viewer, now=now, note=reason, closed_at=now)


def close(
    db: Connection,
    improvement_id: int,
    *,
    done: str,
    told: Mapping[str, str],
    viewer: Viewer,
    now: datetime,
) -> int:
    """Done: a line is drafted for everybody who raised it, for their CSM to edit; how many. Twice changes nothing."""
    what, fine = improving.closing(done, told)
    found = store.one(db, improvement_id, viewer)
    _move(db, found, Act.CLOSE, viewer=viewer, now=now, note=what, closed_at=now, done=what, lines=fine)
    return tell(db, improvement_id, viewer=viewer, now=now)


def tell(db: Connection, improvement_id: int, *, viewer: Viewer, now: datetime) -> int:
    """Draft a line for those who raised it and have none yet, and write anew what reopening took back; how many."""
    _may(viewer)
    found = store.one(db, improvement_id, viewer)
    if found.state != ImprovementState.DONE:
        raise Refused("Close it first: the line says what was done")
    taken_back_at = max((step.at for step in found.steps if step.what == "reopened"), default=None)
    known = store.drafted(db, improvement_id)
    count = 0
    for person in store.everybody(db, found, until=now):
        text = improving.line_for(found.lines, person.language)
        mine = known.get((person.account_id, person.contact_id))
        if mine is None:
            _draft(db, found, person, text, viewer=viewer, now=now)
            count += 1
        elif taken_back_at is not None and mine.withdrawn_at is not None and mine.withdrawn_at >= taken_back_at:
            values = {"line": text, "withdrawn_at": None, "written_at": now, "written_by": viewer.name}
            lines.write(db, mine.you_said_id, **values)
            count += 1
    if count:
        store.add_step(db, improvement_id, at=now, what="drafted", by=viewer.name, note=f"{count} people")
        _audit(db, improvement_id, "told to those who raised it", viewer, now, people=count, lines=dict(found.lines))
    return count


def _draft(
    db: Connection, found: Improvement, person: store.Raiser, text: str, *, viewer: Viewer, now: datetime
) -> None:
    line_id = lines.add(
        db,
        account_id=person.account_id,
        contact_id=person.contact_id,
        follow_up_id=None,
        line=text,
        colleagues=False,
        written_at=now,
        written_by=viewer.name,
    )
    store.add_line(db, found.id, account_id=person.account_id, contact_id=person.contact_id, you_said_id=line_id)


def reopen(db: Connection, improvement_id: int, *, note: str, viewer: Viewer, now: datetime) -> None:
    """Not done after all: lines that nobody has read yet are taken back."""
    found = store.one(db, improvement_id, viewer)
    reason = note.strip() or None
    _move(db, found, Act.REOPEN, viewer=viewer, now=now, note=reason, closed_at=None, done=None)
    for line in store.drafted(db, improvement_id).values():
        if line.withdrawn_at is None and not line.asked:
            lines.write(db, line.you_said_id, withdrawn_at=now)


_STEPS = {Act.BEGIN: "begun", Act.CLOSE: "done", Act.DROP: "dropped", Act.REOPEN: "reopened"}


def _move(
    db: Connection,
    found: Improvement,
    act: Act,
    *,
    viewer: Viewer,
    now: datetime,
    note: str | None = None,
    **values: object,
) -> None:
    _may(viewer)
    if found.state not in FROM[act] or not store.move(db, found.id, came_from=found.state, to=TO[act], **values):
        raise Refused(f"This improvement is {str(found.state).replace('_', ' ')}; that step is not open any more")
    store.add_step(db, found.id, at=now, what=_STEPS[act], by=viewer.name, note=note)
    _audit(db, found.id, _STEPS[act], viewer, now, title=found.title, **({"note": note} if note else {}))


def _may(viewer: Viewer) -> None:
    """It speaks to customers of every CSM."""
    if not viewer.sees_all:
        raise Refused("A leader opens and closes improvements: they concern accounts of every CSM")


def _told(plan: Plan) -> dict[str, str]:
    return {
        "title": plan.title,
        "department": plan.department,
        "owner": plan.owner,
        "due_on": plan.due_on.isoformat(),
    }


def _audit(db: Connection, improvement_id: int, action: str, viewer: Viewer, now: datetime, **detail: object) -> None:
    audit.record(
        db,
        at=now,
        actor=viewer.name,
        action=f"improvement {action}",
        object_kind="improvement",
        object_id=improvement_id,
        detail=detail,
    )
