"""Roles and freshness of people, and nothing else of them: what a claim freezes, hundreds at a time."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from voc.base.preferences import Preferences
from voc.base.words import Role, Sign
from voc.stakeholders import rules
from voc.stakeholders.model import SignOfLife
from voc.stakeholders.store import evidence


@dataclass(frozen=True, slots=True)
class Standing:
    roles: tuple[Role, ...]
    freshness: float


def standings(
    db: Connection, people: Mapping[tuple[str, str], bool], *, now: datetime, preferences: Preferences
) -> dict[tuple[str, str], Standing]:
    """(account, contact) -> what `holders` says of them. Three queries, however many.

    `people`: whether the contact is the account's own; one that is not stands there only with a role. The
    caller knows that they are live or set aside.
    """
    ids = {contact_id for _account, contact_id in people}
    roles = evidence.roles(db, {account_id for account_id, _contact in people}, ids)
    signs = _signs(db, ids, now=now)
    return {
        pair: _standing(roles[pair][0] if pair in roles else (), signs.get(pair[1], ()), now=now, wanted=preferences)
        for pair, own in people.items()
        if own or pair in roles
    }


def _signs(db: Connection, ids: Collection[str], *, now: datetime) -> Mapping[str, list[SignOfLife]]:
    found = evidence.signs(db, ids, until=now)
    for contact_id, at in evidence.deliveries(db, ids, until=now).items():
        found[contact_id].append(SignOfLife(Sign.DELIVERED, at, "mail"))
    return found


def _standing(
    roles: Collection[Role], signs: Collection[SignOfLife], *, now: datetime, wanted: Preferences
) -> Standing:
    loss = rules.annual_loss_of(roles, usual=wanted.annual_loss, senior=wanted.annual_loss_senior)
    value = rules.freshness(list(signs), now=now, annual_loss=loss).value if signs else 0.0
    return Standing(tuple([role for role in Role if role in roles]), value)
