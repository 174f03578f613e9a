"""What is asked (`Wanted`), and what stands on the page."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from markupsafe import Markup

from voc.web.figure_view import Asking, Cell
from voc.web.parts import Card, Chain, Choice, Link, address


@dataclass(frozen=True)
class Wanted:
    """What the filters say, as the address carries it."""

    team: str = ""
    segment: str = ""
    days: int = 180
    as_of: date | None = None
    csm: str = ""  # whose chain stands beside the whole
    team_line: bool = False  # the funnel around the team's rate instead of the standard

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
        )

    @property
    def asking(self) -> Asking:
        return Asking(self.as_of, self.days, self.segment or None)


@dataclass(frozen=True)
class Row:
    name: str
    href: str
    accounts: str
    own: bool
    chain: Sequence[str]
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
class Says:
    who: str
    words: str


@dataclass(frozen=True)
class Funnel:
    heading: str
    links: Sequence[Link]
    drawing: Markup
    caption: str
    rows: Sequence[tuple[str, str, str, str]]
    says: Sequence[Says]
    rest: str
    power: str


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
    in_flight: str
    recommend: str
    table_heading: str
    table_links: Sequence[Link]
    standard: str
    rows: Sequence[Row]
    total: Row
    footer: str
    funnel: Funnel | None
