"""What all stand-ins share: a server on loopback, and the ways in which real ones fail (F12)."""

import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit


class Fault(StrEnum):
    """How an answer goes wrong. The last three are for the stand-in to act out: `Server.acting`."""

    ERROR_500 = "500"
    TOO_MANY = "429"
    UNAUTHORISED = "401"
    SILENCE = "timeout"  # the connection is held and nothing comes until the client leaves
    SLOW_BODY = "slow body"  # a byte now and then
    CUT_SHORT = "truncated"  # the connection closes in the middle of the body
    NOT_JSON = "HTML with 200"
    EMPTY = "empty list"
    FEWER = "ten times fewer rows"
    LOOP = "looping cursor"


@dataclass(frozen=True)
class Request:
    method: str
    path: str
    query: dict[str, str]
    headers: Mapping[str, str]  # names in lower case
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)

    def form(self) -> dict[str, str]:
        return {name: values[0] for name, values in parse_qs(self.body.decode()).items()}


@dataclass
class Reply:
    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)

    @staticmethod
    def of(value: Any, status: int = 200, **headers: str) -> "Reply":
        """JSON; `Retry_After="1"` becomes the header Retry-After."""
        named = {name.replace("_", "-"): text for name, text in headers.items()}
        return Reply(status, json.dumps(value).encode(), {"Content-Type": "application/json", **named})


class Server:
    """Answers with `answer(request)`; `fail` makes the next matching answers go wrong. Use as a context manager."""

    def __init__(self, answer: Callable[[Request], Reply]) -> None:
        self.answer = answer
        self.requests: list[tuple[str, str]] = []  # method, path: what was asked, without secrets
        self._faults: list[tuple[Fault, str, int]] = []
        self._lock = threading.Lock()
        self._leave = threading.Event()
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._http.daemon_threads = True
        self._thread = threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._http.server_port}"

    def __enter__(self) -> "Server":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._leave.set()
        self._http.shutdown()
        self._http.server_close()

    def fail(self, fault: Fault, *, path: str = "", times: int = 1) -> None:
        """The next `times` requests whose path holds `path` fail that way."""
        with self._lock:
            self._faults.append((fault, path, times))

    def acting(self, fault: Fault, path: str) -> bool:
        """For the stand-in: whether this answer shall be empty, short or loop. Uses up one of its times."""
        return self._take(path, (fault,)) is not None

    def calm(self) -> None:
        with self._lock:
            self._faults.clear()

    def _take(self, path: str, among: tuple[Fault, ...]) -> Fault | None:
        with self._lock:
            for place, (fault, part, times) in enumerate(self._faults):
                if fault in among and part in path:
                    self._faults[place : place + 1] = [(fault, part, times - 1)] if times > 1 else []
                    return fault
        return None

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            wbufsize = 1 << 16
            disable_nagle_algorithm = True

            def log_message(self, *_: object) -> None: ...

            def do_any(self) -> None:
                url = urlsplit(self.path)
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                query = {name: values[0] for name, values in parse_qs(url.query, keep_blank_values=True).items()}
                path = unquote(url.path)
                server.requests.append((self.command, path))
                fault = server._take(path, _BROKEN)
                if fault is not None:
                    self._break(fault)
                    return
                headers = {name.lower(): text for name, text in self.headers.items()}
                self._send(server.answer(Request(self.command, path, query, headers, body)))

            do_GET = do_POST = do_PATCH = do_PUT = do_DELETE = do_HEAD = do_any  # noqa: N815 - the library's names

            def _send(self, reply: Reply) -> None:
                self.send_response(reply.status)
                for name, text in reply.headers.items():
                    self.send_header(name, text)
                self.send_header("Content-Length", str(len(reply.body)))
                self.end_headers()
                self.wfile.write(reply.body)

            def _break(self, fault: Fault) -> None:
                if fault in _STATUS:
                    self._send(Reply.of({"message": "planted secret-looking body"}, _STATUS[fault]))
                elif fault == Fault.NOT_JSON:
                    self._send(
                        Reply(200, b"<html><body>Down for maintenance</body></html>", {"Content-Type": "text/html"})
                    )
                else:
                    self._hang(fault)

            def _hang(self, fault: Fault) -> None:
                self.close_connection = True
                if fault == Fault.SILENCE:
                    server._leave.wait(30)
                    return
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", "100000")
                self.end_headers()
                self.wfile.write(b'{"records": [{"Id": "0')
                self.wfile.flush()
                if fault == Fault.SLOW_BODY:
                    self._dribble()

            def _dribble(self) -> None:
                try:
                    while not server._leave.wait(0.05):
                        self.wfile.write(b" ")
                        self.wfile.flush()
                except OSError:
                    return  # the client had enough

        return Handler


_STATUS = {Fault.ERROR_500: 500, Fault.TOO_MANY: 429, Fault.UNAUTHORISED: 401}
_BROKEN = (*_STATUS, Fault.SILENCE, Fault.SLOW_BODY, Fault.CUT_SHORT, Fault.NOT_JSON)
