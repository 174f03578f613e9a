"""What each figure counts, row by row (3-metrics 1 to 6 and 8a). Pure: the figure is its rows added up.

A file for each of `metrics.defined`, which says what the figures are called and mean.
"""

from voc.metrics.units.follow_ups import follow_up_attainment
from voc.metrics.units.places import (
    DELIVERED,
    IN_CONFIDENCE,
    INVITED,
    PARTICIPATION,
    PLACES_ANSWERED,
    PLACES_DELIVERED,
    PLACES_INVITED,
)
from voc.metrics.units.response import (
    RR1,
    RR2,
    RR3,
    RR4,
    RR5,
    RR6,
    UNKNOWN_STILL_THERE,
    account_response,
    decision_maker,
    reach,
    response_target,
    revenue_heard,
    two_roles,
)
from voc.metrics.units.scores import account_scores, group_of, revenue_scores, scores
from voc.metrics.units.standing import (
    NOT_ASKED,
    contact_upkeep,
    coverage_fresh,
    coverage_named,
    fresh_contacts,
    identified_promoters,
    invitation_guideline,
    known,
    known_by_revenue,
    silent_accounts,
    silent_revenue,
)
from voc.metrics.units.terms import Terms, Units

__all__ = [
    "DELIVERED",
    "INVITED",
    "IN_CONFIDENCE",
    "NOT_ASKED",
    "PARTICIPATION",
    "PLACES_ANSWERED",
    "PLACES_DELIVERED",
    "PLACES_INVITED",
    "RR1",
    "RR2",
    "RR3",
    "RR4",
    "RR5",
    "RR6",
    "UNKNOWN_STILL_THERE",
    "Terms",
    "Units",
    "account_response",
    "account_scores",
    "contact_upkeep",
    "coverage_fresh",
    "coverage_named",
    "decision_maker",
    "follow_up_attainment",
    "fresh_contacts",
    "group_of",
    "identified_promoters",
    "invitation_guideline",
    "known",
    "known_by_revenue",
    "reach",
    "response_target",
    "revenue_heard",
    "revenue_scores",
    "scores",
    "silent_accounts",
    "silent_revenue",
    "two_roles",
]
