"""Processes that start in milliseconds and can be killed: a warm process of ours forks one for each piece of work.

`python -m tests.faults.crew` reads one order a line: a function by name and its arguments. `here` runs it
in the warm process itself, so that the children inherit what it compiled and imported; otherwise a
child does it, opens its own connections, and writes down what the function returned.
"""

import atexit
import gc
import json
import os
import select
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

_ROOT = Path(__file__).parents[2]
_PATIENCE_SECONDS = 240


class Member:
    """A forked process. `ended` is its exit code, negative for the signal that killed it."""

    def __init__(self, crew: "Crew", pid: int, result: Path) -> None:
        self.pid = pid
        self._crew = crew
        self._result = result

    def signal(self, number: int) -> None:
        """Nothing where it has ended already: `ended` tells."""
        with suppress(ProcessLookupError):
            os.kill(self.pid, number)

    def is_over(self) -> bool:
        return self._crew.has_ended(self.pid)

    def ended(self, *, within_seconds: float = _PATIENCE_SECONDS) -> int:
        """Waits until it has ended; how it did."""
        return self._crew.wait_for(self.pid, within_seconds)

    def result(self, *, within_seconds: float = _PATIENCE_SECONDS) -> Any:
        """What the function returned. An error in the child is one here."""
        code = self.ended(within_seconds=within_seconds)
        if code != 0:
            raise RuntimeError(f"the child ended with {code}; what it said is above")
        return json.loads(self._result.read_text())


class Crew:
    def __init__(self, process: "subprocess.Popen[str]", folder: Path) -> None:
        self._process = process
        self._folder = folder
        self._ended: dict[int, int] = {}
        self._number = 0
        self._unread = ""

    def here(self, work: str, /, **arguments: Any) -> Any:
        """Run `module:function` in the warm process, and wait for what it returns."""
        result = self._order(work, arguments, here=True)
        told = self._next()
        while "here" not in told:
            self._note(told)
            told = self._next()
        return json.loads(result.read_text())

    def send(self, work: str, /, **arguments: Any) -> Member:
        """Run `module:function` in a child."""
        result = self._order(work, arguments, here=False)
        told = self._next()
        while "started" not in told:
            self._note(told)
            told = self._next()
        return Member(self, told["started"], result)

    def has_ended(self, pid: int) -> bool:
        assert self._process.stdout is not None
        while pid not in self._ended and select.select([self._process.stdout], [], [], 0)[0]:
            self._note(self._next())
        return pid in self._ended

    def wait_for(self, pid: int, within_seconds: float) -> int:
        until = time.monotonic() + within_seconds
        while pid not in self._ended:
            self._note(self._next(until))
        return self._ended.pop(pid)

    def _order(self, work: str, arguments: dict[str, Any], *, here: bool) -> Path:
        self._number += 1
        result = self._folder / f"{self._number}.json"
        order = {"work": work, "arguments": arguments, "here": here, "result": str(result)}
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        return result

    def _note(self, told: dict[str, Any]) -> None:
        self._ended[told["ended"]] = told["code"]

    def _next(self, until: float | None = None) -> dict[str, Any]:
        assert self._process.stdout is not None
        until = until or time.monotonic() + _PATIENCE_SECONDS
        while "\n" not in self._unread:
            if not select.select([self._process.stdout], [], [], max(until - time.monotonic(), 0))[0]:
                raise TimeoutError("the crew did not report in time")
            more = os.read(self._process.stdout.fileno(), 65536).decode()
            if not more:
                raise RuntimeError("the warm process is gone; what it said is above")
            self._unread += more
        line, _, self._unread = self._unread.partition("\n")
        told: dict[str, Any] = json.loads(line)
        return told


_until_the_end = ExitStack()


@cache
def shared() -> Crew:
    """One warm process for all faults of this process."""
    atexit.register(_until_the_end.close)
    return _until_the_end.enter_context(started())


@contextmanager
def started() -> Iterator[Crew]:
    """A warm process; it and its children are gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="voc-crew-") as folder:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.crew"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=_ROOT,
            env={**os.environ, "PYTHONPATH": str(_ROOT)},
            start_new_session=True,
        )
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            yield Crew(process, Path(folder))
        finally:
            process.stdin.close()
            process.wait(20)
            process.stdout.close()


# --- the warm process ---------------------------------------------------------------------------


def main() -> None:
    log = import_module("voc.base.log")
    log.configure(json_lines=False, level="CRITICAL")
    wake, bell = os.pipe()
    os.set_blocking(bell, False)
    signal.signal(signal.SIGCHLD, lambda _number, _frame: None)
    signal.set_wakeup_fd(bell)
    children: set[int] = set()
    unread = ""
    while True:
        ready, _, _ = select.select([0, wake], [], [])
        if wake in ready:
            os.read(wake, 4096)
            _reap(children)
        if 0 in ready:
            more = os.read(0, 65536).decode()
            if not more:
                break
            *orders, unread = (unread + more).split("\n")
            for order in orders:
                _obey(json.loads(order), children)
    for pid in children:
        os.kill(pid, signal.SIGKILL)


def _obey(order: dict[str, Any], children: set[int]) -> None:
    module, _, name = order["work"].partition(":")
    work = getattr(import_module(module), name)
    if order["here"]:
        Path(order["result"]).write_text(json.dumps(work(**order["arguments"])))
        # What stands here is shared with the children: their collector would copy every page of it.
        gc.collect()
        gc.freeze()
        _tell({"here": order["work"]})
        return
    child = os.fork()
    if child == 0:
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        _work_and_exit(work, order)
    children.add(child)
    _tell({"started": child})


def _work_and_exit(work: Any, order: dict[str, Any]) -> None:
    code = 1
    try:
        Path(order["result"]).write_text(json.dumps(work(**order["arguments"])))
        code = 0
    except BaseException:  # noqa: BLE001 -- said, and then the child ends; the warm process goes on
        sys.excepthook(*sys.exc_info())
    finally:
        os._exit(code)


def _reap(children: set[int]) -> None:
    for pid in list(children):
        ended, status = os.waitpid(pid, os.WNOHANG)
        if ended:
            children.discard(pid)
            _tell({"ended": pid, "code": os.waitstatus_to_exitcode(status)})


def _tell(what: dict[str, Any]) -> None:
    os.write(1, (json.dumps(what) + "\n").encode())


if __name__ == "__main__":
    main()
