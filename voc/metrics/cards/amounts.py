"""How a file writes the standard of a figure: a share as "90%", days as "30 days", else a number. Pure."""

import re
from dataclasses import dataclass

from voc.metrics.catalogue import Definition, Measure

_PERCENT = re.compile(r"(\d{1,3}(?:\.\d+)?)\s*%")
_DAYS = re.compile(r"(\d{1,4}(?:\.\d+)?)\s*days?")
_MOST_PERCENT = 500  # net revenue retention may pass 100%


@dataclass(frozen=True)
class NotAnAmount(Exception):
    problem: str
    mend: str


def percent(value: object, *, example: str, most: float = _MOST_PERCENT) -> float:
    """ "90%" -> 0.9. NotAnAmount for anything else: 90 or 0.9 could mean either."""
    found = _PERCENT.fullmatch(value.strip()) if isinstance(value, str) else None
    if found is None:
        raise NotAnAmount(f"{value!r} is no percentage", f'Write it with its sign, in quotes: "{example}"')
    if not 0 < float(found.group(1)) <= most:
        raise NotAnAmount(f"{value!r} cannot be reached or says nothing", f'Write more than "0%", at most "{most:g}%"')
    return float(found.group(1)) / 100


def days(value: object, *, example: str = "30 days") -> float:
    """ "30 days" -> 30."""
    found = _DAYS.fullmatch(value.strip()) if isinstance(value, str) else None
    if found is None or float(found.group(1)) <= 0:
        raise NotAnAmount(f"{value!r} is no number of days", f'Write it with its unit, in quotes: "{example}"')
    return float(found.group(1))


def number(value: object, *, most: float, example: str) -> float:
    """Above 0: attainment is value over standard."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value <= most:
        raise NotAnAmount(f"{value!r} cannot be used", f"Write a number above 0, at most {most:g}, such as {example}")
    return float(value)


def standard(value: object, definition: Definition) -> float:
    """The value of that figure that counts as reached, in its own unit."""
    match definition.measure:
        case Measure.SHARE:
            return percent(value, example="90%")
        case Measure.DAYS:
            return days(value)
        case Measure.SCORE:
            return number(value, most=100, example="40")
        case Measure.MEAN:
            return number(value, most=10, example="4.5")
        case _:
            return number(value, most=1e12, example="4")


def example(definition: Definition) -> str:
    """How a standard of that figure could be written."""
    match definition.measure:
        case Measure.SHARE:
            return '"90%"'
        case Measure.DAYS:
            return '"30 days"'
        case Measure.SCORE:
            return "40"
        case Measure.MEAN:
            return "4.5"
        case _:
            return "4"
