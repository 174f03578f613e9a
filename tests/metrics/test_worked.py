"""Each figure of 3-metrics 8a, and each that a shipped scorecard names, has two cases worked out by hand."""

from collections import Counter

import pytest

from tests.metrics.worked import WORKED, Worked
from voc.metrics.cards import files
from voc.metrics.run.cards import shipped

# The lines of 8a and the figures that they are.
OF_8A: dict[str, tuple[str, ...]] = {
    "identified promoters": ("identified_promoters",),
    "alert follow-up rate": ("follow_up_attainment",),
    "silent accounts": ("silent_accounts", "silent_arr"),
    "invitation guideline met": ("invitation_guideline",),
    "response target met": ("response_target",),
    "contact upkeep": ("contact_upkeep",),
    "stakeholders known": ("stakeholders_known", "stakeholders_known_arr", "coverage_fresh"),
    "VOC contribution": ("voc_contribution",),
    "CRM upkeep": ("crm_upkeep",),
    "activity, meetings": ("activity", "meetings_valued"),
    "business reviews held": ("business_reviews_held",),
    "call quality": ("call_quality", "hand_over_quality"),
    "A x Q = O": ("activity_x_quality", "recovery_of_all", "recovery_of_answered"),
    "onboarding time": ("onboarding_time", "live_in_time"),
    "time to launch": ("time_to_launch",),
    "stuck accounts": ("stuck_accounts",),
    "revenue trained 30 / 90": ("revenue_trained_30", "revenue_trained_90"),
    "onboarding rating, training score": ("onboarding_rating", "training_score"),
    "churn, GRR, NRR": ("customer_churn", "logo_retention", "revenue_churn", "grr", "nrr"),
    "renewals in time": ("on_time_renewal", "renewal_confirmed_90"),
    "expansion": ("expansion", "upsell", "cross_sell", "whitespace"),
    "net profitability": ("net_profitability",),
    "proofs": ("success_stories", "documents", "validated_references"),
    "any number from outside": ("product_usage", "number_seats"),
    "referrals named": ("referrals_named",),
    "customer-stated value": ("customer_stated_value", "concessions"),
}


@pytest.mark.parametrize("case", WORKED, ids=lambda one: f"{one.figure}: {one.why}")
def test_a_figure_is_what_it_comes_to_by_hand(case: Worked) -> None:
    assert case.got() == pytest.approx(case.want)


def test_every_figure_of_8a_and_of_a_shipped_scorecard_has_two_cases() -> None:
    wanted = {name for names in OF_8A.values() for name in names}
    wanted |= {name for card, text in shipped().items() for name in files.load(card, text).figures}
    cases = Counter(one.figure for one in WORKED)
    assert {name: cases[name] for name in sorted(wanted) if cases[name] < 2} == {}
    assert len({(one.figure, one.why) for one in WORKED}) == len(WORKED)  # two are not one said twice
