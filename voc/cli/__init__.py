"""The terminal: `voc` and `python -m voc`. Exit codes: 0 done, 1 refused or failed, 2 wrong usage."""

from voc.cli.main import main

__all__ = ["main"]
