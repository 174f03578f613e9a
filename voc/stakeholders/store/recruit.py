"""The recruiting list of a viewer, and how much the signs of life say yet."""

from collections import defaultdict
from datetime import datetime

from sqlalchemy import CompoundSelect, Connection, and_, func, select, union_all

from voc.base.access import Viewer, visible_accounts
from voc.base.preferences import Preferences
from voc.base.schema import account, alias, contact, csm, sign_of_life
from voc.base.words import AccountStatus, RecordState, Sign
from voc.stakeholders import recruiting as rules
from voc.stakeholders.model import Book, SignsKnown, Step, Suggestion
from voc.stakeholders.store.rows import suggestions
from voc.stakeholders.store.teams import seats


def recruiting(
    db: Connection, viewer: Viewer, *, now: datetime, preferences: Preferences, account_id: str | None = None
) -> list[Step]:
    """What the viewer can do for the valid customers they see (or for one account), most valuable first.

    `stakeholders.recruiting.fold` cuts it to a week's worth.
    """
    books = _books(db, viewer, account_id)
    found = seats(db, [book.account_id for book in books], now=now, preferences=preferences)
    said: dict[str, list[Suggestion]] = defaultdict(list)
    for one in suggestions(db, viewer, account_id=account_id):
        said[one.account_id].append(one)
    steps = [
        step
        for book in books
        for step in rules.steps(
            found[book.account_id], book, said[book.account_id], company=preferences.company, now=now
        )
    ]
    return rules.ordered(steps, rates={**preferences.currency_rates, preferences.reporting_currency: 1.0})


def _books(db: Connection, viewer: Viewer, account_id: str | None) -> list[Book]:
    query = (
        select(account.c.id, account.c.name, account.c.csm_id, csm.c.name.label("csm_name"))
        .add_columns(account.c.arr, account.c.currency)
        .outerjoin(csm, csm.c.id == account.c.csm_id)
        .where(
            visible_accounts(viewer), account.c.state == RecordState.LIVE, account.c.status == AccountStatus.CUSTOMER
        )
        .order_by(account.c.id)
    )
    if account_id is not None:
        query = query.where(account.c.id == account_id)
    return [Book(*row) for row in db.execute(query)]


def signs_known(db: Connection, viewer: Viewer, *, now: datetime) -> SignsKnown:
    """Contacts of the valid customers the viewer sees, and how many of them ever showed a sign of life."""
    found = signs_by_csm(db, viewer, now=now).values()
    return SignsKnown(sum(one.contacts for one in found), sum(one.with_sign for one in found))


def signs_by_csm(db: Connection, viewer: Viewer, *, now: datetime) -> dict[str, SignsKnown]:
    """The same by today's owner of the account; "" is nobody."""
    counted = (
        account.c.status == AccountStatus.CUSTOMER,
        account.c.state == RecordState.LIVE,
        contact.c.state == RecordState.LIVE,
        visible_accounts(viewer),
    )
    owner = func.coalesce(account.c.csm_id, "")
    contacts = select(owner, func.count()).select_from(contact).join(account, account.c.id == contact.c.account_id)
    # From the signs to the contacts: the other way round each contact would look through all signs.
    with_sign = (
        select(owner, func.count(contact.c.id.distinct()))
        .select_from(sign_of_life)
        .outerjoin(alias, and_(alias.c.kind == "contact", alias.c.loser_id == sign_of_life.c.contact_id))
        .join(contact, contact.c.id == func.coalesce(alias.c.winner_id, sign_of_life.c.contact_id))
        .join(account, account.c.id == contact.c.account_id)
        .where(sign_of_life.c.kind.not_in([Sign.BOUNCED, Sign.LEFT, Sign.DELIVERED]), sign_of_life.c.at <= now)
    )
    if not viewer.sees_all:  # of a few accounts it is known whose signs to look for
        with_sign = with_sign.where(sign_of_life.c.contact_id.in_(_ever_of(viewer)))
    all_of_them, some = (
        {row[0] or "": row[1] for row in db.execute(query.where(*counted).group_by(owner))}
        for query in (contacts, with_sign)
    )
    return {csm_id: SignsKnown(count, some.get(csm_id, 0)) for csm_id, count in sorted(all_of_them.items())}


def _ever_of(viewer: Viewer) -> CompoundSelect[str]:
    """Every id that a contact of the viewer's accounts has or had."""
    now = select(contact.c.id).join(account, account.c.id == contact.c.account_id).where(visible_accounts(viewer))
    merged = and_(alias.c.kind == "contact", alias.c.winner_id == contact.c.id)
    had = select(alias.c.loser_id).join(contact, merged).join(account, account.c.id == contact.c.account_id)
    return union_all(now, had.where(visible_accounts(viewer)))
