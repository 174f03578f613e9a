"""Meetings, calls and reviews as columns."""

from datetime import timedelta

import numpy as np
from sqlalchemy import select

from voc.accounts.kinds import contact_kind
from voc.base.schema import activity
from voc.base.words import RecordState
from voc.metrics.columns.money.records import CONTACT_KINDS, Touches
from voc.metrics.money.contacts import FOLLOWING, REVIEW_EVERY
from voc.metrics.store.bulk import Field, Kind, read
from voc.metrics.store.company.ground import Ground
from voc.metrics.store.records.words import kinds_of


def touches(ground: Ground, *, days: int) -> Touches:
    """Of the last `days`, of those before that an answer may still be about, and of the time that a review counts."""
    columns = activity.c
    words = kinds_of(ground.db, columns.kind)
    until = ground.moment.date()
    since = until - max(timedelta(days=days) + FOLLOWING, REVIEW_EVERY)
    fields = (
        Field("account", columns.account_id, Kind.KEY),
        Field("kind", columns.kind, Kind.WORD, words),
        Field("on", columns.on, Kind.DAY),
    )
    standing = (columns.state == RecordState.LIVE, columns.on > since, columns.on <= until)
    theirs = ground.theirs(columns.account_id)
    found = read(ground.db, fields, lambda wanted: select(*wanted).where(*standing, *theirs))
    meanings = [CONTACT_KINDS.index(contact_kind(word, ground.preferences.activity_kinds)) for word in (*words, None)]
    account = ground.client(found["account"])
    known = account >= 0
    kind = np.array(meanings, np.int64)[found["kind"][known]]  # the last for one without a kind
    return Touches(account=account[known], kind=kind, on=found["on"][known])
