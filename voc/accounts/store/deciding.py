"""What a row means beside the others: one set at a time over the rows kept apart, in the order of checks.

Every function is one short transaction of the caller. Nothing here touches the records themselves.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Integer,
    Select,
    Subquery,
    and_,
    case,
    cast,
    delete,
    exists,
    func,
    insert,
    literal,
    null,
    or_,
    select,
    union_all,
    update,
)

from voc.accounts import rules
from voc.accounts.connector import Source
from voc.accounts.model import AccountStatus, Counts, Fate, Kind, ProblemLevel, Reason, RecordState
from voc.accounts.plan import Reading
from voc.accounts.store.tables import LOADED, STAGED, TARGET, staged_alias, target_alias
from voc.base import schema

_KNOWN_STATES = (RecordState.LIVE, RecordState.SET_ASIDE, RecordState.CLOSED)
_Values = dict[str, ColumnElement[Any]]
# Rows that nothing in the file stands for come behind all that do.
_BEHIND = 1_000_000_000


class Run:
    """What every decision of one run needs to know."""

    def __init__(
        self, *, run_id: int, as_of: date, source: Source, readings: Mapping[Kind, Reading], base_currency: str
    ) -> None:
        files = {kind: readings[kind].file or source.file(kind) for kind in Kind}
        self.id = run_id
        self.as_of = as_of
        self.column = source.column
        self.files = {kind: file.file for kind, file in files.items()}
        self.exported = {kind: file.exported for kind, file in files.items()}
        self.has_rows = {kind: reading.rows > 0 for kind, reading in readings.items()}
        self.part = {kind: file.part or not readings[kind].in_full for kind, file in files.items()}
        self.swept = {kind: reading.sweep and reading.listed > 0 for kind, reading in readings.items()}
        self.in_files = source.windows is None  # its rows have a place where a person finds them
        self.base_currency = base_currency


# Problems that are decided here rather than read off one row.
_DECIDED = (
    Reason.NO_CSM,
    Reason.UNKNOWN_CSM,
    Reason.INACTIVE_CSM,
    Reason.FOREIGN_CURRENCY,
    Reason.RENEWAL_IN_PAST,
    Reason.UNKNOWN_PARENT,
    Reason.DUPLICATE_EMAIL_SAME_ACCOUNT,
    Reason.DUPLICATE_EMAIL_OTHER_ACCOUNT,
    Reason.DUPLICATE_ID,
    Reason.MERGE_WINNER_MISSING,
    Reason.MERGE_GUESSED,
    Reason.ACCOUNT_MISSING_FROM_EXPORT,
)


def begin_anew(db: Connection, run_id: int) -> None:
    """Forget what an earlier try at deciding left, so that a stopped one can be done again from the start."""
    problem = schema.sync_problem
    of_run = problem.c.run_id == run_id
    unknown_person = and_(
        problem.c.object == Kind.ACTIVITY,
        problem.c.level == ProblemLevel.WARNING,
        problem.c.reason == Reason.UNKNOWN_CONTACT,
    )
    db.execute(delete(problem).where(of_run, or_(problem.c.reason.in_(_DECIDED), problem.c.carried, unknown_person)))
    db.execute(delete(schema.staged_alias))
    for staged in STAGED.values():
        db.execute(delete(staged).where(staged.c.position > _BEHIND))


# --- the row itself -----------------------------------------------------------------------------


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
    _report(db, run, kind, ProblemLevel.WARNING, Reason.MERGE_WINNER_MISSING, where=nowhere, text=staged.c.winner_id)
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


# --- what it names ------------------------------------------------------------------------------


def place_activities(db: Connection) -> None:
    """An activity on an opportunity belongs to the opportunity's account."""
    staged = STAGED[Kind.ACTIVITY]
    deal, ours = STAGED[Kind.OPPORTUNITY], TARGET[Kind.OPPORTUNITY]
    of_row = select(deal.c.account_id).where(deal.c.id == staged.c.about_id, deal.c.fate.in_(LOADED)).limit(1)
    of_ours = select(ours.c.account_id).where(
        ours.c.id == staged.c.about_id,
        ours.c.state.in_(_KNOWN_STATES),
        ~exists().where(deal.c.id == ours.c.id, deal.c.fate == Fate.DELETED),
    )
    account_id = func.coalesce(of_row.scalar_subquery(), of_ours.scalar_subquery(), staged.c.about_id)
    db.execute(update(staged).where(staged.c.fate.in_(LOADED)).values(account_id=account_id))


