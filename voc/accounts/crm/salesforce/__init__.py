"""Salesforce: REST for windows, Bulk API 2.0 for much, composite requests for what is written back."""

from voc.accounts.crm.salesforce.connector import Salesforce
from voc.accounts.crm.salesforce.grants import permission_set

__all__ = ["Salesforce", "permission_set"]
