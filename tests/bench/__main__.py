"""`python -m tests.bench [NAME ...] [--rows N] [--json]`: how fast the parts that matter are, on this machine.

A benchmark is a module of this package with `run(report: Report) -> None`; add its name to NAMES.
Each compares itself with the plainest loop that does the same work, in the same run, so that the
figures mean something on a slow machine too.
"""

import argparse
import json
import sys
from importlib import import_module
from pathlib import Path

import structlog

from tests.bench.report import Report, machine

NAMES = ("sync", "crm", "salesforce", "plan", "freeze", "send", "answer", "figures", "themes")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("names", nargs="*", choices=NAMES, default=[], help="all of them if none is named")
    parser.add_argument("--json", action="store_true")
    parser.add_argument(
        "--rows", type=int, help="contacts: crm, salesforce 100,000, plan 20,000; invitations: figures 1,000,000"
    )
    parser.add_argument("--engine", choices=("sqlite", "postgresql", "both"), default="both", help="figures")
    parser.add_argument("--keep", type=Path, help="figures: a folder whose databases are made once and stay")
    asked = parser.parse_args()
    if not asked.json:
        print(", ".join(f"{name} {value}" for name, value in machine().items()))
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    reports = []
    for name in asked.names or NAMES:
        report = Report(name, quiet=asked.json, rows=asked.rows, engine=asked.engine, keep=asked.keep)
        import_module(f"tests.bench.{name}").run(report)
        reports.append(report)
    if asked.json:
        json.dump({"machine": machine(), **{one.name: one.figures for one in reports}}, sys.stdout, indent=2)
        print()


if __name__ == "__main__":
    main()
