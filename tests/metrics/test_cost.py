"""What silence costs here: the landmark, the table, the words, the backtest. Frozen histories, worked out by hand."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from voc import statistics
from voc.base.words import AccountState, Disposition, OutOfCohort, Role, StopReason
from voc.metrics.cost import words
from voc.metrics.cost.backtest import Backtest, TooEarly, backtest, bands
from voc.metrics.cost.landmark import Decision, Invited, Past, landmark_on, read
from voc.metrics.cost.renewal import Group, Renewal, one_each
from voc.metrics.cost.table import cost, share
from voc.metrics.silence import Limits

DECIDED = date(2026, 9, 30)
LANDMARK = date(2026, 7, 2)  # 90 days before
DAY = timedelta(days=1)
WAVES = [(datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 3, 3, tzinfo=UTC))]


def at(days_before_landmark: float) -> datetime:
    """A moment so many days before noon of the landmark; a negative number lies after it."""
    return datetime(2026, 7, 2, 12, tzinfo=UTC) - days_before_landmark * DAY


def invited(contact_id: str, days: float = 120, *, answered: float | None = None, **values: Any) -> Invited:
    """Sent `days` before the landmark, due 21 days later; `answered` so many days before the landmark."""
    due_at = at(days - 21)
    row: dict[str, Any] = {
        "contact_id": contact_id,
        "roles": frozenset({Role.CHAMPION}),
        "sent_at": at(days),
        "due_at": due_at,
        "answered_at": None if answered is None else at(answered),
        "disposition": Disposition.SILENT if answered is None else Disposition.COMPLETE,
        "disposed_at": due_at if answered is None else at(answered),
    }
    return Invited(**{**row, **values})


def look(*mails: Invited, lost: bool = True, **values: Any) -> Any:
    decision = Decision("renewal:1", "acc", DECIDED, lost)
    return read(decision, Past(invited=mails, **values), notice_days=90, limits=Limits(), waves=WAVES)


# --- the landmark ---


def test_the_landmark_lies_90_days_before_the_decision_or_at_the_notice_date_if_that_is_earlier() -> None:
    assert landmark_on(DECIDED, notice_days=30) == LANDMARK
    assert landmark_on(DECIDED, notice_days=120) == date(2026, 6, 2)


def test_two_people_asked_long_ago_and_no_answer_is_silent_at_the_landmark() -> None:
    assert look(invited("a"), invited("b")).state == AccountState.SILENT


def test_an_answer_a_day_before_the_landmark_counts_and_a_day_after_does_not() -> None:
    """Asked 120 days before; answered late, on the eve of the landmark: heard. On its morrow: silent, for good."""
    assert look(invited("a", answered=1), invited("b")).state == AccountState.HEARD
    assert look(invited("a", answered=-1), invited("b")).state == AccountState.SILENT


def test_who_was_asked_after_the_landmark_was_not_asked_at_it() -> None:
    assert look(invited("a", -3), invited("b", -3)).state == AccountState.NOT_ASKED


def test_an_answer_older_than_180_days_is_no_answer_any_more() -> None:
    found = look(invited("a", 230, answered=200), invited("a"), invited("b"))
    assert found.state == AccountState.SILENT
    assert found.days_since_answer == pytest.approx(200.5, abs=0.01)  # to the end of the day


def test_an_opt_out_after_the_landmark_does_not_excuse_the_silence_before_it() -> None:
    later: dict[str, Any] = {"stopped": StopReason.OPTED_OUT, "disposition": Disposition.REFUSED}
    mails = [invited(one, stopped_at=at(-5), disposed_at=at(-5), **later) for one in "ab"]
    assert look(*mails).state == AccountState.SILENT
    before = [invited(one, stopped_at=at(100), disposed_at=at(100), **later) for one in "ab"]
    assert look(*before).state == AccountState.ALL_OPTED_OUT


def test_mail_that_bounced_before_the_landmark_is_no_silence() -> None:
    bounced: dict[str, Any] = {"disposition": Disposition.UNKNOWN}
    mails = [invited(one, bounced_at=at(119), disposed_at=at(119), **bounced) for one in "ab"]
    assert look(*mails).state == AccountState.UNREACHABLE


def test_of_a_handed_over_account_the_owner_at_the_landmark_counts() -> None:
    owners = [(at(400), "dana"), (at(10), "ben"), (at(-10), "mei")]
    assert look(invited("a"), invited("b"), owners=owners).csm_id == "ben"


def test_the_segment_is_the_one_frozen_at_the_last_invitation_before_the_landmark() -> None:
    frozen = [(at(120), "small"), (at(-20), "enterprise")]
    assert look(invited("a"), segments=frozen, segment="enterprise").segment == "small"


def test_an_account_that_was_lost_or_had_given_notice_before_the_landmark_is_out() -> None:
    mails = (invited("a"), invited("b"))
    assert look(*mails, lost_on=LANDMARK).reason == OutOfCohort.LOST_BEFORE
    assert look(*mails, lost_on=LANDMARK + DAY).reason is None
    assert look(*mails, notices=[LANDMARK]).reason == OutOfCohort.NOTICE_BEFORE
    assert look(*mails, notices=[LANDMARK + DAY]).reason is None
    assert look(*mails, notices=[LANDMARK - 400 * DAY]).reason is None  # of an earlier contract


def test_a_decision_from_before_our_first_wave_tells_nothing() -> None:
    found = read(Decision("x", "acc", date(2026, 3, 30), True), Past(), notice_days=90, limits=Limits(), waves=WAVES)
    assert (found.reason, found.state) == (OutOfCohort.NOBODY_ASKED, None)


def test_our_own_call_is_noted_between_landmark_and_decision_only() -> None:
    mails = (invited("a"), invited("b"))
    assert not look(*mails, calls=[at(3)]).treated
    assert look(*mails, calls=[at(-3)]).treated
    assert not look(*mails, calls=[at(-100)]).treated


def test_the_score_is_the_last_one_kept_before_the_landmark() -> None:
    scores = [(LANDMARK - 40 * DAY, 10.0), (LANDMARK - 2 * DAY, 55.0), (LANDMARK + DAY, 90.0)]
    assert look(invited("a"), scores=scores).score == 55.0
    assert look(invited("a"), scores=scores[:1]).score is None  # too old


def test_a_decision_maker_who_was_reached_and_answered_is_not_silent() -> None:
    boss = frozenset({Role.DECISION_MAKER})
    assert look(invited("a", roles=boss), invited("b")).senior_silent is True
    assert look(invited("a", roles=boss, answered=90), invited("b")).senior_silent is False
    assert look(invited("b")).senior_silent is None


_after = st.floats(min_value=-200, max_value=-0.6)
_events = st.lists(
    st.tuples(st.sampled_from(["sent", "answer", "bounce", "opt-out", "call-before"]), _after, st.sampled_from("abc")),
    min_size=1,
    max_size=6,
)
_before = st.lists(
    st.tuples(st.floats(min_value=-0.4, max_value=300), st.booleans(), st.sampled_from("abcd")), max_size=6
)


@given(before=_before, events=_events)
@settings(max_examples=60, deadline=None)
def test_adding_an_event_after_the_landmark_changes_nothing(before: Any, events: Any) -> None:
    """But for whether we called, which is no predictor."""
    mails = [invited(who, days, answered=days - 2 if answered else None) for days, answered, who in before]
    untouched = look(*mails, scores=[(LANDMARK, 40.0)], owners=[(at(300), "dana")])
    changed = list(mails)
    for kind, when, who in events:
        open_ones = [i for i, one in enumerate(changed) if one.contact_id == who and one.answered_at is None]
        if kind == "sent":
            changed.append(invited(who, when, answered=when - 1))
        elif open_ones and kind != "call-before":
            i = open_ones[0]
            change: dict[str, Any] = {"disposed_at": at(when)}
            if kind == "answer":
                change |= {"answered_at": at(when), "disposition": Disposition.COMPLETE}
            elif kind == "bounce":
                change |= {"bounced_at": at(when), "disposition": Disposition.UNKNOWN}
            else:
                change |= {"stopped": StopReason.OPTED_OUT, "stopped_at": at(when), "disposition": Disposition.REFUSED}
            changed[i] = Invited(**{name: getattr(changed[i], name) for name in Invited.__slots__} | change)
    later = [(at(300), "dana"), (at(-1), "ben")]
    told = look(*changed, scores=[(LANDMARK, 40.0), (LANDMARK + DAY, 99.0)], owners=later, lost_on=DECIDED)
    assert told == untouched


# --- the table ---


def renewal(number: int, *, state: AccountState, lost: bool, **values: Any) -> Renewal:
    row: dict[str, Any] = {
        "key": f"renewal:{number:04}",
        "account_id": f"acc-{number:04}",
        "account_name": f"Works {number}",
        "decided_on": date(2026, 1, 1) + (number * 37 % 360) * DAY,
        "landmark_on": date(2025, 10, 1),
        "segment": "small",
        "score": 60.0 if state == AccountState.SILENT else 20.0,
        "days_since_answer": 250.0 if state == AccountState.SILENT else 30.0,
    }
    return Renewal(state=state, lost=lost, **{**row, **values})


def book(
    silent: tuple[int, int], heard: tuple[int, int], third: tuple[int, int] = (0, 0), *, start: int = 0, **values: Any
) -> list[Renewal]:
    """(left, all) of each group."""
    groups = ((AccountState.SILENT, silent), (AccountState.HEARD, heard), (AccountState.NOT_ASKED, third))
    made: list[Renewal] = []
    for state, (left, everybody) in groups:
        for turn in range(everybody):
            made.append(renewal(start + len(made), state=state, lost=turn < left, **values))
    return made


def test_the_table_of_the_definitions_with_koopmans_interval() -> None:
    found = cost(book((36, 40), (16, 80)))
    assert found.table.crude is not None
    times = found.table.crude
    assert (times.value, times.low, times.high) == pytest.approx((4.5, 2.940, 7.152), abs=0.001)


def test_segment_for_segment_as_in_the_definitions_and_the_sentence_of_the_screen() -> None:
    """(6/15, 3/40), (9/30, 5/80), (4/10, 6/30): 3.778 (2.035 to 7.012), 19 of 55 against 14 of 150."""
    all_of_them = [
        *book((6, 15), (3, 40), segment="enterprise"),
        *book((9, 30), (5, 80), start=500, segment="mid-market"),
        *book((4, 10), (6, 30), start=900, segment="small"),
    ]
    found = cost(all_of_them)
    assert words.headline(found) == (
        "Silent accounts left 3.8 times as often (2.0 to 7.0), segment for segment: 19 of 55 against 14 of 150."
    )
    assert words.crude(found).endswith("so the mix of segments explains little.")
    enterprise = dict(found.segments)["enterprise"]
    assert not enterprise.enough  # 15 silent ones are under 20
    assert words.when_enough(enterprise) == (
        "It will be enough once 1 more lost and 5 more silent accounts were decided."
    )


def test_too_few_says_so_with_the_words_of_the_definitions() -> None:
    found = cost(book((2, 9), (3, 41)))
    assert words.headline(found) == (
        "Your own renewals cannot tell yet: 2 of 9 silent and 3 of 41 responding accounts left. "
        "Others report 7 times, at most 14. Our cautious guess for you: 2.7 times (0.8 to 8.6)."
    )


def test_the_third_group_stands_beside_the_two_and_in_neither() -> None:
    found = cost(book((2, 9), (3, 41), (7, 12)))
    assert (found.table.silent.all, found.table.responding.all, found.third.all, found.total.all) == (9, 41, 12, 62)
    assert (found.third.left, found.total.left) == (7, 12)


def test_when_no_responding_account_left_the_figure_is_bounded_from_below_only() -> None:
    found = cost(book((12, 30), (0, 60)))
    assert words.headline(found).startswith("Of 30 silent accounts 12 left, of 60 responding ones none: at least ")


def test_a_customer_counts_once_with_the_latest_decision_that_can_be_counted() -> None:
    first = renewal(1, state=AccountState.HEARD, lost=False, decided_on=date(2025, 3, 1))
    second = renewal(1, state=AccountState.SILENT, lost=True, decided_on=date(2026, 3, 1), key="second")
    cleaned_up = Renewal(
        **{**vars(second), "key": "third", "decided_on": date(2026, 9, 1), "reason": OutOfCohort.LOST_BEFORE}
    )
    kept = one_each([first, second, cleaned_up])
    assert [(one.key, one.counts) for one in kept] == [("renewal:0001", False), ("second", True), ("third", False)]
    assert cost(kept).total.all == 1


def test_with_and_without_the_accounts_we_called() -> None:
    called = [renewal(5000 + n, state=AccountState.SILENT, lost=n < 4, treated=True) for n in range(12)]
    found = cost([*book((15, 43), (14, 150)), *called])
    assert found.treated == 12
    assert "without treated accounts 15 of 43 silent" in words.treated(found)


def test_a_mix_of_segments_that_makes_the_crude_figure_is_told() -> None:
    """Small accounts leave more and answer less: silence itself means nothing in either segment."""
    found = cost(
        [
            *book((20, 50), (4, 10), segment="small"),
            *book((1, 10), (10, 100), start=500, segment="enterprise"),
        ]
    )
    assert found.stratified is not None
    assert found.stratified.value == pytest.approx(1.0)
    assert found.table.crude is not None
    assert found.table.crude.value > 2
    assert "the mix of segments explains part" in words.crude(found)


def test_a_model_is_earned_by_losses() -> None:
    assert cost(book((10, 30), (9, 90))).fitted is None  # 19 losses
    small = cost(book((12, 30), (9, 90))).fitted
    assert small is not None
    assert small.penalised
    assert small.predictors == ("silent",)  # one segment only
    assert small.times.value == pytest.approx(12.5 * 81.5 / (18.5 * 9.5), rel=1e-6)
    rows = [*book((60, 100), (50, 300)), *book((1, 9), (1, 9), start=900, segment="enterprise")]
    repeated = cost(rows).fitted  # the days say no more than the state
    assert repeated is not None
    assert repeated.predictors == ("silent", "segment")
    told_apart = [
        Renewal(**{**vars(one), "days_since_answer": 20.0 + n % 97, "senior_silent": n % 3 == 0})
        for n, one in enumerate(rows)
    ]
    large = cost(told_apart).fitted
    assert large is not None
    assert not large.penalised
    assert large.predictors == ("silent", "days since the last answer", "decision maker silent", "segment")


# --- the backtest ---


def test_bands_are_shares_with_their_interval() -> None:
    rows = [renewal(n, state=AccountState.QUIET, lost=n < 9, score=60.0) for n in range(31)]
    assert [(name, words.band(share)) for name, share in bands(rows)] == [("at risk", "9 of 31 left (16 to 47%)")]


def test_a_band_of_few_renewals_tells_counts_then_a_percentage_and_no_interval() -> None:
    assert words.band(share([renewal(n, state=AccountState.QUIET, lost=n < 1) for n in range(4)])) == "1 of 4 left"
    assert words.band(share([renewal(n, state=AccountState.QUIET, lost=n < 3) for n in range(8)])) == (
        "3 of 8 left (38%)"
    )
    assert words.band(share([renewal(n, state=AccountState.QUIET, lost=n < 3) for n in range(10)])) == (
        "3 of 10 left (11 to 60%)"
    )


def test_a_backtest_waits_for_ten_lost_and_thirty_kept_in_quarters_that_have_an_earlier_one() -> None:
    found = backtest(book((5, 20), (4, 60)))
    assert isinstance(found, TooEarly)
    assert "can be tried from 10 lost and 30 kept" in words.too_early(found)


def test_the_first_quarter_teaches_and_is_not_tested() -> None:
    rows = book((30, 60), (10, 240))
    found = backtest(rows)
    assert isinstance(found, Backtest)
    assert [one.name for one in found.quarters] == ["Q2 2026", "Q3 2026", "Q4 2026"]
    first = sum(one.decided_on < date(2026, 4, 1) for one in rows)
    assert found.decided == len(rows) - first


def test_a_score_that_only_repeats_the_state_does_not_beat_it_and_the_page_says_so() -> None:
    found = backtest(book((30, 60), (10, 240)))
    assert isinstance(found, Backtest)
    assert found.gain is not None
    assert found.gain[0] == pytest.approx(0)
    assert not found.beats
    assert words.verdict(found).startswith("The score does not sort better than silent yes or no")
    assert "listed first by silent yes or no" in words.verdict(found)


def test_a_score_that_sorts_the_responding_ones_too_beats_the_state() -> None:
    rows = [
        renewal(
            n,
            state=AccountState.SILENT if n % 6 == 0 else AccountState.HEARD,
            lost=n % 9 == 0,
            score=(80.0 if n % 9 == 0 else 10.0) + n % 7,
        )
        for n in range(360)
    ]
    found = backtest(rows)
    assert isinstance(found, Backtest)
    assert found.beats
    assert found.rivals[0].auc == 1.0
    assert words.verdict(found).startswith("The score sorts better than silent yes or no")


def test_a_backtest_tells_slope_and_intercept_of_what_was_foretold() -> None:
    found = backtest(book((30, 60), (10, 240)))
    assert isinstance(found, Backtest)
    assert found.slope is not None
    assert found.intercept is not None
    told = words.calibrated(found)
    assert f"slope {found.slope:.2f} (1 is right, under 1 too bold)" in told
    assert f"intercept {found.intercept:.2f} (0 is right)".replace("-", "\u2212") in told


def test_nothing_of_a_quarter_or_after_it_foretells_it() -> None:
    rows = book((30, 60), (10, 240))
    whole = backtest(rows)
    turned = [
        Renewal(**{**vars(one), "lost": not one.lost}) if one.decided_on >= date(2026, 10, 1) else one for one in rows
    ]
    changed = backtest(turned)
    assert isinstance(whole, Backtest)
    assert isinstance(changed, Backtest)
    assert [one.expected for one in whole.quarters] == [one.expected for one in changed.quarters]


def test_groups_are_three() -> None:
    assert [renewal(1, state=state, lost=False).group for state in (AccountState.SILENT, AccountState.HEARD)] == [
        Group.SILENT,
        Group.RESPONDING,
    ]
    assert renewal(1, state=AccountState.QUIET, lost=False).group == Group.THIRD


def test_a_penalised_fit_of_one_yes_or_no_is_firths_closed_form_and_a_separating_one_stays_finite() -> None:
    x = [[1.0]] * 5 + [[0.0]] * 20
    y = [True] * 5 + [True] * 3 + [False] * 17
    fit = statistics.logistic_fit(x=x, y=y)
    assert fit is not None
    assert fit["coef"][1] == pytest.approx(statistics.firth_log_or(a=5, b=0, c=3, d=17), rel=1e-6)
    assert statistics.logistic_fit(x=x, y=y, penalised=False) is None


def test_a_plain_fit_is_the_grouped_one() -> None:
    x = [[1.0]] * 20 + [[0.0]] * 40
    y = [True] * 5 + [False] * 15 + [True] * 4 + [False] * 36
    fit = statistics.logistic_fit(x=x, y=y, penalised=False)
    grouped = statistics.logistic_grouped(
        rows=[{"silent": 1, "churned": 5, "renewed": 15}, {"silent": 0, "churned": 4, "renewed": 36}]
    )
    assert fit is not None
    assert grouped is not None
    assert fit["coef"] == pytest.approx(grouped["coef"])
    assert fit["se"] == pytest.approx(grouped["se"])
