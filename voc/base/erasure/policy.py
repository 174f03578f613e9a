"""What becomes of the rows of an erased person, table by table. A test says that none is left out.

Taken away: rows that only say who somebody is. Emptied: rows that a figure counts; the counts stay,
what was said and to whom goes.
"""

from typing import Any

WORD = "[erased]"
NEW = object()
"""The id that stands for the person from now on."""

GONE = (
    "contact_change",
    "contact_role",
    "relation",
    "opportunity_role",
    "alias",
    "settlement",
    "waiting",
    "sync_change",
    "sync_problem",
    "written_back",
    "staged_contact",
    "staged_relation",
    "staged_opportunity_role",
    "staged_activity",
    "staged_alias",
    "staged_id",
    "suppression",
    "heads_up",
    "consent",
)

EMPTIED: dict[str, dict[str, Any]] = {
    "contact": {},  # made anew under another id: see `erasing`
    "activity": {"contact_id": None, "subject": None},
    "sign_of_life": {"quote": None},
    "suggestion": {"name": None, "address": None, "quote": None},
    "exclusion": {"reason": WORD},
    "nudge": {},
    "census_member": {"address": None, "detail": None},
    "invitation": {"address": NEW, "held_because": None, "time_zone": "UTC"},
    "chase_event": {},
    "contact_quota": {"address": NEW},
    "message": {"address": NEW, "recipient": NEW, "subject": WORD, "body": None, "reply_text": None},
    "attempt": {"text": None},
    "link": {},
    "inbound": {"quote": None, "successor_name": None, "successor_address": None, "raw": None},
    "provider_event": {"raw": None, "trouble": None},
    "hit": {"agent": None, "source": None},
    "rendering": {"source": None},
    "visitor": {},
    "response": {},
    "answer": {"text": None},
    "answer_seen": {},
    "follow_up": {"outcome": None},
    "follow_up_event": {"note": None},
    "you_said": {"line": WORD},
    "verbatim_read": {},
    "verbatim_theme": {},
    "coding": {},
    "improvement_line": {},
}

# Free text about an account's people in words of ours: there a first or a last name alone is theirs too.
NEAR = {"colleague_review": "comment"}

# Rows that are kept packed: ids in them are replaced by the new one.
PACKED = ("scorecard_rows",)

# Their keys hold ids or digests of a person.
KEYED = ("sign_of_life", "suggestion", "inbound")

# About our own people, or of no person at all: a colleague may have the same name.
UNSEARCHED = (
    "staff",
    "second_step",
    "recovery_code",
    "identity",
    "csm",
    "account",
    "session",
    "secret",
    "lease",
    "beat",
    "installation",
    "installation_mark",
    "erased",
    "setting",
    "questionnaire_version",
    "audit",  # redacted with its chain
    "knock",
    "theme",
    "theme_version",
    "deputy",
    "alembic_version",
)
