"""What changes accounts, contacts and roles: a sync from the CRM, and what our own people say."""

from voc.accounts.run.people import add_person, mark_back, mark_left, set_role, settle_gone
from voc.accounts.run.syncing import open_source, release, sync

__all__ = ["add_person", "mark_back", "mark_left", "open_source", "release", "set_role", "settle_gone", "sync"]
