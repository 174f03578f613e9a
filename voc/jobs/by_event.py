"""Waves of the campaigns that ask when something happened."""

from datetime import datetime

from voc.base.errors import Refused
from voc.campaigns import questionnaire
from voc.campaigns import run as campaigns
from voc.campaigns.store import programmes
from voc.delivery.model import Relays
from voc.jobs.model import Counts
from voc.jobs.sending import worker_name
from voc.web.context import App


def event_waits(app: App, now: datetime) -> bool:
    with app.database.read() as db:
        return any(campaigns.by_event.is_due(db, one, now=now) for one in programmes.campaigns(db))


def launch_by_event(app: App, _relays: Relays | None, now: datetime) -> Counts:
    """What happened since yesterday is asked about, campaign by campaign."""
    if not event_waits(app, now):
        return {}

    def files(name: str) -> dict[str, str]:
        return questionnaire.read_folder(app.questionnaires, name)

    return {"launched": campaigns.by_event.catch_up(app.database, files, clock=app.clock, holder=worker_name())}


def launch_what_can_be(app: App, now: datetime) -> Counts:
    """The same in a rehearsal, whose CRM may be days old: what cannot be asked about waits for the next reading."""
    try:
        return launch_by_event(app, None, now)
    except Refused:
        return {}
