"""What connectors can rely on when they speak HTTP."""

import gzip
import logging
import socket
import threading
import tracemalloc
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from threading import Barrier
from typing import Any

import pytest

from tests.crm.server import Fault, Reply, Request, Server
from voc.accounts.connector import Outside
from voc.accounts.crm.http import (
    GIVE_UP,
    MIB,
    PAUSE,
    Answer,
    BearerToken,
    Caller,
    Limits,
    LoopGuard,
    NoAuth,
    OAuth,
    Spacing,
    Trouble,
    Unclear,
    spread,
    standard_trouble,
)
from voc.base.clock import SetClock
from voc.base.errors import GiveUp, Misconfigured, TryLater, VocError

NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)
ANYTHING = dict[str, Any]
FAST = Limits(connect_seconds=1, read_seconds=1, answer_seconds=1, stream_seconds=1)  # waits a test must sit out
PATIENT = Limits(
    connect_seconds=30, read_seconds=30, answer_seconds=30, stream_seconds=30
)  # a busy machine is no fault
SLOW = (Fault.SILENCE, Fault.SLOW_BODY)


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
def caller(request: pytest.FixtureRequest, server: Server, outside: Outside) -> Iterator[Caller]:
    callspec = getattr(request.node, "callspec", None)
    slow = callspec is not None and callspec.params.get("fault") in SLOW
    limits = FAST if slow else PATIENT
    caller = Caller(server.url, auth=BearerToken("planted-token"), outside=outside, limits=limits)
    yield caller
    caller.close()


def test_a_request_is_signed_and_its_json_read(caller: Caller) -> None:
    answer = caller.get("/things?a=1", params={"b": "ü"}, reads=ANYTHING)
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
    assert caller.get("/things", reads=ANYTHING).value["path"] == "/things"
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


# --- waiting ------------------------------------------------------------------------------------


def answering(server: Server, *replies: Reply) -> None:
    """These, one after the other, then as before."""
    left, before = list(replies), server.answer
    server.answer = lambda request: left.pop(0) if left else before(request)


@pytest.mark.parametrize("when", ["7", format_datetime(NOW + timedelta(seconds=7), usegmt=True)])
def test_as_long_as_the_crm_asks_is_waited_at_least(
    server: Server, caller: Caller, slept: list[float], when: str
) -> None:
    answering(server, Reply.of({}, 429, Retry_After=when))
    assert caller.get("/things").status == 200
    assert len(slept) == 1
    assert 7 <= slept[0] < 9


@pytest.mark.parametrize("when", ["3600", format_datetime(NOW + timedelta(hours=1), usegmt=True)])
def test_a_long_wait_ends_the_run_and_says_until_when(
    server: Server, caller: Caller, slept: list[float], when: str
) -> None:
    answering(server, Reply.of({}, 429, Retry_After=when))
    with pytest.raises(TryLater) as told:
        caller.get("/things")
    assert told.value.at == NOW + timedelta(hours=1)
    assert slept == []


@pytest.mark.parametrize("when", ["soon", "-5", "", "\N{SUPERSCRIPT TWO}".encode().decode("latin-1"), "1e400", "nan"])
def test_a_wait_that_is_none_is_not_believed(server: Server, caller: Caller, slept: list[float], when: str) -> None:
    answering(server, Reply.of({}, 503, Retry_After=when))
    assert caller.get("/things").status == 200
    assert slept[0] < 2


def test_a_connector_reads_its_crms_own_words(server: Server, outside: Outside) -> None:
    def read(answer: Answer) -> Trouble | None:
        if answer.status == 403 and "DAILY" in answer.json(ANYTHING)["policy"]:
            return Trouble(PAUSE, "has no requests left today", at=NOW + timedelta(hours=9))
        return standard_trouble(answer)

    answering(server, Reply.of({"policy": "DAILY"}, 403))
    caller = Caller(server.url, auth=NoAuth(), outside=outside, read_trouble=read)
    with pytest.raises(TryLater, match="has no requests left today") as told:
        caller.get("/things")
    assert told.value.at == NOW + timedelta(hours=9)
    caller.close()


def test_waits_grow_and_differ_between_clients() -> None:
    shares = {spread(f"client {number}") for number in range(100)}
    assert len(shares) == 100
    assert 0 <= min(shares) < 0.2 < 0.8 < max(shares) < 1


