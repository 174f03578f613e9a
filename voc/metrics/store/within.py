"""Which accounts and CSMs: the viewer's, of a part of the company, of a region."""

from sqlalchemy import Connection, func, select

from voc.base.access import Viewer, visible_accounts, visible_csms
from voc.base.narrowed import Narrowed, accounts_within, owned_within
from voc.base.preferences import Preferences
from voc.base.schema import account, csm
from voc.base.words import AccountStatus, RecordState
from voc.metrics.regions import region_of


def visible_account_ids(db: Connection, viewer: Viewer) -> frozenset[str]:
    return frozenset(db.execute(select(account.c.id).where(visible_accounts(viewer))).scalars())


def visible_csm_ids(db: Connection, viewer: Viewer) -> frozenset[str]:
    return frozenset(db.execute(select(csm.c.id).where(visible_csms(viewer))).scalars())


def visible_scopes(db: Connection, viewer: Viewer) -> tuple[frozenset[str], frozenset[str]]:
    """Ids of the accounts and of the CSMs the viewer may see."""
    return visible_account_ids(db, viewer), visible_csm_ids(db, viewer)


def how_many_accounts(db: Connection, viewer: Viewer) -> int:
    return db.execute(select(func.count()).select_from(account).where(visible_accounts(viewer))).scalar_one()


def owner_ids(db: Connection, viewer: Viewer) -> frozenset[str]:
    """Whoever owns one of the viewer's accounts."""
    query = select(account.c.csm_id).where(account.c.csm_id.is_not(None), visible_accounts(viewer)).distinct()
    return frozenset(csm_id for csm_id in db.execute(query).scalars() if csm_id is not None)


def regions(db: Connection, preferences: Preferences) -> list[str]:
    """Those that have a customer."""
    query = select(account.c.country).where(account.c.status == AccountStatus.CUSTOMER).distinct()
    found = {region_of(country, preferences.regions) for country in db.execute(query).scalars()}
    return sorted(one for one in found if one is not None)


def countries_of(db: Connection, region: str, preferences: Preferences) -> frozenset[str]:
    """The countries of a region, as the accounts write them."""
    found = db.execute(select(account.c.country).where(account.c.country.is_not(None)).distinct()).scalars()
    return frozenset(one for one in found if one is not None and region_of(one, preferences.regions) == region)


def ids_within(db: Connection, viewer: Viewer, part: Narrowed) -> frozenset[str]:
    """The viewer's accounts of a part of the company, by who owns them today."""
    query = select(account.c.id).where(account.c.state != RecordState.MERGED, visible_accounts(viewer))
    query = query.where(*owned_within(part, account.c.csm_id), *accounts_within(part))
    return frozenset(db.execute(query).scalars())
