"""What a row means beside the others: one set at a time over the rows kept apart, in the order of checks.

Every function is one short transaction of the caller. Nothing here touches the records themselves.
"""

from sqlalchemy import (
    ColumnElement,
    Connection,
    and_,
    delete,
    exists,
    func,
    insert,
    or_,
    select,
    update,
)

from voc.accounts import rules
from voc.accounts.model import Fate, Kind, ProblemLevel, Reason
from voc.accounts.store.beside import BEHIND, KNOWN_STATES, Run, chunks, standing_of
from voc.accounts.store.tables import LOADED, STAGED, TARGET, staged_alias
from voc.accounts.store.telling import DECIDED, report
from voc.base import schema


def begin_anew(db: Connection, run_id: int) -> None:
    """Forget what an earlier try at deciding left, so that a stopped one can be done again from the start."""
    problem = schema.sync_problem
    of_run = problem.c.run_id == run_id
    unknown_person = and_(
        problem.c.object == Kind.ACTIVITY,
        problem.c.level == ProblemLevel.WARNING,
        problem.c.reason == Reason.UNKNOWN_CONTACT,
    )
    db.execute(delete(problem).where(of_run, or_(problem.c.reason.in_(DECIDED), problem.c.carried, unknown_person)))
    db.execute(delete(schema.staged_alias))
    for staged in STAGED.values():
        db.execute(delete(staged).where(staged.c.position > BEHIND))


def drop_older_copies(db: Connection, kind: Kind) -> None:
    """Of several rows with one id the one changed last counts; of equal ones the last in the file."""
    staged = STAGED[kind]
    readable = and_(staged.c.fate != Fate.REJECTED, staged.c.id != "")
    every = staged_alias(kind, "every")
    twice = select(every.c.id).where(every.c.fate != Fate.REJECTED).group_by(every.c.id).having(func.count() > 1)
    ranked = (
        select(
            staged.c.position,
            func.row_number()
            .over(
                partition_by=staged.c.id,
                order_by=(func.coalesce(staged.c.modified, "").desc(), staged.c.position.desc()),
            )
            .label("rank"),
        )
        .where(readable, staged.c.id.in_(twice))
        .subquery()
    )
    older = select(ranked.c.position).where(ranked.c.rank > 1)
    db.execute(
        update(staged).where(staged.c.position.in_(older)).values(fate=Fate.DUPLICATE, reason=Reason.DUPLICATE_ID)
    )


def stage_merges(db: Connection, run: Run, kind: Kind, before: dict[str, str]) -> None:
    """Which record each loser stands for in the end; a winner that is nowhere is reported."""
    staged, target = STAGED[kind], TARGET[kind]
    merged = staged.c.fate == Fate.MERGED
    today = {row.id: row.winner_id for row in db.execute(select(staged.c.id, staged.c.winner_id).where(merged))}
    other = staged_alias(kind, "winner")
    nowhere = and_(
        merged,
        ~exists().where(other.c.id == staged.c.winner_id),
        ~exists().where(target.c.id == staged.c.winner_id),
    )
    missing = {row.id for row in db.execute(select(staged.c.id).where(nowhere))}
    report(db, run, kind, ProblemLevel.WARNING, Reason.MERGE_WINNER_MISSING, where=nowhere, text=staged.c.winner_id)
    merges = {**before, **{loser: winner for loser, winner in today.items() if loser not in missing}}
    final = rules.final_winners(merges)
    new = [
        {"kind": kind, "loser_id": loser, "winner_id": winner}
        for loser, winner in final.items()
        if before.get(loser) != winner and winner not in missing
    ]
    if new:
        db.execute(insert(schema.staged_alias), new)


def follow_merges(db: Connection, kind: Kind) -> None:
    """References of the rows kept apart, from losers to winners of this run's merges."""
    staged, alias = STAGED[kind], schema.staged_alias
    merged = set(db.execute(select(alias.c.kind).distinct()).scalars())
    for name, named in rules.REFERENCES[kind].items():
        if named not in merged:
            continue
        of_kind = select(alias.c.loser_id).where(alias.c.kind == named)
        winner = select(alias.c.winner_id).where(alias.c.kind == named, alias.c.loser_id == staged.c[name])
        db.execute(update(staged).where(staged.c[name].in_(of_kind)).values({name: winner.scalar_subquery()}))


def place_activities(db: Connection) -> None:
    """An activity on an opportunity belongs to the opportunity's account."""
    staged = STAGED[Kind.ACTIVITY]
    deal, ours = STAGED[Kind.OPPORTUNITY], TARGET[Kind.OPPORTUNITY]
    of_row = select(deal.c.account_id).where(deal.c.id == staged.c.about_id, deal.c.fate.in_(LOADED)).limit(1)
    of_ours = select(ours.c.account_id).where(
        ours.c.id == staged.c.about_id,
        ours.c.state.in_(KNOWN_STATES),
        ~exists().where(deal.c.id == ours.c.id, deal.c.fate == Fate.DELETED),
    )
    account_id = func.coalesce(of_row.scalar_subquery(), of_ours.scalar_subquery(), staged.c.about_id)
    db.execute(update(staged).where(staged.c.fate.in_(LOADED)).values(account_id=account_id))


def check_accounts(db: Connection, kind: Kind) -> None:
    """Rows whose account is missing, deleted or unknown are not loaded."""
    staged = STAGED[kind]
    named = select(staged.c.account_id.label("id")).where(staged.c.fate.in_(LOADED)).distinct().subquery()
    standing = standing_of(Kind.ACCOUNT, named.c.id)
    # One look at each account rather than at each row.
    bad = db.execute(select(named.c.id, standing).where(named.c.id.is_not(None), standing != "known")).all()
    for found, reason in (("deleted", Reason.DELETED_ACCOUNT), ("unknown", Reason.UNKNOWN_ACCOUNT)):
        ids = [row[0] for row in bad if row[1] == found]
        for some in chunks(ids):
            _reject(db, kind, staged.c.account_id.in_(some), reason)


def check_contacts(db: Connection, kind: Kind) -> None:
    _reject_unknown(db, kind, "contact_id", Kind.CONTACT, Reason.UNKNOWN_CONTACT)


def check_opportunities(db: Connection) -> None:
    _reject_unknown(db, Kind.OPPORTUNITY_ROLE, "opportunity_id", Kind.OPPORTUNITY, Reason.UNKNOWN_OPPORTUNITY)


def _reject_unknown(db: Connection, kind: Kind, column: str, named: Kind, reason: Reason) -> None:
    staged = STAGED[kind]
    reference = staged.c[column]
    _reject(db, kind, or_(reference.is_(None), standing_of(named, reference) != "known"), reason)


def check_late(db: Connection, kind: Kind) -> None:
    """The kind and the date that are the point of the row, asked last."""
    staged = STAGED[kind]
    db.execute(
        update(staged)
        .where(staged.c.fate.in_(LOADED), staged.c.late_reason.is_not(None))
        .values(fate=Fate.REJECTED, reason=staged.c.late_reason)
    )


def _reject(db: Connection, kind: Kind, condition: ColumnElement[bool], reason: Reason) -> None:
    staged = STAGED[kind]
    db.execute(update(staged).where(staged.c.fate.in_(LOADED), condition).values(fate=Fate.REJECTED, reason=reason))
