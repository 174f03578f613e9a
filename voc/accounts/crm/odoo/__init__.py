"""Odoo: reads accounts, contacts, roles, deals and meetings; writes activities and fields of partners."""

from voc.accounts.crm.odoo.connector import Odoo

__all__ = ["Odoo"]
