"""Retention and growth, worked out by hand: at least two cases for each figure."""

from datetime import date, timedelta

import pytest

from tests.metrics.clients import BEN, DANA, ON, ago, client, facts, labels, mark, renewal, sale, sample, sums, terms
from voc.metrics.catalogue import BY_NAME
from voc.metrics.money import growth, proofs, reckoning, retention
from voc.metrics.money.facts import Client, DealKind, Held, Owned
from voc.metrics.money.owners import holder, owner_at_landmark, owner_on, stretches
from voc.metrics.money.retention import due_day
from voc.metrics.money.rows import Standards

YEAR = terms(365)


def the_five() -> list[Client]:
    """The worked example of the definition: 100, 50, 80, 20, 60 become 120, 50, 0, 15, 60."""
    pairs = ((100, 120), (50, 50), (80, 0), (20, 15), (60, 60))
    return [client(f"acc-{at}", renewal(start, end)) for at, (start, end) in enumerate(pairs)]


def test_the_worked_example_of_five_renewals() -> None:
    five = the_five()
    assert sums(retention.nrr, *five, terms=YEAR) == (245, 310)  # 79.0%
    assert sums(retention.grr, *five, terms=YEAR) == (225, 310)  # 72.6%
    assert sums(retention.revenue_churn, *five, terms=YEAR) == (85, 310)  # 27.4%
    assert sums(retention.logo_retention, *five, terms=YEAR) == (4, 5)
    assert sums(retention.customer_churn, *five, terms=YEAR) == (1, 5)
    assert labels(retention.nrr, *five, terms=YEAR) == ["grown", "kept", "lost", "shrunk", "kept"]


def test_only_decisions_of_the_period_count_and_open_ones_stand_beside() -> None:
    found = [
        client("a", renewal(100, 90, days_ago=364)),
        client("b", renewal(100, 0, days_ago=365)),  # the day before the period began
        client("c", renewal(100, None, days_ago=10, closed=False)),
    ]
    assert sums(retention.customer_churn, *found, terms=YEAR) == (0, 1)
    assert labels(retention.customer_churn, *found, terms=YEAR) == ["kept", "not_decided"]
    assert sums(retention.grr, *found, terms=YEAR) == (90, 100)
    assert sums(retention.nrr, *found, terms=YEAR) == (90, 100)
    assert sums(retention.logo_retention, *found, terms=YEAR) == (1, 1)


def test_two_contracts_of_an_account_are_one_customer() -> None:
    both = client("a", renewal(100, 0, days_ago=40), renewal(60, 90, days_ago=20))
    assert sums(retention.customer_churn, both, terms=YEAR) == (0, 1)
    assert sums(retention.nrr, both, terms=YEAR) == (90, 160)
    assert sums(retention.revenue_churn, both, terms=YEAR) == (70, 160)


def test_without_an_amount_or_a_rate_it_is_a_customer_and_no_money() -> None:
    unknown = client("a", renewal(None, None, won=True))
    no_rate = client("b", renewal(None, None, no_rate=True))
    assert sums(retention.customer_churn, unknown, no_rate, terms=YEAR) == (1, 2)  # the one without `won` is lost
    assert sums(retention.nrr, unknown, no_rate, terms=YEAR) == (0, 0)
    assert labels(retention.nrr, unknown, no_rate, terms=YEAR) == ["no_revenue", "no_rate"]
    assert sums(retention.nrr, client("c", renewal(100, None, won=True, amount=105)), terms=YEAR) == (105, 100)


def test_a_renewal_belongs_to_whoever_owned_the_account_90_days_before() -> None:
    held = (Held("csm-1", date(2020, 1, 1), ago(40)), Held("csm-2", ago(40)))
    assert owner_at_landmark(held, ago(0)) == DANA
    assert owner_at_landmark((Held("csm-1", date(2020, 1, 1), ago(91)), Held("csm-2", ago(91))), ago(0)) == BEN
    assert owner_at_landmark((Held("csm-1", ago(60)),), ago(0)) == Owned("csm-1", inherited=True)  # nobody knows
    assert owner_at_landmark((), ago(0)) == Owned(None)


