"""Rows of this stage. `claim_due` gives out due steps; the others answer one question each."""

from voc.campaigns.store.claim import claim_due
from voc.campaigns.store.invitations import ChaseEvent, Invitation, chase_events
from voc.campaigns.store.invitations import invitation_by_id as invitation

__all__ = ["ChaseEvent", "Invitation", "chase_events", "claim_due", "invitation"]
