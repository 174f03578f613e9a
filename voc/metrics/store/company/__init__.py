"""A whole company as of a moment, as columns (`metrics.columns`): what `facts` reads of some accounts."""

from datetime import datetime, timedelta

from sqlalchemy import Connection

from voc.base.preferences import Preferences
from voc.metrics.columns.model import Company
from voc.metrics.store.company.accounts import accounts
from voc.metrics.store.company.cases import cases
from voc.metrics.store.company.census import asked
from voc.metrics.store.company.ground import Ground
from voc.metrics.store.company.holders import holders, matrix
from voc.metrics.store.people import people

__all__ = ["Ground", "company"]

YEAR_DAYS = 365


def company(
    db: Connection, *, moment: datetime, window_days: int, preferences: Preferences, ground: Ground | None = None
) -> Company:
    """Everything that figures count of accounts, invitations and follow-ups, however many: some hundred bytes each."""
    ground = ground or Ground(db, moment, preferences)
    since = moment - timedelta(days=max(window_days, YEAR_DAYS))
    invited, left = asked(ground, since=since)
    weight, required = matrix(ground)
    return Company(
        moment=moment,
        accounts=accounts(ground, invited, since=since),
        asked=invited,
        left=left,
        cases=cases(ground, since=since),
        holders=holders(ground),
        weight=weight,
        required=required,
        csm_ids=ground.csm_ids,
        people=people(db),
        regions=ground.regions,
    )
