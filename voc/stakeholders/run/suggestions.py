"""A CSM accepts or declines what a respondent, a bounce or a reply suggested."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection

from voc.base.access import Viewer
from voc.base.errors import Refused
from voc.base.words import Role, Sign, SuggestionKind, SuggestionState
from voc.stakeholders import rules, store
from voc.stakeholders.model import Suggestion
from voc.stakeholders.run.people import add_person, change_role, confirm, mark_left, own_word


def decide(
    db: Connection,
    *,
    suggestion_id: int,
    accepted: bool,
    viewer: Viewer,
    now: datetime,
    roles: Sequence[Role] = (),
    successor_too: bool = True,
) -> str | None:
    """Do what a suggestion says, or decline it; the id of a contact that was added or given a role.

    Accepted: *left* and *bounced* mark the person as left, and whoever the same reply named as
    successor takes the places over (unless `successor_too` is false); *successor* and *referral* add
    the person named; *changed role* ends the roles held so far. `roles` are those of the person named,
    or the new ones; without them a successor takes those of the one before. Declined: the person it
    is about is still there. Refused when it is decided already.
    """
    said = store.suggestion(db, suggestion_id, viewer)
    if said.state != SuggestionState.OPEN:
        raise Refused(f"{said.decided_by} has {said.state} this already")
    state = SuggestionState.ACCEPTED if accepted else SuggestionState.DECLINED
    if not store.settle_suggestion(db, suggestion_id, state=state, by=viewer.name, at=now):
        raise Refused("Somebody decided this a moment ago")
    if not accepted:
        _decline(db, said, viewer, now)
        return None
    match said.kind:
        case SuggestionKind.LEFT | SuggestionKind.BOUNCED:
            return _left(db, said, viewer, now, roles=roles, successor_too=successor_too)
        case SuggestionKind.SUCCESSOR | SuggestionKind.REFERRAL:
            return _add_named(db, said, viewer, now, roles=roles or _roles_meant(db, said))
        case SuggestionKind.CHANGED_ROLE:
            _change_roles(db, said, viewer, now, roles=roles)
            return said.contact_id


def _decline(db: Connection, said: Suggestion, viewer: Viewer, now: datetime) -> None:
    about_a_person = said.kind not in (SuggestionKind.REFERRAL, SuggestionKind.SUCCESSOR)
    if about_a_person and said.contact_id is not None:
        confirm(db, contact_id=said.contact_id, viewer=viewer, now=now)


def _left(
    db: Connection, said: Suggestion, viewer: Viewer, now: datetime, *, roles: Sequence[Role], successor_too: bool
) -> str | None:
    held = roles or _roles_meant(db, said)
    if said.contact_id is not None:
        mark_left(db, contact_id=said.contact_id, viewer=viewer, now=now)
    # The address of a bounce is the dead one: it names nobody.
    if not successor_too or said.kind == SuggestionKind.BOUNCED:
        return None
    if said.name or said.address:
        return _add_named(db, said, viewer, now, roles=held)
    for other in store.suggestions(db, viewer, account_id=said.account_id):
        if other.kind == SuggestionKind.SUCCESSOR and other.contact_id == said.contact_id:
            return decide(db, suggestion_id=other.id, accepted=True, viewer=viewer, now=now, roles=held)
    return None


def _roles_meant(db: Connection, said: Suggestion) -> list[Role]:
    """The role it names; else, of somebody who comes after another, what that one held."""
    if said.role is not None:
        return [said.role]
    if said.kind == SuggestionKind.REFERRAL or said.contact_id is None:
        return []
    return store.roles_of(db, said.account_id, said.contact_id)


def _add_named(db: Connection, said: Suggestion, viewer: Viewer, now: datetime, *, roles: Sequence[Role]) -> str:
    """The person it names: the contact who has that address at the account, or a new one."""
    known = store.contact_with_address(db, said.account_id, said.address) if said.address else None
    if known is None:
        first_name, last_name = rules.split_name(said.name)
        return add_person(
            db,
            account_id=said.account_id,
            first_name=first_name,
            last_name=last_name,
            email=said.address,
            viewer=viewer,
            now=now,
            roles=roles,
        )
    for role in roles:
        change_role(db, account_id=said.account_id, contact_id=known, role=role, held=True, viewer=viewer, now=now)
    if not roles:
        own_word(db, Sign.EDITED, known, viewer, now)
    return known


def _change_roles(db: Connection, said: Suggestion, viewer: Viewer, now: datetime, *, roles: Sequence[Role]) -> None:
    """Exactly these roles from now on."""
    if said.contact_id is None:
        return
    held = store.roles_of(db, said.account_id, said.contact_id)
    for role in Role:
        if (role in held) != (role in roles):
            change_role(
                db,
                account_id=said.account_id,
                contact_id=said.contact_id,
                role=role,
                held=role in roles,
                viewer=viewer,
                now=now,
            )
