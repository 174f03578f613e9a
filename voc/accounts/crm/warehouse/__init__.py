"""A SQL warehouse as a CRM: any database SQLAlchemy speaks to, only read."""

from voc.accounts.crm.warehouse.connector import Warehouse

__all__ = ["Warehouse"]
