"""HubSpot's answers as values: one function per question, nothing decided."""

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

import msgspec

from voc.accounts.connector import Outside, Usage
from voc.accounts.crm.http import Answer, Caller, Spacing
from voc.accounts.crm.hubspot.answers import (
    Account,
    Associations,
    AssociationType,
    AssociationTypes,
    Batch,
    Group,
    Groups,
    Owners,
    Properties,
    Property,
    Record,
    Records,
    Token,
    UsedUp,
)
from voc.accounts.crm.hubspot.paths import Paths

# Five a second is the account's for search, whoever asks; a hundred in ten seconds is the least a plan has for all.
SEARCHES_PER_SECOND = 5
REQUESTS_PER_SECOND = 10

_Read = TypeVar("_Read")


class Sizes(msgspec.Struct, frozen=True):
    """How much HubSpot takes or gives at once."""

    listed: int = 100
    found: int = 200
    batch: int = 100
    associations: int = 1_000
    owners: int = 500
    rows_per_page: int = 1_000  # ours: rows handed over together
    archived_pages: int = 10  # read in every run; the rest once a day


class Api:
    """Spaces its requests; usage is what the last answers said of the account's day."""

    def __init__(self, caller: Caller, paths: Paths, outside: Outside) -> None:
        self._caller, self._paths, self._outside = caller, paths, outside
        self._searches = Spacing(SEARCHES_PER_SECOND)
        self._allowance: int | None = None
        self._used: int | None = None

    def usage(self) -> Usage:
        return Usage(self._caller.requests, self._allowance, self._used)

    def close(self) -> None:
        self._caller.close()

    # --- the account ------------------------------------------------------------------------

    def account(self) -> Account:
        return self._get(self._paths.account("details"), Account)

    def read_usage(self) -> Usage:
        """What everybody's apps have used of the day; a plan that does not tell leaves it unknown."""
        answer = self._caller.get(
            self._paths.account("api-usage/daily/private-apps"), reads=UsedUp, accept=(400, 403, 404)
        )
        for used in answer.value.results if answer.value else ():
            self._allowance, self._used = used.usage_limit, used.current_usage
        return self.usage()

    def scopes(self, token: str) -> list[str] | None:
        """What the token may do, or None where HubSpot does not say (a service key)."""
        answer = self._caller.post(
            "/oauth/v2/private-apps/get/access-token-info",
            json={"tokenKey": token},
            reads=Token,
            accept=(400, 401, 403, 404, 405),
        )
        return answer.value.scopes if answer.value else None

    def owners(self, *, archived: bool, after: str | None, limit: int) -> Owners:
        params = {"limit": limit, "archived": _flag(archived)} | ({"after": after} if after else {})
        return self._get(self._paths.owners(), Owners, params)

    # --- records ----------------------------------------------------------------------------

    def listed(
        self, object: str, properties: Sequence[str], *, after: str | None, limit: int, archived: bool = False
    ) -> Records | None:
        """One page of the list; None where HubSpot keeps no list of deleted ones (meetings)."""
        params = {"limit": limit, "archived": _flag(archived), "properties": ",".join(properties)}
        answer = self._caller.get(
            self._paths.objects(object),
            params=params | ({"after": after} if after else {}),
            reads=Records,
            accept=(400,) if archived else (),
        )
        page: Records | None = self._value(answer)
        return page

    def found(
        self,
        object: str,
        filters: Sequence[tuple[str, str, str | None]],
        *,
        sort: str | None = None,
        properties: Sequence[str] = (),
        limit: int,
    ) -> Records:
        """One page of a search; filters are (property, operator, value), all of which must hold."""
        self._searches.wait(self._outside)
        where = [
            {"propertyName": name, "operator": operator} | ({"value": value} if value is not None else {})
            for name, operator, value in filters
        ]
        body = {
            "filterGroups": [{"filters": where}] if where else [],
            "sorts": [{"propertyName": sort, "direction": "ASCENDING"}] if sort else [],
            "properties": list(properties),
            "limit": limit,
        }
        return self._post(self._paths.objects(object, "/search"), body, Records)

    def some(self, object: str, ids: Sequence[str], properties: Sequence[str]) -> list[Record]:
        """Those of the records that are there; an id that was merged away brings its winner."""
        body = {"inputs": [{"id": id} for id in ids], "properties": list(properties), "propertiesWithHistory": []}
        batch: Batch = self._post(self._paths.objects(object, "/batch/read"), body, Batch)
        return batch.results

    def associated(self, one: str, other: str, inputs: Sequence[Mapping[str, str]]) -> Associations:
        return self._post(self._paths.associations(one, other, "batch/read"), {"inputs": list(inputs)}, Associations)

    # --- definitions ------------------------------------------------------------------------

    def properties(self, object: str, *, sensitive: bool = False, accept: tuple[int, ...] = ()) -> Answer:
        """`value` is `Properties`; the sensitive ones have a list of their own."""
        params = {"archived": "false"} | ({"dataSensitivity": "sensitive"} if sensitive else {})
        return self._caller.get(self._paths.properties(object), params=params, reads=Properties, accept=accept)

    def labels(self, one: str, other: str) -> list[AssociationType]:
        types: AssociationTypes = self._get(self._paths.associations(one, other, "labels"), AssociationTypes)
        return types.results

    def property_named(self, object: str, name: str) -> Property | None:
        answer = self._caller.get(self._paths.properties(object, f"/{name}"), reads=Property, accept=(404,))
        found: Property | None = answer.value
        return found

    def property_groups(self, object: str) -> list[Group]:
        groups: Groups = self._get(self._paths.properties(object, "/groups"), Groups)
        return groups.results

    def create_property(self, object: str, definition: Mapping[str, Any]) -> Answer:
        """Handed back as it came: it may exist already (409), or not be ours to make (403)."""
        return self._caller.post(self._paths.properties(object), json=dict(definition), accept=(400, 403, 409))

    # --- writing ----------------------------------------------------------------------------

    def batch(self, object: str, what: str, inputs: Sequence[Mapping[str, Any]]) -> Batch | None:
        """`what` is update or upsert. None when HubSpot refused the batch as a whole for one of its inputs."""
        answer = self._caller.post(
            self._paths.objects(object, f"/batch/{what}"), json={"inputs": list(inputs)}, reads=Batch, accept=(400, 409)
        )
        batch: Batch | None = self._value(answer)
        return batch

    def associate(self, one: str, other: str, pairs: Sequence[tuple[str, str]]) -> None:
        """Doing it twice leaves one association."""
        inputs = [{"from": {"id": a}, "to": {"id": b}} for a, b in pairs]
        path = self._paths.associations(one, other, "batch/associate/default")
        self._caller.post(path, json={"inputs": inputs}, accept=(400, 404))

    # --- answers ----------------------------------------------------------------------------

    def _get(self, path: str, type: type[_Read], params: Mapping[str, Any] | None = None) -> _Read:
        value: _Read = self._value(self._caller.get(path, params=params, reads=type))
        return value

    def _post(self, path: str, body: Mapping[str, Any], type: type[_Read]) -> _Read:
        value: _Read = self._value(self._caller.post(path, json=body, reads=type))
        return value

    def _value(self, answer: Answer) -> Any:
        daily = answer.headers.get("x-hubspot-ratelimit-daily", "")
        left = answer.headers.get("x-hubspot-ratelimit-daily-remaining", "")
        if daily.isdigit() and left.isdigit():
            self._allowance, self._used = int(daily), int(daily) - int(left)
        return answer.value


def _flag(value: bool) -> str:
    return "true" if value else "false"