def check_accounts(db: Connection, kind: Kind) -> None:
    """Rows whose account is missing, deleted or unknown are not loaded."""
    staged = STAGED[kind]
    named = select(staged.c.account_id.label("id")).where(staged.c.fate.in_(LOADED)).distinct().subquery()
    standing = _standing(Kind.ACCOUNT, named.c.id)
    # One look at each account rather than at each row.
    bad = db.execute(select(named.c.id, standing).where(named.c.id.is_not(None), standing != "known")).all()
    for found, reason in (("deleted", Reason.DELETED_ACCOUNT), ("unknown", Reason.UNKNOWN_ACCOUNT)):
        ids = [row[0] for row in bad if row[1] == found]
        for some in _chunks(ids):
            _reject(db, kind, staged.c.account_id.in_(some), reason)


def _chunks(ids: list[str]) -> Iterator[list[str]]:
    for start in range(0, len(ids), 1_000):
        yield ids[start : start + 1_000]


def check_contacts(db: Connection, kind: Kind) -> None:
    _reject_unknown(db, kind, "contact_id", Kind.CONTACT, Reason.UNKNOWN_CONTACT)


def check_opportunities(db: Connection) -> None:
    _reject_unknown(db, Kind.OPPORTUNITY_ROLE, "opportunity_id", Kind.OPPORTUNITY, Reason.UNKNOWN_OPPORTUNITY)


def _reject_unknown(db: Connection, kind: Kind, column: str, named: Kind, reason: Reason) -> None:
    staged = STAGED[kind]
    reference = staged.c[column]
    _reject(db, kind, or_(reference.is_(None), _standing(named, reference) != "known"), reason)


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


def _standing(kind: Kind, id: ColumnElement[Any]) -> ColumnElement[str]:
    """known, deleted or unknown: by today's row if there is one that counts, else by what we have."""
    staged, ours = staged_alias(kind, "standing"), target_alias(kind, "ours")
    state = select(ours.c.state).where(ours.c.id == id).scalar_subquery()
    return case(
        (exists().where(staged.c.id == id, staged.c.fate.in_(LOADED)), "known"),
        (exists().where(staged.c.id == id, staged.c.fate == Fate.DELETED), "deleted"),
        (exists().where(staged.c.id == id, staged.c.fate == Fate.MERGED), "unknown"),
        (state.in_(_KNOWN_STATES), "known"),
        (state == RecordState.DELETED, "deleted"),
        else_="unknown",
    )


# --- what a person should look at ---------------------------------------------------------------


def report_rows(db: Connection, run: Run, kind: Kind) -> None:
    """Rejected rows and older copies; what was wrong with their fields no longer matters."""
    staged = STAGED[kind]
    problem = schema.sync_problem
    unloaded = select(staged.c.position).where(staged.c.fate.in_((Fate.REJECTED, Fate.DUPLICATE)))
    db.execute(delete(problem).where(problem.c.run_id == run.id, problem.c.object == kind, problem.c.row.in_(unloaded)))
    rejected, duplicate = staged.c.fate == Fate.REJECTED, staged.c.fate == Fate.DUPLICATE
    _report(db, run, kind, ProblemLevel.REJECTED, staged.c.reason, where=rejected)
    if run.in_files:
        _report(db, run, kind, ProblemLevel.WARNING, Reason.DUPLICATE_ID, where=duplicate)


