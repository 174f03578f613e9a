"""A launch while others write: no transaction lasts longer than a moment, and what was left is taken back."""

from collections.abc import Iterable

from voc.base.clock import Clock
from voc.base.db import Database, Workbench
from voc.base.errors import Refused
from voc.campaigns.model import WaveState
from voc.campaigns.run.launching.checking import check
from voc.campaigns.run.launching.drawing_up import Report, Size, quiet
from voc.campaigns.run.launching.pace import Pace
from voc.campaigns.run.launching.turns import Turn
from voc.campaigns.run.launching.waves import Order, add_wave, draw_up_checked, record_launch
from voc.campaigns.store import launches, programmes


def launch_in_portions(
    database: Database, order: Order, *, clock: Clock, holder: str, report: Report | None = None
) -> int:
    """As `launch`, for a company of any size while others write: no transaction lasts longer than a moment.

    Until the last one the wave is being planned, and neither sent nor counted. One that was killed is
    taken back by the next launch or by a worker; any other end takes it back itself. `holder` names this process.
    """
    now = clock.now()
    with database.begin() as db:
        campaign_id = programmes.campaign_by_name(db, order.campaign).id
        turn = Turn(launches.turn_of(campaign_id), holder)
        if not turn.taken(db, now=now):
            raise Refused("Somebody is launching this campaign just now. Look at its waves in a few minutes.")
        left = launches.half_launched(db, campaign_id)
    try:
        _take_back(database, left, turn, clock=clock)
        return _launch_in_portions(database, order, turn, clock=clock, report=report or quiet)
    finally:
        with database.begin() as db:
            turn.end(db, now=clock.now())


def take_back_left(database: Database, *, clock: Clock, holder: str) -> int:
    """Take back what launches left whose process is gone; how many. One under way is left alone."""
    taken = 0
    with database.read() as db:
        campaigns = launches.half_launched_anywhere(db)
    for campaign_id in campaigns:
        turn = Turn(launches.turn_of(campaign_id), holder)
        with database.begin() as db:
            left = launches.half_launched(db, campaign_id) if turn.taken(db, now=clock.now()) else []
        try:
            _take_back(database, left, turn, clock=clock)
            taken += len(left)
        finally:
            with database.begin() as db:
                turn.end(db, now=clock.now())
    return taken


def _launch_in_portions(database: Database, order: Order, turn: Turn, *, clock: Clock, report: Report) -> int:
    with database.workbench() as bench:
        with bench.look() as db:
            draft, size = draw_up_checked(db, order, now=clock.now(), report=report)
        with bench.begin() as db:
            turn.keep(db, now=clock.now())
            programmes.lock_campaign(db, draft.campaign.id)
            check(db, draft, anybody=True)
            wave_id = add_wave(db, draft, order, state=WaveState.PLANNING)
        try:
            _freeze(bench, wave_id, size, turn, pace=Pace(alone=database.sqlite), clock=clock, report=report)
            with bench.begin() as db:
                turn.keep(db, now=clock.now())
                launches.set_running(db, wave_id)
                record_launch(db, draft, order, wave_id, size)
        except BaseException:  # Ctrl-C too
            _take_back(database, [wave_id], turn, clock=clock)
            raise
    return wave_id


def _freeze(
    bench: Workbench, wave_id: int, size: Size, turn: Turn, *, pace: Pace, clock: Clock, report: Report
) -> None:
    written = 0
    while written < size.census:
        with pace.step(), bench.begin() as db:
            turn.keep(db, now=clock.now())
            launches.freeze(db, wave_id, after=written, until=written + pace.people)
            written += pace.people
        report("Census and first steps", min(written, size.census), size.census)


def _take_back(database: Database, wave_ids: Iterable[int], turn: Turn, *, clock: Clock) -> None:
    """What a launch left that did not come to its end.

    Not where somebody else has had the turn since: they did it, and on SQLite their wave may have the same number.
    """
    for wave_id in wave_ids:
        over, pace = False, Pace(alone=database.sqlite)
        while not over:
            with pace.step(), database.begin() as db:
                if not turn.kept(db, now=clock.now()):
                    return
                over = launches.take_back(db, wave_id, limit=pace.people)
