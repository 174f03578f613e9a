"""A part of what somebody may see: a team, a CSM, a segment, a region. Permission is another condition beside it."""

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import ColumnElement, select

from voc.base.schema import account, csm


@dataclass(frozen=True)
class Narrowed:
    """`countries` are those of a region, as the accounts write them; None is every country, known or not."""

    team_id: str | None = None
    csm_id: str | None = None
    segment: str | None = None
    countries: Collection[str] | None = None

    @property
    def whole(self) -> bool:
        return self == WHOLE


WHOLE = Narrowed()


def owned_within(part: Narrowed, owner: ColumnElement[str | None]) -> list[ColumnElement[bool]]:
    """By whose it is: one CSM's, or of a team whose manager is named."""
    found = [] if part.csm_id is None else [owner == part.csm_id]
    if part.team_id is not None:
        found.append(owner.in_(select(csm.c.id).where(csm.c.manager_id == part.team_id)))
    return found


def accounts_within(part: Narrowed) -> list[ColumnElement[bool]]:
    """By the account: its segment and its country, as they are today."""
    found = [] if part.segment is None else [account.c.segment == part.segment]
    if part.countries is not None:
        found.append(account.c.country.in_(sorted(part.countries)))
    return found
