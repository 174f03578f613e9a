"""Renewals, growth, onboarding, contacts, upkeep and proofs, of what the CRM and respondents tell (3-metrics 8, 8a)."""

import re
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Any

from voc.metrics.columns.money import contacts as of_all_contacts
from voc.metrics.columns.money import growth as of_all_growth
from voc.metrics.columns.money import onboarding as of_all_onboarding
from voc.metrics.columns.money import proofs as of_all_proofs
from voc.metrics.columns.money import recovered as of_all_recovered
from voc.metrics.columns.money import renewals as of_all_renewals
from voc.metrics.columns.money.fact_rows import FactRows
from voc.metrics.columns.money.period import Period
from voc.metrics.definition import Definition, Direction, Kind, Measure, Owner, Spread
from voc.metrics.model import Fact
from voc.metrics.money import contacts, growth, onboarding, proofs, reckoning, recovered, retention, upkeep
from voc.metrics.money.ledger import Ledger
from voc.metrics.money.rows import Rule

SUBJECT = "money"
Columns = Callable[[Period], FactRows]


def _of(rule: Rule) -> Callable[[Ledger], Iterable[Fact]]:
    return lambda ledger: (fact for client in ledger.clients for fact in rule(client, ledger.terms))


def _figure(name: str, rule: Rule, columns: Columns, **declared: Any) -> Definition:
    """`rule` makes the rows of one account, `columns` the same of all at once."""
    return Definition(name=name, owner=Owner.FACT, subject=SUBJECT, facts=_of(rule), columns=columns, **declared)


_LANDMARK = (
    "Counts accounts whose renewal was decided in the period, under whoever owned them 90 days before the decision, or "
    "at the notice date if that is earlier. Renewals not decided yet are listed beside it. Churn has many parents: "
    "influenced, not owned."
)
_REVENUE = (
    f"Accounts without an amount, or whose currency has no rate, are left out and named. Under 8 decisions only counts "
    f"are told; the range is approximate. {_LANDMARK}"
)
_OWNER = "Under the owner on the day; in the first 60 days after a hand-over it counts for the team."
_DAYS = "An account that changed hands is shared among its owners by their days."
_DUE = (
    "Renewals whose term ended in the period; one still open after its day is due too. Under the owner 90 days "
    "before, or at the notice date if that is earlier."
)

_LOGOS = {
    "counts": "renewals",
    "kind": Kind.RENEWAL,
    "spread": Spread.PLAIN,
    "least": 10,
    "nothing": "No renewal was decided in this period.",
}
_RATIO = {
    "counts": "in revenue",
    "rows": "renewals",
    "kind": Kind.RENEWAL,
    "spread": Spread.RECKONED,
    "reckon": reckoning.revenue_ratio,
    "least": 8,
    "least_for_interval": 8,
    "nothing": "No renewal with an amount was decided in this period.",
}
_IN_TIME = {
    "counts": "renewals",
    "kind": Kind.RENEWAL,
    "spread": Spread.PLAIN,
    "nothing": "No renewal was due in this period.",
}
_GROWTH = {
    "counts": "in revenue",
    "rows": "accounts",
    "kind": Kind.RENEWAL,
    "nothing": "No account had any revenue when the period began.",
}
_MEDIAN = {
    "kind": Kind.RENEWAL,
    "measure": Measure.DAYS,
    "direction": Direction.DOWN,
    "spread": Spread.RECKONED,
    "reckon": reckoning.median_days,
}
_COUNT = {"measure": Measure.NUMBER, "reckon": reckoning.counted}

