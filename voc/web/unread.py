"""What of an address could not be read. A page says so at its top and shows something else; a file refuses."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from voc.base.errors import Misread

FIRST_DAY = date(2000, 1, 1)  # nothing is older, and a window before it must not leave the calendar
_MOST_SHOWN = 40  # letters of what was given


@dataclass(frozen=True)
class Unread:
    """`why` says what it should have been, `shown` what is there instead."""

    name: str
    given: str
    why: str
    shown: str

    @property
    def text(self) -> str:
        return f"{self.asked} {self.why}: {self.shown}."

    @property
    def asked(self) -> str:
        """As the address says it; a long value is cut."""
        given = self.given if len(self.given) <= _MOST_SHOWN else f"{self.given[:_MOST_SHOWN]}…"
        return f"{self.name}={given}"


def refuse(unread: Collection[Unread]) -> None:
    """A file cannot say beside its rows that they are of something else."""
    for one in unread:
        raise Misread(f"{one.asked} {one.why}. Mend it, or leave {one.name} out", field=one.name)


class Reading:
    """Reads the values of one address, and notes what it cannot read. An empty value is one that was not given."""

    def __init__(self) -> None:
        self.unread: list[Unread] = []

    def odd(self, name: str, given: str, why: str, shown: str) -> None:
        self.unread.append(Unread(name, given, why, shown))

    def one_of(self, name: str, given: str, known: Collection[str], shown: str) -> str:
        if not given or given in known:
            return given
        why = f"is none of {', '.join(known)}" if len(known) > 1 else f"is not {next(iter(known))}"
        self.odd(name, given, why, shown)
        return ""

    def day(self, name: str, given: str, shown: str, *, until: date, last: str = "today is") -> date | None:
        """A day up to and with `until`."""
        if not given:
            return None
        on = day_in(given)
        if on is None:
            self.odd(name, given, f"is no day such as {until.isoformat()}", shown)
        elif on < FIRST_DAY:
            self.odd(name, given, f"lies before {FIRST_DAY.isoformat()}", shown)
        elif on > until:
            self.odd(name, given, f"is still to come, {last} {until.isoformat()}", shown)
        else:
            return on
        return None


def day_in(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
