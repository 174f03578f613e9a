"""The accounts as they stand: coverage, freshness, silence, the guideline (3-metrics 4, 5, 8a)."""

from voc.metrics import units
from voc.metrics.definition import Definition, Direction, Kind, Owner

DEFINITIONS: tuple[Definition, ...] = (
    Definition(
        name="coverage_fresh",
        label="Coverage, fresh",
        text="Weight of the places with a reachable contact who is still there with a chance of 70% or more, of "
        "the weight of "
        "all places.",
        counts="points",
        owner=Owner.TODAY,
        units=units.coverage_fresh,
        stands=True,
        nightly=True,
        standard="coverage_standard",
    ),
    Definition(
        name="coverage_named",
        label="Coverage, named",
        text="Weight of the places with a reachable contact, however long ago the last sign of life, of the "
        "weight of all "
        "places.",
        counts="points",
        owner=Owner.TODAY,
        units=units.coverage_named,
        stands=True,
        nightly=True,
    ),
    Definition(
        name="stakeholders_known",
        label="Stakeholders known",
        text="Mean fresh coverage of the accounts, one account one vote.",
        counts="accounts",
        owner=Owner.TODAY,
        units=units.known,
        stands=True,
    ),
    Definition(
        name="stakeholders_known_arr",
        label="Stakeholders known, by revenue",
        text="Mean fresh coverage of the accounts, weighed by recurring revenue. Accounts whose currency has no "
        "rate are left "
        "out and named.",
        counts="accounts",
        owner=Owner.TODAY,
        units=units.known_by_revenue,
        stands=True,
    ),
    Definition(
        name="fresh_contacts",
        label="Fresh contacts",
        text="Reachable people in required places who are still there with a chance of 70% or more, of all of "
        "them. Beside it "
        "those whose freshness rests on a CSM's own word alone.",
        counts="people",
        owner=Owner.TODAY,
        units=units.fresh_contacts,
        stands=True,
    ),
    Definition(
        name="contact_upkeep",
        label="Contact upkeep",
        text="Places with a fresh contact, or one that was confirmed in the window, of all places.",
        counts="places",
        owner=Owner.TODAY,
        units=units.contact_upkeep,
    ),
    Definition(
        name="identified_promoters",
        label="Identified promoters",
        text="Places whose holder's latest answer in 365 days is 9 or 10, of all places.",
        counts="places",
        owner=Owner.TODAY,
        units=units.identified_promoters,
        stands=True,
        kind=Kind.SENTIMENT,
        standard="promoter_standard",
    ),
    Definition(
        name="silent_accounts",
        label="Silent accounts",
        text="Accounts where two people or more were reached, each twice or with the due date 30 days past, and nobody "
        "answered in 180 days; of the accounts asked in 180 days. Accounts not asked or not reachable are gaps in "
        "coverage, never silent.",
        counts="accounts",
        owner=Owner.TODAY,
        units=units.silent_accounts,
        stands=True,
        direction=Direction.DOWN,
        kind=Kind.STATE,
        standard="silent_standard",
    ),
    Definition(
        name="silent_arr",
        label="Revenue of silent accounts",
        text="Recurring revenue of the silent accounts, of the revenue of the accounts asked. Accounts whose "
        "currency has no "
        "rate are left out and named.",
        counts="accounts",
        owner=Owner.TODAY,
        units=units.silent_revenue,
        stands=True,
        direction=Direction.DOWN,
        kind=Kind.STATE,
    ),
    Definition(
        name="invitation_guideline",
        label="Invitation guideline met",
        text="Accounts where every required role has its required number of people invited in the window, of "
        "the accounts "
        "with a census.",
        counts="accounts",
        owner=Owner.TODAY,
        units=units.invitation_guideline,
        standard="guideline_standard",
    ),
)
