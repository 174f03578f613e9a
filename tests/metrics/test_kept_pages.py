"""A page of very many accounts reads from the night what it would have counted: the same, for whoever looks."""

from dataclasses import astuple
from datetime import timedelta
from random import Random
from typing import Any

import pytest
from msgspec import to_builtins
from sqlalchemy import Connection

from tests.builders import NOW, TODAY, add_follow_up
from tests.metrics import test_money_columns
from tests.metrics.test_columns import history
from voc.accounts.store import book
from voc.accounts.store.book import Filter, Stood
from voc.base import preferences
from voc.base.access import TERMINAL, Viewer
from voc.base.db import Database
from voc.base.narrowed import Narrowed
from voc.base.words import AccountState, Scope, StaffRole
from voc.metrics import run, store
from voc.metrics.model import Slice
from voc.metrics.run import board, cost, kept_pages, recovery, retention
from voc.metrics.run.looking import Asking, look
from voc.metrics.store import standings
from voc.metrics.store.moved import moved
from voc.stakeholders import store as stakeholders

YESTERDAY = TODAY - timedelta(days=1)
MOMENT = store.moment_of(YESTERDAY, now=NOW)
CSM = Viewer(None, "Dana", StaffRole.CSM, "csm-1")
LEAD = Viewer(None, "Ingrid", StaffRole.LEAD, "lead-1")
VIEWERS = (TERMINAL, LEAD, CSM)
EVERY, NONE = 10**9, -1  # accounts up to which a page counts for itself


@pytest.fixture
def counted(database: Database) -> Database:
    with database.begin() as db:
        history(db, Random(11))
        _quick_ones(db)
    run.snapshot(database, NOW)
    assert kept_pages.keep(database, NOW) == YESTERDAY
    assert kept_pages.keep(database, NOW) is None
    return database


def _quick_ones(db: Connection) -> None:
    """So many follow-ups of one team resolved within a day that half of its are."""
    for number in range(12):
        opened = NOW - timedelta(days=20 + number)
        resolved = {"opened_at": opened, "contact_by": opened, "resolved_at": opened + timedelta(days=1)}
        add_follow_up(db, f"quick:{number}", account_id="acc-0", contact_id="p0", **resolved)


def test_the_night_says_what_would_have_been_counted(counted: Database) -> None:
    with counted.read() as db:
        for viewer in VIEWERS:
            _same_standings(db, viewer)
            _same_silent(db, viewer)
            _same_crossed(db, viewer)
            _same_board(db, viewer)
            _same_parts(db, viewer)
        _a_teams_time(db)
        _page_by_page(db)
        _in_a_state(db)


def _same_standings(db: Connection, viewer: Viewer) -> None:
    live = run.account_states(db, viewer, now=NOW, as_of=YESTERDAY)
    kept = standings.of(db, standings.Part(viewer, YESTERDAY), [*live, "acc-none"])
    assert kept.keys() == live.keys()
    for id, one in live.items():
        assert _told(kept[id]) == _told(one)


def _told(one: Any) -> dict[str, Any]:
    """All but the day a silence began, which is read of one account at a time."""
    told = {**vars(one), "score": None if one.score is None else dict(one.score), "spell_on": None}
    return {name: _near(value) for name, value in told.items()}


def _near(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _near(one) for name, one in value.items()}
    return pytest.approx(value, abs=1e-9) if isinstance(value, float) else value


def _same_silent(db: Connection, viewer: Viewer) -> None:
    live, kept = (run.silent(db, viewer, now=NOW, as_of=YESTERDAY, live_up_to=most) for most in (EVERY, NONE))
    assert (live.kept_on, kept.kept_on) == (None, YESTERDAY)
    assert [one.account_id for one in kept.silent] == [one.account_id for one in live.silent]
    assert {state: _near(vars(one)) for state, one in kept.states.items()} == {
        state: vars(one) for state, one in live.states.items()
    }
    assert kept.gaps.keys() == live.gaps.keys()
    assert (kept.soon, kept.median_days, kept.without_rate) == (live.soon, live.median_days, live.without_rate)
    for name in ("accounts", "revenue"):
        mine, theirs = getattr(kept, name), getattr(live, name)
        assert (mine.numerator, mine.denominator) == (_near(theirs.numerator), _near(theirs.denominator))


PARTS: tuple[dict[str, Any], ...] = (
    {"segment": "enterprise"},
    {"segment": "mid-market", "region": "Europe"},
    {"team_id": "lead-1", "segment": "mid-market"},
    {"csm_id": "csm-1", "region": "Europe"},
    {"csm_id": "csm-1", "segment": "small", "region": "Europe"},
)


def _same_crossed(db: Connection, viewer: Viewer) -> None:
    """What no night keeps by itself, added up from where its accounts stood, is what counting the company says."""
    known, told = preferences.load(db), 0
    for part in PARTS:
        if viewer == CSM and "team_id" in part:
            continue
        page = run.silent(db, viewer, now=NOW, as_of=YESTERDAY, live_up_to=NONE, **part)
        inside = Slice(part.get("segment"), part.get("region"))
        counted = look(db, Asking(NOW, YESTERDAY, known.window_days, inside, ("silent_accounts", "silent_arr"), known))
        key = page.scope, page.scope_id
        for mine, name in ((page.accounts, "silent_accounts"), (page.revenue, "silent_arr")):
            theirs = counted.figure(key, name)
            if page.kept_on and key[0] not in (Scope.SEGMENT, Scope.REGION):
                assert _near(to_builtins(mine)) == to_builtins(theirs)
                told += mine.counted > 0
    assert told or viewer == CSM