RENEWALS: tuple[Definition, ...] = (
    _figure(
        "customer_churn",
        retention.customer_churn,
        of_all_renewals.customer_churn,
        label="Customers lost",
        text=f"Accounts that left, of the accounts that decided. {_LANDMARK}",
        direction=Direction.DOWN,
        **_LOGOS,
    ),
    _figure(
        "logo_retention",
        retention.logo_retention,
        of_all_renewals.logo_retention,
        label="Customers kept",
        text=f"Accounts that renewed, of the accounts that decided. {_LANDMARK}",
        **_LOGOS,
    ),
    _figure(
        "revenue_churn",
        retention.revenue_churn,
        of_all_renewals.revenue_churn,
        label="Revenue lost",
        text="Recurring revenue that left with its account or in part, of the revenue at stake: 1 less gross "
        "retention. "
        f"{_REVENUE}",
        direction=Direction.DOWN,
        **_RATIO,
    ),
    _figure(
        "grr",
        retention.grr,
        of_all_renewals.grr,
        label="Gross revenue retention",
        text=f"Recurring revenue kept, growth left out, of the revenue at stake. {_REVENUE}",
        **_RATIO,
    ),
    _figure(
        "nrr",
        retention.nrr,
        of_all_renewals.nrr,
        label="Net revenue retention",
        text=f"Recurring revenue after the decision, growth included, of the revenue at stake. {_REVENUE}",
        **_RATIO,
    ),
    _figure(
        "on_time_renewal",
        retention.on_time_renewal,
        of_all_renewals.on_time_renewal,
        label="Renewed on time",
        text=f"Renewals won on or before the day their term ended, of those due. {_DUE}",
        **_IN_TIME,
    ),
    _figure(
        "renewal_confirmed_90",
        retention.renewal_confirmed_90,
        of_all_renewals.renewal_confirmed_90,
        label="Renewal confirmed 90 days ahead",
        text=f"Renewals that the customer confirmed at least 90 days before the day, of those due. {_DUE}",
        **_IN_TIME,
    ),
)

GROWTH: tuple[Definition, ...] = (
    _figure(
        "expansion",
        growth.expansion,
        of_all_growth.expansion,
        label="Expansion",
        text="Recurring revenue won in the period from accounts that were customers when it began: more of the same, "
        f"something else, and first sales to new units of theirs; of what they paid then. {_DAYS}",
        **_GROWTH,
    ),
    _figure(
        "upsell",
        growth.upsell,
        of_all_growth.upsell,
        label="Expansion, more of the same",
        text=f"Upsells, and growth at a renewal, of what the accounts paid when the period began. {_DAYS}",
        **_GROWTH,
    ),
    _figure(
        "cross_sell",
        growth.cross_sell,
        of_all_growth.cross_sell,
        label="Expansion, new products",
        text=f"Cross-sells, of what the accounts paid when the period began. {_DAYS}",
        **_GROWTH,
    ),
    _figure(
        "whitespace",
        growth.whitespace,
        of_all_growth.whitespace,
        label="Expansion, new units",
        text="First sales to a unit that paid nothing yet, of an account that did; of what the accounts paid when the "
        f"period began. A unit is an account with a parent in the CRM. {_DAYS}",
        **_GROWTH,
    ),
    _figure(
        "net_profitability",
        proofs.net_profitability,
        of_all_proofs.net_profitability,
        label="Net profitability",
        text="Recurring revenue of the period at the gross margin of the settings, less the costs of acquisition, "
        "service, renewal and expansion that came in as milestones; of that revenue. Under today's owner.",
        counts="in revenue",
        rows="accounts",
        kind=Kind.RENEWAL,
        nothing="No costs came in for this period, or the gross margin is not set.",
    ),
)

