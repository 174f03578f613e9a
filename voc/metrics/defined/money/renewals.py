"""Renewals: who left, who stayed, with how much (3-metrics 8)."""

from voc.metrics.columns.money import renewals as of_all_renewals
from voc.metrics.defined.money.declaring import figure
from voc.metrics.definition import Definition, Direction, Kind, Spread
from voc.metrics.money import reckoning, retention

_LANDMARK = (
    "Counts accounts whose renewal was decided in the period, under whoever owned them 90 days before the decision, or "
    "at the notice date if that is earlier. Renewals not decided yet are listed beside it. Churn has many parents: "
    "influenced, not owned."
)
_REVENUE = (
    f"Accounts without an amount, or whose currency has no rate, are left out and named. Under 8 decisions only counts "
    f"are told; the range is approximate. {_LANDMARK}"
)
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
_SHARE = {**_RATIO, "reckon": reckoning.revenue_share}
_IN_TIME = {
    "counts": "renewals",
    "kind": Kind.RENEWAL,
    "spread": Spread.PLAIN,
    "nothing": "No renewal was due in this period.",
}

RENEWALS: tuple[Definition, ...] = (
    figure(
        "customer_churn",
        retention.customer_churn,
        of_all_renewals.customer_churn,
        label="Customers lost",
        text=f"Accounts that left, of the accounts that decided. {_LANDMARK}",
        direction=Direction.DOWN,
        **_LOGOS,
    ),
    figure(
        "logo_retention",
        retention.logo_retention,
        of_all_renewals.logo_retention,
        label="Customers kept",
        text=f"Accounts that renewed, of the accounts that decided. {_LANDMARK}",
        **_LOGOS,
    ),
    figure(
        "revenue_churn",
        retention.revenue_churn,
        of_all_renewals.revenue_churn,
        label="Revenue lost",
        text="Recurring revenue that left with its account or in part, of the revenue at stake: 1 less gross "
        f"retention. {_REVENUE}",
        direction=Direction.DOWN,
        **_SHARE,
    ),
    figure(
        "grr",
        retention.grr,
        of_all_renewals.grr,
        label="Gross revenue retention",
        text=f"Recurring revenue kept, growth left out, of the revenue at stake. {_REVENUE}",
        **_SHARE,
    ),
    figure(
        "nrr",
        retention.nrr,
        of_all_renewals.nrr,
        label="Net revenue retention",
        text=f"Recurring revenue after the decision, growth included, of the revenue at stake. {_REVENUE}",
        **_RATIO,
    ),
    figure(
        "on_time_renewal",
        retention.on_time_renewal,
        of_all_renewals.on_time_renewal,
        label="Renewed on time",
        text=f"Renewals won on or before the day their term ended, of those due. {_DUE}",
        **_IN_TIME,
    ),
    figure(
        "renewal_confirmed_90",
        retention.renewal_confirmed_90,
        of_all_renewals.renewal_confirmed_90,
        label="Renewal confirmed 90 days ahead",
        text=f"Renewals that the customer confirmed at least 90 days before the day, of those due. {_DUE}",
        **_IN_TIME,
    ),
)
