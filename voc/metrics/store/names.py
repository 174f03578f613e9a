"""What accounts and contacts are called."""

from collections.abc import Collection, Iterable

from sqlalchemy import Connection, select

from voc.base.among import among
from voc.base.preferences import Preferences
from voc.base.schema import account, contact
from voc.base.words import RecordState
from voc.metrics.model import Known
from voc.metrics.regions import region_of

WORTH_NAMING = 5_000  # above this many ids a condition on them costs more than reading the table


def contact_names(db: Connection, ids: Iterable[str]) -> dict[str, str]:
    wanted = sorted(set(ids))
    names: dict[str, str] = {}
    for start in range(0, len(wanted), WORTH_NAMING):
        chunk = wanted[start : start + WORTH_NAMING]
        query = select(contact.c.id, contact.c.first_name, contact.c.last_name, contact.c.email).where(
            contact.c.id.in_(chunk)
        )
        for row in db.execute(query):
            full = " ".join(part for part in (row.first_name, row.last_name) if part)
            names[row.id] = full or row.email or "Unnamed contact"
    return names


def accounts_known(db: Connection, preferences: Preferences, ids: Collection[str] | None = None) -> dict[str, Known]:
    """These accounts or (None) all, lost ones too."""
    columns = account.c.id, account.c.name, account.c.segment, account.c.country
    query = select(*columns).where(account.c.state != RecordState.MERGED)
    if ids is not None:
        query = query.where(among(account.c.id, ids))
    return {
        row.id: Known(row.name, row.segment, region_of(row.country, preferences.regions))
        for row in db.execute(query.order_by(account.c.id))
    }
