"""Every page and download of the router, as somebody who may see everything gets it."""

from collections.abc import Iterator, Mapping
from typing import Any

from httpx import Response

from tests.web.people import Visitor
from tests.web.test_routes import OPEN, TABLE, call


def everything(somebody: Visitor, ids: Mapping[str, Any]) -> Iterator[tuple[str, Response]]:
    """Each GET that needs a session, by its route; those whose object `ids` does not have are left out."""
    for route, gate in TABLE.items():
        if gate is OPEN or not route.startswith("GET "):
            continue
        try:
            yield route, call(somebody, route, gate, dict(ids))
        except KeyError:
            continue
