"""What the Delivery page is made of: what the stores told (`Seen`), what is asked (`Filter`), what stands on it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from markupsafe import Markup

from voc.base.settings import Server
from voc.base.words import MessageState
from voc.delivery.model import Health, Standing
from voc.delivery.run.dns import Checked
from voc.delivery.store.letters import Letter
from voc.delivery.store.relay import Pause
from voc.delivery.store.tally import CameBack, Hour
from voc.delivery.store.ways import Provider, ServerState, WaitingDomain
from voc.web.parts import Card, Choice, Link, address

Moment = Callable[[datetime | None], str]
DAYS = (1, 7, 30)


@dataclass(frozen=True)
class Filter:
    """What the page is narrowed to, as its address says it."""

    days: int = 7
    wave_id: int | None = None
    domain: str | None = None

    def path(self, path: str, **more: str | int | None) -> str:
        days = None if self.days == 7 else self.days
        return address(path, wave=self.wave_id, domain=self.domain, days=days, **more)

    def rows(self, show: str) -> str:
        return self.path("/delivery/messages", show=show)


@dataclass(frozen=True)
class Seen:
    """What the stores told, for one page."""

    health: Health
    pause: Pause | None
    states: Mapping[MessageState, int]
    hours: Sequence[Hour]
    waits: Sequence[tuple[int, int]]
    waits_by_relay: Mapping[str, Sequence[tuple[int, int]]]
    back: Sequence[CameBack]
    servers: Sequence[Server]
    server_states: Mapping[str, ServerState]
    sent_today: Mapping[str, int]
    per_domain: Mapping[str, float]
    waiting_domains: Sequence[WaitingDomain]
    mailboxes: Sequence[Standing]
    providers: Sequence[Provider]
    unknown: Sequence["Stuck"]
    failed: Sequence[Letter]
    waves: Sequence[tuple[int, str]]
    dns: Checked | None
    dns_not_checked: str | None


@dataclass(frozen=True)
class Stuck:
    """An unknown message with the text it is, its links struck out."""

    letter: Letter
    text: str


@dataclass(frozen=True)
class Row:
    """A message in a table."""

    id: int
    address: str
    account: str
    what: str
    when: str
    said: str
    text: str = ""


@dataclass(frozen=True)
class Line:
    """A row of one of the small tables: what it is, how it stands (glyph and word), and the words beside."""

    name: str
    glyph: str
    state: str
    cells: Sequence[str]
    note: str = ""


@dataclass(frozen=True)
class ClassRow:
    name: str
    count: str
    href: str
    follows: str


@dataclass(frozen=True)
class DomainRow:
    domain: str
    href: str
    sent: str
    back: str
    kinds: str


@dataclass(frozen=True)
class DnsRow:
    glyph: str
    state: str
    about: str
    what: str
    why: str
    record: str


@dataclass(frozen=True)
class DnsPart:
    heading: str
    glyph: str
    state: str
    checked: str
    rows: Sequence[DnsRow]


@dataclass(frozen=True)
class DeliveryPage:
    heading: str
    lede: str
    may_change: bool
    paused: bool
    pause_words: str
    filters: Sequence[Choice]
    domain: str
    window: str
    figures: Sequence[Card]
    unknown: Sequence[Row]
    unknown_heading: str
    unknown_more: Link | None
    failed: Sequence[Row]
    failed_heading: str
    failed_more: Link | None
    chart: Markup
    hour_rows: Sequence[Sequence[str]]
    hours_heading: str
    servers: Sequence[Line]
    limits: str
    waits: Sequence[Line]
    bounces: Sequence[ClassRow]
    bounces_heading: str
    domains: Sequence[DomainRow]
    more_domains: str
    ways: Sequence[Line]
    dns: DnsPart
    links: Mapping[str, str] = field(default_factory=dict)
