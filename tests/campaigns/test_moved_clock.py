"""A clock that is moved while a chase runs: each step once, in order, in its window, or dropped with a reason.

The rules alone, told the time by a clock that is put an hour or a day forward or back at any moment,
in the zones with the oddest nights. What the database adds is tested with the faults (F9).
"""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from tests.campaigns.test_calendar import ZONES
from voc.campaigns import chase
from voc.campaigns.calendar import Calendar, local_day
from voc.campaigns.chase import CLOSING, Rules, Send
from voc.campaigns.model import CampaignSettings, Chased, Dropped, Limits, Plan, Step
from voc.campaigns.quarantine import Ledger, Reserved

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
RULES = Rules(CampaignSettings(last_call=True), Calendar(), Limits(), due_days=21)
MOVES = (HOUR, -HOUR, DAY, -DAY)


@dataclass
class Told:
    """One chase, told the time; `sent` has each step with the clock's moment and what it was planned for."""

    person: Chased
    planned: Plan | None
    ledger: Ledger = field(default_factory=Ledger)
    sent: list[tuple[Step, datetime]] = field(default_factory=list)
    dropped: list[Step] = field(default_factory=list)

    def tick(self, now: datetime) -> None:
        """What a claim does with this invitation at that moment, and what the record of its 250 plans."""
        if self.planned is None or self.planned.at > now:
            return
        decision = chase.decide(RULES, self.person, self.planned, self.ledger, now=now)
        if isinstance(decision, Plan):
            self.planned = decision
        elif isinstance(decision, Dropped):
            self.dropped.append(decision.step)
            self.planned = None
        elif isinstance(decision, Send):
            self._send(self.planned.step, decision, now)
        else:
            pytest.fail(f"held: {decision}")

    def _send(self, step: Step, decision: Send, now: datetime) -> None:
        self.sent.append((step, now))
        self.ledger.reserve(Reserved(self.person.address, self.person.account_id, step, 3, decision.on))
        if step == Step.INVITE:
            self.person = chase.asked(self.person, closes_at=now + timedelta(days=RULES.due_days))
        following = chase.next_step(RULES, self.person, after=step, sent_at=now)
        if isinstance(following, Dropped):
            self.dropped.append(following.step)
        self.planned = following if isinstance(following, Plan) else None


def run(zone: str, country: str | None, start_on: date, moves: list[tuple[int, timedelta]]) -> Told:
    """From launch to the end, a look every ten minutes near what is due; each move comes after so many looks."""
    now = datetime(start_on.year, start_on.month, start_on.day, 6, tzinfo=UTC)
    person = Chased("ana", "ana@calder.example", "acc-1", zone, country, True, 3, since_on=start_on)
    first = chase.plan(RULES, person, Step.HEADS_UP, from_on=start_on)
    assert isinstance(first, Plan)
    told, to_come, looks = Told(person, first), dict(moves), 0
    while told.planned is not None:
        # Far from the next step a look changes nothing: the clock is let run to just before it.
        now = max(now + timedelta(minutes=10), min(told.planned.at, now + DAY) - timedelta(minutes=20))
        now += to_come.pop(looks, timedelta())
        looks += 1
        assert looks < 2_000
        told.tick(now)
    return told


def _starts() -> st.SearchStrategy[date]:
    """Any day of two years, and often a week in which clocks change somewhere."""
    changing = [date(2026, 3, 2), date(2026, 3, 20), date(2026, 10, 19), date(2027, 3, 8), date(2027, 4, 1)]
    return st.sampled_from(changing) | st.dates(date(2026, 1, 5), date(2027, 11, 1))


@given(
    zone=st.sampled_from(ZONES),
    country=st.sampled_from(["DE", "US", "SA", None]),
    start_on=_starts(),
    moves=st.lists(st.tuples(st.integers(0, 90), st.sampled_from(MOVES)), max_size=3),
)
@example(zone="Europe/Berlin", country="DE", start_on=date(2026, 3, 23), moves=[(5, -DAY), (8, DAY)])
@example(zone="America/Santiago", country="US", start_on=date(2026, 9, 1), moves=[(10, DAY), (11, -HOUR)])
@settings(max_examples=100, deadline=None)
def test_every_step_goes_once_in_order_and_in_its_window_or_is_dropped(
    zone: str, country: str | None, start_on: date, moves: list[tuple[int, timedelta]]
) -> None:
    told = run(zone, country, start_on, moves)
    steps = [step for step, _at in told.sent]
    assert len(steps) == len(set(steps))
    assert steps == [step for step in Step if step in steps]
    assert steps[:2] == [Step.HEADS_UP, Step.INVITE]
    # Nothing is skipped: what was not sent was dropped, and only because the due date was near.
    assert [*steps, *told.dropped][: len(steps) + 1] == list(Step)[: len(steps) + len(told.dropped[:1])]
    for _step, at in told.sent:
        window = RULES.calendar.window(local_day(at, zone), zone)
        assert window is not None
        assert window[0] <= at < window[1] + CLOSING
        assert RULES.calendar.is_working(local_day(at, zone), country)


@pytest.mark.parametrize("zone", ZONES)
def test_a_step_that_the_clock_jumped_over_goes_in_a_window_and_is_never_lost(zone: str) -> None:
    """A thousand steps of two years for each zone, with every move just before and just after they were due."""
    person = Chased("ana", "ana@calder.example", "acc-1", zone, "DE", True, 3, since_on=date(2026, 1, 1))
    for number in range(0, 700, 7):
        on, at = RULES.calendar.next_moment(date(2026, 1, 1) + number * DAY, zone, "DE", key=f"{number}")
        planned = Plan(Step.REMINDER_1, on, at)
        asked = replace(person, since_on=on, closes_at=at + 40 * DAY)
        for late in (*MOVES, timedelta(minutes=1), 2 * HOUR, 23 * HOUR, 25 * HOUR, 3 * DAY, timedelta()):
            now, looks = max(at + late, at), 0
            current: chase.Decision = planned
            while isinstance(current, Plan):
                now = max(now, current.at)
                current = chase.decide(RULES, asked, replace(current, why=None), Ledger(), now=now)
                looks += 1
                assert looks <= 3
            assert isinstance(current, Send)
            window = RULES.calendar.window(current.on, zone)
            assert window is not None
            assert window[0] <= now < window[1] + CLOSING
