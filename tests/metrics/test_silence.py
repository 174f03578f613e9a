"""States of an account, first match wins; the score in its seven parts; the day a silence began."""

from datetime import date, timedelta

import pytest

from tests.builders import NOW, TODAY
from tests.metrics.facts import DAY, account, asked, detractor, holder, team
from voc.base.words import AccountState, Disposition, Role, StopReason
from voc.metrics import cohorts, silence, wording
from voc.metrics.model import AccountFacts, Asked, Norms
from voc.metrics.silence import Limits

DM, BH, CH = Role.DECISION_MAKER, Role.BUDGET_HOLDER, Role.CHAMPION
TWO_LONG_AGO = (asked("a", days_ago=60), asked("b", days_ago=60))


def state(*mails: Asked, **values: object) -> AccountState:
    return silence.state(account(*mails, **values), moment=NOW, limits=Limits())


def test_no_required_role_or_an_ended_contract_has_no_census() -> None:
    assert state(team=team({})) == AccountState.NO_CENSUS
    assert state(*TWO_LONG_AGO, customer=False) == AccountState.NO_CENSUS


def test_any_answer_in_180_days_is_heard_even_a_late_one() -> None:
    assert state(*TWO_LONG_AGO, asked("c", days_ago=60, answered_after=40)) == AccountState.HEARD
    assert state(asked("c", days_ago=185, answered_after=6)) == AccountState.HEARD
    assert state(asked("c", days_ago=190, answered_after=10)) == AccountState.NOT_ASKED  # 180 days ago is over


def test_nobody_invited_is_not_asked_and_never_silent() -> None:
    assert state() == AccountState.NOT_ASKED
    assert state(asked("a", days_ago=181), asked("b", days_ago=181)) == AccountState.NOT_ASKED


def test_only_bounces_are_unreachable() -> None:
    assert (
        state(asked("a", days_ago=60, bounced=True), asked("b", days_ago=5, bounced=True)) == AccountState.UNREACHABLE
    )
    heads_up = asked("a", days_ago=5, sent_at=None, due_at=None, bounced_at=NOW - 4 * DAY, disposition=None)
    assert state(heads_up) == AccountState.UNREACHABLE


def test_everybody_opted_out_is_its_own_state() -> None:
    gone = asked("a", days_ago=60, opted_out=True)
    assert state(gone, asked("b", days_ago=60, bounced=True)) == AccountState.ALL_OPTED_OUT
    assert state(gone, asked("b", days_ago=60), asked("c", days_ago=60)) == AccountState.SILENT
    assert state(gone, asked("b", days_ago=60)) == AccountState.QUIET  # opted-out people never count as silent


def test_nothing_due_yet_is_in_flight_also_before_the_first_mail() -> None:
    assert state(asked("a", days_ago=20), asked("b", days_ago=3)) == AccountState.IN_FLIGHT
    planned = asked("a", days_ago=0, sent_at=None, due_at=None, planned=True)
    assert state(planned) == AccountState.IN_FLIGHT


def test_a_customer_under_90_days_is_too_new_to_judge() -> None:
    assert state(*TWO_LONG_AGO, customer_since_on=TODAY - timedelta(days=89)) == AccountState.TOO_NEW
    assert state(*TWO_LONG_AGO, customer_since_on=TODAY - timedelta(days=90)) == AccountState.SILENT


def test_silence_needs_two_people_asked_twice_or_long_enough_ago() -> None:
    assert state(*TWO_LONG_AGO) == AccountState.SILENT
    assert state(asked("a", days_ago=60)) == AccountState.QUIET
    assert state(asked("a", days_ago=50), asked("b", days_ago=50)) == AccountState.QUIET  # due 29 days ago
    assert state(asked("a", days_ago=51), asked("b", days_ago=51)) == AccountState.SILENT  # due 30 days ago
    twice = [asked(id, days_ago=days) for id in ("a", "b") for days in (45, 22)]
    assert state(*twice) == AccountState.SILENT
    assert state(*twice[:3]) == AccountState.QUIET


def test_whoever_left_is_nobody_who_stays_silent() -> None:
    left = asked("a", days_ago=60, disposition=Disposition.NOT_ELIGIBLE, stopped=StopReason.LEFT)
    assert state(left) == AccountState.NOT_ASKED
    assert state(left, asked("b", days_ago=60)) == AccountState.QUIET
    running = asked("a", days_ago=5, stopped=StopReason.LEFT)
    assert state(running, *TWO_LONG_AGO) == AccountState.SILENT
    assert not cohorts.in_flight(running, moment=NOW)


def test_the_example_of_the_definitions() -> None:
    """300 days, roles 3+2+1 silent of 8, decision maker silent, coverage .7, 1 of 5 bounced, 75 days: 57.2."""
    weights = {DM: 3, BH: 2, CH: 2, Role.END_USER: 1, Role.INFLUENCER: 2}
    known = [holder(str(role), role) for role in (DM, BH, CH)]  # 7 of 10 points are fresh
    mails = [
        asked("dm", days_ago=100, roles=(DM,)),
        asked("bh", days_ago=100, roles=(BH,), bounced=True),
        asked("ch", days_ago=100, roles=(CH,), answered_after=30),
        asked("eu", days_ago=100, roles=(Role.END_USER,)),
        asked("fifth", days_ago=100, roles=(DM,)),
    ]
    facts = account(
        *mails,
        team=team(weights, *known),
        last_answered_at=NOW - 300 * DAY,
        renewal_on=TODAY + timedelta(days=75),
    )
    found = silence.score(facts, moment=NOW)
    assert found is not None
    assert {part: round(points, 2) for part, points in found.items() if isinstance(points, float)} == {
        "recency": 19.09,
        "roles": 15.0,
        "decision_maker": 15.0,
        "coverage": 3.0,
        "bounces": 1.0,
        "detractor": 0.0,
        "renewal": 4.13,
        "total": 57.22,
    }


