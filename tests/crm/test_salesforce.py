"""Salesforce: what the stand-in's traps must not do to a run."""

from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta

import pytest

from tests.crm.company import standard
from tests.crm.standin_salesforce import StandIn, salesforce
from voc.accounts.connector import Span
from voc.accounts.model import Incoming, Kind


@pytest.fixture
def peer() -> Iterator[StandIn]:
    company = standard()
    company.wait(hours=1)
    with salesforce(company) as found:
        yield found


def everything(peer: StandIn, kind: Kind) -> list[Incoming]:
    with closing(peer.source()) as source:
        source.open()
        span = Span(None, peer.company.now - timedelta(minutes=5))
        return [row for page in source.pages(kind, span, after=None, known=lambda _: iter(())) for row in page.rows]


def test_everything_is_read(peer: StandIn) -> None:
    for kind in Kind:
        assert len(everything(peer, kind)) == len(peer.company.live(kind)), kind
