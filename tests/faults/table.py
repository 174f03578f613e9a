"""What a fault came to: rows of a table that a person can judge."""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import partial

ENGINES = ("sqlite", "postgresql")


@dataclass(frozen=True)
class Row:
    """One way in which a fault was tried, on one database. `found` is what should not be; empty is a pass."""

    what: str  # what was done
    database: str  # sqlite, postgresql, or "" where none is touched
    tries: int
    said: str = ""  # what came of it, in figures
    found: tuple[str, ...] = ()
    seconds: float = 0.0

    @property
    def passed(self) -> bool:
        return not self.found


@dataclass(frozen=True)
class Result:
    fault: str  # F1
    rows: tuple[Row, ...]

    @property
    def passed(self) -> bool:
        return bool(self.rows) and all(row.passed for row in self.rows)

    @property
    def found(self) -> list[str]:
        """Everything that should not be, with its database."""
        return [f"{row.database or 'pure'}: {one}" for row in self.rows for one in row.found] or (
            [] if self.rows else ["nothing was tried"]
        )


def timed(trial: Callable[[], Row]) -> Row:
    """The row of a trial, with how long it took."""
    started = time.monotonic()
    row = trial()
    return replace(row, seconds=time.monotonic() - started)


def on_both(fault: str, *trials: Callable[[str], Row], engines: Iterable[str] = ENGINES) -> Result:
    """Each trial on each database."""
    return Result(fault, tuple(timed(partial(trial, engine)) for trial in trials for engine in engines))


HEAD = ("fault", "database", "tries", "result", "seconds", "what was done, and what came of it")


def lines(result: Result) -> list[str]:
    """The rows of the printed table; what was found stands under its row."""
    printed = []
    for row in result.rows:
        verdict = "pass" if row.passed else "FAIL"
        what = row.what + (f": {row.said}" if row.said else "")
        printed.append(line(result.fault, row.database or "-", f"{row.tries:,}", verdict, f"{row.seconds:.1f}", what))
        printed += [f"{'':6}  ! {one}" for one in row.found]
    return printed or [line(result.fault, "-", "0", "FAIL", "0", "nothing was tried")]


def line(fault: str, database: str, tries: str, verdict: str, seconds: str, what: str) -> str:
    return f"{fault:<6}{database:<12}{tries:>8}  {verdict:<6}{seconds:>8}  {what}"
