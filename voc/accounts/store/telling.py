"""What a person should look at: problems of rows, of records beside each other, and of earlier runs that stand.

Every function is one short transaction of the caller.
"""

from collections import Counter
from collections.abc import Iterator
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Integer,
    Select,
    Subquery,
    and_,
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

from voc.accounts.model import AccountStatus, Fate, Kind, ProblemLevel, Reason, RecordState
from voc.accounts.store.beside import Run, Values, addressed, chunks, standing_of
from voc.accounts.store.tables import LOADED, STAGED, TARGET, staged_alias, target_alias
from voc.base import schema

# Problems that are decided here rather than read off one row.
DECIDED = (
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


# The field that a row is refused for, so that one knows which column to mend.
_REFUSED_FOR: dict[Reason, str] = {
    Reason.UNKNOWN_KIND: "kind",
    Reason.BAD_DATE: "on",
    Reason.UNKNOWN_ACCOUNT: "account_id",
    Reason.DELETED_ACCOUNT: "account_id",
}


def _named(kind: Kind, field: str) -> str | None:
    """The field of that kind of record; an activity names its account otherwise. None for a kind without it."""
    if kind == Kind.ACTIVITY and field == "account_id":
        field = "about_id"
    return field if field in STAGED[kind].c else None


def report_rows(db: Connection, run: Run, kind: Kind) -> None:
    """Rejected rows and older copies; what was wrong with their fields no longer matters."""
    staged = STAGED[kind]
    problem = schema.sync_problem
    unloaded = select(staged.c.position).where(staged.c.fate.in_((Fate.REJECTED, Fate.DUPLICATE)))
    db.execute(delete(problem).where(problem.c.run_id == run.id, problem.c.object == kind, problem.c.row.in_(unloaded)))
    rejected, duplicate = staged.c.fate == Fate.REJECTED, staged.c.fate == Fate.DUPLICATE
    told = [reason for reason, field in _REFUSED_FOR.items() if _named(kind, field) is not None]
    for reason in told:
        field = _named(kind, _REFUSED_FOR[reason]) or ""
        # A date is kept only where it is one: its text is gone with the row.
        text = None if reason == Reason.BAD_DATE else staged.c[field]
        where = and_(rejected, staged.c.reason == reason)
        report(db, run, kind, ProblemLevel.REJECTED, reason, where=where, field=field, text=text)
    rest = and_(rejected, staged.c.reason.not_in([reason.value for reason in told]))
    report(db, run, kind, ProblemLevel.REJECTED, staged.c.reason, where=rest)
    if run.in_files:
        report(db, run, kind, ProblemLevel.WARNING, Reason.DUPLICATE_ID, where=duplicate)


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
            and_(account.c.parent_id.is_not(None), standing_of(Kind.ACCOUNT, account.c.parent_id) != "known"),
            account.c.parent_id,
        ),
    ):
        place: Values = {"row": account.c.position, "line": account.c.line, "record_id": account.c.id}
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
    people = addressed(run)
    shared = select(people.c.email).group_by(people.c.email).having(func.count() > 1).order_by(people.c.email)
    return list(chunks(list(db.execute(shared).scalars())))


def warn_duplicate_addresses(db: Connection, run: Run, emails: list[str]) -> None:
    """Each row of a group is told: at one account they may be one person, at two it may be a consultant."""
    people = addressed(run)
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


def warn_unknown_contacts(db: Connection, run: Run) -> None:
    """An activity with a lead or a deleted person stays; that person is not one of ours."""
    staged = STAGED[Kind.ACTIVITY]
    person = staged.c.contact_id
    condition = and_(staged.c.fate.in_(LOADED), person.is_not(None), standing_of(Kind.CONTACT, person) != "known")
    report(db, run, Kind.ACTIVITY, ProblemLevel.WARNING, Reason.UNKNOWN_CONTACT, where=condition, field="contact_id")


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
    values: Values = {name: problem.c[name] for name in _PROBLEM}
    values |= {"run_id": literal(run.id), "carried": literal(True)}
    values["row"] = null()  # a number of the earlier run
    query = select(*(values[name] for name in _PROBLEM)).where(
        problem.c.run_id == from_run,
        problem.c.object == kind,
        problem.c.level != ProblemLevel.FILE,
        problem.c.record_id.is_not(None),
        problem.c.reason.not_in(DECIDED),
        ~exists().where(staged.c.id == problem.c.record_id),
    )
    if run.swept[kind]:
        sweep = schema.staged_id
        query = query.where(exists().where(sweep.c.kind == kind, sweep.c.id == problem.c.record_id))
    if kind == Kind.ACTIVITY:
        known = exists().where(
            ours.c.id == problem.c.record_id, standing_of(Kind.CONTACT, ours.c.contact_id) == "known"
        )
        query = query.where(or_(problem.c.reason != Reason.UNKNOWN_CONTACT, ~known))
    _insert_problems(db, query)


def drop_carried(db: Connection, run_id: int) -> None:
    """What was carried to earlier runs is with this one now, or has been settled."""
    problem = schema.sync_problem
    db.execute(delete(problem).where(problem.c.carried, problem.c.run_id != run_id))


def report(
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
    place: Values = {"row": staged.c.position, "line": staged.c.line, "record_id": func.nullif(staged.c.id, "")}
    place |= {"account_id": account_id, "carried": literal(False)}
    _tell(db, run, kind, reason, place, level=level, where=where, field=field, text=text)


def _tell(
    db: Connection,
    run: Run,
    kind: Kind,
    reason: Reason | ColumnElement[Any],
    place: Values,
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
