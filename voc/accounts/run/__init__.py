"""What changes accounts, contacts and roles: a sync from the CRM, and what our own people say."""

from voc.accounts.run.connecting import HUBSPOT_PLACE, STORED, connect, forget_connection, open_source, save_connection
from voc.accounts.run.escalating import end_escalation, escalate
from voc.accounts.run.people import add_person, mark_back, mark_left, set_role, settle_gone
from voc.accounts.run.syncing import release, sync
from voc.accounts.run.writing_back import choose as choose_writes

__all__ = [
    "HUBSPOT_PLACE",
    "STORED",
    "add_person",
    "choose_writes",
    "connect",
    "end_escalation",
    "escalate",
    "forget_connection",
    "mark_back",
    "mark_left",
    "open_source",
    "release",
    "save_connection",
    "set_role",
    "settle_gone",
    "sync",
]
