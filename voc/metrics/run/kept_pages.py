"""What a night counts for pages of very many accounts beside their figures, and how a page reads it.

By the CSM who owns the accounts, so that a leader, a lead and a team add up what is theirs. Few accounts are read as
they stand, which is what these functions do without a night.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import Connection

from voc.base import preferences as settings
from voc.base.access import TERMINAL, Viewer
from voc.base.db import Database
from voc.base.narrowed import WHOLE, Narrowed
from voc.base.preferences import Preferences
from voc.followup.store.times import durations
from voc.metrics import store as facts
from voc.metrics.cohorts import TOTAL, Key
from voc.metrics.columns import recovered
from voc.metrics.columns.model import micros
from voc.metrics.cost.backtest import Backtest, TooEarly, backtest_of, bands_of
from voc.metrics.cost.table import Cost, Share, of_decided
from voc.metrics.mix import Cell
from voc.metrics.recovery import Cells, Recovery, reckoned, together
from voc.metrics.run import board_causes, cost, recovery, retention_nights, stood_sums
from voc.metrics.run.board_causes import Causes
from voc.metrics.run.cost import CostPage
from voc.metrics.run.forest import nights
from voc.metrics.run.forest.every import every
from voc.metrics.run.forest.views import ForestPage
from voc.metrics.run.kept import WINDOWS
from voc.metrics.run.stood_sums import csms_of
from voc.metrics.store import kept_pages as store
from voc.metrics.store import landmark_columns, landmarks, standings, strata
from voc.metrics.store import moved as moving
from voc.metrics.store.company import Ground
from voc.metrics.store.moved import Moved
from voc.metrics.store.recovery import histories
from voc.stakeholders import store as stakeholders
from voc.stakeholders.model import SignsKnown

NOBODY = ""  # in the place of a CSM


@dataclass(frozen=True)
class Took:
    """How long a follow-up took, or has taken."""

    hours: float
    resolved: bool
    confirmed: bool


@dataclass(frozen=True)
class KeptCost:
    cost: Cost
    bands: list[tuple[str, Share]]
    backtest: Backtest | None
    too_early: TooEarly | None


def keep(
    database: Database,
    now: datetime,
    *,
    comments_live_up_to: int = nights.LIVE_UP_TO,
) -> date | None:
    """Count them as the day before ended, once each night; what older nights kept is dropped. None: nothing to do."""
    on = now.date() - timedelta(days=1)
    with database.read() as db:
        if not facts.is_counted(db, on) or store.read(db, on, _LAST, int) is not None:
            return None
        known, moment = settings.load(db), facts.moment_of(on, now=now)
        ground = Ground(db, moment, known)
        forest = list(every(ground))
        made = list(_made(db, on, moment, known, [page for page, _ in forest]))
        retained = list(retention_nights.kept(ground, {*WINDOWS, known.window_days}))
    with database.begin() as db:
        store.keep_all(db, on, ((page, TOTAL, days, value) for page, days, value in made))
        store.keep_all(db, on, nights.kept(forest, live_up_to=comments_live_up_to))
        store.keep_all(db, on, ((retention_nights.PAGE, scope, days, one) for scope, days, one in retained))
        store.keep(db, on, _LAST, 1)
        store.drop_others(db, but=on)
    return on


_LAST = "counted"  # its mark


def _made(
    db: Connection, on: date, moment: datetime, known: Preferences, forest: Sequence[ForestPage]
) -> Sequence[tuple[str, int, object]]:
    days = known.window_days
    since = moment - timedelta(days=days)
    found: list[tuple[str, int, object]] = [
        stood_sums.keep(db, on),
        ("renewals", 0, landmarks.counted_by_owner(db)),
        ("signs", 0, stakeholders.signs_by_csm(db, TERMINAL, now=moment)),
        ("took", days, _took(db, since, moment, known)),
        ("causes", days, _causes(db, on, since, moment, forest)),
        ("cost", 0, priced(db)),
        ("recovery", 0, _recovery(db, moment)),
    ]
    for window in sorted({*WINDOWS, days}):
        cells = strata.cells(db, after=moment - timedelta(days=window), moment=moment)
        found.append(("strata", window, cells))
        found.append(("moved", window, moving.moved(db, after=moment - timedelta(days=window), moment=moment)))
    return found


# --- each of them: counted, and read -------------------------------------------------------------


def signs_known(db: Connection, viewer: Viewer, on: date | None, *, now: datetime) -> SignsKnown:
    kept = None if on is None else store.read(db, on, "signs", dict[str, SignsKnown])
    if kept is None:
        return stakeholders.signs_known(db, viewer, now=now)
    csms = csms_of(db, viewer)
    mine = [one for csm_id, one in kept.items() if csms is None or csm_id in csms]
    return SignsKnown(sum(one.contacts for one in mine), sum(one.with_sign for one in mine))


def _took(db: Connection, since: datetime, moment: datetime, known: Preferences) -> Mapping[str, list[Took]]:
    found: dict[str, list[Took]] = defaultdict(list)
    for one in durations(db, TERMINAL, since=since, now=moment, preferences=known):
        found[one.csm_id or NOBODY].append(Took(one.hours, one.resolved, one.confirmed))
    return found


def took(
    db: Connection,
    viewer: Viewer,
    on: date | None,
    *,
    since: datetime,
    now: datetime,
    preferences: Preferences,
    team_id: str | None = None,
) -> list[Took]:
    """How long follow-ups opened since then took. From the night where one is named, then of its own window.

    Of a team: at the accounts that its CSMs own today.
    """
    kept = None if on is None else store.read(db, on, "took", dict[str, list[Took]], days=preferences.window_days)
    csms = csms_of(db, viewer, team_id)
    if kept is None:
        found = durations(db, viewer, since=since, now=now, preferences=preferences)
        mine = [one for one in found if team_id is None or csms is None or one.csm_id in csms]
        return [Took(one.hours, one.resolved, one.confirmed) for one in mine]
    return [one for csm_id, some in kept.items() if csms is None or csm_id in csms for one in some]


def priced(db: Connection) -> KeptCost:
    found, out, earlier, renewals = landmark_columns.decided(db)
    tested = backtest_of(found)
    return KeptCost(
        cost=of_decided(found, out, earlier=earlier, renewals=renewals),
        bands=bands_of(found),
        backtest=tested if isinstance(tested, Backtest) else None,
        too_early=tested if isinstance(tested, TooEarly) else None,
    )


def cost_page(db: Connection, viewer: Viewer, on: date | None) -> CostPage:
    """What silence costs here; of the night's, without its rows, where one is named."""
    kept = None if on is None else store.read(db, on, "cost", KeptCost)
    tested = None if kept is None else kept.backtest or kept.too_early
    if kept is None or tested is None:
        return cost.page(db, viewer)
    return CostPage(kept.cost, kept.bands, tested, (), frozenset(), own=_own_renewals(db, viewer, on))


