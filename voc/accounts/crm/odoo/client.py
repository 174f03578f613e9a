"""Odoo's two ways of being asked: JSON-2 from version 19 on, `execute_kw` over JSON-RPC before."""

import functools
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import msgspec

from voc.accounts.connection import Connection, Secret
from voc.accounts.connector import Outside
from voc.accounts.crm.http import Caller, Calls, Limits, Wishes
from voc.accounts.crm.odoo.domains import Domain, both
from voc.accounts.crm.odoo.failures import NEW_KEY, trouble
from voc.base.errors import GiveUp, Misconfigured

FIRST_WITH_JSON2 = 19
OPT_OUT = "is_blacklisted"

Record = dict[str, Any]


class _Version(msgspec.Struct):
    version: str


class Client:
    """Calls of Odoo's methods. `sign_in` first; `context` then has its user's language, so that words are theirs."""

    def __init__(
        self,
        connection: Connection,
        secrets: Mapping[Secret, str],
        *,
        outside: Outside,
        limits: Limits | None = None,
        json2_from: int = FIRST_WITH_JSON2,
    ) -> None:
        self.database = connection.database or ""
        self.login = connection.user or ""
        self._json2_from = json2_from
        self._key = secrets.get(Secret.API_KEY, "").strip()
        self._signature = _Signature(self._key, self.database)
        self.caller = Caller(
            _origin(connection.place),
            auth=self._signature,
            outside=outside,
            read_trouble=functools.partial(trouble, "Odoo"),
            limits=limits,
            hide=(self._key,),
        )
        self.version = ""
        self.uid = 0
        self.context: Record = {"active_test": False}

    @property
    def major(self) -> int:
        found = re.search(r"\d+", self.version)
        return int(found[0]) if found else 0

    def sign_in(self) -> None:
        """Find out the version, and whether the key is good. Misconfigured with the mend."""
        if not self._key:
            raise Misconfigured(self.caller.host, "there is no API key", NEW_KEY)
        self.version = self._ask_version()
        if not self._json2:
            self._signature.in_headers = False
            self._authenticate(self.caller)
        try:
            found = self.call("res.users", "context_get", reads=Record)
        except GiveUp:
            problem = f"Odoo {self.version} does not open the database {self.database or '(none is named)'}"
            raise Misconfigured(self.caller.host, problem, "Enter the database's name as Odoo has it") from None
        self.uid = int(found.get("uid") or self._signature.uid)
        self.context = {name: found[name] for name in ("lang", "tz") if found.get(name)} | {"active_test": False}

    def _ask_version(self) -> str:
        answer = self.caller.get("web/version", signed=False, reads=_Version, accept=(404,))
        if answer.status != 404:
            return str(answer.value.version)
        said = _rpc(self.caller, "common", "version", [], Wishes(reads=_answer_of(dict[str, Any]), signed=False))
        return str(said.get("server_version") or "")

    def _authenticate(self, caller: Calls) -> None:
        if not (self.database and self.login):
            mend = "Enter the database and the login of the user whose key it is"
            raise Misconfigured(caller.host, f"Odoo {self.version} needs both to sign in", mend)
        login = [self.database, self.login, self._key, {}]
        said = _rpc(caller, "common", "authenticate", login, Wishes(reads=_answer_of(Any)))
        if not isinstance(said, int) or said is False:
            raise Misconfigured(caller.host, "Odoo does not accept the login with this API key", NEW_KEY)
        self._signature.uid = said

    # --- calls --------------------------------------------------------------------------------

    def call(
        self,
        model: str,
        method: str,
        /,
        *,
        ids: Sequence[int] | None = None,
        reads: Any = Any,
        idempotent: bool = True,
        context: Mapping[str, Any] | None = None,
        **named: Any,
    ) -> Any:
        """One method of a model, on records when `ids` are given; the result as `reads`.

        Raises NotAllowed, NotThere, and what the caller raises.
        """
        words = {**self.context, **(context or {})}
        wishes = Wishes(
            reads=reads if self._json2 else _answer_of(reads),
            idempotent=idempotent,
            read_trouble=functools.partial(trouble, f"{self.caller.host}: {model}"),
        )
        if self._json2:
            wishes["json"] = {**named, "context": words} | ({} if ids is None else {"ids": ids})
            return self.caller.post(f"json/2/{model}/{method}", **wishes).value
        signed = [self.database, self._signature.uid, self._key]
        arguments = [model, method, [] if ids is None else [ids], {**named, "context": words}]
        return _rpc(self.caller, "object", "execute_kw", [*signed, *arguments], wishes)

    @property
    def _json2(self) -> bool:
        return self.major >= self._json2_from

    # --- records ------------------------------------------------------------------------------

    def search(self, model: str, domain: Domain, *, after: int = 0, limit: int | None = None) -> list[int]:
        """Ids in their order, those after one. GiveUp when they do not get on."""
        found = self.call(
            model, "search", domain=both([["id", ">", after]], domain), order="id", limit=limit, reads=list[int]
        )
        if any(later <= earlier for earlier, later in zip([after, *found], found, strict=False)):
            raise GiveUp(f"{self.caller.host}: its list of {model} leads in a circle; what was read before stands")
        return list(found)

    def every(self, model: str, domain: Domain, *, after: int = 0, at_once: int) -> Iterator[list[int]]:
        """All ids, in chunks."""
        while ids := self.search(model, domain, after=after, limit=at_once):
            yield ids
            if len(ids) < at_once:
                return
            after = ids[-1]

    def read(self, model: str, ids: Sequence[int], fields: Sequence[str]) -> list[Record]:
        """Those of the records that still exist, references as bare ids (`load=None`)."""
        if not ids:
            return []
        # Who was taken off the blacklist still counts as on it where archived records are asked for.
        context = {"active_test": True} if OPT_OUT in fields else None
        found = self.call(model, "read", ids=ids, fields=list(fields), load=None, context=context, reads=list[Record])
        return list(found)

    def small(self, model: str, domain: Domain, *fields: str) -> list[Record]:
        """A table of few rows in one call."""
        found = self.call(model, "search_read", domain=domain, fields=list(fields), load=None, reads=list[Record])
        return list(found)

    def count(self, model: str, domain: Domain) -> int:
        return int(self.call(model, "search_count", domain=domain, reads=int))

    def in_group(self, group: str) -> bool:
        """Whether the user belongs to a group, by its external id."""
        ids = [self.uid] if self.major >= 18 else None
        return bool(self.call("res.users", "has_group", ids=ids, group_ext_id=group))

    def may(self, model: str, operation: str) -> bool:
        """Whether the user has the right at all (rules per record may still hide some)."""
        if self.major >= 18:
            return bool(self.call(model, "has_access", ids=[], operation=operation))
        return bool(self.call(model, "check_access_rights", operation=operation, raise_exception=False))


