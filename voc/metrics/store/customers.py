"""Who was a customer on a day: a figure of a past day counts those who have left since."""

from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, and_, or_

from voc.base.schema import account
from voc.base.words import AccountStatus, RecordState


def customer_on(day: date) -> ColumnElement[bool]:
    """Whoever the CRM calls lost was a customer until that day; without the day nobody knows, and it was none."""
    columns = account.c
    # `is_not(None)` keeps the whole condition true or false: some ask for those who were none.
    has_left = and_(columns.status == AccountStatus.CHURNED, columns.churned_on.is_not(None))
    lost_later = and_(has_left, columns.churned_on > day)
    begun = or_(columns.customer_since_on.is_(None), columns.customer_since_on <= day)
    return and_(columns.state == RecordState.LIVE, or_(columns.status == AccountStatus.CUSTOMER, lost_later), begun)


def was_customer(row: Any, day: date) -> bool:
    """The same of a row that was read."""
    lost_later = row.status == AccountStatus.CHURNED and row.churned_on is not None and row.churned_on > day
    begun = row.customer_since_on is None or row.customer_since_on <= day
    return bool(row.state == RecordState.LIVE and (row.status == AccountStatus.CUSTOMER or lost_later) and begun)
