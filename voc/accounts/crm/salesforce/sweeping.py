"""Every id that Salesforce shows today: what we have beyond these has vanished without a trace."""

from collections.abc import Iterator
from datetime import datetime

from voc.accounts.crm.salesforce import bulk, soql
from voc.accounts.crm.salesforce.api import Api
from voc.accounts.crm.salesforce.mapping import Layout
from voc.accounts.crm.salesforce.reading import in_pages
from voc.base.errors import GiveUp


def ids(api: Api, layout: Layout, *, until: datetime, bulk_above: int = bulk.MANY) -> Iterator[list[str]]:
    """In chunks. GiveUp when there are fewer than Salesforce counts of those that stood before `until`."""
    select = soql.Select(("Id",), layout.object, layout.where_live)
    settled = select.only(soql.compare("SystemModstamp", "<", until))
    expected, listed = api.count(settled), 0
    for chunk in _either_way(api, select, many=expected is None or expected > bulk_above):
        listed += len(chunk)
        yield chunk
    if expected is not None and listed < expected:
        again = api.count(settled)
        if again is not None and listed < again:
            raise GiveUp(
                f"{api.host} counts {again:,} rows of {layout.object} and listed {listed:,}; nothing was changed"
            )


def _either_way(api: Api, select: soql.Select, *, many: bool) -> Iterator[list[str]]:
    if many:
        try:
            yield from bulk.ids(api, select)
        except bulk.Unsuitable:
            pass
        else:
            return
    for page in in_pages(api, select):
        yield [str(record.get("Id")) for record in page]
