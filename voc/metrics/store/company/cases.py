"""Follow-ups as columns."""

from datetime import datetime

import numpy as np
from sqlalchemy import or_, select

from voc.base.schema import follow_up
from voc.metrics.columns.kinds import MISSING
from voc.metrics.columns.model import KINDS, Cases
from voc.metrics.store.bulk import Field, Kind, read
from voc.metrics.store.company.ground import Ground


def cases(ground: Ground, *, since: datetime) -> Cases:
    fields = (
        Field("id", follow_up.c.id, Kind.WHOLE),
        Field("account", follow_up.c.account_id, Kind.KEY),
        Field("owner", follow_up.c.owner_csm_id, Kind.KEY),
        Field("kind", follow_up.c.kind, Kind.WORD, KINDS),
        Field("opened", follow_up.c.opened_at, Kind.TIME),
        Field("contact_by", follow_up.c.contact_by, Kind.TIME),
        Field("resolve_by", follow_up.c.resolve_by, Kind.TIME),
        Field("contacted", follow_up.c.contacted_at, Kind.TIME),
        Field("resolved", follow_up.c.resolved_at, Kind.TIME),
    )
    standing = or_(
        follow_up.c.contact_by > since,
        follow_up.c.resolved_at.is_(None),
        follow_up.c.resolved_at > ground.moment,
    )
    found = read(
        ground.db,
        fields,
        lambda columns: select(*columns).where(
            follow_up.c.opened_at <= ground.moment, standing, *ground.theirs(follow_up.c.account_id)
        ),
    )
    found["account"] = ground.account(found["account"])
    found["owner"] = ground.csm(found["owner"])
    for name in ("contacted", "resolved"):
        found[name] = np.where(found[name] <= ground.at, found[name], MISSING)
    known = found["account"] >= 0
    return Cases(**{name: values[known] for name, values in found.items()})
