"""Our people that any record names, and who held which account when."""

import numpy as np
from sqlalchemy import select

from voc.base.schema import account_csm, activity, colleague_review, milestone
from voc.metrics.columns.kinds import MISSING, Column
from voc.metrics.columns.model import DAY
from voc.metrics.columns.money.owners import Ownership
from voc.metrics.store.bulk import Field, Kind, key_of, read
from voc.metrics.store.company.ground import Ground, Keys


class People:
    """Whoever owns anything, and whoever a milestone, a meeting or a review names besides."""

    def __init__(self, ground: Ground) -> None:
        found = set(ground.csm_ids)
        for table in (milestone.c, activity.c, colleague_review.c):
            found |= ground.named_in(table.csm_id, table.account_id)
        self.ids = sorted(found)
        self._keys = Keys(key_of(ground.db, self.ids))

    def place(self, keys: Column) -> Column:
        return np.where(keys == 0, -1, self._keys.place(keys))


def held(ground: Ground, people: People) -> Ownership:
    """Of merged accounts under the winner; what ended after the moment still stood then."""
    columns = account_csm.c
    fields = (
        Field("account", columns.account_id, Kind.KEY),
        Field("csm", columns.csm_id, Kind.KEY),
        Field("from_at", columns.from_at, Kind.TIME),
        Field("to_at", columns.to_at, Kind.TIME),
    )
    found = read(
        ground.db,
        fields,
        lambda wanted: (
            select(*wanted)
            .where(columns.from_at <= ground.moment, *ground.theirs(columns.account_id))
            .order_by(columns.from_at, columns.id)
        ),
    )
    account, to_at = ground.account(found["account"]), found["to_at"]
    ended = (to_at != MISSING) & (to_at <= ground.at)
    known = account >= 0
    return Ownership(
        len(ground.ids),
        account=account[known],
        csm=people.place(found["csm"])[known],
        from_on=(found["from_at"] // DAY)[known],
        to_on=np.where(ended, to_at // DAY, MISSING)[known],
    )
