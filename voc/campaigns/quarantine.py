"""What was already sent to whom: the ledger that the quarantine counts. Every message of a campaign counts."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from voc.campaigns.model import Limits, Step

NUDGE = "nudge"  # a CSM's personal mail through the service: no step of the chase, but it counts


@dataclass(frozen=True, slots=True)
class Reserved:
    """One message, on the contact's local day."""

    address: str
    account_id: str
    step: str
    priority: int
    on: date


class Ledger:
    """Messages by address and by account and day, with those of the higher priorities that are still to come."""

    def __init__(self, reserved: Iterable[Reserved] = ()) -> None:
        self._by_address: dict[str, list[Reserved]] = defaultdict(list)
        self._by_account_day: dict[tuple[str, date], set[str]] = defaultdict(set)
        self._coming: dict[str, list[tuple[int, date]]] = defaultdict(list)
        for one in reserved:
            self.reserve(one)

    def reserve(self, one: Reserved) -> None:
        self._by_address[one.address].append(one)
        self._by_account_day[one.account_id, one.on].add(one.address)

    def expect(self, address: str, *, priority: int, on: date) -> None:
        """A step that another campaign has planned for that day."""
        self._coming[address].append((priority, on))

    def last_asked_on(self, address: str, priority: int) -> date | None:
        """The day of the last invitation by a campaign of that priority."""
        days = (one.on for one in self._by_address[address] if one.step == Step.INVITE and one.priority == priority)
        return max(days, default=None)

    def frees_on(self, address: str, limits: Limits, *, today: date) -> date | None:
        """The day on which one more message is allowed again, or None if it is today."""
        since = today - timedelta(days=limits.days)
        days = sorted(one.on for one in self._by_address[address] if one.on > since)
        if len(days) < limits.messages:
            return None
        return days[-limits.messages] + timedelta(days=limits.days)

    def mailed_on(self, address: str, day: date) -> bool:
        return any(one.on == day for one in self._by_address[address])

    def goes_first(self, address: str, priority: int, day: date) -> bool:
        """A campaign of higher priority (a lower number) means to write that day, or was due before."""
        return any(other < priority and on <= day for other, on in self._coming[address])

    def contacts_of(self, account_id: str, day: date, *, but: str) -> int:
        """How many others of the account get something that day."""
        return len(self._by_account_day[account_id, day] - {but})
