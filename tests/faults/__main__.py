"""`python -m tests.faults [F1 ...] [--long] [--json]`: every fault of the table, and what came of it.

Exit code 0 when all passed, 1 when one did not, 2 for a name that is none.
"""

import argparse
import json
import sys
import traceback
from dataclasses import asdict

from tests import postgres
from tests.bench.report import machine
from tests.faults import module, names, table
from tests.faults.table import Result, Row
from voc.base import log


def main() -> int:
    known = names()
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("faults", nargs="*", metavar="F1", help=f"all of them if none is named: {' '.join(known)}")
    parser.add_argument("--long", action="store_true", help="as many tries as the table asks for; up to hours")
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    wanted = [name.upper() for name in asked.faults] or known
    if unknown := sorted(set(wanted) - set(known)):
        parser.error(f"{', '.join(unknown)} is not one of {' '.join(known)}")
    log.configure(json_lines=False, level="CRITICAL")
    if not asked.json:
        print(", ".join(f"{name} {value}" for name, value in machine().items()))
        print(table.line(*table.HEAD))
    results = []
    try:
        for name in wanted:
            results.append(_tried(name, long=asked.long))
            if not asked.json:
                print("\n".join(table.lines(results[-1])), flush=True)
    finally:
        postgres.stop()
    if asked.json:
        found = [{**asdict(one), "passed": one.passed} for one in results]
        json.dump({"machine": machine(), "long": asked.long, "faults": found}, sys.stdout, indent=2)
        print()
    return 0 if all(result.passed for result in results) else 1


def _tried(name: str, *, long: bool) -> Result:
    try:
        result: Result = module(name).run(long=long)
    except Exception:  # noqa: BLE001 -- the others are tried all the same, and the table says what broke
        row = Row("it broke before it could be judged", "", 0, found=(traceback.format_exc(),))
        return Result(name, (row,))
    return result


if __name__ == "__main__":
    sys.exit(main())
