"""The tables of this stage: teams (`teams`), rows and their lists (`rows`), what a sync brought (`synced`)."""

from voc.stakeholders.store.recruit import recruiting, signs_known
from voc.stakeholders.store.rows import (
    add_exclusion,
    add_sign,
    add_suggestion,
    add_suppression,
    contact_with_address,
    end_exclusion,
    exclusion,
    exclusions,
    lift_suppression,
    roles_of,
    settle_suggestion,
    suggestion,
    suggestions,
    suppressions,
    visible_account,
    visible_contact,
    write_matrix,
)
from voc.stakeholders.store.teams import role_matrix, signs, team, teams

__all__ = [
    "add_exclusion",
    "add_sign",
    "add_suggestion",
    "add_suppression",
    "contact_with_address",
    "end_exclusion",
    "exclusion",
    "exclusions",
    "lift_suppression",
    "recruiting",
    "role_matrix",
    "roles_of",
    "settle_suggestion",
    "signs",
    "signs_known",
    "suggestion",
    "suggestions",
    "suppressions",
    "team",
    "teams",
    "visible_account",
    "visible_contact",
    "write_matrix",
]