def warn_accounts(db: Connection, run: Run) -> None:
    """What is odd about each account as it will stand; it may depend on the day, or on a CSM who left."""
    account = _accounts(run)
    customer = account.c.status == AccountStatus.CUSTOMER
    csm_row, csm = staged_alias(Kind.CSM, "owner"), target_alias(Kind.CSM, "ours")
    row = exists().where(csm_row.c.id == account.c.csm_id, csm_row.c.fate.in_((*LOADED, Fate.REJECTED)))
    ours = exists().where(csm.c.id == account.c.csm_id, csm.c.state == RecordState.LIVE)
    if not run.exported[Kind.CSM]:
        listed: ColumnElement[bool] = ours
    elif run.part[Kind.CSM]:
        listed = or_(row, and_(ours, ~exists().where(csm_row.c.id == account.c.csm_id)))
    else:
        listed = row
    active = func.coalesce(
        select(csm_row.c.active).where(csm_row.c.id == account.c.csm_id, csm_row.c.fate.in_(LOADED)).scalar_subquery(),
        select(csm.c.active).where(csm.c.id == account.c.csm_id).scalar_subquery(),
    )
    named = and_(customer, account.c.csm_id.is_not(None))
    currency = func.coalesce(account.c.currency, run.base_currency)
    for reason, condition, text in (
        (Reason.NO_CSM, and_(customer, account.c.csm_id.is_(None)), null()),
        (Reason.UNKNOWN_CSM, and_(named, ~listed), account.c.csm_id),
        (Reason.INACTIVE_CSM, and_(named, listed, ~active), account.c.csm_id),
        (Reason.FOREIGN_CURRENCY, and_(customer, currency != run.base_currency), currency),
        (Reason.RENEWAL_IN_PAST, and_(customer, account.c.renewal_on < run.as_of), null()),
        (
            Reason.UNKNOWN_PARENT,
            and_(account.c.parent_id.is_not(None), _standing(Kind.ACCOUNT, account.c.parent_id) != "known"),
            account.c.parent_id,
        ),
    ):
        place: _Values = {"row": account.c.position, "line": account.c.line, "record_id": account.c.id}
        place |= {"account_id": account.c.id, "carried": account.c.position.is_(None)}
        _tell(db, run, Kind.ACCOUNT, reason, place, where=condition, text=text)


def _accounts(run: Run) -> Subquery:
    """Accounts as they will stand: the rows read, and ours that were not read this time."""
    names = ("id", "csm_id", "currency", "renewal_on", "status", "parent_id")
    staged, ours = STAGED[Kind.ACCOUNT], TARGET[Kind.ACCOUNT]
    read = select(*(staged.c[name] for name in names), staged.c.position, staged.c.line)
    read = read.where(staged.c.fate.in_(LOADED))
    if not run.part[Kind.ACCOUNT]:
        return read.subquery("standing")
    nowhere = cast(null(), Integer)
    rest = select(*(ours.c[name] for name in names), nowhere, nowhere).where(
        ours.c.state == RecordState.LIVE, ~exists().where(staged.c.id == ours.c.id)
    )
    return union_all(read, rest).subquery("standing")


def shared_addresses(db: Connection, run: Run) -> list[list[str]]:
    """Addresses that more than one row has, some at a time."""
    people = _addressed(run)
    shared = select(people.c.email).group_by(people.c.email).having(func.count() > 1).order_by(people.c.email)
    return list(_chunks(list(db.execute(shared).scalars())))


def warn_duplicate_addresses(db: Connection, run: Run, emails: list[str]) -> None:
    """Each row of a group is told: at one account they may be one person, at two it may be a consultant."""
    people = _addressed(run)
    groups: dict[str, list[Any]] = {}
    for row in db.execute(select(people).where(people.c.email.in_(emails)).order_by(people.c.position, people.c.id)):
        groups.setdefault(row.email, []).append(row)
    found = [problem for group in groups.values() for problem in _duplicates(run, group)]
    db.execute(insert(schema.sync_problem), found)


def _duplicates(run: Run, group: list[Any]) -> Iterator[dict[str, Any]]:
    at = Counter(row.account_id for row in group)
    for row in group:
        for reason, applies in (
            (Reason.DUPLICATE_EMAIL_SAME_ACCOUNT, at[row.account_id] > 1),
            (Reason.DUPLICATE_EMAIL_OTHER_ACCOUNT, len(at) > 1),
        ):
            if applies:
                yield {
                    "run_id": run.id,
                    "level": ProblemLevel.WARNING,
                    "object": Kind.CONTACT,
                    "file": run.files[Kind.CONTACT],
                    "row": row.position,
                    "line": row.line,
                    "record_id": row.id,
                    "reason": reason,
                    "field": run.column(Kind.CONTACT, "email"),
                    "text": row.email,
                    "account_id": row.account_id,
                    "carried": row.position is None,
                }


