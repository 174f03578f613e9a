"""Which records of a model changed in a window: their own date of change, and whatever shows in them without moving it.

In Odoo a row shows more than its own table: the name of its industry or stage, the company its person
belongs to, whether its address is on the blacklist. A merge rewrites references in SQL and leaves
their dates alone; only the winner's own date moves. All of these are asked for by *their* date.
"""

from voc.accounts.connector import Span
from voc.accounts.crm.odoo.client import OPT_OUT, Client, moment
from voc.accounts.crm.odoo.domains import Domain, among, either, within
from voc.accounts.crm.odoo.mapping import BLACKLIST, LEAD, PARTNER, USER, Plan
from voc.accounts.model import Kind

# More than so many at once are an import: then everything is read.
_MOST = 5_000
_EVERYTHING: Domain = [["id", "!=", 0]]
_FOLLOWED = (PARTNER, LEAD)


def touched(client: Client, plan: Plan, span: Span) -> Domain:
    """The condition for one window; whole seconds, so that what Odoo cuts off is read again rather than lost."""
    assert span.since is not None
    since, until = moment(span.since), moment(span.until)
    found = [within("write_date", since, until)]
    for name in sorted({*plan.columns.values(), *(plan.shape.watched if plan.shape else ())} - {"id"}):
        relation = plan.fields[name].relation
        if relation in _FOLLOWED and plan.fields[name].store:
            found.append(within(f"{name}.write_date", since, until))
        elif relation and relation not in _FOLLOWED and relation != USER:
            found += _named(client, plan, name, since=since, until=until)
    if plan.kind == Kind.CONTACT and plan.columns.get("opted_out") == OPT_OUT:
        found += _blacklisted(client, since, until)
    return either(*found)


def _named(client: Client, plan: Plan, name: str, *, since: str, until: str) -> list[Domain]:
    """Those that show the name of something renamed. Mostly nothing was, and nothing is added."""
    ids = client.search(plan.fields[name].relation, within("write_date", since, until), limit=_MOST)
    if not ids or not plan.fields[name].store:
        return []
    return [among(name, ids)] if len(ids) < _MOST else [_EVERYTHING]


def _blacklisted(client: Client, since: str, until: str) -> list[Domain]:
    """An address goes on the blacklist, or off it, without a word to its partners.

    Where only administrators may read it, all who are on it now are read every time; who left it is
    found by the day's full reading.
    """
    if not client.may(BLACKLIST, "read"):
        return [[[OPT_OUT, "=", True]]]
    ids = client.search(BLACKLIST, within("write_date", since, until), limit=_MOST)
    if not ids:
        return []
    if len(ids) == _MOST:
        return [_EVERYTHING]
    return [among("email_normalized", [one["email"] for one in client.read(BLACKLIST, ids, ("email",))])]
