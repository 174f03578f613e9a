"""How many of the accounts that a scope had asked have left since, or are somebody else's today. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol

from voc.base.words import Scope
from voc.metrics.cohorts import Key
from voc.metrics.model import Person


class Asked(Protocol):
    """An account reached under a CSM, and whose it is now."""

    @property
    def csm_id(self) -> str | None: ...
    @property
    def inherited(self) -> bool: ...
    @property
    def account_id(self) -> str: ...
    @property
    def owner_id(self) -> str | None: ...
    @property
    def left(self) -> bool: ...


@dataclass(frozen=True)
class Gone:
    left: int = 0
    handed_over: int = 0

    @property
    def told(self) -> list[tuple[int, str]]:
        """Each with its words. Who was lost at a renewal has *left*; that is another count, of decisions."""
        ended = "no customer any more" if self.left == 1 else "no customers any more"
        return [(count, words) for count, words in ((self.left, ended), (self.handed_over, "handed over")) if count]


NOBODY_GONE = Gone()


def gone(moved: Iterable[Asked], key: Key, people: Mapping[str, Person]) -> Gone:
    """Of a scope by the owner at sending; an account that left is not handed over too. A part is its own total."""
    scope, id = key
    left, elsewhere = set[str](), set[str]()
    for one in moved:
        if not _counts(one, key, people):
            continue
        if one.left:
            left.add(one.account_id)
        elif (scope == Scope.CSM and one.owner_id != id) or (
            scope == Scope.TEAM and _manager(one.owner_id, people) != id
        ):
            elsewhere.add(one.account_id)
    return Gone(len(left), len(elsewhere))


def gone_by_csm(moved: Iterable[Asked], people: Mapping[str, Person]) -> dict[str, Gone]:
    """Of every CSM with such an account, in one pass: in a large company each of hundreds has some of thousands."""
    theirs: dict[str, list[Asked]] = defaultdict(list)
    for one in moved:
        if one.csm_id is not None:
            theirs[one.csm_id].append(one)
    return {id: gone(some, (Scope.CSM, id), people) for id, some in theirs.items()}


def _counts(one: Asked, key: Key, people: Mapping[str, Person]) -> bool:
    scope, id = key
    if scope == Scope.CSM:
        return one.csm_id == id and not one.inherited
    return scope != Scope.TEAM or _manager(one.csm_id, people) == id


def _manager(csm_id: str | None, people: Mapping[str, Person]) -> str | None:
    found = people.get(csm_id) if csm_id is not None else None
    return None if found is None else found.manager_id