def _addressed(run: Run) -> Subquery:
    """Everybody with an address who will stand: loaded today, rejected but ours, or not read this time."""
    staged, ours = STAGED[Kind.CONTACT], TARGET[Kind.CONTACT]
    loaded = select(staged.c.id, staged.c.email, staged.c.account_id, staged.c.position, staged.c.line).where(
        staged.c.fate.in_(LOADED), staged.c.email.is_not(None)
    )
    kept = (
        select(ours.c.id, ours.c.email, ours.c.account_id, staged.c.position, staged.c.line)
        .join_from(staged, ours, ours.c.id == staged.c.id)
        .where(_is_kept(Kind.CONTACT), ours.c.email.is_not(None))
    )
    if not run.part[Kind.CONTACT]:
        return union_all(loaded, kept).subquery("people")
    nowhere = cast(null(), Integer)
    rest = select(ours.c.id, ours.c.email, ours.c.account_id, nowhere, nowhere).where(
        ours.c.state == RecordState.LIVE,
        ~ours.c.ours,
        ours.c.email.is_not(None),
        ~exists().where(staged.c.id == ours.c.id),
    )
    return union_all(loaded, kept, rest).subquery("people")


def warn_unknown_contacts(db: Connection, run: Run) -> None:
    """An activity with a lead or a deleted person stays; that person is not one of ours."""
    staged = STAGED[Kind.ACTIVITY]
    person = staged.c.contact_id
    condition = and_(staged.c.fate.in_(LOADED), person.is_not(None), _standing(Kind.CONTACT, person) != "known")
    _report(db, run, Kind.ACTIVITY, ProblemLevel.WARNING, Reason.UNKNOWN_CONTACT, where=condition, field="contact_id")


def warn_missing_accounts(db: Connection, run: Run) -> None:
    """Contacts are in the export and their account is not: they stay, outside the customers' figures."""
    account, row, person = TARGET[Kind.ACCOUNT], STAGED[Kind.ACCOUNT], STAGED[Kind.CONTACT]
    peopled: ColumnElement[bool] = exists().where(person.c.account_id == account.c.id, person.c.fate.in_(LOADED))
    if run.part[Kind.CONTACT]:
        ours = TARGET[Kind.CONTACT]
        unread = ~exists().where(person.c.id == ours.c.id)
        live = and_(ours.c.account_id == account.c.id, ours.c.state == RecordState.LIVE, ~ours.c.ours)
        peopled = or_(peopled, exists().where(live, unread))
    vanished = exists().where(row.c.id == account.c.id, row.c.fate.in_((Fate.GONE, Fate.CLOSED)))
    earlier = and_(
        account.c.state.in_((RecordState.SET_ASIDE, RecordState.CLOSED)), ~exists().where(row.c.id == account.c.id)
    )
    _insert_problems(
        db,
        select(
            literal(run.id),
            literal(ProblemLevel.WARNING.value),
            literal(Kind.ACCOUNT.value),
            literal(run.files[Kind.ACCOUNT]),
            null(),
            null(),
            account.c.id,
            literal(Reason.ACCOUNT_MISSING_FROM_EXPORT.value),
            null(),
            account.c.name,
            account.c.id,
            literal(run.part[Kind.ACCOUNT]),
        ).where(or_(vanished, earlier), peopled),
    )


