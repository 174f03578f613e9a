"""Tables of the export, row by row. The only SQL of this stage."""

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, select

from voc.base import confidential
from voc.base.access import Viewer, visible_accounts
from voc.base.schema import (
    account,
    answer,
    contact,
    contact_role,
    figure_snapshot,
    follow_up,
    invitation,
    response,
    wave,
)
from voc.base.words import RecordState, ResponseState, Scope
from voc.reports.cells import Cell

_AT_ONCE = 1000


def accounts(db: Connection, viewer: Viewer) -> Iterator[Sequence[Cell]]:
    columns = account.c
    query = select(
        columns.id,
        columns.name,
        columns.parent_id,
        columns.csm_id,
        columns.segment,
        columns.industry,
        columns.country,
        columns.arr,
        columns.currency,
        columns.renewal_on,
        columns.customer_since_on,
        columns.status,
        columns.churned_on,
        columns.state,
    ).where(columns.state != RecordState.MERGED, visible_accounts(viewer))
    return _rows(db, query.order_by(columns.id))


def contacts(db: Connection, viewer: Viewer) -> Iterator[Sequence[Cell]]:
    columns = contact.c
    query = (
        select(
            columns.id,
            columns.account_id,
            columns.first_name,
            columns.last_name,
            columns.email,
            columns.title,
            columns.department,
            columns.country,
            columns.language,
            columns.time_zone,
            columns.opted_out,
            columns.bounced,
            columns.left_company,
            columns.left_at,
            columns.state,
        )
        .join(account, account.c.id == columns.account_id)
        .where(columns.state != RecordState.MERGED, visible_accounts(viewer))
    )
    roles = _roles(db, viewer)
    for row in _rows(db, query.order_by(columns.id)):
        yield (*row, " ".join(roles.get((str(row[1]), str(row[0])), ())))


def _roles(db: Connection, viewer: Viewer) -> dict[tuple[str, str], list[str]]:
    """Roles a contact holds at the own account, as a CSM said or else as the CRM has them."""
    columns = contact_role.c
    query = (
        select(columns.account_id, columns.contact_id, columns.role, columns.ended)
        .join(account, account.c.id == columns.account_id)
        .where(visible_accounts(viewer))
        .order_by(columns.account_id, columns.contact_id, columns.role, columns.by_csm)
    )
    held: dict[tuple[str, str], dict[str, bool]] = {}
    for row in db.execute(query):
        held.setdefault((row.account_id, row.contact_id), {})[row.role] = not row.ended
    return {pair: [role for role, holds in roles.items() if holds] for pair, roles in held.items()}


def invitations(db: Connection, viewer: Viewer) -> Iterator[Sequence[Cell]]:
    columns = invitation.c
    query = (
        select(
            columns.id,
            wave.c.label,
            columns.account_id,
            columns.contact_id,
            columns.address,
            columns.csm_id,
            columns.inherited,
            columns.segment,
            columns.arr,
            columns.currency,
            columns.freshness,
            columns.sent_at,
            columns.closes_at,
            confidential.stopped.label("stopped"),
            confidential.disposition.label("disposition"),
            confidential.answered_at.label("answered_at"),
            confidential.bounced_at.label("bounced_at"),
            columns.roles,
        )
        .join(wave, wave.c.id == columns.wave_id)
        .join(account, account.c.id == columns.account_id)
        .where(visible_accounts(viewer))
    )
    for row in _rows(db, query.order_by(columns.id)):
        roles: Any = row[-1]
        yield (*row[:-1], " ".join(sorted(roles)))


def answers(db: Connection, viewer: Viewer) -> Iterator[Sequence[Cell]]:
    """One line per question answered; only what was submitted."""
    query = (
        select(
            response.c.id,
            response.c.invitation_id,
            invitation.c.account_id,
            invitation.c.contact_id,
            response.c.submitted_at,
            response.c.channel,
            response.c.entered_by,
            response.c.complete,
            response.c.score,
            answer.c.question,
            answer.c.number,
            answer.c.text,
            answer.c.choices,
        )
        .join(response, response.c.id == answer.c.response_id)
        .join(invitation, invitation.c.id == response.c.invitation_id)
        .join(account, account.c.id == invitation.c.account_id)
        .where(response.c.state == ResponseState.SUBMITTED, confidential.named, visible_accounts(viewer))
    )
    for row in _rows(db, query.order_by(answer.c.id)):
        choices: Any = row[-1]
        yield (*row[:-1], " ".join(choices or ()))


def follow_ups(db: Connection, viewer: Viewer) -> Iterator[Sequence[Cell]]:
    columns = follow_up.c
    query = (
        select(
            columns.id,
            columns.kind,
            columns.state,
            columns.account_id,
            columns.contact_id,
            columns.score,
            columns.owner_csm_id,
            columns.opened_at,
            columns.acknowledge_by,
            columns.acknowledged_at,
            columns.contact_by,
            columns.contacted_at,
            columns.resolve_by,
            columns.resolved_at,
            columns.confirmed_at,
            columns.cause,
            columns.outcome,
        )
        .join(account, account.c.id == columns.account_id)
        .where(visible_accounts(viewer))
    )
    return _rows(db, query.order_by(columns.id))


def figures(db: Connection, viewer: Viewer) -> Iterator[Sequence[Cell]]:
    """Every snapshot: of own accounts for a CSM or a lead, of all scopes for those who see all."""
    columns = figure_snapshot.c
    query = select(
        columns.as_of,
        columns.scope,
        columns.scope_id,
        columns.name,
        columns.window_days,
        columns.value,
        columns.numerator,
        columns.denominator,
        columns.low,
        columns.high,
        columns.level,
        columns.interval_kind,
        columns.state,
        columns.reason,
        columns.definition_version,
    ).where(_visible_scope(viewer), columns.window_days > 0)  # 0: the mark that a night is complete
    return _rows(db, query.order_by(columns.as_of, columns.scope, columns.scope_id, columns.name))


def _visible_scope(viewer: Viewer) -> ColumnElement[bool]:
    columns = figure_snapshot.c
    if viewer.sees_all:
        return columns.id.is_not(None)
    own = select(account.c.id).where(visible_accounts(viewer))
    return (columns.scope == Scope.ACCOUNT) & columns.scope_id.in_(own) | (columns.scope_id == viewer.csm_id)


def _rows(db: Connection, query: Select[*tuple[Any, ...]]) -> Iterator[Sequence[Cell]]:
    """Read in portions: a large table does not fit in memory, and need not."""
    for row in db.execute(query.execution_options(yield_per=_AT_ONCE)):
        yield tuple(row)