ONBOARDING: tuple[Definition, ...] = (
    _figure(
        "onboarding_time",
        onboarding.onboarding_time,
        of_all_onboarding.onboarding_time,
        label="Onboarding time",
        text="Days by which half of the onboardings that began in the period are live. Open ones count at their age "
        f"(Kaplan-Meier); a customer that left before stays open. {_OWNER}",
        counts="onboardings",
        nothing="No onboarding began in this period: import onboarding_started and went_live.",
        **_MEDIAN,
    ),
    _figure(
        "live_in_time",
        onboarding.live_in_time,
        of_all_onboarding.live_in_time,
        label="Live within the standard",
        text="Onboardings live within the standard, of those that are live or past it. Those still within it stand "
        f"beside. {_OWNER}",
        counts="onboardings",
        kind=Kind.RENEWAL,
        spread=Spread.PLAIN,
        nothing="No onboarding of this period is live or past the standard.",
    ),
    _figure(
        "time_to_launch",
        onboarding.time_to_launch,
        of_all_onboarding.time_to_launch,
        label="Time to launch",
        text=f"Days from the first deal won to going live, as onboarding time. {_OWNER}",
        counts="first sales",
        nothing="No first deal was won in this period: import opportunities of the kind New Business.",
        **_MEDIAN,
    ),
    _figure(
        "stuck_accounts",
        onboarding.stuck_accounts,
        of_all_onboarding.stuck_accounts,
        label="Stuck in onboarding",
        text="Open stages (waiting to start, going live, training) older than four in five completed ones took in the "
        "same segment, of the open stages. Where fewer than 20 are completed nobody knows what is usual. Under "
        "today's owner.",
        counts="open stages",
        direction=Direction.DOWN,
        spread=Spread.PLAIN,
        nothing="No open stage, or fewer than 20 completed ones to compare with.",
    ),
    _figure(
        "revenue_trained_30",
        onboarding.revenue_trained_30,
        of_all_onboarding.revenue_trained_30,
        label="Revenue trained in 30 days",
        text="Recurring revenue of the accounts that completed training within 30 days of the start, of the accounts "
        f"whose 30 days ended in the period. {_OWNER}",
        counts="in revenue",
        rows="onboardings",
        kind=Kind.RENEWAL,
        nothing="No onboarding reached its 30th day in this period.",
    ),
    _figure(
        "revenue_trained_90",
        onboarding.revenue_trained_90,
        of_all_onboarding.revenue_trained_90,
        label="Revenue trained in 90 days",
        text="Recurring revenue of the accounts that completed training within 90 days of the start, of the accounts "
        f"whose 90 days ended in the period. {_OWNER}",
        counts="in revenue",
        rows="onboardings",
        kind=Kind.RENEWAL,
        nothing="No onboarding reached its 90th day in this period.",
    ),
    _figure(
        "onboarding_rating",
        onboarding.onboarding_rating,
        of_all_onboarding.onboarding_rating,
        label="Onboarding rating",
        text="Mean of 1 to 5 over the questions about the CSM in the onboarding questionnaire, one person one vote, "
        "under the CSM at the onboarding's end.",
        counts="answers",
        kind=Kind.SENTIMENT,
        measure=Measure.MEAN,
        spread=Spread.ACCOUNTS,
        nothing="Nobody answered the onboarding questionnaire in this period.",
    ),
    _figure(
        "training_score",
        onboarding.training_score,
        of_all_onboarding.training_score,
        label="Training score",
        text="Mean of 1 to 5 over the questions about the training in the onboarding questionnaire, and the scores "
        "that "
        "came in with training_completed.",
        counts="scores",
        kind=Kind.SENTIMENT,
        measure=Measure.MEAN,
        spread=Spread.ACCOUNTS,
        nothing="No training was scored in this period.",
    ),
)

