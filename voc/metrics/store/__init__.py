"""Facts as of a moment, in a constant number of queries, and the snapshots of figures. The only SQL of this stage."""

from voc.metrics.store.account_facts import facts
from voc.metrics.store.amounts import in_reporting, rate_to_reporting
from voc.metrics.store.moments import moment_of
from voc.metrics.store.names import accounts_known, contact_names
from voc.metrics.store.nights import (
    KEPT_AT_ONCE,
    accounts_kept_between,
    drop_unfinished,
    is_counted,
    keep,
    kept_figures,
    last_counted,
    mark_counted,
    norms,
    trends,
)
from voc.metrics.store.people import people
from voc.metrics.store.within import (
    countries_of,
    how_many_accounts,
    ids_within,
    owner_ids,
    regions,
    visible_account_ids,
    visible_csm_ids,
    visible_scopes,
)

__all__ = [
    "KEPT_AT_ONCE",
    "accounts_kept_between",
    "accounts_known",
    "contact_names",
    "countries_of",
    "drop_unfinished",
    "facts",
    "how_many_accounts",
    "ids_within",
    "in_reporting",
    "is_counted",
    "keep",
    "kept_figures",
    "last_counted",
    "mark_counted",
    "moment_of",
    "norms",
    "owner_ids",
    "people",
    "rate_to_reporting",
    "regions",
    "trends",
    "visible_account_ids",
    "visible_csm_ids",
    "visible_scopes",
]