class _Signature:
    """JSON-2 takes key and database as headers; JSON-RPC has both in its body, beside the user's number."""

    def __init__(self, key: str, database: str) -> None:
        self._key, self._database = key, database
        self.uid = 0
        self.in_headers = True

    def headers(self) -> Mapping[str, str]:
        if not self.in_headers:
            return {"Accept": "application/json"}
        named = {"X-Odoo-Database": self._database} if self._database else {}
        return {"Authorization": f"Bearer {self._key}", **named}

    def refresh(self, caller: Calls) -> None:
        """A key cannot be renewed from here: a 401 is believed when it comes twice."""


def moment(at: datetime) -> str:
    """As a domain takes it: UTC, whole seconds, since that is what Odoo shows of what it keeps in microseconds."""
    return at.strftime("%Y-%m-%d %H:%M:%S")


def _origin(place: str) -> str:
    """People paste the address of a page, such as https://acme.odoo.com/odoo."""
    parts = urlsplit(place if "://" in place else f"https://{place}")
    return f"{parts.scheme}://{parts.netloc}"


def _rpc(caller: Calls, service: str, method: str, args: list[Any], wishes: Wishes) -> Any:
    params = {"service": service, "method": method, "args": args}
    wishes["json"] = {"jsonrpc": "2.0", "method": "call", "params": params, "id": 1}
    return caller.request("POST", "jsonrpc", **wishes).value.result


@functools.cache
def _answer_of(reads: Any) -> Any:
    """JSON-RPC's answer around the result; one without a result is broken."""
    return msgspec.defstruct("Answer", [("result", reads)])
