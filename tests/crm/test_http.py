"""What connectors can rely on when they speak HTTP."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.crm.server import Fault, Reply, Request, Server
from voc.accounts.connector import Outside
from voc.accounts.crm.http import BearerToken, Caller, Limits
from voc.base.errors import TryLater

NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)
FAST = Limits(connect_seconds=0.5, read_seconds=0.3, answer_seconds=0.3, stream_seconds=0.3)


@pytest.fixture
def slept() -> list[float]:
    return []


@pytest.fixture
def server() -> Iterator[Server]:
    with Server(_echo) as server:
        yield server


def _echo(request: Request) -> Reply:
    return Reply.of({"path": request.path, "query": request.query, "auth": request.headers.get("authorization", "")})


@pytest.fixture
def outside(slept: list[float]) -> Outside:
    return Outside(now=lambda: NOW, sleep=slept.append, private_hosts=("127.0.0.1",))


@pytest.fixture
def caller(server: Server, outside: Outside) -> Iterator[Caller]:
    caller = Caller(server.url, auth=BearerToken("planted-token"), outside=outside, limits=FAST)
    yield caller
    caller.close()


def test_a_request_is_signed_and_its_json_read(caller: Caller) -> None:
    answer = caller.get("/things?a=1", params={"b": "ü"}, reads=dict[str, Any])
    assert answer.value == {"path": "/things", "query": {"a": "1", "b": "ü"}, "auth": "Bearer planted-token"}
    assert caller.requests == 1


@pytest.mark.parametrize(
    "fault",
    [
        Fault.ERROR_500, Fault.TOO_MANY, Fault.UNAUTHORISED, Fault.SILENCE, Fault.SLOW_BODY, Fault.CUT_SHORT,
        Fault.NOT_JSON,
    ],
)  # fmt: skip
def test_a_fault_that_passes_is_repeated(server: Server, caller: Caller, fault: Fault) -> None:
    server.fail(fault)
    assert caller.get("/things", reads=dict[str, Any]).value["path"] == "/things"
    assert caller.requests == 2


def test_a_fault_that_stays_is_told_without_body_query_or_token(
    server: Server, caller: Caller, slept: list[float]
) -> None:
    server.fail(Fault.ERROR_500, times=5)
    with pytest.raises(TryLater) as told:
        caller.get("/things", params={"email": "jane@example.com"})
    assert str(told.value) == "127.0.0.1: GET /things answered 500, 5 times"
    assert len(slept) == 4
    assert slept == sorted(slept)