CONTACTS: tuple[Definition, ...] = (
    _figure(
        "activity",
        contacts.activity,
        of_all_contacts.activity,
        label="Meetings per account and quarter",
        text="Meetings, calls and reviews logged, per account and quarter. Always read beside “Meetings valued”: how "
        f"many says nothing of what they were worth. {_DAYS}",
        counts="accounts",
        measure=Measure.MEAN,
        nothing="No account was owned in this period.",
    ),
    _figure(
        "meetings_valued",
        contacts.meetings_valued,
        of_all_contacts.meetings_valued,
        label="Meetings valued",
        text="Answers of 4 or 5 to the pulse or after a review, of those given within 90 days of a human contact.",
        counts="answers",
        kind=Kind.SENTIMENT,
        spread=Spread.PLAIN,
        nothing="No pulse or post-review answer followed a meeting in this period.",
    ),
    _figure(
        "business_reviews_held",
        contacts.business_reviews_held,
        of_all_contacts.business_reviews_held,
        label="Business reviews held",
        text="Accounts with a review in the last 180 days, of the accounts whose segment requires one. Under today's "
        "owner.",
        counts="accounts",
        nothing="No account is in a segment that requires a review.",
    ),
    _figure(
        "call_quality",
        contacts.call_quality,
        of_all_contacts.call_quality,
        label="Call quality",
        text="Mean of the call reviews of the period, 1 to 5 over the questions of the template. From 5 reviews on.",
        counts="call reviews",
        kind=Kind.SENTIMENT,
        measure=Measure.MEAN,
        spread=Spread.ACCOUNTS,
        nothing="No call was reviewed in this period.",
    ),
    _figure(
        "hand_over_quality",
        contacts.hand_over_quality,
        of_all_contacts.hand_over_quality,
        label="Hand-over quality",
        text="Mean of what colleagues said of the accounts that came to them in the period, 1 to 5 over the "
        "questions of the template, under whoever handed over. From 5 reviews on.",
        counts="hand-over reviews",
        kind=Kind.SENTIMENT,
        measure=Measure.MEAN,
        spread=Spread.ACCOUNTS,
        nothing="No hand-over was reviewed in this period.",
    ),
    Definition(
        name="activity_x_quality",
        label="Activity × quality",
        text="Activity against its standard times call quality against its standard, each at most 1.5; 1 is both in "
        "full. "
        "Printed beside the outcome (net retention, recovery), never merged into one rank. Of a team: the mean of its "
        "CSMs.",
        counts="CSMs",
        owner=Owner.FACT,
        subject=SUBJECT,
        facts=lambda ledger: contacts.activity_x_quality(ledger.clients, ledger.terms),
        columns=of_all_contacts.activity_x_quality,
        kind=Kind.MIXED,
        measure=Measure.MEAN,
        nothing="Activity or call reviews are missing in this period.",
    ),
)

UPKEEP: tuple[Definition, ...] = (
    Definition(
        name="voc_contribution",
        label="VOC contribution",
        text="Accounts where in the period a place was filled or confirmed, an answer came in or a follow-up was "
        "closed; "
        "of the accounts where any of it was due: a place without a fresh contact, somebody asked, a follow-up open. "
        "A scorecard asks it of one month. Under today's owner.",
        counts="accounts",
        owner=Owner.TODAY,
        units=upkeep.voc_contribution,
        nothing="Nothing was due at any account.",
    ),
    Definition(
        name="crm_upkeep",
        label="CRM upkeep by week",
        text="Weeks in which no problem of the sync was left open for over 7 days and every suggestion was decided "
        "within 7 days, of all whole weeks of the period. Under the owner at the end of the week.",
        counts="weeks",
        owner=Owner.FACT,
        subject=SUBJECT,
        facts=lambda ledger: upkeep.crm_upkeep(ledger.weeks),
        columns=of_all_proofs.crm_upkeep,
        nothing="The CRM was not read for a whole week in this period.",
    ),
)

_BACK = {
    "counts": "detractors",
    "kind": Kind.SENTIMENT,
    "spread": Spread.PLAIN,
    "nothing": "No detractor was asked again in this period.",
}
_NEXT_WAVE = (
    "Detractors (0 to 6) who scored 7 or more at their next wave, {of}. Bad scores improve by themselves, so the page "
    "Follow-ups says beside it how many would have come back without any follow-up. Under the owner at that wave."
)

RECOVERED: tuple[Definition, ...] = (
    _figure(
        "recovery_of_all",
        recovered.recovery_of_all,
        of_all_recovered.recovery_of_all,
        label="Detractors recovered",
        text=_NEXT_WAVE.format(of="of all who were asked again; silence is no recovery"),
        **_BACK,
    ),
    _figure(
        "recovery_of_answered",
        recovered.recovery_of_answered,
        of_all_recovered.recovery_of_answered,
        label="Detractors recovered, of those who answered again",
        text=_NEXT_WAVE.format(of="of those who answered again"),
        **_BACK,
    ),
)

