"""What a run found wrong, for the page and as rows of a table."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Select, select

from voc.accounts import wording
from voc.accounts.model import Kind, ProblemLevel, Reason
from voc.base.access import Viewer, visible_accounts
from voc.base.schema import account, sync_problem

_PAGE = 1_000


@dataclass(frozen=True)
class ProblemRow:
    """`line` is the physical line of the file, `row` the number of the record; `text` is the value as it stood."""

    id: int
    level: ProblemLevel
    reason: Reason
    object: Kind
    file: str | None
    row: int | None
    line: int | None
    record_id: str | None
    field: str | None
    text: str | None
    account_id: str | None
    account_name: str | None

    @property
    def sentence(self) -> str:
        """The reason in plain words."""
        return wording.sentence(self.level, self.reason)


def problems(
    db: Connection,
    run_id: int,
    viewer: Viewer,
    *,
    level: ProblemLevel | None = None,
    reason: Reason | None = None,
    account_id: str | None = None,
    after: int = 0,
    limit: int = 100,
) -> list[ProblemRow]:
    """Those the viewer may see, in the order found, from the one after `after` on.

    A problem that belongs to no account of ours is shown to those who see everything.
    """
    query = _visible(run_id, viewer).where(sync_problem.c.id > after)
    for column, wanted in (
        (sync_problem.c.level, level),
        (sync_problem.c.reason, reason),
        (sync_problem.c.account_id, account_id),
    ):
        if wanted is not None:
            query = query.where(column == wanted)
    return [_row(row) for row in db.execute(query.order_by(sync_problem.c.id).limit(limit))]


HEADS = ("level", "reason", "in words", "object", "file", "row", "line", "id", "field", "value", "account")


def problem_table(db: Connection, run_id: int, viewer: Viewer) -> Iterator[tuple[str | int | None, ...]]:
    """The cells of every problem under `HEADS`, a page at a time; escaping formulas is the writer's duty."""
    after = 0
    while page := problems(db, run_id, viewer, after=after, limit=_PAGE):
        for row in page:
            yield (
                row.level,
                row.reason,
                row.sentence,
                row.object,
                row.file,
                row.row,
                row.line,
                row.record_id,
                row.field,
                row.text,
                row.account_name,
            )
        after = page[-1].id


def _visible(run_id: int, viewer: Viewer) -> Select[Any]:
    query = (
        select(sync_problem, account.c.name.label("account_name"))
        .outerjoin(account, account.c.id == sync_problem.c.account_id)
        .where(sync_problem.c.run_id == run_id)
    )
    return query if viewer.sees_all else query.where(visible_accounts(viewer))


def _row(row: Any) -> ProblemRow:
    values = {name: getattr(row, name) for name in ProblemRow.__dataclass_fields__ if name != "row"}
    values |= {
        "level": ProblemLevel(row.level),
        "reason": Reason(row.reason),
        "object": Kind(row.object),
        "row": row._mapping[sync_problem.c.row],
    }
    return ProblemRow(**values)