def test_where_contracts_ask_for_notice_earlier_the_owner_of_that_day_counts() -> None:
    """Handed over 120 days before: with 90 days to decide it is Ben's, with 150 days of notice it was Dana's."""
    held = (Held("csm-1", date(2020, 1, 1), ago(120)), Held("csm-2", ago(120)))
    assert owner_at_landmark(held, ago(0), notice_days=30) == BEN
    assert owner_at_landmark(held, ago(0), notice_days=150) == DANA


def test_in_the_first_60_days_after_a_hand_over_a_fact_counts_for_the_team() -> None:
    held = (Held("csm-1", date(2020, 1, 1), ago(100)), Held("csm-2", ago(100)))
    assert owner_on(held, ago(101)) == DANA
    assert owner_on(held, ago(41)) == Owned("csm-2", inherited=True)
    assert owner_on(held, ago(40)) == BEN  # the 60th day
    assert owner_on(held, date(2019, 1, 1), named="csm-9") == Owned("csm-9")  # before we first read it
    assert holder(held, date(2019, 1, 1)) is None


def test_the_days_of_a_period_are_shared_without_a_gap() -> None:
    held = (Held("csm-1", ago(300), ago(100)), Held("csm-2", ago(100)))
    found = stretches(held, after_on=ago(365), to_on=ON)
    assert sum(one.days for one in found) == 365
    assert [(one.owner.csm_id, one.owner.inherited, one.days) for one in found] == [
        ("csm-1", True, 64),  # before our time
        ("csm-1", False, 60),
        ("csm-1", False, 140),
        ("csm-2", True, 60),
        ("csm-2", False, 41),
    ]


# --- in time ---


def test_renewed_on_time_is_by_the_day_it_was_due_decided_or_not() -> None:
    due = ago(30)
    found = [
        client("a", renewal(1, 1, days_ago=31, due_on=due)),  # a day early
        client("b", renewal(1, 1, days_ago=30, due_on=due)),  # on the day
        client("c", renewal(1, 1, days_ago=29, due_on=due)),  # a day late
        client("d", renewal(1, 0, days_ago=60, due_on=due)),
        client("e", renewal(1, None, days_ago=30, closed=False)),
    ]
    assert sums(retention.on_time_renewal, *found, terms=YEAR) == (2, 5)
    assert labels(retention.on_time_renewal, *found, terms=YEAR) == ["in_time", "in_time", "late", "lost", "overdue"]


def test_a_decision_after_the_day_of_the_figures_was_not_known() -> None:
    late = client("a", renewal(1, 1, days_ago=-5, due_on=ago(10)))
    assert labels(retention.on_time_renewal, late, terms=YEAR) == ["overdue"]
    assert sums(retention.on_time_renewal, client("b", renewal(1, 1, days_ago=-5, due_on=ago(-3))), terms=YEAR) == (
        0,
        0,
    )


def test_confirmed_90_days_ahead_counts_the_90th_day() -> None:
    due = ago(10)
    found = [
        client("a", renewal(1, 1, due_on=due, confirmed_on=due - timedelta(days=90))),
        client("b", renewal(1, 1, due_on=due, confirmed_on=due - timedelta(days=89))),
        client("c", renewal(1, 0, due_on=due)),
    ]
    assert sums(retention.renewal_confirmed_90, *found, terms=YEAR) == (1, 3)
    assert labels(retention.renewal_confirmed_90, *found, terms=YEAR) == [
        "confirmed",
        "confirmed_late",
        "not_confirmed",
    ]
    assert sums(retention.renewal_confirmed_90, client("d", renewal(1, 1, due_on=None)), terms=YEAR) == (0, 0)


def test_the_day_a_decided_renewal_was_due_is_the_anniversary_nearest_to_its_decision() -> None:
    rolled_on = date(2027, 2, 1)
    assert due_day(closes_on=date(2026, 1, 20), closed=True, renewal_on=rolled_on) == date(2026, 2, 1)
    assert due_day(closes_on=date(2026, 2, 9), closed=True, renewal_on=rolled_on) == date(2026, 2, 1)
    assert due_day(closes_on=date(2026, 12, 20), closed=True, renewal_on=date(2029, 1, 5)) == date(2027, 1, 5)
    assert due_day(closes_on=date(2026, 3, 1), closed=True, renewal_on=date(2028, 2, 29)) == date(2026, 2, 28)
    assert due_day(closes_on=date(2026, 3, 1), closed=False, renewal_on=rolled_on) == date(2026, 3, 1)
    assert due_day(closes_on=date(2026, 3, 1), closed=True, renewal_on=None) is None


