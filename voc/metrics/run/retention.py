"""The retention page: what became of renewals, by CSM and in total, with everything behind it."""

from collections.abc import Mapping
from datetime import date, datetime

from sqlalchemy import Connection

from voc.base import preferences as settings
from voc.base.access import TERMINAL, Viewer
from voc.base.errors import NotFound
from voc.base.words import Scope, StaffRole
from voc.metrics import store
from voc.metrics.cohorts import TOTAL, Key
from voc.metrics.model import Person, Slice
from voc.metrics.money.page import RetentionPage
from voc.metrics.run import retention_counted, retention_nights
from voc.metrics.run.standings import kept_on

NAMES = (
    "customer_churn",
    "logo_retention",
    "revenue_churn",
    "grr",
    "nrr",
    "on_time_renewal",
    "renewal_confirmed_90",
    "expansion",
    "upsell",
    "cross_sell",
    "whitespace",
    "net_profitability",
    "onboarding_rating",
    "training_score",
    "onboarding_time",
    "live_in_time",
    "time_to_launch",
    "stuck_accounts",
    "revenue_trained_30",
    "revenue_trained_90",
)


def retention(
    db: Connection,
    viewer: Viewer,
    *,
    now: datetime,
    as_of: date | None = None,
    window_days: int = 365,
    team_id: str | None = None,
    segment: str | None = None,
    region: str | None = None,
    live_up_to: int | None = None,
) -> RetentionPage:
    """What the viewer may see. A CSM is compared with everybody of the own team; a foreign team is NotFound.

    Of a large company (`live_up_to` accounts and more) a standard period is read from its night.
    """
    on = kept_on(db, TERMINAL, now=now, as_of=as_of, live_up_to=live_up_to) if segment is region is None else None
    people = store.people(db)
    whole = whole_of(viewer, people, team_id)
    shared, known = team_of(people, whole), settings.load(db)
    if on is not None:
        found = retention_nights.page(
            db,
            viewer,
            on,
            whole,
            shared=shared,
            names=NAMES,
            days=window_days,
            now=now,
            known=known,
        )
        if found is not None:
            return found
    look = retention_counted.Look(
        db,
        moment=store.moment_of(as_of, now=now),
        days=window_days,
        part=Slice(segment, region),
        known=known,
        names=NAMES,
        people=people,
    )
    return retention_counted.page(db, viewer, look, whole, shared=shared, now=now)


def whole_of(viewer: Viewer, people: Mapping[str, Person], team_id: str | None) -> Key:
    """The scope that the page is of; NotFound for a team that the viewer does not see."""
    if team_id is not None:
        mine = viewer.sees_all or (viewer.role == StaffRole.LEAD and viewer.csm_id == team_id)
        if not mine or team_id not in {one.manager_id for one in people.values()}:
            raise NotFound("There is no such team.")
        return Scope.TEAM, team_id
    if viewer.sees_all:
        return TOTAL
    return (Scope.TEAM if viewer.role == StaffRole.LEAD else Scope.CSM), viewer.csm_id or ""


def team_of(people: Mapping[str, Person], whole: Key) -> str | None:
    """The manager whose CSMs are compared with each other; None for everybody."""
    scope, id = whole
    if scope == Scope.TOTAL:
        return None
    if scope == Scope.TEAM:
        return id
    return people[id].manager_id if id in people else None
