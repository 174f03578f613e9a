"""Invitations as columns, as they were known at the moment, with the score each got."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import numpy as np
from sqlalchemy import ColumnElement, and_, func, or_, select

from voc.base.among import among
from voc.base.confidential import named
from voc.base.confidential import shown as may_be_shown
from voc.base.schema import census_member, invitation, response, wave
from voc.base.words import Disposition, NotAsked, ResponseState, WaveState
from voc.metrics.columns.kinds import MISSING, Column, here, last_of
from voc.metrics.columns.model import DISPOSITIONS, ROLES, SEGMENTS, STOPS
from voc.metrics.store.bulk import Field, Kind, read
from voc.metrics.store.company.ground import Ground, Keys


def invitations(ground: Ground, *, since: datetime) -> dict[str, Column]:
    """Due after `since`, or not sent yet in a wave launched after it; by the names of `Asked`."""
    shown = {one.key: one for one in may_be_shown}
    columns = invitation.c
    planned = and_(
        columns.sent_at.is_(None),
        shown["next_step"].is_not(None),
        wave.c.state.in_([WaveState.RUNNING, WaveState.PAUSED]),
    )
    currency = func.coalesce(columns.currency, ground.preferences.reporting_currency)
    fields = (
        Field("id", columns.id, Kind.WHOLE),
        Field("wave", columns.wave_id, Kind.WHOLE),
        Field("account", columns.account_id, Kind.KEY),
        Field("contact", columns.contact_id, Kind.KEY),
        Field("address", columns.address, Kind.KEY),
        Field("csm", columns.csm_id, Kind.KEY),
        Field("inherited", columns.inherited, Kind.FLAG),
        Field("segment", columns.segment, Kind.WORD, SEGMENTS),
        Field("roles", columns.roles, Kind.WORDS, ROLES),
        Field("arr", columns.arr, Kind.REAL),
        Field("currency", currency, Kind.WORD, ground.currencies),
        Field("freshness", columns.freshness, Kind.REAL),
        Field("sent", columns.sent_at, Kind.TIME),
        Field("due", func.coalesce(columns.closes_at, shown["disposed_at"]), Kind.TIME),
        Field("bounced", columns.bounced_at, Kind.TIME),
        Field("answered", shown["answered_at"], Kind.TIME),
        Field("stopped", shown["stopped"], Kind.WORD, STOPS),
        Field("stopped_at", shown["stopped_at"], Kind.TIME),
        Field("disposition", shown["disposition"], Kind.WORD, DISPOSITIONS),
        Field("planned", planned, Kind.FLAG),
        Field("confidential", columns.confidential, Kind.FLAG),
    )  # fmt: skip
    whose = _whose(ground)
    found = read(
        ground.db,
        fields,
        lambda wanted: _asked_since(wanted, ground.moment, since).where(*whose),
        by=None if whose else columns.id,
    )
    found["account"] = ground.account(found["account"])
    found["contact"] = ground.contacts.of(found["contact"])
    found["csm"] = ground.csm(found["csm"])
    found["arr"] = ground.amount(found["arr"], found.pop("currency"))
    for name in ("bounced", "answered"):
        found[name] = np.where(found[name] <= ground.at, found[name], MISSING)
    stopped_at = found.pop("stopped_at")
    found["stopped"] = np.where(here(stopped_at) & (stopped_at <= ground.at), found["stopped"], -1)
    due = here(found["due"]) & (found["due"] <= ground.at)
    told = found["disposition"]
    found["disposition"] = np.where(due, told, -1)
    found["score"], found["score_at"] = _scores(ground, found["id"], told, since)
    found["elsewhere"] = np.zeros(len(found["id"]), np.bool_)
    return found


def _whose(ground: Ground) -> list[ColumnElement[bool]]:
    """Of the ground's accounts, and of whoever of them was asked through another one; none where it is everybody."""
    own = ground.theirs(invitation.c.account_id)
    if not own:
        return []
    through = census_member.c.reason == NotAsked.SAME_ADDRESS, census_member.c.address.is_not(None)
    addresses = select(census_member.c.address).where(*through, *ground.theirs(census_member.c.account_id)).distinct()
    found = [one for one in ground.db.execute(addresses).scalars() if one]
    return [or_(*own, among(invitation.c.address, found))] if found else own


def _asked_since(columns: Sequence[Any], moment: datetime, since: datetime) -> Any:
    return (
        select(*columns)
        .join(wave, wave.c.id == invitation.c.wave_id)
        .where(
            wave.c.launched_at <= moment,
            wave.c.state != WaveState.PLANNING,
            or_(
                invitation.c.closes_at > since,
                and_(invitation.c.closes_at.is_(None), wave.c.launched_at > since),
            ),
            or_(invitation.c.sent_at.is_(None), invitation.c.sent_at <= moment),
        )
    )


def _scores(ground: Ground, ids: Column, disposition: Column, since: datetime) -> tuple[Column, Column]:
    """The latest submitted score of each; a draft's where the due date made it a partial answer."""
    at = func.coalesce(response.c.submitted_at, response.c.saved_at)
    fields = (
        Field("id", response.c.id, Kind.WHOLE),
        Field("invitation", response.c.invitation_id, Kind.WHOLE),
        Field("score", response.c.score, Kind.WHOLE),
        Field("submitted", response.c.state == ResponseState.SUBMITTED, Kind.FLAG),
        Field("at", at, Kind.TIME),
    )
    told = response.c.state.in_([ResponseState.SUBMITTED, ResponseState.DRAFT])
    of_these = [] if ground.records is None else [among(response.c.invitation_id, ids.tolist())]
    found = read(
        ground.db,
        fields,
        lambda columns: (
            select(*columns)
            .join(invitation, invitation.c.id == response.c.invitation_id)
            .where(named, response.c.score.is_not(None), told, at > since, at <= ground.moment)
            .where(*of_these)
        ),
        by=None if of_these else response.c.id,
    )
    row = Keys(ids).place(found["invitation"])
    told_of = np.append(disposition, -1)[row]  # the last, reached by -1, is nobody's: there may be no invitation at all
    partial = told_of == DISPOSITIONS.index(Disposition.PARTIAL)
    kept = (row >= 0) & (found["submitted"] | partial)
    latest = last_of(row[kept], (found["submitted"][kept], found["at"][kept], found["id"][kept]), len(ids))
    has = latest >= 0
    score, score_at = np.full(len(ids), -1, np.int64), np.full(len(ids), MISSING, np.int64)
    score[has], score_at[has] = found["score"][kept][latest[has]], found["at"][kept][latest[has]]
    return score, score_at
