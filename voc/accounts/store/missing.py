"""Records without a row: set aside, closed, or guessed to be merged where a CRM leaves no trace of it."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import (
    Connection,
    and_,
    case,
    delete,
    exists,
    func,
    insert,
    or_,
    select,
    update,
)

from voc.accounts import rules
from voc.accounts.model import Fate, Kind, ProblemLevel, Reason, RecordState
from voc.accounts.store.beside import BEHIND, Run, addressed
from voc.accounts.store.tables import STAGED, TARGET, staged_alias, target_alias
from voc.base import schema


def stage_vanished(db: Connection, run: Run, kind: Kind) -> None:
    """Records without a row among all: set aside, or closed when they were set aside for an earlier day."""
    if not run.exported[kind] or (run.part[kind] and not run.swept[kind]):
        return
    staged, target = STAGED[kind], TARGET[kind]
    last = db.execute(select(func.max(staged.c.position))).scalar() or 0
    place = func.row_number().over(order_by=target.c.id) + max(BEHIND, last)
    fate = case((target.c.state == RecordState.LIVE, Fate.GONE.value), else_=Fate.CLOSED.value)
    missing = select(place, target.c.id, fate).where(
        target.c.state.in_((RecordState.LIVE, RecordState.SET_ASIDE)), ~exists().where(staged.c.id == target.c.id)
    )
    if run.part[kind]:
        sweep = schema.staged_id
        missing = missing.where(~exists().where(sweep.c.kind == kind, sweep.c.id == target.c.id))
    if kind == Kind.CONTACT:
        missing = missing.where(~schema.contact.c.ours)
    db.execute(insert(staged).from_select(["position", "id", "fate"], missing))
    _leave_alone(db, run, kind)


def _leave_alone(db: Connection, run: Run, kind: Kind) -> None:
    """Of those that are missing: what a person said is still there, and what was set aside on this very day.

    Asked of the few that are missing; beside the look for them it would be asked of every record.
    """
    staged, settled = STAGED[kind], schema.settlement
    still_there = exists().where(settled.c.kind == kind, settled.c.record_id == staged.c.id)
    db.execute(delete(staged).where(staged.c.fate == Fate.GONE, still_there))
    change, earlier_run = schema.sync_change, schema.sync_run
    set_aside_on = (
        select(func.max(earlier_run.c.as_of))
        .join_from(change, earlier_run, earlier_run.c.id == change.c.run_id)
        .where(change.c.object == kind, change.c.record_id == staged.c.id, change.c.change == Fate.GONE)
        .scalar_subquery()
    )
    too_soon = or_(set_aside_on.is_(None), set_aside_on >= run.as_of)
    db.execute(delete(staged).where(staged.c.fate == Fate.CLOSED, too_soon))


def guess_merges(db: Connection, run: Run, before: Mapping[str, str]) -> None:
    """A contact is gone and its address is held by exactly one other contact of its account: merged into that one.

    For CRMs whose merges leave no trace (Odoo); a file that lacks a row is looked at by a person
    instead. It is told as the guess it is. A wrong one costs little: what we promise people goes by
    their address, which is the same, and the history moves within one account. A contact that comes
    back stands again; what named it stays with the winner.
    """
    if run.in_files:
        return
    gone = _twins_of_gone(db, run)
    if not gone:
        return
    staged, new = STAGED[Kind.CONTACT], schema.staged_alias
    of_kind = new.c.kind == Kind.CONTACT
    today = {row.loser_id: row.winner_id for row in db.execute(select(new).where(of_kind))}
    guessed = {row.id: row.winner_id for row in gone}
    final = rules.final_winners({**before, **today, **guessed})
    db.execute(delete(new).where(of_kind))
    moved = [
        {"kind": Kind.CONTACT, "loser_id": loser, "winner_id": winner}
        for loser, winner in final.items()
        if before.get(loser) != winner
    ]
    db.execute(insert(new), moved)
    for loser, winner in guessed.items():
        merged = {"fate": Fate.MERGED, "winner_id": winner, "fields": '["state"]'}
        db.execute(update(staged).where(staged.c.id == loser, staged.c.fate == Fate.GONE).values(merged))
    db.execute(insert(schema.sync_problem), [_guess(run, row) for row in gone])


def _twins_of_gone(db: Connection, run: Run) -> list[Any]:
    staged, ours, people = STAGED[Kind.CONTACT], TARGET[Kind.CONTACT], addressed(run)
    same = and_(people.c.email == ours.c.email, people.c.account_id == ours.c.account_id)
    query = (
        select(ours.c.id, ours.c.account_id, func.min(people.c.id).label("winner_id"))
        .join_from(staged, ours, ours.c.id == staged.c.id)
        .join(people, same)
        .where(staged.c.fate == Fate.GONE)
        .group_by(ours.c.id, ours.c.account_id)
        .having(func.count() == 1)
        .order_by(ours.c.id)
    )
    return list(db.execute(query))


def _guess(run: Run, row: Any) -> dict[str, Any]:
    return {
        "run_id": run.id,
        "level": ProblemLevel.WARNING,
        "object": Kind.CONTACT,
        "file": run.files[Kind.CONTACT],
        "record_id": row.id,
        "reason": Reason.MERGE_GUESSED,
        "text": row.winner_id,
        "account_id": row.account_id,
    }


def vanished_alone(db: Connection, kind: Kind) -> int:
    """Missing rows that went neither with their account nor with the contact or opportunity they belong to."""
    staged, target = STAGED[kind], TARGET[kind]
    gone_too = (Fate.GONE, Fate.CLOSED, Fate.DELETED, Fate.MERGED)
    query = select(func.count()).join_from(staged, target, target.c.id == staged.c.id).where(staged.c.fate == Fate.GONE)
    for name, named in (
        ("account_id", Kind.ACCOUNT),
        ("contact_id", Kind.CONTACT),
        ("opportunity_id", Kind.OPPORTUNITY),
    ):
        if name in target.c and not (kind == Kind.ACTIVITY and name == "contact_id"):
            parent, ours = staged_alias(named, "parent"), target_alias(named, "parent_ours")
            query = query.where(
                ~exists().where(parent.c.id == target.c[name], parent.c.fate.in_(gone_too)),
                ~exists().where(ours.c.id == target.c[name], ours.c.state != RecordState.LIVE),
            )
    return int(db.execute(query).scalar_one())
