"""Detractors at their next wave as columns. They are few beside all who were asked."""

import numpy as np

from voc.base.schema import invitation, response
from voc.metrics.columns.kinds import Column, here, last_of, numbered
from voc.metrics.columns.model import DAY
from voc.metrics.columns.money.records import Again
from voc.metrics.columns.money.recovered import OUTCOMES
from voc.metrics.columns.recovered import next_of
from voc.metrics.money.recovered import RECOVERED, SILENT, UNHAPPY
from voc.metrics.recovery import DETRACTOR_TO
from voc.metrics.store.again import of_detractors, of_people_at
from voc.metrics.store.bulk import Field, Kind, read
from voc.metrics.store.company.ground import Ground
from voc.metrics.store.records.owned import People

_FIELDS = (
    Field("id", invitation.c.id, Kind.WHOLE),
    Field("wave", invitation.c.wave_id, Kind.WHOLE),
    Field("account", invitation.c.account_id, Kind.KEY),
    Field("person", invitation.c.contact_id, Kind.KEY),
    Field("csm", invitation.c.csm_id, Kind.KEY),
    Field("inherited", invitation.c.inherited, Kind.FLAG),
    Field("sent", invitation.c.sent_at, Kind.TIME),
    Field("due", invitation.c.closes_at, Kind.TIME),
    Field("told", response.c.id, Kind.WHOLE),
    Field("score", response.c.score, Kind.WHOLE),
    Field("at", response.c.submitted_at, Kind.TIME),
)


def again(ground: Ground, people: People) -> Again:
    """Of the accounts that figures count, in the order of their ids."""
    found = _histories(ground)
    then, there = next_of(found["person"], found["wave"])
    told, due = found["score"] >= 0, found["due"]
    settled = (here(due) & (due <= ground.at)) | told
    detractor = told & (found["score"] <= DETRACTOR_TO)
    rows = then[detractor & there & settled[then]]
    account = ground.client(found["account"][rows])
    rows, account = rows[account >= 0], account[account >= 0]
    order = np.argsort(account, kind="stable")
    rows, account = rows[order], account[order]
    score, at = found["score"][rows], np.where(told[rows], found["at"][rows], due[rows])
    return Again(
        account=account,
        csm=people.place(found["csm"][rows]),
        inherited=found["inherited"][rows],
        on=at // DAY,
        outcome=_outcome(score),
    )


def _histories(ground: Ground) -> dict[str, Column]:
    """Person by person in the order in which they were asked; of several answers of one invitation the last."""
    here = None if ground.records is None else of_people_at(ground.db, ground.records)
    found = read(ground.db, _FIELDS, lambda wanted: of_detractors(wanted, moment=ground.moment, here=here))
    group, count, _ = numbered(found["id"])
    rows = last_of(group, (found["at"], found["told"]), count)
    found["person"] = ground.contacts.of(found["person"])
    order = rows[np.lexsort((found["id"][rows], found["sent"][rows], found["person"][rows]))]
    return {name: values[order] for name, values in found.items()}


def _outcome(score: Column) -> Column:
    names = OUTCOMES.index(RECOVERED), OUTCOMES.index(UNHAPPY), OUTCOMES.index(SILENT)
    return np.where(score > DETRACTOR_TO, names[0], np.where(score >= 0, names[1], names[2]))