def test_never_answered_counts_from_the_first_delivery() -> None:
    """Delivered 200 days ago: 25 x (200-90)/275 = 10."""
    facts = account(*TWO_LONG_AGO, first_delivered_at=NOW - 200 * DAY)
    found = silence.score(facts, moment=NOW)
    assert found is not None
    assert found["recency"] == pytest.approx(10)


def points(part: str, facts: AccountFacts) -> object:
    found = silence.score(facts, moment=NOW)
    assert found is not None
    return dict(found)[part]


def test_the_decision_maker_part_tells_silent_from_unreachable() -> None:
    silent = asked("dm", days_ago=60, roles=(DM,))
    answered = asked("bh", days_ago=60, roles=(BH,), answered_after=1)
    other = asked("ch", days_ago=60)
    known = team({DM: 3}, holder("dm", DM))
    gone = team({DM: 3}, holder("dm", DM, reachable=False))
    assert points("decision_maker", account(silent, other)) == 15
    assert points("decision_maker", account(silent, answered)) == 0
    assert points("decision_maker", account(other, team=gone)) == 7.5
    assert points("decision_maker", account(other, team=known)) == 0  # reachable, but nobody asked


def test_the_detractor_part_tells_open_from_past_its_limit() -> None:
    open_ = detractor(contact_in_days=1, resolve_in_days=9)
    late = detractor(contact_in_days=-1, resolve_in_days=9)
    contacted = detractor(contact_in_days=-1, resolve_in_days=9, contacted=True)
    unresolved = detractor(contact_in_days=-5, resolve_in_days=-1, contacted=True)
    resolved = detractor(contact_in_days=-5, resolve_in_days=-1, contacted=True, resolved=True)
    expected = [(open_, 7.5), (late, 15), (contacted, 7.5), (unresolved, 15), (resolved, 0)]
    assert [points("detractor", account(*TWO_LONG_AGO, cases=(case,))) for case, _ in expected] == [
        value for _, value in expected
    ]


def test_a_silence_begins_on_the_day_the_second_person_had_been_asked_long_enough() -> None:
    """a due on day -39, b on day -34: 30 days later, day -4, the account turns silent and stays so each night."""
    facts = account(asked("a", days_ago=60), asked("b", days_ago=55))
    began = (NOW - 4 * DAY).date()
    for later in range(30):
        moment = NOW + later * DAY
        assert silence.spell_on(facts, moment=moment, limits=Limits()) == began


def test_a_silence_after_an_answer_begins_when_the_answer_is_180_days_old() -> None:
    facts = account(
        asked("c", days_ago=300, answered_after=110),  # answered 190 days ago
        asked("a", days_ago=120),
        asked("b", days_ago=120),
    )
    assert silence.state(facts, moment=NOW, limits=Limits()) == AccountState.SILENT
    assert silence.spell_on(facts, moment=NOW, limits=Limits()) == (NOW - 10 * DAY).date()


def test_nothing_after_the_moment_changes_what_was_known_then() -> None:
    facts = account(asked("a", days_ago=60, answered_after=50), asked("b", days_ago=60))
    then = silence.as_of(facts, NOW - 11 * DAY)
    assert all(one.answered_at is None for one in then.asked)
    assert silence.state(then, moment=NOW - 11 * DAY, limits=Limits()) == AccountState.QUIET


def test_the_sentence_of_a_silence_says_how_surprising_it_is() -> None:
    """4 people asked twice, reach .5, correlation .2: .143, 1 time in 7."""
    mails = [asked(id, days_ago=days) for id in "abcd" for days in (120, 60)]
    norms = Norms(icc=0.2, reach={"": 0.5})
    found = silence.standing(account(*mails), moment=NOW, limits=Limits(), norms=norms)
    assert found.p_silent == pytest.approx(1 / 7)
    assert wording.surprise(found) == (
        "Silent: 4 people asked twice. An ordinary account of this size is silent 1 time in 7."
    )
    assert found.note == "no renewal date"
    assert found.score is not None
    assert found.work_order == pytest.approx(found.score["total"] * 100)


def test_an_account_that_is_not_scored_says_nothing_of_surprise() -> None:
    found = silence.standing(account(), moment=NOW, limits=Limits(), norms=Norms(0.2, {}))
    assert (found.score, found.band, found.spell_on, wording.surprise(found)) == (None, None, None, None)


def test_the_call_goes_to_the_weightiest_silent_person_who_can_be_reached() -> None:
    people = [holder("dm", DM, reachable=False), holder("ch-old", CH, freshness=0.4), holder("ch", CH, freshness=0.8)]
    mails = [asked("dm", days_ago=60, roles=(DM,)), asked("ch-old", days_ago=60), asked("ch", days_ago=60)]
    assert silence.whom_to_call(account(*mails, team=team({DM: 3, CH: 2}, *people)), moment=NOW) == "ch"
    assert silence.whom_to_call(account(*mails), moment=NOW) is None


def test_the_spell_is_a_day_of_the_calendar() -> None:
    assert isinstance(silence.spell_on(account(*TWO_LONG_AGO), moment=NOW, limits=Limits()), date)