PROOFS: tuple[Definition, ...] = (
    _figure(
        "success_stories",
        proofs.success_stories,
        of_all_proofs.success_stories,
        label="Success stories confirmed",
        text="Stories that a customer confirmed in the period, under whoever did it.",
        counts="stories",
        nothing="No story was confirmed in this period: import success_story_confirmed.",
        **_COUNT,
    ),
    _figure(
        "documents",
        proofs.documents,
        of_all_proofs.documents,
        label="Documentation contributed",
        text="Documents contributed in the period, under whoever did it.",
        counts="documents",
        nothing="No document was contributed in this period: import documentation_contributed.",
        **_COUNT,
    ),
    _figure(
        "validated_references",
        proofs.validated_references,
        of_all_proofs.validated_references,
        label="Validated references",
        text="References validated in the period that hold: the customer is one year old or more, its story has a "
        "number, its latest answer is no detractor's and no follow-up is overdue. The others are listed with what "
        "speaks against them.",
        counts="references",
        nothing="No reference was validated in this period: import reference_validated.",
        **_COUNT,
    ),
    _figure(
        "referrals_named",
        proofs.referrals_named,
        of_all_proofs.referrals_named,
        label="Referrals taken up",
        text="New people named by respondents who became contacts, per answer of the period.",
        counts="answers",
        nothing="Nobody answered in this period.",
    ),
    _figure(
        "customer_stated_value",
        proofs.customer_stated_value,
        of_all_proofs.customer_stated_value,
        label="Results they bought it for",
        text="Answers of 4 or 5 on getting the results they bought it for, of those who answered it. Concessions of "
        "the "
        "period are printed beside it: a good word that was bought is none.",
        counts="answers",
        kind=Kind.SENTIMENT,
        spread=Spread.CLUSTERED,
        nothing="Nobody was asked about results in this period.",
    ),
    _figure(
        "concessions",
        proofs.concessions,
        of_all_proofs.concessions,
        label="Concessions",
        text="Discounts of the period, from milestones of the kind discount_given. Printed beside the results "
        "customers "
        "state.",
        counts="discounts",
        direction=Direction.DOWN,
        kind=Kind.STATE,
        measure=Measure.MONEY,
        reckon=reckoning.counted,
        nothing="No discount came in for this period.",
    ),
    _figure(
        "product_usage",
        proofs.product_usage,
        of_all_proofs.product_usage,
        label="Product usage",
        text="Latest number of the kind product_usage of each account, one account one vote. Under today's owner.",
        counts="accounts",
        kind=Kind.STATE,
        measure=Measure.MEAN,
        nothing="No product usage came in: import product_usage with a number.",
    ),
)

_OWN_NUMBER = re.compile(r"number_[a-z0-9_]{1,57}")


@lru_cache(maxsize=256)
def of_number(name: str) -> Definition | None:
    """The figure of a number that a company sends of its own, such as number_seats; None for any other name.

    Nobody here knows what it measures, so that it may weigh on a scorecard and never pay.
    """
    if not _OWN_NUMBER.fullmatch(name):
        return None
    said = name.removeprefix("number_").replace("_", " ").strip()
    return Definition(
        name=name,
        owner=Owner.FACT,
        subject=SUBJECT,
        facts=_of(proofs.from_outside(name)),
        label=said[:1].upper() + said[1:] or name,
        text=f"Latest milestone of the kind {name} of each account with its day, one account one vote. It comes from "
        "outside: what it measures is known there. Under today's owner.",
        counts="accounts",
        kind=Kind.STATE,
        measure=Measure.MEAN,
        nothing=f"No {name} came in: import milestones of that kind with a number.",
    )


DEFINITIONS: tuple[Definition, ...] = (*RENEWALS, *GROWTH, *ONBOARDING, *CONTACTS, *UPKEEP, *RECOVERED, *PROOFS)
