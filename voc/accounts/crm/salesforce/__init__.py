"""Salesforce: REST for windows, Bulk API 2.0 for much, composite requests for what is written back."""

from voc.accounts.crm.salesforce.connector import Salesforce

__all__ = ["Salesforce"]
