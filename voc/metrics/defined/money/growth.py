"""Growth and what it costs (3-metrics 8)."""

from voc.metrics.columns.money import growth as of_all_growth
from voc.metrics.columns.money import proofs as of_all_proofs
from voc.metrics.defined.money.declaring import SHARED_BY_DAYS, figure
from voc.metrics.definition import Definition, Kind
from voc.metrics.money import growth, proofs

_GROWTH = {
    "counts": "in revenue",
    "rows": "accounts",
    "kind": Kind.RENEWAL,
    "nothing": "No account had any revenue when the period began.",
}

GROWTH: tuple[Definition, ...] = (
    figure(
        "expansion",
        growth.expansion,
        of_all_growth.expansion,
        label="Expansion",
        text="Recurring revenue won in the period from accounts that were customers when it began: more of the same, "
        f"something else, and first sales to new units of theirs; of what they paid then. {SHARED_BY_DAYS}",
        **_GROWTH,
    ),
    figure(
        "upsell",
        growth.upsell,
        of_all_growth.upsell,
        label="Expansion, more of the same",
        text=f"Upsells, and growth at a renewal, of what the accounts paid when the period began. {SHARED_BY_DAYS}",
        **_GROWTH,
    ),
    figure(
        "cross_sell",
        growth.cross_sell,
        of_all_growth.cross_sell,
        label="Expansion, new products",
        text=f"Cross-sells, of what the accounts paid when the period began. {SHARED_BY_DAYS}",
        **_GROWTH,
    ),
    figure(
        "whitespace",
        growth.whitespace,
        of_all_growth.whitespace,
        label="Expansion, new units",
        text="First sales to a unit that paid nothing yet, of an account that did; of what the accounts paid when the "
        f"period began. A unit is an account with a parent in the CRM. {SHARED_BY_DAYS}",
        **_GROWTH,
    ),
    figure(
        "net_profitability",
        proofs.net_profitability,
        of_all_proofs.net_profitability,
        needs_all=True,  # whether any cost came in at all
        label="Net profitability",
        text="Recurring revenue of the period at the gross margin of the settings, less the costs of acquisition, "
        "service, renewal and expansion that came in as milestones; of that revenue. Under today's owner.",
        counts="in revenue",
        rows="accounts",
        kind=Kind.RENEWAL,
        nothing="No costs came in for this period, or the gross margin is not set.",
    ),
)