def test_requests_keep_their_distance(server: Server) -> None:
    clock = SetClock(NOW)
    outside = Outside(clock.now, lambda seconds: clock.advance(timedelta(seconds=seconds)), ("127.0.0.1",))
    caller = Caller(server.url, auth=NoAuth(), outside=outside, spacing=Spacing(5))
    for _ in range(11):
        caller.get("/things")
    assert clock.now() == NOW + timedelta(seconds=2)
    caller.close()


# --- signing in ---------------------------------------------------------------------------------


class Door:
    """Gives out tokens that are good until `lock` is called."""

    def __init__(self) -> None:
        self.given = 0
        self.waiting: Barrier | None = None

    def __call__(self, request: Request) -> Reply:
        if request.path == "/token":
            if request.form().get("client_secret") != "planted":
                return Reply.of({"error": "invalid_client", "echo": request.form()}, 400)
            self.given += 1
            return Reply.of({"access_token": f"token-{self.given}", "scope": "api"})
        if request.headers.get("authorization") != f"Bearer token-{self.given}":
            if self.waiting is not None:
                self.waiting.wait(5)
            return Reply.of({"error": "expired"}, 401)
        return Reply.of({})

    def lock(self) -> None:
        self.given += 1


def oauth(server: Server, outside: Outside, secret: str = "planted") -> Caller:
    auth = OAuth("/token", lambda: {"grant_type": "client_credentials", "client_secret": secret})
    return Caller(server.url, auth=auth, outside=outside, limits=PATIENT)


def test_one_signs_in_before_the_first_request_and_again_when_the_token_is_refused(outside: Outside) -> None:
    with Server(door := Door()) as server:
        caller = oauth(server, outside)
        caller.get("/a")
        door.lock()
        caller.get("/b")
        assert [path for _, path in server.requests] == ["/token", "/a", "/b", "/token", "/b"]
        caller.close()


def test_threads_that_meet_the_same_refusal_sign_in_once(outside: Outside) -> None:
    with Server(door := Door()) as server, ThreadPoolExecutor(4) as pool:
        caller = oauth(server, outside)
        caller.get("/a")
        door.lock()
        door.waiting = Barrier(4)
        asked = [pool.submit(caller.get, "/a") for _ in range(4)]
        assert [one.result().status for one in asked] == [200] * 4
        assert [path for _, path in server.requests].count("/token") == 2
        caller.close()


def test_wrong_credentials_are_told_without_them(outside: Outside) -> None:
    with Server(Door()) as server:
        caller = oauth(server, outside, secret="planted-but-wrong")
        with pytest.raises(Misconfigured, match="does not accept the credentials") as told:
            caller.get("/a")
        assert "planted" not in str(told.value)
        assert len(server.requests) == 1
        caller.close()


def test_a_token_refused_twice_is_no_good(server: Server, caller: Caller) -> None:
    server.fail(Fault.UNAUTHORISED, times=2)
    with pytest.raises(Misconfigured, match="Settings > CRM"):
        caller.get("/things")
    assert caller.requests == 2


def test_a_token_with_a_line_break_is_never_sent(server: Server, outside: Outside) -> None:
    caller = Caller(server.url, auth=BearerToken("planted\r\nX-Evil: 1"), outside=outside)
    with pytest.raises(Misconfigured) as told:
        caller.get("/things")
    assert "planted" not in str(told.value)
    assert server.requests == []
    caller.close()


# --- answers that are too much ------------------------------------------------------------------


def packed(body: bytes, **headers: str) -> Reply:
    return Reply(200, gzip.compress(body), {"Content-Encoding": "gzip", "Content-Type": "application/json"} | headers)


def test_a_packed_answer_is_unpacked(server: Server, caller: Caller) -> None:
    text = b'{"a": "' + b"x" * 300_000 + b'"}'
    answering(server, packed(text))
    assert caller.get("/things", reads=ANYTHING).content == text


def test_a_bomb_is_not_unpacked_beyond_the_cap(server: Server, outside: Outside) -> None:
    answering(server, packed(bytes(200 * MIB)))
    caller = Caller(server.url, auth=NoAuth(), outside=outside, max_body=2 * MIB)
    tracemalloc.start()
    with pytest.raises(GiveUp, match="more than we take"):
        caller.get("/things")
    assert tracemalloc.get_traced_memory()[1] < 12 * MIB
    tracemalloc.stop()
    caller.close()


