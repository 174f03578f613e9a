"""The words of a claimed step that are not the questionnaire's: a CSM's own heads-up, and what came of answers.

One query where there is nothing to tell, which is nearly always; four at most, whatever the size of the batch.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any

from msgspec.structs import replace
from sqlalchemy import Connection, bindparam, func, select

from voc.base import confidential
from voc.base.schema import follow_up, invitation, response, you_said
from voc.campaigns.model import DueStep, Step
from voc.campaigns.store import heads_ups
from voc.campaigns.you_said import Line, Reader, lines_for

_TELLING = (Step.HEADS_UP, Step.INVITE)


def _several(name: str) -> Any:
    return bindparam(name, expanding=True)


_LINES = (
    select(
        you_said,
        follow_up.c.wave_id.label("of_wave"),
        invitation.c.confidential.label("of_confidential"),
    )
    .outerjoin(follow_up, follow_up.c.id == you_said.c.follow_up_id)
    .outerjoin(response, response.c.id == follow_up.c.response_id)
    .outerjoin(invitation, invitation.c.id == response.c.invitation_id)
    .where(
        you_said.c.account_id.in_(_several("accounts")),
        you_said.c.withdrawn_at.is_(None),
        you_said.c.written_at <= bindparam("now"),
    )
    .order_by(you_said.c.id)
)
_READERS = (
    select(
        invitation.c.contact_id,
        func.max(invitation.c.sent_at).label("last_asked_at"),
        func.max(confidential.answered_at).label("answered_at"),
    )
    .where(invitation.c.contact_id.in_(_several("contacts")), invitation.c.sent_at.is_not(None))
    .group_by(invitation.c.contact_id)
)
_ANSWERED = select(invitation.c.wave_id, invitation.c.account_id, invitation.c.contact_id).where(
    invitation.c.wave_id.in_(_several("waves")),
    invitation.c.account_id.in_(_several("accounts")),
    confidential.answered,
)


def with_words(db: Connection, steps: list[DueStep], *, now: datetime) -> list[DueStep]:
    """The same steps with a CSM's own heads-up and with the lines on what came of earlier answers."""
    own = heads_ups.own_texts(db, [step.invitation_id for step in steps if step.step is Step.HEADS_UP])
    telling = {(step.contact_id, step.account_id) for step in steps if step.step in _TELLING}
    told = told_to(db, telling, now=now)
    if not own and not told:
        return steps
    return [_with(step, own, told) for step in steps]


def _with(step: DueStep, own: Any, told: dict[tuple[str, str], tuple[Line, ...]]) -> DueStep:
    lines = told.get((step.contact_id, step.account_id), ()) if step.step in _TELLING else ()
    text = own.get(step.invitation_id) if step.step is Step.HEADS_UP else None
    return replace(step, heads_up_text=text, you_said=tuple(line.text for line in lines))


def told_to(
    db: Connection, people: Collection[tuple[str, str]], *, now: datetime
) -> dict[tuple[str, str], tuple[Line, ...]]:
    """(contact, account) -> the lines their next invitation carries; only those who are told something."""
    if not people:
        return {}
    accounts = sorted({account_id for _contact, account_id in people})
    lines = [_line(row) for row in db.execute(_LINES, {"accounts": accounts, "now": now})]
    if not lines:
        return {}
    readers = _readers(db, people, {line.account_id for line in lines})
    answered = _answered(db, lines)
    found = {(one.contact_id, one.account_id): lines_for(one, lines, answered) for one in readers}
    return {key: mine for key, mine in found.items() if mine}


def _line(row: Any) -> Line:
    return Line(
        id=row.id,
        account_id=row.account_id,
        contact_id=row.contact_id,
        text=row.line,
        colleagues=row.colleagues,
        written_at=row.written_at,
        wave_id=row.of_wave,
        confidential=bool(row.of_confidential),
    )


def _readers(db: Connection, people: Iterable[tuple[str, str]], accounts: Collection[str]) -> list[Reader]:
    wanted = sorted(pair for pair in people if pair[1] in accounts)
    rows = db.execute(_READERS, {"contacts": [contact_id for contact_id, _account in wanted]})
    before = {row.contact_id: row for row in rows}
    return [
        Reader(contact_id, account_id, before[contact_id].answered_at is not None, before[contact_id].last_asked_at)
        for contact_id, account_id in wanted
        if contact_id in before
    ]


def _answered(db: Connection, lines: Iterable[Line]) -> dict[tuple[int, str], set[str]]:
    shared = [line for line in lines if line.colleagues and line.wave_id is not None]
    found: dict[tuple[int, str], set[str]] = defaultdict(set)
    if shared:
        asked = {
            "waves": sorted({line.wave_id for line in shared if line.wave_id}),
            "accounts": sorted({line.account_id for line in shared}),
        }
        for wave_id, account_id, contact_id in db.execute(_ANSWERED, asked):
            found[wave_id, account_id].add(contact_id)
    return found
