"""What the pages of figures show, as values: engagement by CSM, silent accounts, one account. Built by `run`."""

from dataclasses import dataclass
from datetime import date

from voc.base.words import AccountState, Scope
from voc.metrics.compare import Comparison, Comparisons
from voc.metrics.flight import Flight
from voc.metrics.model import Figure, Standing, Window
from voc.metrics.near_views import Refused, View


@dataclass(frozen=True)
class ScopeFigures:
    """All figures of one account, CSM, team or the total, by name; JSON-ready through msgspec.

    `arr` is the book's recurring revenue in the reporting currency, `without_rate` the accounts
    missing from it. `inherited` invitations were handed over too late to count here. `comparison`
    is a CSM's, `flight` what is under way, `standing` an account's.
    """

    scope: Scope
    id: str
    name: str
    figures: dict[str, Figure]
    accounts: int
    arr: float
    without_rate: tuple[str, ...] = ()
    inherited: int = 0
    comparison: Comparison | None = None
    flight: Flight | None = None
    standing: Standing | None = None


@dataclass(frozen=True)
class NotTold:
    """Why what people said is not told of a view, and the nearest view that is shown."""

    why: Refused
    instead: View


@dataclass(frozen=True)
class Engagement:
    """`lines` are CSMs in alphabetical order, never by a figure. `whole` is the viewer's all, team or own book.

    `comparisons.limits(n, k)` draws the funnel; `trend` holds each CSM's nightly response (day, value).
    """

    window: Window
    currency: str
    whole: ScopeFigures
    lines: tuple[ScopeFigures, ...]
    comparisons: Comparisons
    trend: dict[str, list[tuple[date, float]]]
    kept: bool = False  # from the snapshot of the window's last night; else counted for this page
    regions: tuple[str, ...] = ()  # those of the accounts
    not_told: NotTold | None = None


@dataclass(frozen=True)
class Sum:
    """Accounts, and their revenue in the reporting currency as far as it is known."""

    accounts: int
    arr: float


@dataclass(frozen=True)
class Since:
    """What the last night counted of the same accounts, and how many moved since: why two pages tell two numbers."""

    on: date
    silent: int
    asked: int
    answered: int  # silent then, somebody answered since
    fell_silent: int
    left: int  # asked then, no customer or nobody to ask any more
    out: int  # asked then, no longer within the period
    joined: int  # asked now, not then

    @property
    def same(self) -> bool:
        return not (self.answered or self.fell_silent or self.left or self.out or self.joined)


@dataclass(frozen=True)
class SilentPage:
    """`silent` is one page of them in order of work (score x revenue); `more` the account after which it goes on.

    `states` counts the viewer's accounts in every state but `no_census`; `gaps` are the largest of those that nobody
    could hear. `accounts` and `revenue` are the figures of the viewer's whole; each opens to its rows. `kept_on` is
    the day whose night this is from; None where it was read for this page. `median_days` since anyone's last answer,
    and how many renew `soon`, are of all silent ones.
    """

    window: Window
    currency: str
    silent: tuple[Standing, ...]
    more: str | None
    states: dict[AccountState, Sum]
    gaps: dict[AccountState, tuple[Standing, ...]]
    accounts: Figure
    revenue: Figure
    scope: Scope
    scope_id: str
    without_rate: tuple[str, ...]
    median_days: float | None
    soon: int
    kept_on: date | None = None
    since: Since | None = None  # where it was read for this page, and last night was counted too

    @property
    def all(self) -> Sum:
        """The silent ones, on this page or not."""
        return self.states.get(AccountState.SILENT, Sum(0, 0.0))
