"""What changes here: facts that other stages bring (`facts`), what a CSM says (`people`, `suggestions`),
who is not asked and which roles are needed (`settings`), what a sync brought (`synced`).

Each act of a person tests through its query that the account or contact is theirs to see.
"""

from voc.stakeholders.run.consents import record_consent, withdraw_consent
from voc.stakeholders.run.facts import record, suggest, suppress, withdraw
from voc.stakeholders.run.people import add_person, change_role, confirm, mark_left, replied
from voc.stakeholders.run.settings import end_exclusion, exclude, install_defaults, lift_bounce, set_role_matrix
from voc.stakeholders.run.suggestions import decide
from voc.stakeholders.run.synced import catch_up

__all__ = [
    "add_person",
    "catch_up",
    "change_role",
    "confirm",
    "decide",
    "end_exclusion",
    "exclude",
    "install_defaults",
    "lift_bounce",
    "mark_left",
    "record",
    "record_consent",
    "replied",
    "set_role_matrix",
    "suggest",
    "suppress",
    "withdraw",
    "withdraw_consent",
]
