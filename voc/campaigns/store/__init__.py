"""Rows of this stage. `claim_due` gives out due steps; the others answer one question each."""

from voc.campaigns.store.claim import claim_due
from voc.campaigns.store.invitations import Invitation
from voc.campaigns.store.invitations import invitation_by_id as invitation
from voc.campaigns.store.programmes import Campaign, campaigns
from voc.campaigns.store.programmes import campaign_by_name as campaign
from voc.campaigns.store.silent import (
    ToNudge,
    to_nudge,
)

__all__ = [
    "Campaign",
    "Invitation",
    "ToNudge",
    "campaign",
    "campaigns",
    "claim_due",
    "invitation",
    "to_nudge",
]
