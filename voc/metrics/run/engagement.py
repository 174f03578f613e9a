"""The engagement page, and the figures of any scope."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta

from sqlalchemy import Connection

from voc.base import preferences as settings
from voc.base.access import TERMINAL, Viewer
from voc.base.errors import NotFound
from voc.base.preferences import Preferences
from voc.base.words import Scope
from voc.metrics import compare, store
from voc.metrics.cohorts import Key
from voc.metrics.compare import Comparisons
from voc.metrics.model import EVERYTHING, Slice
from voc.metrics.pages import Engagement, ScopeFigures
from voc.metrics.run import accounts, near_views
from voc.metrics.run.kept import LINE, KeptLook, kept
from voc.metrics.run.lines import line_of
from voc.metrics.run.looking import Allowed, Asking, CompanyLook, allowed, look
from voc.metrics.run.outlook import Outlooks

TREND_DAYS = 365
NAMES = (
    "participation", "places_invited", "places_delivered", "places_answered", "response_rate", "response_rate_2",
    "reach", "account_response", "two_roles_heard", "decision_maker_heard", "arr_heard", "response_target",
    "nps_accounts", "nps_people", "nps_money", "coverage_fresh", "coverage_named", "fresh_contacts", "contact_upkeep",
    "identified_promoters", "silent_accounts", "silent_arr", "invitation_guideline", "follow_up_attainment",
)  # fmt: skip


def figures(
    db: Connection,
    *,
    scope: Scope,
    now: datetime,
    ids: Collection[str] | None = None,
    as_of: date | None = None,
    window_days: int | None = None,
    preferences: Preferences | None = None,
    viewer: Viewer = TERMINAL,
    names: Collection[str] | None = None,
    part: Slice = EVERYTHING,
) -> list[ScopeFigures]:
    """Figures of a scope (all, or those of `names`), by name; `ids` None means everybody of it the viewer may see.

    `as_of` is a day in the past, read as its end; None means now. Encodes to JSON with msgspec.
    NotFound for an id that does not exist or is not the viewer's.
    """
    may = allowed(db, viewer)
    asking = Asking(now, as_of, window_days, part, names, preferences)
    if scope == Scope.ACCOUNT:
        return accounts.figures(db, asking, may, ids)
    return figures_of(db, look(db, asking), may, scope=scope, ids=ids, now=now)


def figures_of(
    db: Connection, found: CompanyLook, may: Allowed, *, scope: Scope, ids: Collection[str] | None, now: datetime
) -> list[ScopeFigures]:
    """As `figures`, of a company that was looked at."""
    keys = [key for key in found.keys(scope) if may.sees(key)]
    if ids is not None:
        missing = sorted(set(ids) - {id for _, id in keys})
        if missing:
            raise NotFound(f"There is no {scope} {', '.join(missing)}.")
        keys = [key for key in keys if key[1] in set(ids)]
    compared = _compared(found, found.keys(Scope.CSM)) if scope == Scope.CSM else None
    outlooks = Outlooks(db, now=now, preferences=found.preferences, people=found.people, keys=keys)
    return [outlooks.told(_line(found, key, compared)) for key in keys]


def engagement(
    db: Connection,
    viewer: Viewer,
    *,
    now: datetime,
    as_of: date | None = None,
    window_days: int | None = None,
    team_id: str | None = None,
    segment: str | None = None,
    region: str | None = None,
    live: bool = False,
    preferences: Preferences | None = None,
) -> Engagement:
    """The engagement page. `team_id` (a lead's id), `segment` and `region` narrow it; a foreign team is NotFound.

    A standard window of the whole company comes from the snapshot of that night, without a day from last night's;
    `live` counts it now. The team's rate and the number of comparisons are those of every CSM in the view, also
    when the viewer, a CSM, sees one line of it.
    """
    may = allowed(db, viewer)
    known = preferences or settings.load(db)
    whole = may.whole if team_id is None else (Scope.TEAM, team_id)
    part = Slice(segment, region)
    asking = Asking(now, as_of, window_days or known.window_days, part, NAMES, known, scopes=(Scope.CSM, whole[0]))
    found = (None if live else kept(db, asking, whole=whole)) or look(db, asking)
    known_team = not team_id or team_id in {one.manager_id for one in found.people.values()}
    if not known_team or not may.sees(whole):
        raise NotFound("There is no such team.")
    shared = _team_of(found, whole)
    everybody = [key for key in found.keys(Scope.CSM) if shared is None or _in_team(found, key[1], shared)]
    outlooks = Outlooks(db, now=now, preferences=known, people=found.people, keys=[whole, *everybody], part=asking.part)
    compared = outlooks.compared(_compared(found, everybody), days=found.days)
    lines = [key for key in everybody if may.sees(key)]
    until = store.moment_of(found.window.to_on, now=now)
    silent = near_views.not_told(
        db, viewer, key=whole, part=asking.part, days=found.days, until=until, preferences=known
    )

    def told(key: Key) -> ScopeFigures:
        line = outlooks.told(_line(found, key, compared, None if key == whole else LINE))
        return line if silent is None else near_views.silenced(line, silent.why)

    return Engagement(
        window=found.window,
        currency=known.reporting_currency,
        whole=told(whole),
        lines=tuple(told(key) for key in lines),
        comparisons=compared,
        trend=store.trends(
            db,
            scope=Scope.CSM,
            name="response_rate",
            window_days=found.days,
            since=found.window.to_on - timedelta(days=TREND_DAYS),
            until=found.window.to_on,
            ids=[id for _, id in lines],
        ),
        kept=isinstance(found, KeptLook),
        regions=_regions(db, known),
        not_told=silent,
    )


def _regions(db: Connection, known: Preferences) -> tuple[str, ...]:
    return tuple(store.regions(db, known))


def _compared(found: CompanyLook | KeptLook, keys: Sequence[Key]) -> Comparisons:
    books = {id: found.rate_book((scope, id)) for scope, id in keys}
    return compare.compare(books, standard=found.preferences.response_standard, icc=found.icc)


def _line(
    found: CompanyLook | KeptLook, key: Key, compared: Comparisons | None, names: Collection[str] | None = None
) -> ScopeFigures:
    return replace(
        line_of(found, key, names),
        inherited=found.inherited(key),
        comparison=compared.by_csm.get(key[1]) if compared is not None and key[0] == Scope.CSM else None,
    )


def _team_of(found: CompanyLook | KeptLook, whole: Key) -> str | None:
    """The manager whose CSMs are compared with each other; None for everybody."""
    scope, id = whole
    if scope == Scope.CSM:
        return found.manager_of(id)
    return id if scope == Scope.TEAM else None


def _in_team(found: CompanyLook | KeptLook, csm_id: str, manager_id: str) -> bool:
    return csm_id == manager_id or found.manager_of(csm_id) == manager_id
