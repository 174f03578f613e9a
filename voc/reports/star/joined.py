"""How facts are joined with the records of today, and read in portions."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Connection, Select, and_, func

from voc.base.schema import account, alias, contact
from voc.base.words import RecordState
from voc.reports.star.model import Field, refers

_AT_ONCE = 5_000


def stream(db: Connection, query: Select[*tuple[Any, ...]]) -> Iterator[Any]:
    """Row by row, read in portions."""
    return iter(db.execute(query.execution_options(yield_per=_AT_ONCE)))


_of_account, _of_contact = alias.alias("of_account"), alias.alias("of_contact")

account_now, contact_now = account.alias("account_now"), contact.alias("contact_now")


def with_account(rows: Any, column: Any) -> Any:
    """Joined with the account as it is today: the winner of one that was merged. No row where there is none."""
    found = rows.outerjoin(_of_account, and_(_of_account.c.kind == "account", _of_account.c.loser_id == column))
    return found.outerjoin(account_now, account_now.c.id == func.coalesce(_of_account.c.winner_id, column))


def with_contact(rows: Any, column: Any) -> Any:
    found = rows.outerjoin(_of_contact, and_(_of_contact.c.kind == "contact", _of_contact.c.loser_id == column))
    same = contact_now.c.id == func.coalesce(_of_contact.c.winner_id, column)
    return found.outerjoin(contact_now, and_(same, contact_now.c.state != RecordState.MERGED))


ACCOUNT_ID = account_now.c.id.label("of_account")

CONTACT_ID = contact_now.c.id.label("of_contact")


def of_account(source: str, meaning: str = "Account; the winner if it was merged since") -> Field:
    return refers("account_key", "dim_account", meaning, lambda row, of: of.key("account", row.of_account), source)


def of_contact(source: str) -> Field:
    meaning = "Person; the winner if the record was merged since"
    return refers("contact_key", "dim_contact", meaning, lambda row, of: of.person(row.of_contact), source)
