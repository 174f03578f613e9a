"""Confidential waves: who is in one that is over, for counting it once, and the groups that came of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import msgspec
from sqlalchemy import Connection, and_, case, exists, func, literal, or_, select

from voc.base import confidential
from voc.base.access import Viewer, visible_csms
from voc.base.db import insert_once
from voc.base.schema import confidential_release, csm, follow_up, invitation, response, wave
from voc.base.words import Disposition, FollowUpKind, ResponseState, StaffRole, WaveState
from voc.metrics.confidential import Group, Released, Told

_OVER = (WaveState.CLOSED, WaveState.STOPPED)


def to_release(db: Connection, *, closed_by: datetime) -> list[int]:
    """Confidential waves over by then of which nothing is undecided, that were not counted yet."""
    undecided = exists().where(
        invitation.c.wave_id == wave.c.id, invitation.c.sent_at.is_not(None), invitation.c.disposition.is_(None)
    )
    done = exists().where(confidential_release.c.wave_id == wave.c.id)
    query = select(wave.c.id).where(
        wave.c.confidential, wave.c.state.in_(_OVER), wave.c.closed_at <= closed_by, ~undecided, ~done
    )
    return list(db.execute(query.order_by(wave.c.id)).scalars())


def told(db: Connection, wave_id: int) -> list[Told]:
    """Everybody who was sent something in the wave, as it stands now. For `release` alone: no page reads this."""
    scores = _scores(db, wave_id)
    kinds = (FollowUpKind.DETRACTOR, FollowUpKind.PASSIVE_REQUEST, FollowUpKind.PROMOTER_OFFER)
    waived = exists().where(
        follow_up.c.wave_id == wave_id,
        follow_up.c.key.in_([literal(f"{kind}:").concat(invitation.c.id) for kind in kinds]),
    )
    columns = invitation.c
    known = or_(
        columns.stopped.in_(sorted(confidential.OPEN_STOPS)),
        columns.disposition.in_(sorted(confidential.OPEN_DISPOSITIONS)),
    )
    query = (
        select(
            columns.id,
            columns.account_id,
            case((columns.inherited, None), else_=columns.csm_id).label("csm_id"),
            csm.c.manager_id,
            columns.segment,
            columns.disposition,
            columns.answered_at,
            and_(columns.answered_at.is_(None), func.coalesce(known, False)).label("openly"),
            waived.label("waived"),
        )
        .outerjoin(csm, csm.c.id == columns.csm_id)
        .where(columns.wave_id == wave_id, columns.disposition.is_not(None))
        .where(or_(columns.sent_at.is_not(None), columns.disposition == Disposition.UNKNOWN))
        .order_by(columns.id)
    )
    return [
        Told(
            account_id=row.account_id,
            csm_id=row.csm_id,
            lead_id=row.manager_id,
            segment=row.segment,
            disposition=Disposition(row.disposition),
            answered=row.answered_at is not None,
            score=scores.get(row.id),
            openly=bool(row.openly),
            waived=bool(row.waived),
        )
        for row in db.execute(query)
    ]


def _scores(db: Connection, wave_id: int) -> dict[int, int]:
    """The latest submitted score of each."""
    query = (
        select(response.c.invitation_id, response.c.score)
        .join(invitation, invitation.c.id == response.c.invitation_id)
        .where(invitation.c.wave_id == wave_id, response.c.score.is_not(None))
        .where(response.c.state == ResponseState.SUBMITTED)
        .order_by(response.c.submitted_at, response.c.id)
    )
    return {row.invitation_id: row.score for row in db.execute(query) if row.score is not None}


def add_release(db: Connection, wave_id: int, groups: Sequence[Group], *, withheld: int, now: datetime) -> bool:
    """False if it is there already: it is never written again."""
    row = {"wave_id": wave_id, "released_at": now, "groups": msgspec.to_builtins(groups), "withheld": withheld}
    return insert_once(db, confidential_release, row)


@dataclass(frozen=True)
class Release:
    """What a viewer may know of a confidential wave that is over: `people` in their groups, and how many answered.

    None of both where no group lies in what they see as a whole.
    """

    released_at: datetime
    people: int
    answered: int


def release_of(db: Connection, wave_id: int, viewer: Viewer) -> Release | None:
    """None before the release. A CSM sees the groups of their own book, a lead the team's, others all."""
    row = db.execute(select(confidential_release).where(confidential_release.c.wave_id == wave_id)).first()
    if row is None:
        return None
    mine = set(db.execute(select(csm.c.id).where(visible_csms(viewer))).scalars())
    groups = msgspec.convert(row.groups, list[Group])
    seen = [one for one in groups if viewer.sees_all or _is_within(one, mine, viewer)]
    return Release(row.released_at, sum(one.people for one in seen), sum(one.answered for one in seen))


def _is_within(group: Group, csm_ids: set[str], viewer: Viewer) -> bool:
    if group.csm_id is not None:
        return group.csm_id in csm_ids
    return viewer.role == StaffRole.LEAD and group.lead_id is not None and group.lead_id == viewer.csm_id


def released(db: Connection, *, after: datetime, moment: datetime) -> list[Released]:
    """Groups of waves that closed after then and were released by the moment."""
    query = (
        select(wave.c.id, wave.c.label, wave.c.closed_at, confidential_release.c.groups)
        .join(wave, wave.c.id == confidential_release.c.wave_id)
        .where(confidential_release.c.released_at <= moment, wave.c.closed_at > after, wave.c.closed_at <= moment)
        .order_by(wave.c.id)
    )
    return [
        Released(row.id, row.label, row.closed_at, group)
        for row in db.execute(query)
        if row.closed_at is not None
        for group in msgspec.convert(row.groups, list[Group])
    ]