# --- growth ---


def test_expansion_is_what_opening_accounts_bought_of_what_they_paid() -> None:
    more = client("a", sale(DealKind.UPSELL, 20, days_ago=30), revenue=120.0)
    else_ = client("b", sale(DealKind.CROSS_SELL, 15, days_ago=60), revenue=215.0)
    same = client("c", revenue=300.0)
    everybody = (more, else_, same)
    assert sums(growth.upsell, *everybody, terms=YEAR) == (20, 600)
    assert sums(growth.cross_sell, *everybody, terms=YEAR) == (15, 600)
    assert sums(growth.whitespace, *everybody, terms=YEAR) == (0, 600)
    assert sums(growth.expansion, *everybody, terms=YEAR) == (35, 600)


def test_growth_at_a_renewal_is_more_of_the_same_and_a_new_customer_is_no_expansion() -> None:
    grown = client("a", renewal(100, 130), revenue=130.0)
    newcomer = client("b", sale(DealKind.NEW, 50, days_ago=20), since_on=ago(20), revenue=50.0)
    assert sums(growth.upsell, grown, newcomer, terms=YEAR) == (30, 100)
    assert sums(growth.expansion, grown, newcomer, terms=YEAR) == (30, 100)
    assert sums(growth.cross_sell, grown, newcomer, terms=YEAR) == (0, 100)


def test_a_first_sale_to_a_new_unit_is_credited_to_the_account_above_it() -> None:
    parent = client("parent", revenue=400.0)
    unit = client("unit", sale(DealKind.NEW, 40, days_ago=100), since_on=ago(100), revenue=40.0, parent_id="parent")
    again = client("unit-2", sale(DealKind.NEW, 7, days_ago=50), since_on=ago(50), revenue=7.0, parent_id="unit")
    found = growth.credit_units([parent, unit, again], opening_on=YEAR.after_on)
    assert sums(growth.whitespace, *found, terms=YEAR) == (47, 400)  # both go up to the account that paid
    assert sums(growth.expansion, *found, terms=YEAR) == (47, 400)


def test_a_unit_that_paid_before_or_whose_group_paid_nothing_is_no_new_unit() -> None:
    parent = client("parent", revenue=0.0, since_on=ago(10))
    unit = client("unit", sale(DealKind.NEW, 40, days_ago=100), since_on=ago(100), revenue=40.0, parent_id="parent")
    old = client("old", sale(DealKind.NEW, 40, days_ago=800), revenue=40.0, parent_id="parent")
    assert sums(growth.whitespace, *growth.credit_units([parent, unit], opening_on=YEAR.after_on), terms=YEAR) == (0, 0)
    assert sums(growth.whitespace, *growth.credit_units([parent, old], opening_on=YEAR.after_on), terms=YEAR) == (0, 40)


def test_an_account_that_changed_hands_is_shared_by_days_and_a_sale_is_whoever_sold() -> None:
    held = (Held("csm-1", date(2020, 1, 1), ago(100)), Held("csm-2", ago(100)))
    one = client("a", sale(DealKind.UPSELL, 36.5, days_ago=200), held=held, revenue=401.5, owner=BEN)
    assert sums(growth.upsell, one, terms=YEAR) == (36.5, pytest.approx(365))
    assert sums(growth.upsell, one, terms=YEAR, csm="csm-1") == (36.5, pytest.approx(264))
    assert sums(growth.upsell, one, terms=YEAR, csm="csm-2") == (0, pytest.approx(41))  # 60 days are the team's