def test_an_answer_over_the_cap_is_given_up_at_once(server: Server, outside: Outside) -> None:
    answering(server, Reply(200, bytes(3 * MIB)))
    caller = Caller(server.url, auth=NoAuth(), outside=outside, max_body=MIB)
    with pytest.raises(GiveUp):
        caller.get("/things")
    assert caller.requests == 1
    caller.close()


@pytest.mark.parametrize("coding", ["br", "gzip, gzip", "deflate"])
def test_a_packing_that_was_not_asked_for_is_not_guessed(server: Server, caller: Caller, coding: str) -> None:
    answering(server, *[Reply(200, b"{}", {"Content-Encoding": coding})] * 5)
    with pytest.raises(TryLater, match="cannot be unpacked"):
        caller.get("/things")


def test_a_packed_answer_cut_short_is_repeated(server: Server, caller: Caller) -> None:
    whole = packed(b'{"a": 1}' * 1000)
    answering(server, Reply(200, whole.body[:-4], whole.headers))
    assert caller.get("/things").status == 200
    assert caller.requests == 2


def raw_server(speak: Callable[[socket.socket], None]) -> socket.socket:
    door = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        line, _ = door.accept()
        with line:
            line.recv(65536)
            try:
                speak(line)
            except OSError:
                return

    threading.Thread(target=serve, daemon=True).start()
    return door


def test_headers_that_drip_do_not_hold_a_run(outside: Outside) -> None:
    over = threading.Event()

    def drip(line: socket.socket) -> None:
        line.sendall(b"HTTP/1.1 200 OK\r\nX: ")
        while not over.wait(0.05):
            line.sendall(b"x")

    with raw_server(drip) as door:
        limits = Limits(read_seconds=30, answer_seconds=0.4, tries=1)
        caller = Caller(f"http://127.0.0.1:{door.getsockname()[1]}", auth=NoAuth(), outside=outside, limits=limits)
        with pytest.raises(TryLater, match="not answered in time"):
            caller.get("/things")
        over.set()
        caller.close()


# --- writes -------------------------------------------------------------------------------------


@pytest.mark.parametrize("fault", [Fault.ERROR_500, Fault.SILENCE, Fault.CUT_SHORT])
def test_a_write_that_may_have_been_taken_is_not_sent_again(server: Server, caller: Caller, fault: Fault) -> None:
    server.fail(fault)
    with pytest.raises(Unclear, match="cannot be known"):
        caller.post("/notes", json={"text": "once"}, idempotent=False)
    assert caller.requests == 1


@pytest.mark.parametrize("fault", [Fault.TOO_MANY, Fault.UNAUTHORISED])
def test_a_write_that_was_turned_away_is_sent_again(server: Server, caller: Caller, fault: Fault) -> None:
    server.fail(fault)
    assert caller.post("/notes", json={"text": "once"}, idempotent=False).status == 200
    assert caller.requests == 2


def test_where_nobody_is_a_write_is_tried_again_and_then_later(outside: Outside) -> None:
    with socket.create_server(("127.0.0.1", 0)) as door:
        port = door.getsockname()[1]
    caller = Caller(f"http://127.0.0.1:{port}", auth=NoAuth(), outside=outside, limits=PATIENT)
    with pytest.raises(TryLater, match="found nobody there, 5 times") as told:
        caller.post("/notes", json={}, idempotent=False)
    assert not isinstance(told.value, Unclear)
    caller.close()


def test_bodies_are_json_or_forms(server: Server, caller: Caller) -> None:
    server.answer = lambda request: Reply.of([request.headers["content-type"], request.body.decode()])
    assert caller.post("/x", json={"a": "ü"}).json() == ["application/json", '{"a":"ü"}']
    assert caller.post("/x", form={"a": "b c"}).json() == ["application/x-www-form-urlencoded", "a=b+c"]
    assert caller.post("/x", content=b"raw", headers={"Content-Type": "text/csv"}).json() == ["text/csv", "raw"]


# --- pieces -------------------------------------------------------------------------------------


