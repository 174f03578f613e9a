"""Salesforce's REST API as this project needs it: sign in, version, describe, rows, counts, and what a day allows."""

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Unpack

import msgspec

from voc.accounts.connection import Connection, Secret
from voc.accounts.connector import Outside, Usage
from voc.accounts.crm.http import Answer, Caller, Limits, Streamed, Wishes
from voc.accounts.crm.salesforce import signin, trouble
from voc.accounts.crm.salesforce.described import Described
from voc.accounts.crm.salesforce.soql import Select
from voc.base.errors import GiveUp, Misconfigured

# Bulk queries came with 47; what comes after the newest that was looked at is not taken unseen.
_OLDEST, _NEWEST = 47.0, 66.0
_LARGEST_CSV = 2 << 30
_USED = re.compile(r"api-usage=(\d+)/(\d+)", re.ASCII)


class Rows(msgspec.Struct, rename="camel"):
    """An answer to a query. `done` False: the rows did not fit into one answer, whatever LIMIT says."""

    total_size: int
    done: bool
    records: list[dict[str, Any]]


class _Version(msgspec.Struct):
    version: str


class _Allowance(msgspec.Struct, rename="pascal"):
    max: int
    remaining: int


class Api:
    def __init__(
        self,
        connection: Connection,
        secrets: Mapping[Secret, str],
        outside: Outside,
        limits: Limits,
        saw: Callable[[str], None] = lambda _: None,
    ) -> None:
        """`saw` is told every statement before it is sent. Misconfigured when the credentials are incomplete."""
        self._outside, self._limits, self.saw = outside, limits, saw
        self.sleep = outside.sleep
        self._read_trouble = trouble.reader(outside.now)
        self.place = signin.place(connection, outside.private_hosts)
        self._instance = self.place
        self._hidden = tuple(secrets.values())
        self._auth = signin.auth(connection, self.place, secrets, outside.now, on_answer=self._signed_in)
        self._caller = self._call_at(self.place)
        self._requests = 0
        self._used: int | None = None
        self._allowance: int | None = None
        self._described: dict[str, Described | None] = {}
        self.version: str | None = None
        self.user_id: str | None = None

    def _call_at(self, url: str) -> Caller:
        return Caller(
            url,
            auth=self._auth,
            outside=self._outside,
            read_trouble=self._read_trouble,
            limits=self._limits,
            hosts=(self.host,),
            hide=self._hidden,
        )

    @property
    def host(self) -> str:
        return signin.host(self.place)

    def open(self) -> None:
        """Sign in where the org is, and agree on a version. Does nothing the second time."""
        if self.version is not None:
            return
        versions = self._caller.get("/services/data", reads=list[_Version]).value
        if self._instance != self.place:
            self._requests += self._caller.requests
            self._caller.close()
            self._caller = self._call_at(self._instance)
        known = sorted(float(one.version) for one in versions if _OLDEST <= float(one.version) <= _NEWEST)
        if not known:
            raise GiveUp(f"{self.host} offers no version of its API that is known here ({_OLDEST} to {_NEWEST})")
        self.version = f"{known[-1]:.1f}"

    def _signed_in(self, answer: Mapping[str, Any]) -> None:
        self._instance = signin.instance(answer.get("instance_url"), self.place, self._outside.private_hosts)
        identity = str(answer.get("id") or "")
        self.user_id = identity.rpartition("/")[2] or None

    def close(self) -> None:
        self._caller.close()

    # --- requests ---------------------------------------------------------------------------

    def request(self, method: str, path: str, **wishes: Unpack[Wishes]) -> Answer:
        """`path` behind the version, or from the root when it begins with /services."""
        answer = self._caller.request(method, self._path(path), **wishes)
        self._note(answer.headers)
        return answer

    def get(self, path: str, **wishes: Unpack[Wishes]) -> Answer:
        return self.request("GET", path, **wishes)

    @contextmanager
    def stream(self, path: str, params: Mapping[str, str]) -> Iterator[Streamed]:
        with self._caller.lines(
            "GET",
            self._path(path),
            params=params,
            headers={"Accept": "text/csv"},
            max_body=_LARGEST_CSV,
            accept=(400, 404),
        ) as body:
            self._note(body.headers)
            yield body

    def _path(self, path: str) -> str:
        self.open()
        return path if path.startswith("/services") else f"/services/data/v{self.version}{path}"

    def _note(self, headers: Mapping[str, str]) -> None:
        if found := _USED.search(headers.get("sforce-limit-info", "")):
            self._used, self._allowance = int(found[1]), int(found[2])

    def usage(self) -> Usage:
        return Usage(self._requests + self._caller.requests, self._allowance, self._used)

    def limits(self) -> Usage:
        """The day's allowance as Salesforce itself counts it."""
        found = self.get("/limits", reads=dict[str, Any]).value.get("DailyApiRequests")
        if found is not None:
            day = msgspec.convert(found, _Allowance)
            self._used, self._allowance = day.max - day.remaining, day.max
        return self.usage()

    # --- objects and rows -------------------------------------------------------------------

    def describe(self, object: str) -> Described | None:
        """None for an object that is not there, is switched off, or may not be seen: these look alike."""
        if object not in self._described:
            answer = self.get(f"/sobjects/{object}/describe", accept=(404,), reads=Described)
            self._described[object] = answer.value
        return self._described[object]

    def rows(self, select: Select, *, deleted_too: bool = True) -> Rows:
        """In the order asked for. A locator is never followed: it dies with its session."""
        statement = str(select)
        self.saw(statement)
        rows: Rows = self.get(
            "/queryAll" if deleted_too else "/query",
            params={"q": statement},
            headers={"Sforce-Query-Options": "batchSize=2000"},
            reads=Rows,
        ).value
        return rows

    def count(self, select: Select) -> int | None:
        """None where Salesforce cannot count them within its two minutes: there are very many."""
        statement = str(select.count())
        self.saw(statement)
        answer = self.get("/queryAll", params={"q": statement}, accept=(400,), reads=Rows)
        if answer.value is not None:
            total: int = answer.value.total_size
            return total
        if "QUERY_TIMEOUT" in trouble.codes(answer):
            return None
        raise self.error(answer)

    def error(self, answer: Answer) -> Misconfigured | GiveUp:
        """The error for an answer that was accepted to be looked at, and is none of those looked for."""
        found = self._read_trouble(answer)
        said = found.reason if found else f"answered {answer.status}"
        if found is not None and found.mend:
            return Misconfigured(self.host, said, found.mend)
        return GiveUp(f"{self.host} {said}")