def test_revenue_on_a_day_is_walked_back_from_todays() -> None:
    one = client("a", renewal(100, 130, days_ago=50), sale(DealKind.UPSELL, 20, days_ago=20), revenue=150.0)
    assert [growth.revenue_at(one, ago(days)) for days in (0, 20, 21, 50, 51)] == [150, 150, 130, 130, 100]
    lost = client("b", renewal(80, 0, days_ago=50), revenue=80.0, customer=False, churned_on=ago(50))
    assert [growth.revenue_at(lost, ago(days)) for days in (0, 50, 51)] == [0, 0, 80]
    assert growth.revenue_at(client("c", revenue=None), ON) is None


def test_a_circle_of_parents_ends() -> None:
    round_ = [client(id, parent_id=above) for id, above in (("a", "b"), ("b", "a"))]
    assert [one.account_id for one in growth.credit_units(round_, opening_on=ago(365))] == ["a", "b"]
    assert growth.root_of("b", {"a": "b", "b": "a"}) == "a"


def test_net_profitability_is_margin_less_costs_of_the_revenue_of_the_period() -> None:
    known = terms(365, standards=Standards(gross_margin=0.8), costs_known=True)
    one = client("a", mark("cost_service", 30, 20.0), mark("cost_renewal", 400, 99.0), revenue=365.25)
    free = client("b", revenue=365.25)
    assert sums(proofs.net_profitability, one, terms=known) == (pytest.approx(292 - 20), pytest.approx(365))
    assert sums(proofs.net_profitability, one, free, terms=known) == (pytest.approx(564), pytest.approx(730))
    loss = client("c", mark("cost_acquisition", 5, 400.0), revenue=365.25)
    assert sums(proofs.net_profitability, loss, terms=known)[0] == pytest.approx(-108)
    assert facts(proofs.net_profitability, one, terms=YEAR) == []  # no margin is set, no costs are known
    foreign = client("d", mark("cost_service", 3, 9.0, money=None), revenue=None)
    assert labels(proofs.net_profitability, foreign, terms=known) == ["no_rate"]


# --- the interval, and who weighs ---


def test_a_ratio_has_an_interval_from_eight_accounts_on() -> None:
    five = reckoning.revenue_ratio(sample(facts(retention.nrr, *the_five(), terms=YEAR)))
    assert five.value == pytest.approx(245 / 310)
    assert five.interval is None
    assert five.extra["largest_share"] == pytest.approx(100 / 310)
    eight = [client(f"acc-{at}", renewal(100, end)) for at, end in enumerate((100, 100, 100, 100, 100, 100, 100, 20))]
    found = reckoning.revenue_ratio(sample(facts(retention.nrr, *eight, terms=YEAR)))
    assert found.value == 0.9
    assert found.interval is not None
    # e - 0.9 s: seven times 10 and once -70: sum of squares 5600; se = sqrt(8/7 * 5600)/800 = 0.1; t(7) = 2.364624
    assert [found.interval.low, found.interval.high] == pytest.approx([0.6635376, 1.1364624])


def test_what_is_kept_or_lost_of_revenue_is_never_more_than_all_of_it() -> None:
    """Of ten decisions nine kept everything and one half. Growth takes net retention above 100%, and nothing else."""
    ten = [client(f"acc-{at}", renewal(100, 100 if at else 50)) for at in range(10)]
    highs = {}
    for name in ("grr", "nrr", "revenue_churn"):
        rule, reckon = getattr(retention, name), BY_NAME[name].reckon
        assert reckon is not None
        found = reckon(sample(facts(rule, *ten, terms=YEAR)))
        assert found.interval is not None
        assert found.interval.low < (found.value or 0.0) < found.interval.high
        highs[name] = round(found.interval.high, 3)
    assert highs == {"grr": 1.0, "nrr": 1.063, "revenue_churn": 0.163}


def test_the_total_without_each_account_shows_the_one_that_decides() -> None:
    rows = [("small", 10.0, 10.0), ("large", 0.0, 80.0), ("middle", 10.0, 10.0)]
    assert reckoning.leave_one_out(rows) == [
        ("large", 1.0),
        ("middle", pytest.approx(1 / 9)),
        ("small", pytest.approx(1 / 9)),
    ]
    assert reckoning.leave_one_out(rows[:1]) == []