def _own_renewals(db: Connection, viewer: Viewer, on: date | None) -> int:
    kept = None if on is None else store.read(db, on, "renewals", dict[str, int])
    if kept is None:
        return landmarks.counted(db, viewer)
    csms = csms_of(db, viewer)
    return sum(count for csm_id, count in kept.items() if csms is None or csm_id in csms)


def _recovery(db: Connection, moment: datetime) -> Mapping[str, Cells]:
    found, csm_ids = histories(db, since=moment - recovery.WINDOW, now=moment)
    by_owner = recovered.by_owner(found, moment=micros(moment))
    return {csm_ids[at] if at >= 0 else NOBODY: one for at, one in by_owner.items()}


def recovery_of(db: Connection, viewer: Viewer, on: date | None, *, now: datetime, part: Narrowed = WHOLE) -> Recovery:
    """Whether unhappy people came back; of the night's, without its rows, where one is named.

    It knows whose accounts they were, of which segment or region it does not.
    """
    by_owner = part.segment is None and part.countries is None
    kept = store.read(db, on, "recovery", dict[str, Cells]) if on is not None and by_owner else None
    if kept is None:
        return recovery.page(db, viewer, now=now, part=part).recovery
    csms = csms_of(db, viewer, part.team_id)
    if part.csm_id is not None:
        csms = {part.csm_id} if csms is None or part.csm_id in csms else set()
    return reckoned(together(one for csm_id, one in kept.items() if csms is None or csm_id in csms))


def cells(
    db: Connection, on: date, *, days: int, after: datetime, moment: datetime, segment: str | None
) -> Sequence[Cell]:
    """Due invitations by CSM, segment, role and channel: of the night where it kept that period."""
    kept = store.read(db, on, "strata", list[Cell], days=days)
    if kept is None:
        return strata.cells(db, after=after, moment=moment, segment=segment)
    return kept if segment is None else [one for one in kept if one.segment == segment]


def moved(db: Connection, on: date | None, *, days: int, now: datetime, part: Narrowed = WHOLE) -> Sequence[Moved]:
    """Accounts that are not where they were when they were asked: of the night where it kept that period."""
    whole = part.segment is None and part.countries is None
    kept = store.read(db, on, "moved", list[Moved], days=days) if on is not None and whole else None
    if kept is not None:
        return kept
    moment = facts.moment_of(on, now=now)
    return moving.moved(db, after=moment - timedelta(days=days), moment=moment, part=part)


def _causes(
    db: Connection, on: date, since: datetime, moment: datetime, forest: Sequence[ForestPage]
) -> Mapping[str, Causes]:
    """Of the whole and of each team, by the Forest's rule."""
    revenue = standings.revenue_of(db, standings.Part(TERMINAL, on))
    days = (moment - since).days
    return board_causes.of_every_team(db, forest, days=days, since=since, until=moment, revenue=revenue)


def causes(db: Connection, viewer: Viewer, on: date, key: Key, *, days: int, now: datetime) -> Causes | None:
    """Of a CSM's own book, and of a team that the night did not set apart, as they stand. None: none were kept."""
    of = board_causes.key_of(key)
    kept = store.read(db, on, "causes", dict[str, Causes], days=days)
    if kept is None:
        return None
    if of is not None and of in kept:
        return kept[of]
    moment = facts.moment_of(on, now=now)
    since = moment - timedelta(days=days)
    revenue = standings.revenue_of(db, standings.Part(viewer, on))
    return board_causes.now_of(db, viewer, since=since, until=moment, team_id=of, today=True, revenue=revenue)
