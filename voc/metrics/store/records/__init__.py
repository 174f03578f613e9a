"""Deals, milestones, meetings and answers of all accounts as columns: what `store.money` reads of some."""

from collections.abc import Sequence
from datetime import timedelta
from functools import cached_property

import numpy as np
from sqlalchemy import select

from voc.base.schema import account, questionnaire_version
from voc.base.words import AccountStatus, RecordState
from voc.metrics.columns.money.owners import Ownership
from voc.metrics.columns.money.period import day_of
from voc.metrics.columns.money.records import Again, Answers, Clients, Deals, Marks, Standing, Touches
from voc.metrics.money.proofs import REFERENCE
from voc.metrics.store.company.ground import Ground
from voc.metrics.store.records.again import again
from voc.metrics.store.records.answers import answers
from voc.metrics.store.records.deals import deals
from voc.metrics.store.records.marks import marks
from voc.metrics.store.records.owned import People, held
from voc.metrics.store.records.touches import touches
from voc.metrics.store.upkeep import standing_by_account

__all__ = ["Read"]


class Read:
    """Everything known by the moment; of meetings and answers those that a period of so many days needs.

    Each kind is read when it is first asked for, of the same look at the database.
    """

    def __init__(self, ground: Ground, *, days: int) -> None:
        self._ground, self._days = ground, days
        self._people = People(ground)
        self.ids: Sequence[str] = ground.ids
        self.csm_ids: Sequence[str] = self._people.ids

    @cached_property
    def clients(self) -> Clients:
        return _clients(self._ground, self._people, self.held)

    @cached_property
    def standing(self) -> Standing:
        return _standing(self._ground, self.marks)

    @cached_property
    def held(self) -> Ownership:
        return held(self._ground, self._people)

    @cached_property
    def deals(self) -> Deals:
        return deals(self._ground, self.held)

    @cached_property
    def marks(self) -> Marks:
        return marks(self._ground, self._people, self.held)

    @cached_property
    def touches(self) -> Touches:
        return touches(self._ground, days=self._days)

    @cached_property
    def questionnaires(self) -> Sequence[str]:
        """Of which any version was ever given."""
        return sorted(set(self._ground.db.execute(select(questionnaire_version.c.name)).scalars()))

    @cached_property
    def answers(self) -> Answers:
        return answers(self._ground, self._people, after=self._ground.moment - timedelta(days=self._days))

    @cached_property
    def again(self) -> Again:
        return again(self._ground, self._people)


def _clients(ground: Ground, people: People, owned: Ownership) -> Clients:
    rows, count = ground.rows, len(ground.ids)
    everybody = np.arange(count)
    revenue = ground.amount(rows["cents"], rows["currency"])
    now = owned.holder(everybody, np.full(count, day_of(ground.moment.date())))
    return Clients(
        there=~rows["prospect"],
        customer=rows["customer"],
        segment=rows["segment"].astype(np.int64),
        since_on=rows["since_on"],
        churned_on=rows["churned_on"],
        revenue=revenue,
        no_rate=~np.isnan(rows["cents"]) & np.isnan(revenue),
        owner=np.where(now >= 0, owned.csm_of(now), people.place(rows["csm"])),
        parents=_parents(ground),
    )


def _standing(ground: Ground, milestones: Marks) -> Standing:
    count = len(ground.ids)
    score, overdue = np.full(count, -1, np.int64), np.zeros(count, np.int64)
    referenced = np.unique(milestones.account[milestones.kind == milestones.place_of(REFERENCE)]).tolist()
    standing = standing_by_account(
        ground.db, {ground.ids[at] for at in referenced}, ground.merged, moment=ground.moment
    )
    for at in referenced:
        latest, late = standing[ground.ids[at]]
        score[at], overdue[at] = -1 if latest is None else latest, late
    return Standing(score, overdue)


def _parents(ground: Ground) -> dict[str, str]:
    columns = account.c
    query = (
        select(columns.id, columns.parent_id)
        .where(
            columns.parent_id.is_not(None),
            columns.state != RecordState.MERGED,
            columns.status != AccountStatus.PROSPECT,
        )
        .where(*ground.theirs(columns.id))
    )
    rows = ground.db.execute(query.order_by(columns.id))
    return {id: ground.winner_of(parent) for id, parent in rows if parent}
