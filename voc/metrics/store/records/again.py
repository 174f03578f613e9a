"""Detractors at their next wave as columns. They are few beside all who were asked."""

from collections.abc import Callable
from typing import Any

import numpy as np

from voc.metrics.columns.kinds import Column
from voc.metrics.columns.money.period import day_of
from voc.metrics.columns.money.records import Again
from voc.metrics.columns.money.recovered import OUTCOMES
from voc.metrics.money import facts
from voc.metrics.money.recovered import RECOVERED, SILENT, UNHAPPY
from voc.metrics.recovery import DETRACTOR_TO
from voc.metrics.store.again import by_account
from voc.metrics.store.company.ground import Ground
from voc.metrics.store.records.owned import People


def again(ground: Ground, people: People) -> Again:
    """Of the accounts that figures count, in the order of their ids."""
    found = by_account(ground.db, ground.merged, moment=ground.moment)
    counted = ~ground.rows["prospect"]
    accounts = {id: at for at, id in enumerate(ground.ids) if id in found and counted[at]}
    csms = {id: at for at, id in enumerate(people.ids)}
    rows = [(accounts[id], one) for id in sorted(accounts) for one in found[id]]

    def column(value: Callable[[facts.Again], Any], kind: Any = np.int64) -> Column:
        return np.array([value(one) for _, one in rows], kind)

    return Again(
        account=np.array([at for at, _ in rows], np.int64),
        csm=column(lambda one: csms.get(one.owner.csm_id or "", -1)),
        inherited=column(lambda one: one.owner.inherited, np.bool_),
        on=column(lambda one: day_of(one.on)),
        outcome=column(lambda one: OUTCOMES.index(_outcome(one))),
    )


def _outcome(one: facts.Again) -> str:
    if one.then is None:
        return SILENT
    return RECOVERED if one.then > DETRACTOR_TO else UNHAPPY
