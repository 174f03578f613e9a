"""F24: addresses that a server must not call, whoever enters them: no connection to any of them."""

from collections.abc import Callable
from functools import partial
from urllib.parse import urlsplit

from tests.base.test_guard import ELSEWHERE, OURSELVES, ask, knocked, outside
from tests.builders import NOW
from tests.doors import listening
from tests.faults.table import Result, Row, timed
from voc.base import guard
from voc.base.errors import VocError
from voc.base.oidc import Issuer
from voc.base.settings import Oidc
from voc.delivery.fetching import fetch

Ask = Callable[[str, guard.Resolve], object]
"""Call an address with names that stand for what the second argument says."""


def run(*, long: bool) -> Result:
    callers: dict[str, Ask] = {
        "a CRM": lambda url, resolve: ask(url, outside(), resolve),
        "a webhook's certificate": lambda url, resolve: fetch(url, resolve=resolve),
        "the issuer of sign-ins": lambda url, resolve: _issuer(url, resolve).known(now=NOW),
        "an issuer's keys and tokens": lambda url, resolve: _issuer("https://id.example.com", resolve, url)._asked(url),
    }
    return Result("F24", tuple(timed(partial(_row, what, call)) for what, call in callers.items()))


def _issuer(url: str, resolve: guard.Resolve, *named: str) -> Issuer:
    """One that signs our people in; what it says of itself may name hosts that we were told of."""
    others = [urlsplit(one).hostname or "" for one in named]
    return Issuer(
        Oidc(url, "voc", other_hosts=others), secret=None, base_url="https://voc.example.com", resolve=resolve
    )


def _row(what: str, call: Ask) -> Row:
    found = []
    with listening() as doors:
        port = doors[0].getsockname()[1]
        spelled = [f"{scheme}://{one}:{port}/x" for one in OURSELVES for scheme in ("https", "http")]
        for url in spelled:
            if not _refused(call, url, guard.resolve):
                found.append(f"{url} was called")
        for address in ELSEWHERE:
            url = f"https://crm.example.com:{port}/x"
            if not _refused(call, url, lambda _name, _port, address=address: [address]):  # type: ignore[misc]  # a Resolve
                found.append(f"{address} was called")
            if not _refused(call, url, lambda _name, _port, address=address: ["8.8.8.8", address]):  # type: ignore[misc]  # as above
                found.append(f"{address} beside a public one was called")
        connections = knocked(doors)
    if connections:
        found.append(f"{connections} connections were made")
    tries = len(spelled) + 2 * len(ELSEWHERE)
    said = (
        f"{len(OURSELVES)} spellings of this machine, {len(ELSEWHERE)} addresses of others: {connections} connections"
    )
    return Row(f"the address of {what}", "", tries, said, tuple(found[:10]))


def _refused(call: Ask, url: str, resolve: guard.Resolve) -> bool:
    try:
        call(url, resolve)
    except (VocError, OSError):
        return True
    return False
