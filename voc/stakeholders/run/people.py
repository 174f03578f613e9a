"""What a CSM says about people: still right, left, another role, somebody new."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection

from voc.accounts import run as accounts
from voc.accounts.store.visible import visible_account
from voc.base.access import Viewer
from voc.base.errors import Refused
from voc.base.words import Role, Sign, SuggestionKind, SuggestionState
from voc.stakeholders import store
from voc.stakeholders.run.facts import record


def confirm(db: Connection, *, contact_id: str, viewer: Viewer, now: datetime) -> None:
    """The CSM says "still right": worth .90, and shown as the CSM's own word. Who was said to have left is back.

    Refused when it is the CRM that says so: the next sync would say it again.
    """
    name = store.visible_contact(db, contact_id, viewer)
    if store.left_in_crm(db, contact_id):
        raise Refused(f"The CRM says that {name} has left. Correct it there, and it is right here after the next sync")
    accounts.mark_back(db, contact_id=contact_id, by=viewer.name, at=now)
    own_word(db, Sign.CONFIRMED, contact_id, viewer, now)


def mark_left(db: Connection, *, contact_id: str, viewer: Viewer, now: datetime) -> None:
    """The CSM says that the person has left: nobody asks them any more, and what suggested it is settled."""
    store.visible_contact(db, contact_id, viewer)
    accounts.mark_left(db, contact_id=contact_id, by=viewer.name, at=now)
    own_word(db, Sign.LEFT, contact_id, viewer, now)
    for said in store.suggestions(db, viewer):
        if said.contact_id == contact_id and said.kind in (SuggestionKind.LEFT, SuggestionKind.BOUNCED):
            store.settle_suggestion(db, said.id, state=SuggestionState.ACCEPTED, by=viewer.name, at=now)


def replied(db: Connection, *, contact_id: str, viewer: Viewer, now: datetime) -> None:
    """The CSM says that the person wrote to them: a sign of life."""
    store.visible_contact(db, contact_id, viewer)
    own_word(db, Sign.REPLIED, contact_id, viewer, now)


def change_role(
    db: Connection, *, account_id: str, contact_id: str, role: Role, held: bool, viewer: Viewer, now: datetime
) -> None:
    """The CSM says that a contact holds a role at an account (a sign of life), or holds it no longer (none)."""
    visible_account(db, account_id, viewer)
    store.visible_contact(db, contact_id, viewer)
    accounts.set_role(db, account_id=account_id, contact_id=contact_id, role=role, held=held, by=viewer.name, now=now)
    if held:
        own_word(db, Sign.EDITED, contact_id, viewer, now)


def add_person(
    db: Connection,
    *,
    account_id: str,
    first_name: str | None,
    last_name: str | None,
    email: str | None,
    viewer: Viewer,
    now: datetime,
    title: str | None = None,
    roles: Sequence[Role] = (),
) -> str:
    """Somebody the CRM does not know yet, with the places they fill; the contact's id.

    Refused, with the field, without a name or address, or when somebody at the account has that address.
    """
    visible_account(db, account_id, viewer)
    contact_id = accounts.add_person(
        db,
        account_id=account_id,
        first_name=first_name,
        last_name=last_name,
        email=email,
        title=title,
        role=None,
        by=viewer.name,
        now=now,
    )
    own_word(db, Sign.EDITED, contact_id, viewer, now)
    for role in roles:
        accounts.set_role(
            db, account_id=account_id, contact_id=contact_id, role=role, held=True, by=viewer.name, now=now
        )
    return contact_id


def own_word(db: Connection, kind: Sign, contact_id: str, viewer: Viewer, now: datetime) -> None:
    key = f"{kind}:{contact_id}:{now.isoformat()}"
    record(db, key=key, contact_id=contact_id, kind=kind, at=now, source=viewer.name)
