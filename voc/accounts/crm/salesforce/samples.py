"""Examples of a company's own data, for the page where fields and spellings are mapped."""

from voc.accounts.crm.salesforce import records, soql
from voc.accounts.crm.salesforce.api import Api
from voc.accounts.crm.salesforce.described import COMPOUND
from voc.accounts.crm.salesforce.mapping import Layout

_COLUMNS = 80
_SPELLINGS = 200


def sample(api: Api, layout: Layout, *, limit: int) -> list[dict[str, str]]:
    """The rows changed last: mapped columns first, then others of the object as far as one statement holds them."""
    found = api.describe(layout.object)
    others = [field.name for field in found.fields if field.type not in COMPOUND] if found else []
    columns = list({name.casefold(): name for name in reversed([*layout.columns, *others])}.values())[::-1][:_COLUMNS]
    select = soql.Select(tuple(columns), layout.object, layout.where_live, newest=True, limit=limit)
    return [{name: records.text(records.path(record, name)) for name in columns} for record in api.rows(select).records]


def spelled(api: Api, layout: Layout, column: str) -> list[str]:
    """What a picklist offers; for another field what is in use, as far as Salesforce can group by it."""
    object = api.describe(layout.object)
    field = object.field(column) if object else None
    if field is None:
        return []
    if field.picklist_values:
        return [one.value for one in field.picklist_values if one.active]
    if not field.groupable:
        return []
    select = soql.Select((column,), layout.object, layout.where_live, grouped=True, limit=_SPELLINGS)
    values = {records.text(records.path(record, column)) for record in api.rows(select).records}
    return sorted(value for value in values if value)
