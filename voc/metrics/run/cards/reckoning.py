"""What a month comes to, for each CSM, each team and all."""

from collections.abc import Collection, Mapping
from datetime import date, datetime

from sqlalchemy import Connection

from voc.base import preferences
from voc.base.words import Scope
from voc.metrics.cards import counting
from voc.metrics.cards.counting import Figures
from voc.metrics.cards.model import Month, Result, Scorecard
from voc.metrics.cohorts import TOTAL, Key
from voc.metrics.model import Figure
from voc.metrics.run import card_rows
from voc.metrics.run.looking import Asking
from voc.metrics.run.looking import look as look_at
from voc.metrics.store import cards as store
from voc.metrics.store import people


def reckon(db: Connection, card: Scorecard, month: Month, *, now: datetime) -> list[Result]:
    """What the month comes to by what is known now; of a month that is not over, as far as it has come."""
    known = preferences.load(db)
    everybody = people(db)
    books = [
        one
        for one in store.books(db, month, preferences=known)
        if not card.teams or one.lead_id in card.teams or one.id in card.teams
    ]
    leads = {one.lead_id: everybody[one.lead_id].name for one in books if one.lead_id in everybody}
    return counting.count(
        card,
        month,
        books=books,
        leads={id: name for id, name in leads.items() if id},
        figures=_figures(db, card, month, now),
    )


def _figures(db: Connection, card: Scorecard, month: Month, now: datetime) -> Figures:
    """The figures of each period that a line asks for, as of the month's last day."""
    found: dict[tuple[Key, int], Mapping[str, Figure]] = {}
    as_of = min(month.last_on, now.date())
    for days, (counted, names) in card_rows.periods(card, month, as_of=as_of).items():
        for key, figures in by_scope(db, names=names, now=now, as_of=as_of, days=counted).items():
            found[key, days] = figures
    return found


def by_scope(
    db: Connection, *, names: Collection[str], now: datetime, as_of: date | None = None, days: int | None = None
) -> dict[Key, dict[str, Figure]]:
    """These figures of every CSM, every team and all, counted once."""
    found = look_at(db, Asking(now, as_of, days, names=names))
    return {key: found.figures(key) for key in [*found.keys(Scope.CSM), *found.keys(Scope.TEAM), TOTAL]}
