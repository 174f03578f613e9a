"""What is asked (`Wanted`), and what stands on the page."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import TypedDict

from markupsafe import Markup

from voc.web.figure_view import Asking, Cell
from voc.web.parts import Card, Chain, Choice, Link, Mark, Told, address
from voc.web.unread import Unread


class Part(TypedDict):
    """Which part of the company, as the figures are asked for it."""

    team_id: str | None
    segment: str | None
    region: str | None


class PartOfPeriod(Part):
    as_of: date | None
    window_days: int


@dataclass(frozen=True)
class Wanted:
    """What the filters say, as the address carries it."""

    team: str = ""
    segment: str = ""
    days: int = 180
    as_of: date | None = None
    csm: str = ""  # whose chain stands beside the whole
    team_line: bool = False  # the funnel around the team's rate instead of the standard
    region: str = ""
    live: bool = False  # counted now, not as of last night
    beside: str = ""  # "previous", or the last day of the period to compare with
    trend: str = ""  # of which figure; empty: the first
    unread: tuple[Unread, ...] = ()  # what of the address the others are not

    def address(self, path: str = "/engagement", **change: object) -> str:
        wanted = replace(self, **change)  # type: ignore[arg-type]  # our own field names
        return address(
            path,
            team=wanted.team,
            segment=wanted.segment,
            days=wanted.days,
            as_of=None if wanted.as_of is None else wanted.as_of.isoformat(),
            csm=wanted.csm,
            against="team" if wanted.team_line else None,
            region=wanted.region or None,
            live="1" if wanted.live else None,
            beside=wanted.beside or None,
            trend=wanted.trend or None,
        )

    @property
    def query(self) -> dict[str, str]:
        """The part of the company, as an address carries it."""
        named = {"team": self.team, "csm": self.csm, "segment": self.segment, "region": self.region}
        return {name: value for name, value in named.items() if value}

    def told(self, names: Mapping[str, str]) -> list[str]:
        """The same in words; `names` of teams and CSMs by id."""
        team = f"team of {names.get(self.team, self.team)}" if self.team and not self.csm else ""
        return [one for one in (team, names.get(self.csm, self.csm), self.segment, self.region) if one]

    @property
    def part(self) -> Part:
        return {"team_id": self.team or None, "segment": self.segment or None, "region": self.region or None}

    @property
    def part_of_period(self) -> PartOfPeriod:
        return {**self.part, "as_of": self.as_of, "window_days": self.days}

    @property
    def list_asking(self) -> Asking:
        """Of a list that knows no period of its own."""
        return Asking(self.as_of, segment=self.segment or None, region=self.region or None)

    @property
    def asking(self) -> Asking:
        return Asking(self.as_of, self.days, self.segment or None, self.region or None, live=self.live)


@dataclass(frozen=True)
class Row:
    name: str
    href: str
    accounts: str
    own: bool
    chain: Sequence[str]
    chain_mark: Mark
    delivered: float
    answered: float
    response: Cell
    standing: str  # meets, below, or empty
    against_standard: str
    against_team: str
    beyond: bool
    trend: Markup | None
    no_trend: str
    coverage: Cell
    fresh: Cell
    promoters: Cell
    silent: Cell
    in_time: Cell


@dataclass(frozen=True)
class Period:
    """One line of the comparison: what it was, what it is, and the change split into same people and mix."""

    name: str
    before: Told
    after: Told
    change: str
    same: str
    mix: str


@dataclass(frozen=True)
class Periods:
    heading: str
    rows: Sequence[Period]
    sentence: str


@dataclass(frozen=True)
class EngagementPage:
    heading: str
    book: str
    revenue: str
    window: str
    filters: Sequence[Choice]
    as_of: str
    today: str
    chain_links: Sequence[Link]
    chains: Sequence[Chain]
    figures: Sequence[Card]
    in_flight: Told | None
    recommend: Sequence[Told]
    not_told: str
    instead: Link | None
    table_heading: str
    table_links: Sequence[Link]
    standard: str
    rows: Sequence[Row]
    total: Row
    footer: str
    counted: str = ""  # as of which night
    count_now: Link | None = None
    kept_choices: Sequence[tuple[str, str]] = ()  # what the filters leave as it was, by name
    beside_to: str = ""
    beside: Link | None = None
    periods: Periods | None = None
    more: Sequence[Card] = ()
    accounts_words: str = ""
