"""The tables of this stage: `cases` for pages and figures, `opening` makes and moves them, `telling` for mails."""

from voc.followup.model import CauseCount
from voc.followup.store.cases import (
    causes,
    confirmed,
    follow_up,
    how_many_confirmed,
    listing,
    of_account,
    of_accounts,
)
from voc.followup.store.opening import (
    add_event,
    mark_seen,
    move,
    note_told,
    open_case,
    owner_of,
    questionnaire_files,
    reassign,
    to_hand_over,
    unseen_answers,
)
from voc.followup.store.stands import some, stands, waiting
from voc.followup.store.telling import in_outbox, leaders, leads, open_cases, past_a_limit

__all__ = [
    "CauseCount",
    "add_event",
    "causes",
    "confirmed",
    "follow_up",
    "how_many_confirmed",
    "in_outbox",
    "leaders",
    "leads",
    "listing",
    "mark_seen",
    "move",
    "note_told",
    "of_account",
    "of_accounts",
    "open_case",
    "open_cases",
    "owner_of",
    "past_a_limit",
    "questionnaire_files",
    "reassign",
    "some",
    "stands",
    "to_hand_over",
    "unseen_answers",
    "waiting",
]
