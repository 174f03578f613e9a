"""What colleagues said of a call or a hand-over: written once, withdrawn by whoever wrote it, never changed."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import ColumnElement, Connection, func, insert, or_, select, true, update

from voc.base.access import Viewer, visible_accounts, visible_csms
from voc.base.schema import account, account_csm, colleague_review, csm
from voc.base.words import AccountStatus, RecordState, ReviewKind
from voc.metrics.money.facts import Mark, Owned

MARK_OF: Mapping[ReviewKind, str] = {ReviewKind.CALL: "call_reviewed", ReviewKind.HAND_OVER: "hand_over_reviewed"}
"""The milestone that a review is counted as, like one that comes from the CRM."""


@dataclass(frozen=True)
class Review:
    """One review with the names that a page shows."""

    id: int
    kind: ReviewKind
    file_id: int
    csm_id: str
    csm_name: str
    account_id: str
    account_name: str
    on: date
    by: str
    staff_id: int | None
    answers: dict[str, int]
    mean: float
    comment: str | None
    written_at: datetime
    withdrawn_at: datetime | None


def add(
    db: Connection,
    kind: ReviewKind,
    *,
    file_id: int,
    csm_id: str,
    account_id: str,
    on: date,
    answers: Mapping[str, int],
    mean: float,
    comment: str | None,
    viewer: Viewer,
    now: datetime,
) -> int:
    about = {"kind": kind, "file_id": file_id, "csm_id": csm_id, "account_id": account_id, "on": on}
    said = {"answers": dict(answers), "mean": mean, "comment": comment}
    statement = insert(colleague_review).values(
        **about, **said, by=viewer.name, staff_id=viewer.staff_id, written_at=now
    )
    return db.execute(statement.returning(colleague_review.c.id)).scalar_one()


def withdraw(db: Connection, review_id: int, *, now: datetime) -> bool:
    here = (colleague_review.c.id == review_id, colleague_review.c.withdrawn_at.is_(None))
    return bool(db.execute(update(colleague_review).where(*here).values(withdrawn_at=now)).rowcount)


def _visible(viewer: Viewer) -> ColumnElement[bool]:
    """Whoever wrote it, whom it is about, their lead, a leader and an admin."""
    if viewer.sees_all:
        return true()
    about = colleague_review.c.csm_id.in_(select(csm.c.id).where(visible_csms(viewer)))
    return about if viewer.staff_id is None else or_(about, colleague_review.c.staff_id == viewer.staff_id)


def listing(db: Connection, viewer: Viewer, *, review_id: int | None = None, limit: int = 200) -> list[Review]:
    """What the viewer may see, newest first."""
    query = (
        select(colleague_review, csm.c.name.label("csm_name"), account.c.name.label("account_name"))
        .outerjoin(csm, csm.c.id == colleague_review.c.csm_id)
        .join(account, account.c.id == colleague_review.c.account_id)
        .where(_visible(viewer), true() if review_id is None else colleague_review.c.id == review_id)
        .order_by(colleague_review.c.on.desc(), colleague_review.c.id.desc())
        .limit(limit)
    )
    return [
        Review(
            id=row.id,
            kind=ReviewKind(row.kind),
            file_id=row.file_id,
            csm_id=row.csm_id,
            csm_name=row.csm_name or row.csm_id,
            account_id=row.account_id,
            account_name=row.account_name,
            on=row.on,
            by=row.by,
            staff_id=row.staff_id,
            answers=dict(row.answers),
            mean=row.mean,
            comment=row.comment,
            written_at=row.written_at,
            withdrawn_at=row.withdrawn_at,
        )
        for row in db.execute(query)
    ]


def marks(db: Connection, *, moment: datetime, account_ids: Collection[str] | None = None) -> dict[str, list[Mark]]:
    """The reviews known at the moment as milestones, by account id as it was written."""
    query = (
        select(colleague_review)
        .where(
            colleague_review.c.on <= moment.date(),
            colleague_review.c.written_at <= moment,
            or_(colleague_review.c.withdrawn_at.is_(None), colleague_review.c.withdrawn_at > moment),
        )
        .order_by(colleague_review.c.on, colleague_review.c.id)
    )
    found: dict[str, list[Mark]] = defaultdict(list)
    for row in db.execute(query):
        if account_ids is None or row.account_id in account_ids:
            whose = Owned(row.csm_id)
            kind = MARK_OF[ReviewKind(row.kind)]
            mark = Mark(f"review:{row.id}", kind, row.on, owner=whose, actor=whose, value=row.mean, evidence=row.by)
            found[row.account_id].append(mark)
    return found


# --- whom one may write about ---


@dataclass(frozen=True)
class HandedOver:
    """An account that came to somebody from a colleague."""

    account_id: str
    account_name: str
    from_csm_id: str
    from_name: str
    on: date


def colleagues(db: Connection, viewer: Viewer) -> list[tuple[str, str]]:
    """Every CSM who owns a customer, but the viewer, by name."""
    owns = select(account.c.csm_id).where(_customer()).distinct()
    query = (
        select(csm.c.id, csm.c.name)
        .where(csm.c.id.in_(owns), csm.c.active, csm.c.state == RecordState.LIVE, csm.c.id != (viewer.csm_id or ""))
        .order_by(csm.c.name, csm.c.id)
    )
    return [(row.id, row.name) for row in db.execute(query)]


def _customer() -> ColumnElement[bool]:
    return (account.c.state == RecordState.LIVE) & (account.c.status == AccountStatus.CUSTOMER)


def account_named(db: Connection, csm_id: str, name: str) -> str | None:
    """A colleague's account by its name, whoever asks: who was on the call knows it, nobody is shown a list."""
    query = (
        select(account.c.id)
        .where(_customer(), account.c.csm_id == csm_id, func.lower(account.c.name) == name.strip().lower())
        .order_by(account.c.id)
    )
    return db.execute(query).scalars().first()


def visible_account_names(db: Connection, viewer: Viewer) -> list[str]:
    """To choose from: the accounts that the viewer sees anyway."""
    query = select(account.c.name).where(_customer(), visible_accounts(viewer)).order_by(account.c.name).limit(2000)
    return list(db.execute(query).scalars())


def handed_over(
    db: Connection, csm_id: str, *, now: datetime, within: timedelta = timedelta(days=90)
) -> list[HandedOver]:
    """Accounts that came to this CSM lately and are still theirs, newest first, but those reviewed already."""
    before = account_csm.alias("before")
    reviewed = select(colleague_review.c.account_id).where(
        colleague_review.c.kind == ReviewKind.HAND_OVER,
        colleague_review.c.csm_id == before.c.csm_id,
        colleague_review.c.withdrawn_at.is_(None),
    )
    query = (
        select(account.c.id, account.c.name, before.c.csm_id, csm.c.name.label("from_name"), account_csm.c.from_at)
        .join(account, account.c.id == account_csm.c.account_id)
        .join(before, (before.c.account_id == account_csm.c.account_id) & (before.c.to_at == account_csm.c.from_at))
        .join(csm, csm.c.id == before.c.csm_id)
        .where(
            account_csm.c.csm_id == csm_id,
            account_csm.c.to_at.is_(None),
            account_csm.c.from_at > now - within,
            before.c.csm_id != csm_id,
            _customer(),
            account.c.id.not_in(reviewed.scalar_subquery()),
        )
        .order_by(account_csm.c.from_at.desc(), account.c.id)
    )
    return [HandedOver(row.id, row.name, row.csm_id, row.from_name, row.from_at.date()) for row in db.execute(query)]
