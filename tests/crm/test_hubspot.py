"""HubSpot, read and written: the traps of its API, each met by the stand-in."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import msgspec
import pytest

from tests.crm import standin_hubspot
from tests.crm.company import standard
from tests.crm.standin_hubspot import StandIn
from voc.accounts import rules
from voc.accounts.connector import Page, Span
from voc.accounts.model import Incoming, Kind
from voc.accounts.rules import REFERENCES


@pytest.fixture
def crm() -> Iterator[StandIn]:
    with standin_hubspot.start(standard()) as standin:
        yield standin


class Reading:
    """What we would have after reading: a syncing of a few lines."""

    def __init__(self, crm: StandIn) -> None:
        self.crm = crm
        self.rows: dict[Kind, dict[str, Incoming]] = {kind: {} for kind in Kind}
        self.winners: dict[str, str] = {}
        self.until: datetime | None = None

    def run(self) -> "Reading":
        source = self.crm.source()
        source.open()
        start = self.crm.company.now
        windows = source.windows
        until = start - windows.lag
        for kind in Kind:
            full = self.until is None or source.in_full(kind)
            since = None if full or self.until is None else self.until - windows.overlap
            if full:
                self.rows[kind].clear()
            for page in source.pages(kind, Span(since, start if full else until), after=None, known=self.known):
                self.take(kind, page)
        self.until = until
        source.close()
        return self

    def known(self, kind: Kind) -> Iterator[list[str]]:
        yield sorted(self.rows[kind])

    def take(self, kind: Kind, page: Page) -> None:
        for row in page.rows:
            if row.deleted:
                self.rows[kind].pop(row.id, None)
                if row.winner_id:
                    self.winners[row.id] = row.winner_id
            else:
                self.rows[kind][row.id] = row

    def values(self, kind: Kind) -> dict[str, dict[str, Any]]:
        return {id: values_of(self.crm, kind, row) for id, row in sorted(self.rows[kind].items())}


def values_of(crm: StandIn, kind: Kind, row: Incoming) -> dict[str, Any]:
    record = rules.record_of(kind, row, spellings=crm.source().spellings, aliases={}).record
    found = msgspec.structs.asdict(record)
    return {name: found[name] for name in crm.fields(kind)}


def truth(crm: StandIn, kind: Kind) -> dict[str, dict[str, Any]]:
    """The company as HubSpot shows it, with HubSpot's ids."""
    found: dict[str, dict[str, Any]] = {}
    for key, values in crm.company.truth(kind).items():
        named = REFERENCES[kind]
        shown = {name: values[name] for name in crm.fields(kind)}
        for name in named.keys() & shown.keys():
            shown[name] = shown[name] and crm.id_of(named[name], shown[name])
        found[crm.id_of(kind, key)] = shown
    return dict(sorted(found.items()))


def same(reading: Reading) -> None:
    for kind in Kind:
        assert reading.values(kind) == truth(reading.crm, kind), kind


def test_a_first_load_has_the_whole_company(crm: StandIn) -> None:
    same(Reading(crm).run())
