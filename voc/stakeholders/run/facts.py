"""What later stages tell this one, in the transaction of the fact itself. All idempotent."""

from datetime import datetime

from sqlalchemy import Connection

from voc.base.words import Role, Sign, SuggestionKind, SuppressionReason
from voc.stakeholders import store


def record(
    db: Connection,
    *,
    key: str,
    contact_id: str,
    kind: Sign,
    at: datetime,
    source: str,
    quote: str | None = None,
) -> bool:
    """Keep a sign of life. False if this fact (by its key) is known already, or the contact is not.

    `source` is shown beside the freshness: a person's name, "mail", "page", "CRM".
    """
    return store.add_sign(db, key=key, contact_id=contact_id, kind=kind, at=at, source=source, quote=quote)


def withdraw(db: Connection, *, key: str) -> None:
    """The fact of that key was none: what looked like a person was a machine."""
    store.delete_sign(db, key)


def suppress(db: Connection, *, address: str, reason: SuppressionReason, at: datetime, source: str) -> bool:
    """Never mail this address again for this reason; True if that is new. Idempotent."""
    return store.add_suppression(db, address=address, reason=reason, at=at, source=source)


def suggest(
    db: Connection,
    *,
    key: str,
    kind: SuggestionKind,
    account_id: str,
    contact_id: str | None,
    now: datetime,
    name: str | None = None,
    address: str | None = None,
    role: Role | None = None,
    quote: str | None = None,
) -> bool:
    """Put something a respondent, a bounce or a reply said before the CSM; False if it is known already.

    `contact_id` is who said it or whom it is about; `name`, `address` and `role` are the person it names.
    """
    return store.add_suggestion(
        db,
        key=key,
        kind=kind,
        account_id=account_id,
        contact_id=contact_id,
        now=now,
        name=name,
        address=address,
        role=role,
        quote=quote,
    )
