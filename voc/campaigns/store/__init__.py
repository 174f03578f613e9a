"""Rows of this stage. `claim_due` gives out due steps; the others answer one question each."""

from voc.campaigns.store.claim import claim_due
from voc.campaigns.store.closing import next_due_at
from voc.campaigns.store.invitations import ChaseEvent, Invitation, chase_events
from voc.campaigns.store.invitations import invitation_by_id as invitation
from voc.campaigns.store.pages import (
    ToNudge,
    Wave,
    to_nudge,
    waves,
)
from voc.campaigns.store.pages import wave_by_id as wave
from voc.campaigns.store.programmes import Campaign, campaigns
from voc.campaigns.store.programmes import campaign_by_name as campaign

__all__ = [
    "Campaign",
    "ChaseEvent",
    "Invitation",
    "ToNudge",
    "Wave",
    "campaign",
    "campaigns",
    "chase_events",
    "claim_due",
    "invitation",
    "next_due_at",
    "to_nudge",
    "wave",
    "waves",
]
