"""Thanks by mail, where a campaign wants them: for each answer once it was looked at again and its case is open."""

from datetime import datetime, timedelta

from voc.base.db import Database
from voc.base.secrets import Vault
from voc.base.settings import Settings
from voc.base.tokens import Tokens
from voc.campaigns.calendar import local_day
from voc.delivery import run as delivery
from voc.followup.store import thanks

FRESH = timedelta(days=2)  # thanks for an older answer are odd: a campaign that wants them from now on, an outage


def thank(database: Database, now: datetime, *, vault: Vault, tokens: Tokens, settings: Settings) -> int:
    """Freeze a mail for every answer that is owed one; how many. Idempotent: call it after `catch_up`."""
    with database.read() as db:
        owed = thanks.owed(db, since=now - FRESH)
    done = 0
    for one in owed:
        with database.begin() as db:
            done += delivery.thank(
                db,
                one.invitation_id,
                score=one.score,
                next_by=local_day(one.contact_by, one.time_zone) if one.contact_by is not None else None,
                now=now,
                vault=vault,
                tokens=tokens,
                settings=settings,
            )
    return done
