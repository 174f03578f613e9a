"""Submitted answers as columns: who gave them where, whom they named, and their ratings added up."""

from collections.abc import Mapping, Sequence
from datetime import datetime

import numpy as np
from sqlalchemy import ColumnElement, and_, select, true

from voc.base.confidential import named
from voc.base.schema import answer, invitation, response
from voc.base.words import ResponseState
from voc.metrics.columns.kinds import Column, sum_of
from voc.metrics.columns.model import DAY
from voc.metrics.columns.money.records import Answers
from voc.metrics.store.bulk import Field, Kind, read
from voc.metrics.store.company.ground import Ground, Keys
from voc.metrics.store.records.owned import People
from voc.metrics.store.told import referrals, scales

MEASURES = ("csm", "training", "outcome")


def answers(ground: Ground, people: People, *, after: datetime) -> Answers:
    """Submitted after `after`, under the owner frozen when each was asked; nothing given in confidence."""
    said = (
        named,
        response.c.state == ResponseState.SUBMITTED,
        response.c.submitted_at <= ground.moment,
        response.c.submitted_at > after,
        *ground.theirs(invitation.c.account_id),
    )
    found = _given(ground, said)
    versions = scales(ground.db)
    names = sorted({name for name, _ in versions.values()})
    place = {version: names.index(name) for version, (name, _) in versions.items()}
    told = referrals(ground.db, moment=ground.moment)
    people_named = _of_invitations(found["invitation"], {id: one[0] for id, one in told.items()})
    taken_up = _of_invitations(found["invitation"], {id: one[1] for id, one in told.items()})
    sums, counts = _ratings(ground, said, found, {version: scale for version, (_, scale) in versions.items()})
    return Answers(
        account=found["account"],
        csm=people.place(found["csm"]),
        inherited=found["inherited"],
        on=found["at"] // DAY,
        questionnaire=_placed(found["version"], place, none=-1),
        questionnaires=names,
        named=people_named,
        taken_up=taken_up,
        sums=sums,
        counts=counts,
    )


def _given(ground: Ground, said: Sequence[ColumnElement[bool]]) -> dict[str, Column]:
    fields = (
        Field("id", response.c.id, Kind.WHOLE),
        Field("invitation", response.c.invitation_id, Kind.WHOLE),
        Field("version", response.c.questionnaire_version_id, Kind.WHOLE),
        Field("at", response.c.submitted_at, Kind.TIME),
        Field("account", invitation.c.account_id, Kind.KEY),
        Field("csm", invitation.c.csm_id, Kind.KEY),
        Field("inherited", invitation.c.inherited, Kind.FLAG),
    )
    found = read(
        ground.db,
        fields,
        lambda wanted: select(*wanted).join(invitation, invitation.c.id == response.c.invitation_id).where(*said),
    )
    found["account"] = ground.client(found["account"])
    order = np.argsort(found["account"], kind="stable")
    order = order[found["account"][order] >= 0]
    return {name: values[order] for name, values in found.items()}


def _placed(keys: Column, place: Mapping[int, int], *, none: int) -> Column:
    distinct, inverse = np.unique(keys, return_inverse=True)
    return np.array([place.get(key, none) for key in distinct.tolist()], np.int64)[inverse]


def _of_invitations(invitations: Column, counts: Mapping[int, int]) -> Column:
    return _placed(invitations, counts, none=0) if counts else np.zeros(len(invitations), np.int64)


def _ratings(
    ground: Ground,
    said: Sequence[ColumnElement[bool]],
    found: Mapping[str, Column],
    scales: Mapping[int, Mapping[str, str]],
) -> tuple[dict[str, Column], dict[str, Column]]:
    """The numbers of each answer by what they are about: their sum and how many. Under "" is all of them."""
    count = len(found["id"])
    questions = sorted({question for scale in scales.values() for question in scale})
    if not questions or not count:
        none = np.zeros(count)
        return dict.fromkeys(("", *MEASURES), none), dict.fromkeys(("", *MEASURES), none)
    given = _numbers(ground, said, questions)
    row = Keys(found["id"]).place(given["response"])
    about = _measures(scales, questions, found["version"], row, given["question"])
    sums, counts = {}, {}
    for at, measure in enumerate(("", *MEASURES)):
        wanted = (about >= 0) if not measure else about == at
        sums[measure] = sum_of(row[wanted], given["number"][wanted].astype(np.float64), count)
        counts[measure] = sum_of(row[wanted], np.ones(int(wanted.sum())), count)
    return sums, counts


def _numbers(ground: Ground, said: Sequence[ColumnElement[bool]], questions: Sequence[str]) -> dict[str, Column]:
    fields = (
        Field("response", answer.c.response_id, Kind.WHOLE),
        Field("question", answer.c.question, Kind.WORD, questions),
        Field("number", answer.c.number, Kind.WHOLE),
    )
    wanted = and_(true(), *said, answer.c.number.is_not(None), answer.c.question.in_(questions))
    return read(
        ground.db,
        fields,
        lambda columns: (
            select(*columns)
            .join(response, response.c.id == answer.c.response_id)
            .join(invitation, invitation.c.id == response.c.invitation_id)
            .where(wanted)
        ),
    )


def _measures(
    scales: Mapping[int, Mapping[str, str]], questions: Sequence[str], version: Column, row: Column, question: Column
) -> Column:
    """What each number is about: a place behind 1 among MEASURES, 0 for something else; -1 for no rating."""
    versions = sorted(scales)
    table = np.full((len(versions), len(questions)), -1, np.int64)
    for at, one in enumerate(versions):
        for key, measure in scales[one].items():
            about = MEASURES.index(measure) + 1 if measure in MEASURES else 0
            table[at, questions.index(key)] = about
    of_version = np.append(version, 0)[row]
    place = np.searchsorted(versions, of_version).clip(0, len(versions) - 1)
    known = (row >= 0) & (np.asarray(versions)[place] == of_version)
    return np.where(known, table[place, question], -1)
