"""Small and empty data, worked out by hand from the definitions."""

import math

import pytest

from voc import statistics


def test_nothing_is_never_zero() -> None:
    assert statistics.wilson(x=0, n=0) is None
    assert statistics.nps(promoters=0, passives=0, detractors=0) is None
    assert statistics.coverage(roles=[], fresh_cut=0.7) is None
    assert statistics.coverage(roles=[(0, [0.9])], fresh_cut=0.7) is None
    assert statistics.sla(cases=[])["attainment"] is None
    assert statistics.participation(census=0, invited=0, delivered=0, responded=0)["participation"] is None
    assert statistics.km_response_rate(days=[], responded=[], horizon=21) is None
    assert statistics.cluster_ratio_se(responded=[1], invited=[2]) is None


def test_a_rate_without_denominator_is_null_and_the_others_stand() -> None:
    rates = statistics.response_rates(I=0, P=0, R=0, NC=0, O=0, UE=4, e=0.5)
    assert (rates["RR1"], rates["RR3"], rates["RR5"], rates["RR6"]) == (0.0, 0.0, None, None)


def test_the_mid_market_example_of_the_definitions() -> None:
    roles = [(3, [0.9]), (2, [0.5, 0.65]), (2, [0.95, 0.4]), (1, []), (1, [0.72]), (1, [0.3])]
    found = statistics.coverage(roles=roles, fresh_cut=0.7)
    assert found is not None
    assert found["binary"] == pytest.approx(0.6)
    assert found["expected"] == pytest.approx(0.731)


def test_a_role_that_wants_two_people_needs_both() -> None:
    one_fresh = statistics.coverage(roles=[(2, [0.9, 0.5], 2)], fresh_cut=0.7)
    assert one_fresh is not None
    assert one_fresh["binary"] == 0
    assert one_fresh["expected"] == pytest.approx((0.45 * 2 + 0.5 * 1) / 2)  # both .45, exactly one .9x.5 + .1x.5


def test_an_account_without_contacts_hangs_on_no_thread() -> None:
    found = statistics.threads(valid_probabilities=[])
    assert (found["distribution"], found["single_or_none"]) == ([1.0], 1.0)


def test_a_score_of_all_alike_still_has_an_interval() -> None:
    low, high = statistics.nps_score(promoters=8, passives=0, detractors=0) or (0.0, 0.0)
    assert high == 100
    assert 0 < low < 100
    down, up = statistics.nps_score(promoters=0, passives=8, detractors=0) or (0.0, 0.0)
    assert down == pytest.approx(-up)
    assert up > 0


def test_one_or_two_accounts_carry_no_interval_of_their_mean() -> None:
    one = statistics.nps_rollup(accounts=[(2, 0, 1)])
    two = statistics.nps_rollup(accounts=[(2, 0, 1), (0, 1, 0)])
    assert one is not None
    assert two is not None
    assert (one["account_se"], one["lo"]) == (None, None)
    assert two["account_se"] is not None
    assert two["lo"] is None


def test_relative_risks_with_empty_cells() -> None:
    none_left = statistics.rr_score(a=0, n1=20, b=3, n2=40)
    assert none_left is not None
    assert none_left[:2] == (0.0, 0.0)
    only_silent = statistics.rr_score(a=4, n1=20, b=0, n2=40)
    assert only_silent is not None
    assert (only_silent[0], only_silent[2]) == (math.inf, math.inf)
    assert only_silent[1] is not None
    assert 0 < only_silent[1] < math.inf
    assert statistics.rr_score(a=0, n1=20, b=0, n2=40) == (None, 0.0, math.inf)
    assert statistics.rr_mantel_haenszel(strata=[(1, 5, 0, 0)]) is None


@pytest.mark.parametrize(("n1", "n2"), [(0, 12), (12, 0), (0, 0)])
def test_without_a_silent_or_a_responding_renewal_the_prior_stands_alone(n1: int, n2: int) -> None:
    found = statistics.rr_posterior(a=min(n1, 2), n1=n1, b=min(n2, 2), n2=n2)
    assert found is not None
    assert found[:3] == pytest.approx((2, 2 / 7, 14))
    assert found[3] == pytest.approx(0.757, abs=0.001)  # Phi(ln 2 / .99283)


def test_books_that_do_not_differ_all_shrink_to_the_mean() -> None:
    found = statistics.eb_shrink(x=[5, 10, 15], n=[10, 20, 30])
    assert found is not None
    assert (found["rho"], found["prior_n"], found["shrunk"]) == (0, math.inf, [0.5] * 3)
    assert "interval_first" not in found


def test_a_median_that_is_never_reached_is_infinite() -> None:
    found = statistics.kaplan_meier(time=[1, 5, 9, 9], event=[1, 0, 0, 0], at=2)
    assert found is not None
    assert found["median"] == math.inf
    assert found["S"] == 0.75


def test_tied_scores_cannot_tell_lost_from_kept() -> None:
    found = statistics.auc_delong(churned=[5, 5], renewed=[5, 5, 5])
    assert found is not None
    assert found[:2] == (0.5, 0.0)
    lift = statistics.lift_top(scores=[5, 5, 5, 5], churned=[1, 0, 0, 0], fraction=0.5)
    assert (lift["k"], lift["captured"], lift["lift"]) == (2, 0.5, 1.0)
    assert statistics.lift_top(scores=[2, 1], churned=[0, 0], fraction=0.5)["lift"] is None


def test_a_predictor_that_separates_has_no_finite_model() -> None:
    rows = [{"silent": 1, "churned": 5, "renewed": 0}, {"silent": 0, "churned": 0, "renewed": 5}]
    assert statistics.logistic_grouped(rows=rows) is None


def test_the_team_curve_is_a_step_function() -> None:
    found = statistics.pace(curve={"3": 0.25, "7": 0.4}, ages=[1, 3, 6.9, 7, 30], answered=2)
    assert found["expected"] == pytest.approx(0 + 0.25 + 0.25 + 0.4 + 0.4)


def test_a_bounce_cancels_what_was_known_and_a_later_sign_revives() -> None:
    signs = [(0, 1.0), (50, 0.9)]
    assert statistics.freshness(events=signs, now=60, annual_loss=0.25, bounce_at=50) == 0
    assert statistics.freshness(events=signs, now=60, annual_loss=0.25, bounce_at=49) > 0.8
    assert statistics.freshness(events=signs, now=60, annual_loss=0.25, bounce_at=61) > 0.9
