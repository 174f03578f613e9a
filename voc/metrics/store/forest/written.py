"""Comments of the whole company as columns: what `comments.comments` reads one by one."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import numpy as np
from sqlalchemy import Select, and_, select

from voc.base import confidential
from voc.base.schema import answer, csm, invitation, response, verbatim_theme
from voc.base.words import ResponseState, ThemeSource
from voc.metrics.columns.comments import Written
from voc.metrics.columns.kinds import Column, any_of, numbered, place_in
from voc.metrics.columns.model import ROLES, SEGMENTS
from voc.metrics.store.bulk import Field, Kind, key_of, read
from voc.metrics.store.company.ground import Ground, Keys


def written(
    ground: Ground, *, after: datetime, until: datetime, themes: Sequence[int], teams: Mapping[str, int]
) -> Written:
    """The oldest first. `teams` are the places of leads; whose team has none is of no team."""
    db = ground.db
    fields = (
        Field("id", response.c.id, Kind.WHOLE),
        Field("question", answer.c.question, Kind.KEY),
        Field("account", invitation.c.account_id, Kind.KEY),
        Field("contact", invitation.c.contact_id, Kind.KEY),
        Field("at", response.c.submitted_at, Kind.TIME),
        Field("score", response.c.score, Kind.WHOLE),
        Field("segment", invitation.c.segment, Kind.WORD, SEGMENTS),
        Field("roles", invitation.c.roles, Kind.WORDS, ROLES),
        Field("cents", invitation.c.arr, Kind.REAL),
        Field("currency", ground.currency_of(invitation.c.currency), Kind.WORD, ground.currencies),
    )
    found = read(db, fields, lambda wanted: _comments(wanted, after=after, until=until))
    found["account"] = ground.account(found["account"])
    order = np.lexsort((found["id"], found["at"]))
    found = {name: values[order] for name, values in found.items()}
    return Written(
        at=found["at"],
        account=found["account"],
        contact=ground.contacts.of(found["contact"]),
        score=np.maximum(found["score"], -1),
        segment=found["segment"],
        role=_first(found["roles"]),
        arr=ground.amount(found["cents"], found["currency"]),
        marks=_marks(ground, found["id"], found["question"], themes, after=after, until=until),
        names=ground.names,
        region=ground.region,
        regions=ground.regions,
        team=_teams(ground, teams),
        themes=themes,
    )


def _comments(wanted: Sequence[Any], *, after: datetime, until: datetime) -> Select[Any]:
    written_down = and_(answer.c.response_id == response.c.id, answer.c.text.is_not(None), answer.c.text != "")
    return (
        select(*wanted)
        .select_from(response)
        .join(invitation, invitation.c.id == response.c.invitation_id)
        .join(answer, written_down)
        .where(response.c.state == ResponseState.SUBMITTED, confidential.named)
        .where(response.c.submitted_at > after, response.c.submitted_at <= until)
    )


def _first(roles: Column) -> Column:
    """The lowest bit: the first role of the role matrix that was held."""
    found = np.full(len(roles), -1, np.int64)
    for place in reversed(range(len(ROLES))):
        found[(roles >> place) & 1 > 0] = place
    return found


def _marks(
    ground: Ground, ids: Column, question: Column, themes: Sequence[int], *, after: datetime, until: datetime
) -> tuple[Column, Column]:
    """Comments' places and their themes' as they count: what a person says no to is none."""
    columns = verbatim_theme.c
    no = and_(columns.source == ThemeSource.PERSON, ~columns.holds)
    fields = (
        Field("id", columns.response_id, Kind.WHOLE),
        Field("question", columns.question, Kind.KEY),
        Field("theme", columns.theme_id, Kind.WHOLE),
        Field("holds", columns.holds, Kind.FLAG),
        Field("no", no, Kind.FLAG),
    )
    of_then = response.c.submitted_at > after, response.c.submitted_at <= until

    def said(wanted: Sequence[Any]) -> Select[Any]:
        return select(*wanted).join(response, response.c.id == columns.response_id).where(*of_then)

    found = read(ground.db, fields, said)
    order = np.argsort(np.asarray(themes, np.int64))
    theme = place_in(np.asarray(themes, np.int64)[order], found["theme"])
    comment, count, _ = numbered(np.concatenate([ids, found["id"]]), np.concatenate([question, found["question"]]))
    row = np.full(count, -1, np.int64)
    row[comment[: len(ids)]] = np.arange(len(ids))
    row = row[comment[len(ids) :]]
    mark, count, first = numbered(row, theme)
    counts = any_of(mark, found["holds"], count) & ~any_of(mark, found["no"], count)
    counts &= (row[first] >= 0) & (theme[first] >= 0)
    return row[first][counts], order[theme[first][counts]]


def _teams(ground: Ground, teams: Mapping[str, int]) -> Column:
    """Of each account, by who owns it today."""
    rows = ground.db.execute(select(csm.c.id, csm.c.manager_id).order_by(csm.c.id)).all()
    place = Keys(key_of(ground.db, [row.id for row in rows])).place(ground.rows["csm"])
    of = np.array([teams.get(row.manager_id or "", -1) for row in rows] + [-1], np.int64)
    return of[place]