def place_problems(db: Connection, run: Run, kind: Kind) -> None:
    """The account a problem belongs to, so that its CSM sees it."""
    staged, problem = STAGED[kind], schema.sync_problem
    open_ones = and_(problem.c.run_id == run.id, problem.c.object == kind, problem.c.account_id.is_(None))
    if kind == Kind.ACCOUNT:
        account_id: ColumnElement[Any] = problem.c.record_id
    elif "account_id" in staged.c:
        at_row = select(staged.c.account_id).where(staged.c.position == problem.c.row)
        account_id = at_row.correlate(problem).scalar_subquery()
    else:
        return
    known = TARGET[Kind.ACCOUNT]
    place = select(known.c.id).where(known.c.id == account_id).scalar_subquery()
    row = staged_alias(Kind.ACCOUNT, "place")
    today = select(row.c.id).where(row.c.id == account_id, row.c.fate.in_(LOADED)).limit(1).scalar_subquery()
    db.execute(update(problem).where(open_ones).values(account_id=func.coalesce(place, today)))


def carry_over(db: Connection, run: Run, kind: Kind, *, from_run: int) -> None:
    """What an earlier run found wrong with rows that this one had no reason to read still holds."""
    if not run.part[kind]:
        return
    problem, staged, ours = schema.sync_problem, STAGED[kind], TARGET[kind]
    values: _Values = {name: problem.c[name] for name in _PROBLEM}
    values |= {"run_id": literal(run.id), "carried": literal(True)}
    values["row"] = null()  # a number of the earlier run
    query = select(*(values[name] for name in _PROBLEM)).where(
        problem.c.run_id == from_run,
        problem.c.object == kind,
        problem.c.level != ProblemLevel.FILE,
        problem.c.record_id.is_not(None),
        problem.c.reason.not_in(_DECIDED),
        ~exists().where(staged.c.id == problem.c.record_id),
    )
    if run.swept[kind]:
        sweep = schema.staged_id
        query = query.where(exists().where(sweep.c.kind == kind, sweep.c.id == problem.c.record_id))
    if kind == Kind.ACTIVITY:
        known = exists().where(ours.c.id == problem.c.record_id, _standing(Kind.CONTACT, ours.c.contact_id) == "known")
        query = query.where(or_(problem.c.reason != Reason.UNKNOWN_CONTACT, ~known))
    _insert_problems(db, query)


def drop_carried(db: Connection, run_id: int) -> None:
    """What was carried to earlier runs is with this one now, or has been settled."""
    problem = schema.sync_problem
    db.execute(delete(problem).where(problem.c.carried, problem.c.run_id != run_id))


def _report(
    db: Connection,
    run: Run,
    kind: Kind,
    level: ProblemLevel,
    reason: Reason | ColumnElement[Any],
    *,
    where: ColumnElement[bool],
    field: str | None = None,
    text: ColumnElement[Any] | None = None,
) -> None:
    staged = STAGED[kind]
    account_id = staged.c.id if kind == Kind.ACCOUNT and level == ProblemLevel.WARNING else null()
    place: _Values = {"row": staged.c.position, "line": staged.c.line, "record_id": func.nullif(staged.c.id, "")}
    place |= {"account_id": account_id, "carried": literal(False)}
    _tell(db, run, kind, reason, place, level=level, where=where, field=field, text=text)


def _tell(
    db: Connection,
    run: Run,
    kind: Kind,
    reason: Reason | ColumnElement[Any],
    place: _Values,
    *,
    where: ColumnElement[bool],
    level: ProblemLevel = ProblemLevel.WARNING,
    field: str | None = None,
    text: ColumnElement[Any] | None = None,
) -> None:
    values = place | {
        "run_id": literal(run.id),
        "level": literal(level.value),
        "object": literal(kind.value),
        "file": literal(run.files[kind]),
        "reason": literal(reason.value) if isinstance(reason, Reason) else reason,
        "field": literal(run.column(kind, field)) if field else null(),
        "text": null() if text is None else text,
    }
    _insert_problems(db, select(*(values[name] for name in _PROBLEM)).where(where))


_PROBLEM = (
    "run_id",
    "level",
    "object",
    "file",
    "row",
    "line",
    "record_id",
    "reason",
    "field",
    "text",
    "account_id",
    "carried",
)


def _insert_problems(db: Connection, query: Select[Any]) -> None:
    db.execute(insert(schema.sync_problem).from_select([schema.sync_problem.c[name] for name in _PROBLEM], query))


# --- vanished -----------------------------------------------------------------------------------


