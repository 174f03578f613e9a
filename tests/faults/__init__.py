"""What the chase must survive: `python -m tests.faults [F1 ...] [--long] [--json]`.

A fault is a module `fNN.py` of this folder with `def run(*, long: bool) -> Result`: real processes,
real mail servers, real kills, on SQLite and on PostgreSQL. The short form is part of the tests. A fault
that keeps sentences of the promise names them in `PROVES`.
"""

import re
from importlib import import_module
from pathlib import Path
from types import ModuleType

_NAMED = re.compile(r"f(\d+)\.py")


def names() -> list[str]:
    """The faults that have a module, in order: F1, F2 ..."""
    numbers = [int(found[1]) for path in Path(__file__).parent.iterdir() if (found := _NAMED.fullmatch(path.name))]
    return [f"F{number}" for number in sorted(numbers)]


def module(name: str) -> ModuleType:
    """The module of a fault, by its name in the table."""
    return import_module(f"{__name__}.f{int(name[1:]):02}")
