"""Whether rows tell what people said of a part of the company that Engagement does not tell it of."""

from datetime import datetime

from sqlalchemy import Connection

from voc.base.access import Viewer
from voc.base.preferences import Preferences
from voc.base.words import Scope
from voc.metrics import store
from voc.metrics.cohorts import TOTAL
from voc.metrics.model import Slice
from voc.metrics.near_views import Refused
from voc.metrics.run import near_views
from voc.metrics.run.counted_rows.opened import Opened

SAID = frozenset({"nps_accounts", "nps_people", "nps_money"})  # told on Engagement alone


def why_withheld(
    db: Connection, viewer: Viewer, opened: Opened, *, now: datetime, known: Preferences
) -> Refused | None:
    """The view's figure and its rows, each a person by name, would tell beside another view what few of them said."""
    if opened.figure not in SAID or opened.scope == Scope.ACCOUNT:
        return None
    segment = opened.id if opened.scope == Scope.SEGMENT else opened.segment
    region = opened.id if opened.scope == Scope.REGION else opened.region
    found = near_views.not_told(
        db,
        viewer,
        key=opened.key if opened.scope == Scope.TEAM else TOTAL,
        part=Slice(segment, region),
        days=opened.window_days or known.window_days,
        until=store.moment_of(opened.as_of, now=now),  # of an earlier period too: the page asks once
        preferences=known,
    )
    return None if found is None else found.why