def _same_board(db: Connection, viewer: Viewer) -> None:
    known = preferences.load(db)
    live, kept = (
        board.page(db, viewer, now=NOW, as_of=YESTERDAY, preferences=known, live_up_to=most) for most in (EVERY, NONE)
    )
    assert (live.kept_on, kept.kept_on) == (None, YESTERDAY)
    assert [_near(vars(one)) for one in kept.states] == [vars(one) for one in live.states]
    assert [_near(one.now.value) for one in kept.six] == [one.now.value for one in live.six]
    assert (kept.places, kept.empty_places, kept.empty_senior) == (live.places, live.empty_places, live.empty_senior)
    assert kept.median_days == _near(live.median_days)
    assert (kept.window, kept.before, kept.heard, kept.causes) == (live.window, live.before, live.heard, live.causes)
    assert kept.median_days == _near(live.median_days)


def _a_teams_time(db: Connection) -> None:
    """A team's board says how long its follow-ups took: to its lead and to a leader who asks for it."""
    known = preferences.load(db)
    times = {
        board.page(db, viewer, now=NOW, as_of=YESTERDAY, preferences=known, team_id=team, live_up_to=most).median_days
        for viewer, team in ((LEAD, None), (TERMINAL, "lead-1"))
        for most in (EVERY, NONE)
    }
    assert len(times) == 1
    assert None not in times


def _same_parts(db: Connection, viewer: Viewer) -> None:
    known = preferences.load(db)
    assert kept_pages.signs_known(db, viewer, YESTERDAY, now=NOW) == stakeholders.signs_known(db, viewer, now=MOMENT)
    live = recovery.page(db, viewer, now=MOMENT).recovery
    kept = kept_pages.recovery_of(db, viewer, YESTERDAY, now=NOW)
    assert _near({**vars(kept), "rows": ()}) == {**vars(live), "rows": ()}
    for part in (Narrowed(team_id="lead-1"), Narrowed(csm_id="csm-1"), Narrowed(csm_id="csm-2")):
        live = recovery.page(db, viewer, now=MOMENT, part=part).recovery
        kept = kept_pages.recovery_of(db, viewer, YESTERDAY, now=NOW, part=part)
        assert _near({**vars(kept), "rows": ()}) == {**vars(live), "rows": ()}
    assert kept.all.all == len(live.rows)
    since = MOMENT - timedelta(days=known.window_days)
    took = [kept_pages.took(db, viewer, on, since=since, now=MOMENT, preferences=known) for on in (None, YESTERDAY)]
    assert sorted(map(astuple, took[0])) == sorted(map(astuple, took[1]))
    for days in (90, known.window_days):
        read = kept_pages.moved(db, YESTERDAY, days=days, now=NOW)
        assert list(read) == moved(db, after=MOMENT - timedelta(days=days), moment=MOMENT)
    price, all_rows = kept_pages.cost_page(db, viewer, YESTERDAY), cost.page(db, viewer)
    assert (price.cost, price.own) == (all_rows.cost, all_rows.own)


def test_a_night_keeps_the_retention_page(database: Database) -> None:
    with database.begin() as db:
        test_money_columns.history(db, Random(5))
    run.snapshot(database, NOW)
    kept_pages.keep(database, NOW)
    with database.read() as db:
        for viewer in VIEWERS:
            for days in (90, 365):
                live, kept = (
                    retention.retention(db, viewer, now=NOW, as_of=YESTERDAY, window_days=days, live_up_to=most)
                    for most in (EVERY, NONE)
                )
                assert (live.kept_on, kept.kept_on) == (None, YESTERDAY)
                for name in ("window", "goals", "inherited", "waiting", "late", "names", "split_by", "open"):
                    assert getattr(kept, name) == getattr(live, name), name
                assert [_near(vars(one)) for one in kept.without] == [vars(one) for one in live.without]
                assert vars(kept.compared) == vars(live.compared)
                for mine, theirs in zip((kept.whole, *kept.lines), (live.whole, *live.lines), strict=True):
                    assert (mine.scope, mine.id, mine.accounts) == (theirs.scope, theirs.id, theirs.accounts)
                    assert mine.arr == _near(theirs.arr)
                    assert {name: _figure(one) for name, one in mine.figures.items()} == {
                        name: _figure(one) for name, one in theirs.figures.items()
                    }


def _figure(one: Any) -> tuple[Any, ...]:
    return one.state, _near(one.value), _near(one.numerator), _near(one.denominator), one.counted, one.parts


def _page_by_page(db: Connection) -> None:
    whole = run.silent(db, TERMINAL, now=NOW, as_of=YESTERDAY, live_up_to=NONE)
    for most in (EVERY, NONE):
        after, found = None, []
        while True:
            page = run.silent(db, TERMINAL, now=NOW, as_of=YESTERDAY, live_up_to=most, after=after, limit=1)
            found += [one.account_id for one in page.silent]
            if (after := page.more) is None:
                break
        assert found == [one.account_id for one in whole.silent]


def _in_a_state(db: Connection) -> None:
    kept = run.stands(db, TERMINAL, now=NOW, preferences=preferences.load(db), live_up_to=NONE)
    live = run.account_states(db, TERMINAL, now=NOW, as_of=YESTERDAY)
    assert kept.on == YESTERDAY
    for state in AccountState:
        assert kept.count(state) == sum(one.state == state for one in live.values())
        stood = Filter(status=None, stood=Stood(YESTERDAY, state))
        found = {one.id for one in book.accounts(db, TERMINAL, stood, limit=100)}
        assert found == {id for id, one in live.items() if one.state == state}
