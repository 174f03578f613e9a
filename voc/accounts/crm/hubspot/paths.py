"""Where things are, in HubSpot's numbered API (v3 and v4) and in its dated one (`/crm/objects/2026-03/contacts`).

HubSpot keeps both side by side for now and ends v4 in March 2027; a place that ends in a date,
`https://api.hubapi.com/2026-03`, moves an installation over without another version of voc.
"""

import re
from dataclasses import dataclass

HOST = "https://api.hubapi.com"
VERSION = re.compile(r"/20\d\d-\d\d(?:-beta)?")
_DATED = re.compile(rf"(?P<root>.+?)(?P<version>{VERSION.pattern})")


@dataclass(frozen=True)
class Paths:
    """`version` None is v3 and v4."""

    version: str | None = None

    def objects(self, object: str, rest: str = "") -> str:
        return self._crm("objects", f"{object}{rest}")

    def properties(self, object: str, rest: str = "") -> str:
        return self._crm("properties", f"{object}{rest}")

    def owners(self) -> str:
        return self._crm("owners")

    def associations(self, one: str, other: str, rest: str) -> str:
        return self._crm("associations", f"{one}/{other}/{rest}", numbered="v4")

    def account(self, rest: str) -> str:
        return f"/account-info/{self.version or 'v3'}/{rest}"

    def _crm(self, api: str, rest: str = "", *, numbered: str = "v3") -> str:
        path = f"/crm/{api}/{self.version}" if self.version else f"/crm/{numbered}/{api}"
        return f"{path}/{rest}" if rest else path


def of_place(place: str) -> tuple[str, Paths]:
    """The API's root, and the paths below it, from what a person wrote as the place ('' is HubSpot's own)."""
    place = place.strip().rstrip("/") or HOST
    dated = _DATED.fullmatch(place)
    return (dated["root"], Paths(dated["version"][1:])) if dated else (place, Paths())