def stage_vanished(db: Connection, run: Run, kind: Kind) -> None:
    """Records without a row among all: set aside, or closed when they were set aside for an earlier day."""
    if not run.exported[kind] or (run.part[kind] and not run.swept[kind]):
        return
    staged, target = STAGED[kind], TARGET[kind]
    last = db.execute(select(func.max(staged.c.position))).scalar() or 0
    place = func.row_number().over(order_by=target.c.id) + max(_BEHIND, last)
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
    staged, ours, people = STAGED[Kind.CONTACT], TARGET[Kind.CONTACT], _addressed(run)
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


def opt_outs(db: Connection) -> tuple[int, int]:
    """How many contacts would no longer have opted out in the CRM, of how many that have."""
    staged, target = STAGED[Kind.CONTACT], TARGET[Kind.CONTACT]
    standing = and_(target.c.opted_out, target.c.state == RecordState.LIVE)
    lifted = (
        select(func.count())
        .join_from(staged, target, target.c.id == staged.c.id)
        .where(standing, staged.c.fate.in_(LOADED), ~staged.c.opted_out)
    )
    return int(db.execute(lifted).scalar_one()), int(
        db.execute(select(func.count()).select_from(target).where(standing)).scalar_one()
    )


# --- counts -------------------------------------------------------------------------------------


def _is_kept(kind: Kind) -> ColumnElement[bool]:
    """A rejected row of a record that stands, and that has no other row that counts."""
    staged, other = STAGED[kind], staged_alias(kind, "other")
    ours = target_alias(kind, "kept")
    return and_(
        staged.c.fate == Fate.REJECTED,
        exists().where(ours.c.id == staged.c.id, ours.c.state == RecordState.LIVE),
        ~exists().where(other.c.id == staged.c.id, other.c.fate.not_in((Fate.REJECTED, Fate.DUPLICATE))),
    )


def mark_kept(db: Connection, kind: Kind) -> None:
    """Remember on the row itself that yesterday's values stand (counted by record, so once)."""
    staged = STAGED[kind]
    first = select(func.min(staged.c.position)).where(_is_kept(kind)).group_by(staged.c.id).correlate(None)
    db.execute(update(staged).where(staged.c.position.in_(first)).values(fields='["kept"]'))


def mark_ended(db: Connection, kind: Kind) -> None:
    """Which deleted and merged rows are news: those of records that still stood."""
    staged, ours = STAGED[kind], TARGET[kind]
    ended = (RecordState.DELETED, RecordState.MERGED)
    standing = exists().where(ours.c.id == staged.c.id, ours.c.state.not_in(ended))
    db.execute(
        update(staged).where(staged.c.fate.in_((Fate.DELETED, Fate.MERGED)), standing).values(fields='["state"]')
    )


def counts(db: Connection, kind: Kind, *, rows: int) -> Counts:
    staged = STAGED[kind]
    news = staged.c.fields.is_not(None)
    query = select(staged.c.fate, func.count(), func.count(case((news, 1)))).group_by(staged.c.fate)
    found: dict[str, tuple[int, int]] = {row[0]: (row[1], row[2]) for row in db.execute(query)}
    without_row = and_(staged.c.fate == Fate.MERGED, staged.c.position > _BEHIND)
    guessed = db.execute(select(func.count()).select_from(staged).where(without_row)).scalar_one()

    def of(fate: Fate) -> int:
        return found.get(fate.value, (0, 0))[0]

    return Counts(
        rows=rows,
        created=of(Fate.CREATED),
        updated=of(Fate.UPDATED),
        returned=of(Fate.RETURNED),
        unchanged=of(Fate.UNCHANGED) + of(Fate.REWORDED),
        deleted_rows=of(Fate.DELETED),
        merged_rows=of(Fate.MERGED) - guessed,
        rejected=of(Fate.REJECTED),
        duplicates=of(Fate.DUPLICATE),
        deleted=found.get(Fate.DELETED, (0, 0))[1],
        merged=found.get(Fate.MERGED, (0, 0))[1],
        gone=of(Fate.GONE),
        closed=of(Fate.CLOSED),
        kept=found.get(Fate.REJECTED, (0, 0))[1],
    )
