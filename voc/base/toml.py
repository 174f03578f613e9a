"""Files that people write or paste, read so that none of them can hold up or break who reads it."""

import re
import tomllib
from typing import Any

LONGEST = 500_000  # characters; the longest that ships has a tenth of it
_MOST_PARTS = 40  # of a dotted name: each is a table inside the last, and thousands take seconds
_LARGEST = 2**63 - 1
_LONG_NUMBER = re.compile(r"""(?<![\w"'#])[+-]?(?:[1-9]|0[xob])[0-9a-fA-F_]{15,}(?![\w"'])""")
_AT_LINE = re.compile(r" \(at (?:line (\d+), column \d+|end of document)\)")


class NotToml(ValueError):
    """`problem` is what is wrong, `line` where: the last one if the text just ends."""

    def __init__(self, problem: str, line: int) -> None:
        super().__init__(f"{problem} (line {line})")
        self.problem = problem
        self.line = line


def read(text: str) -> dict[str, Any]:
    """The values. NotToml if it is none, or longer or deeper than anybody means."""
    last = text.count("\n") + 1
    if len(text) > LONGEST:
        raise NotToml(f"it is longer than {LONGEST:,} characters", last)
    for number, line in enumerate(text.splitlines(), 1):
        if line.count(".") > _MOST_PARTS and _name_in(line).count(".") > _MOST_PARTS:
            raise NotToml(f"a name has more than {_MOST_PARTS} parts", number)
    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError as mistake:
        at = _AT_LINE.search(str(mistake))
        line_at = int(at.group(1)) if at and at.group(1) else last
        raise NotToml(_AT_LINE.sub("", str(mistake)), line_at) from None
    except RecursionError:
        raise NotToml("lists stand too deep in each other", last) from None
    except ValueError:
        raise NotToml("a number has too many digits", last) from None
    if _has_long_number(values):
        raise NotToml("a number has too many digits", _line_of_long_number(text))
    return values


def _has_long_number(values: object) -> bool:
    """One that TOML does not know, and that no float and no text takes."""
    left = [values]
    while left:
        one = left.pop()
        if isinstance(one, dict | list):
            left.extend(one.values() if isinstance(one, dict) else one)
        elif isinstance(one, int) and not -_LARGEST <= one <= _LARGEST:
            return True
    return False


def _line_of_long_number(text: str) -> int:
    lines = text.splitlines()
    return next((number for number, line in enumerate(lines, 1) if _LONG_NUMBER.search(line)), len(lines))


def _name_in(line: str) -> str:
    """What stands before the first quoted text or the value: names of tables and keys."""
    return re.split(r"[\"']|=", line, maxsplit=1)[0]
