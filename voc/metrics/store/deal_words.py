"""Which deals are renewals: one reading of the CRM's words and the company's own, for every query that asks."""

from sqlalchemy import ColumnElement, Connection, select

from voc.accounts.kinds import DealKind, deal_kind
from voc.base.preferences import Preferences
from voc.base.schema import opportunity


def renewals_by_word(db: Connection, preferences: Preferences) -> ColumnElement[bool]:
    """A condition on `opportunity`, made of the words that stand there now."""
    words = db.execute(select(opportunity.c.kind).distinct()).scalars()
    meant = sorted(word for word in words if word and deal_kind(word, preferences.deal_kinds) == DealKind.RENEWAL)
    return opportunity.c.kind.in_(meant)
