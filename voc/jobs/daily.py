"""What follows from what happened: dispositions, follow-ups, themes by the minute, figures by the night."""

from datetime import datetime, timedelta

from voc.accounts.store import errands as asked
from voc.base import audit, beats, copies, log, retention
from voc.campaigns import run as campaigns
from voc.delivery.model import Relays
from voc.delivery.run import events
from voc.followup import run as followup
from voc.jobs.model import Counts
from voc.jobs.sending import worker_name
from voc.metrics import run as metrics
from voc.metrics.run import cards as scorecards
from voc.metrics.run import cost, falls, kept_pages
from voc.metrics.run.forest import reading as comments
from voc.responses import run as responses
from voc.stakeholders import run as stakeholders
from voc.web.context import App

_DAY = timedelta(days=1)


def watch(app: App, _relays: Relays, now: datetime) -> Counts:
    """Mark that this database is worked with here; one that was copied is paused."""
    return {"paused": copies.watch(app.database, app.settings, now=now, tokens=app.tokens) is not None}


def follow_up(app: App, _relays: Relays, now: datetime) -> Counts:
    """Due dates become dispositions, answers become follow-ups, late ones are escalated; dead launches end."""
    taken_back = campaigns.take_back_left(app.database, clock=app.clock, holder=worker_name())
    with app.database.begin() as db:
        responses.catch_up(db, now)
        responses.judge_again(db, now)
        closed = sum(campaigns.close_due(db, now=now).decided.values())
    with app.database.begin() as db:
        opened = followup.catch_up(db, now)
        metrics.release(db, now)
        escalated = followup.escalate(db, now)
        told = followup.tell(db, now, vault=app.vault, tokens=app.tokens, settings=app.settings)
    thanked = followup.thank(app.database, now, vault=app.vault, tokens=app.tokens, settings=app.settings)
    late = escalated.to_lead + escalated.to_leader
    counts = {"closed": closed, "opened": opened, "escalated": late, "told": told, "thanked": thanked}
    return {**counts, "taken back": taken_back} if taken_back else counts


def comments_wait(app: App, _now: datetime) -> bool:
    return comments.is_waiting(app.database)


def read_comments(app: App, _relays: Relays | None, now: datetime) -> Counts:
    """New comments get their themes; all of them anew when the code book has changed."""
    return {"read": comments.catch_up(app.database, now, check_ending=app.ending.check)}


def nightly(app: App, _relays: Relays, now: datetime) -> Counts:
    """Once a day: freeze the figures, open cases for accounts that fell silent.

    Each part does nothing twice, so that a night which was broken off anywhere is ended by the next tick.
    """
    with app.database.read() as db:
        if metrics.is_over(db, now):
            return {}
    with app.database.begin() as db:
        stakeholders.catch_up(db, now)
    figures = metrics.snapshot(app.database, now)
    frozen = scorecards.catch_up(app.database, now)
    landmarks = cost.catch_up(app.database, now)
    kept_pages.keep(app.database, now)
    with app.database.begin() as db:
        asked.forget(db, before=now - _DAY)
        beats.forget(db, before=now - _DAY)
        events.forget(db, now=now)
        opened = metrics.catch_up(db, now)
        fell = falls.tell(db, now, vault=app.vault, tokens=app.tokens, settings=app.settings)
    with app.database.read() as db:
        newest = audit.last(db)
    if newest is not None:
        log.get("jobs").info(
            "audit log", last=str(newest)
        )  # logs are kept elsewhere: lines cut off its end are told by this
    gone = retention.keep(app.database, now=now, tokens=app.tokens, check_ending=app.ending.check)
    with app.database.begin() as db:
        metrics.end(db, now)
    return {
        "figures": figures,
        "renewals": landmarks,
        "scorecards": frozen,
        "opened": opened,
        "falls told": fell,
        "let go": sum(gone.values()),
    }
