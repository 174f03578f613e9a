"""The tables of this stage: teams (`teams`), rows and their lists (`rows`), what a sync brought (`synced`)."""

from voc.stakeholders.store.carrying import carried
from voc.stakeholders.store.recruit import recruiting, signs_by_csm, signs_known
from voc.stakeholders.store.rows import (
    add_exclusion,
    add_sign,
    add_suggestion,
    add_suppression,
    bounced_address,
    contact_with_address,
    delete_sign,
    end_exclusion,
    exclusion,
    exclusions,
    left_in_crm,
    lift_suppression,
    roles_of,
    settle_suggestion,
    suggestion,
    suggestions,
    suppressions,
    visible_contact,
    write_matrix,
)
from voc.stakeholders.store.standing import standings
from voc.stakeholders.store.teams import holders, role_matrix, signs, team, teams

__all__ = [
    "add_exclusion",
    "add_sign",
    "add_suggestion",
    "add_suppression",
    "bounced_address",
    "carried",
    "contact_with_address",
    "delete_sign",
    "end_exclusion",
    "exclusion",
    "exclusions",
    "holders",
    "left_in_crm",
    "lift_suppression",
    "recruiting",
    "role_matrix",
    "roles_of",
    "settle_suggestion",
    "signs",
    "signs_by_csm",
    "signs_known",
    "standings",
    "suggestion",
    "suggestions",
    "suppressions",
    "team",
    "teams",
    "visible_contact",
    "write_matrix",
]
