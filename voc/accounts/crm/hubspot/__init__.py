"""HubSpot, by a service key or the token of a private app."""

from voc.accounts.crm.hubspot.connector import HubSpot

__all__ = ["HubSpot"]
