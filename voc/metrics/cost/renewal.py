"""One decision with what was known at its landmark; of each customer's the latest that can be counted. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from voc.base.words import AccountState, OutOfCohort

NO_SEGMENT = ""


class Group(StrEnum):
    SILENT = "silent"
    RESPONDING = "responding"
    THIRD = "third"


@dataclass(frozen=True)
class Renewal:
    """One decision with what was known at its landmark; `reason` or `earlier` keeps it out of every table."""

    key: str
    account_id: str
    account_name: str
    decided_on: date
    landmark_on: date
    lost: bool
    state: AccountState | None
    reason: OutOfCohort | None = None
    csm_id: str | None = None
    segment: str | None = None
    score: float | None = None
    days_since_answer: float | None = None
    senior_silent: bool | None = None
    treated: bool = False
    earlier: bool = False  # this customer has a later one that counts

    @property
    def counts(self) -> bool:
        return self.reason is None and self.state is not None and not self.earlier

    @property
    def group(self) -> Group:
        if self.state is AccountState.SILENT:
            return Group.SILENT
        return Group.RESPONDING if self.state is AccountState.HEARD else Group.THIRD


def one_each(renewals: Iterable[Renewal]) -> list[Renewal]:
    """Each customer's latest decision that can be counted; its others are marked `earlier`."""
    everybody = list(renewals)
    latest: dict[str, tuple[tuple[bool, date, str], Renewal]] = {}
    for one in everybody:
        order = (one.reason is None, one.decided_on, one.key)
        known = latest.get(one.account_id)
        if known is None or order > known[0]:
            latest[one.account_id] = order, one
    found = [one if latest[one.account_id][1] is one else _earlier(one) for one in everybody]
    return sorted(found, key=lambda one: (one.decided_on, one.key))


def _earlier(one: Renewal) -> Renewal:
    return Renewal(**{**vars(one), "earlier": True})