def test_a_long_answer_comes_in_pieces(server: Server, caller: Caller) -> None:
    server.fail(Fault.ERROR_500)
    answering(server, Reply(200, b"row\n" * 200_000, {"Sforce-Locator": "abc"}))
    with caller.lines("GET", "/results") as streamed:
        pieces = list(streamed.pieces)
    assert streamed.headers["sforce-locator"] == "abc"
    assert b"".join(pieces) == b"row\n" * 200_000
    assert max(map(len, pieces)) <= 65_536
    assert caller.requests == 2


@pytest.mark.parametrize("fault", [Fault.CUT_SHORT, Fault.SLOW_BODY])
def test_pieces_that_break_off_are_told(server: Server, caller: Caller, fault: Fault) -> None:
    server.fail(fault)
    with pytest.raises(TryLater), caller.lines("GET", "/results") as streamed:
        list(streamed.pieces)


def test_pieces_are_capped_too(server: Server, caller: Caller) -> None:
    answering(server, Reply(200, bytes(3 * MIB)))
    with pytest.raises(GiveUp), caller.lines("GET", "/results", max_body=MIB) as streamed:
        list(streamed.pieces)


# --- where it goes ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "place", ["https://evil.example.com/x?token=planted", "/elsewhere", "//evil.example.com", "https://[", ""]
)
def test_a_redirect_is_told_and_not_followed(server: Server, caller: Caller, place: str) -> None:
    answering(server, Reply.of({}, 302, Location=place))
    with pytest.raises(Misconfigured, match="sends us on to") as told:
        caller.get("/things")
    assert "planted" not in str(told.value)
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    "path",
    ["https://evil.example.com/x", "http://127.0.0.1:1/x", "https://127.0.0.1/x", "https://api.hubapi.com:8443/"],
)
def test_a_link_to_another_place_is_not_called(server: Server, outside: Outside, path: str) -> None:
    caller = Caller(server.url, auth=NoAuth(), outside=outside, hosts=["api.hubapi.com"])
    with pytest.raises(VocError):
        caller.get(path)
    assert caller.requests == 0
    caller.close()


@pytest.mark.parametrize(
    "path", ["//evil.example.com/x", "@evil.example.com/x", "\\\\evil.example.com", "/../x", "?a=1"]
)
def test_whatever_the_path_the_host_stays(server: Server, caller: Caller, path: str) -> None:
    assert caller.get(path).status == 200
    assert len(server.requests) == 1


def test_neither_proxies_nor_cookies_are_taken(server: Server, caller: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:1")
    server.answer = lambda request: Reply.of({"cookie": request.headers.get("cookie")}, Set_Cookie="session=1")
    assert [caller.get("/things").json() for _ in range(2)] == [{"cookie": None}] * 2


def test_a_list_that_leads_in_a_circle_is_given_up() -> None:
    guard = LoopGuard("contacts", pages=3)
    for cursor in ("a", "b"):
        guard.saw(cursor)
    with pytest.raises(GiveUp, match="circle"):
        guard.saw("a")
    guard.saw("c")
    with pytest.raises(GiveUp, match="does not end"):
        guard.saw("d")


# --- what is told -------------------------------------------------------------------------------


def test_an_accepted_status_is_handed_back(server: Server, caller: Caller) -> None:
    answering(server, Reply.of({"why": "no such object"}, 404))
    assert caller.get("/things", accept=(404,)).json() == {"why": "no such object"}
    answering(server, Reply.of({}, 404))
    with pytest.raises(GiveUp, match="answered 404"):
        caller.get("/things")


def test_what_a_crm_echoes_is_hidden(server: Server, outside: Outside) -> None:
    caller = Caller(
        server.url, auth=BearerToken("planted-token"), outside=outside, hide=["planted-secret"],
        read_trouble=lambda answer: Trouble(GIVE_UP, f"said {answer.content.decode()}"),
    )  # fmt: skip
    answering(server, Reply.of("planted-token and planted-secret"))
    with pytest.raises(GiveUp) as told:
        caller.get("/things")
    assert str(told.value) == '127.0.0.1: GET /things said "*** and ***"'
    caller.close()


def test_nothing_is_logged(server: Server, caller: Caller, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    server.fail(Fault.CUT_SHORT)
    caller.get("/things", params={"email": "jane@example.com"})
    assert caplog.records == []
