"""Who belongs to whom: associations and their labels, which change without touching either record."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

import msgspec

from voc.accounts.crm.http import LoopGuard
from voc.accounts.crm.hubspot.answers import Associated, AssociationType, Fault
from voc.accounts.crm.hubspot.api import Api, Sizes
from voc.accounts.crm.hubspot.mapping import text
from voc.base.errors import TryLater

_PRIMARY = "Primary"
# A record without associations is an error to HubSpot; so is one that is gone by now.
_NOTHING = ("NO_ASSOCIATIONS_FOUND", "OBJECT_NOT_FOUND")


class Pair(msgspec.Struct):
    """One record and another it is associated with; `labels` are a person's, without HubSpot's own `Primary`."""

    one: str
    other: str
    labels: set[str]
    primary: bool = False


def pairs(api: Api, one: str, other: str, ids: Sequence[str]) -> dict[str, list[Pair]]:
    """All associations of some records, by their id, in the order of the other's id. At most `Sizes.associations` ids.

    HubSpot may give one pair in several rows, a label each, and the list of one record in several pages.
    """
    found: dict[tuple[str, str], Pair] = {}
    asked = set(ids)
    guard = LoopGuard(f"HubSpot's associations of {one} with {other}")
    inputs: list[dict[str, str]] = [{"id": id} for id in ids]
    while inputs:
        answer = api.associated(one, other, inputs)
        _check(answer.errors, one)
        inputs = []
        for associated in answer.results:
            if associated.from_.id in asked:
                _add(found, associated)
                if associated.paging and associated.paging.next:
                    following = {"id": associated.from_.id, "after": associated.paging.next.after}
                    guard.saw(f"{following['id']} {following['after']}")
                    inputs.append(following)
    listed: dict[str, list[Pair]] = {}
    for pair in sorted(found.values(), key=lambda pair: (len(pair.other), pair.other)):
        listed.setdefault(pair.one, []).append(pair)
    return listed


def _check(errors: Iterable[Fault], one: str) -> None:
    """An error must not look like a record without associations: its roles would vanish."""
    bad = [fault for fault in errors if not any(word in f"{fault.category} {fault.sub_category}" for word in _NOTHING)]
    if bad:
        raise TryLater(f"HubSpot could not read the associations of {len(bad)} {one}; what was read before stands")


def _add(found: dict[tuple[str, str], Pair], associated: Associated) -> None:
    for to in associated.to:
        key = (associated.from_.id, str(to.to_object_id))
        pair = found.setdefault(key, Pair(*key, labels=set()))
        for kind in to.association_types:
            if is_primary(kind):
                pair.primary = True
            elif kind.label:
                pair.labels.add(kind.label)


def is_primary(kind: AssociationType) -> bool:
    return kind.category == "HUBSPOT_DEFINED" and kind.label == _PRIMARY


def chosen(pairs: Sequence[Pair]) -> Pair | None:
    """The one a record belongs to: its primary, else the eldest."""
    return next((pair for pair in pairs if pair.primary), pairs[0] if pairs else None)


def links(
    api: Api, sizes: Sizes, object: str, others: Sequence[str], ids: Sequence[str]
) -> dict[str, Mapping[str, str]]:
    """id -> the id it belongs to in each of the other objects."""
    found: dict[str, dict[str, str]] = {id: {} for id in ids}
    for other in others:
        for some in in_chunks(ids, sizes.associations):
            for id, known in pairs(api, object, other, some).items():
                if (pair := chosen(known)) is not None:
                    found[id][other] = pair.other
    return dict(found)


def with_text(api: Api, sizes: Sizes, object: str, column: str) -> dict[str, str]:
    """id -> text of all records that have something in a property, by id: few have a buying role."""
    found: dict[str, str] = {}
    after = 0
    while True:
        page = api.found(
            object,
            [(column, "HAS_PROPERTY", None), ("hs_object_id", "GT", str(after))],
            sort="hs_object_id",
            properties=[column],
            limit=sizes.found,
        )
        found |= {record.id: text(record.properties.get(column)) for record in page.results}
        if page.after is None:
            return found
        last = max((int(record.id) for record in page.results), default=after)
        if last <= after:
            raise TryLater(f"HubSpot's search for {object} does not get on; what was read before stands")
        after = last


def in_chunks(ids: Iterable[str], size: int) -> Iterator[list[str]]:
    """Ids as HubSpot gives them; others are a person's of our own and unknown there."""
    chunk: list[str] = []
    for id in ids:
        if id.isdigit():
            chunk.append(id)
        if len(chunk) == size:
            yield chunk
            chunk = []
    if chunk:
        yield chunk
