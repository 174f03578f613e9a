"""What went wrong inside Odoo.

It comes as HTTP 500 (JSON-2) or as 200 with an `error` (JSON-RPC), both with a traceback that may
hold anything: only the name of the exception is looked at. A mistake of ours stays one when it is
repeated; a database that restarts or a lock does not.
"""

import re
from collections.abc import Sequence

import msgspec

from voc.accounts.crm.http import GIVE_UP, REFRESH, RETRY, Answer, Trouble, retry_after, standard_trouble
from voc.base.errors import GiveUp, Misconfigured

NEW_KEY = "Make a new API key in Odoo (Preferences > Account security) and enter it under Settings > CRM"
# Exceptions of PostgreSQL that pass by themselves.
_PASSING = (
    "psycopg2.OperationalError",
    "psycopg2.InterfaceError",
    "psycopg2.errors.SerializationFailure",
    "psycopg2.errors.DeadlockDetected",
    "psycopg2.errors.LockNotAvailable",
    "psycopg2.errors.AdminShutdown",
    "psycopg2.errors.CrashShutdown",
    "psycopg2.pool.PoolError",
    "odoo.sql_db.PoolError",
)
_GROUP = re.compile(r"^\s+- (.+?)\s*$", re.MULTILINE)


class _Failure(msgspec.Struct):
    """What is read of an exception: its class; its message only for the groups that an AccessError lists."""

    name: str = ""
    message: str = ""


class _RpcError(msgspec.Struct):
    data: _Failure


class _RpcAnswer(msgspec.Struct):
    error: _RpcError


class NotThere(GiveUp):
    """The model or the record does not exist."""


class NotAllowed(Misconfigured):
    """Odoo's user lacks a right; `groups` would give it, in Odoo's words."""

    def __init__(self, place: str, groups: Sequence[str]) -> None:
        one = f"Give its user one of the groups {', '.join(groups)}" if groups else "Give its user the right to read it"
        super().__init__(place, "Odoo does not allow it", one)
        self.groups = tuple(groups)


def trouble(place: str, answer: Answer) -> Trouble | None:
    """For a `Caller`. Raises NotAllowed and NotThere, which name `place`."""
    failure = _failure(answer)
    if failure is None:
        return standard_trouble(answer)
    name = failure.name
    if answer.status == 401 or name.endswith(".AccessDenied"):
        return Trouble(REFRESH, "does not accept the API key", mend=NEW_KEY, untouched=True)
    if name.endswith(".AccessError"):
        raise NotAllowed(place, _GROUP.findall(failure.message))
    if name.endswith((".MissingError", ".NotFound")) or answer.status == 404:
        raise NotThere(f"{place}: it is not there")
    said = f"failed in Odoo ({_class(name)})"
    if name in _PASSING or answer.status in (429, 502, 503, 504):
        seconds, at = retry_after(answer.headers)
        return Trouble(RETRY, said, wait_seconds=seconds, at=at)
    # Whatever else was raised in Odoo is raised again for the same request.
    return Trouble(GIVE_UP, said)


def _failure(answer: Answer) -> _Failure | None:
    """The exception in an answer, or None where it is none of Odoo's."""
    try:
        if answer.status != 200:
            failure: _Failure = answer.json(_Failure)
            return failure if failure.name else None
        if answer.content.startswith(b'{"jsonrpc"') and b'"error"' in answer.content[:100]:
            said: _RpcAnswer = answer.json(_RpcAnswer)
            return said.error.data
    except (msgspec.MsgspecError, UnicodeDecodeError):
        pass
    return None


def _class(name: str) -> str:
    """Only what looks like the name of a class is repeated."""
    return name.rpartition(".")[2][:60] if re.fullmatch(r"[\w.]+", name, re.ASCII) else "an error"
