"""The warehouse on a real PostgreSQL and on a SQLite file."""

from collections.abc import Iterator

import pytest

from tests.crm.company import Company, standard
from tests.crm.standin_warehouse import WarehousePeer, start, start_on_file
from voc.accounts.connector import Span
from voc.accounts.crm.warehouse import Warehouse
from voc.accounts.model import Incoming, Kind


@pytest.fixture
def company() -> Company:
    return standard()


@pytest.fixture(params=["file", "server"])
def peer(request: pytest.FixtureRequest, company: Company) -> Iterator[WarehousePeer]:
    with (start_on_file if request.param == "file" else start)(company) as peer:
        yield peer


def read(source: Warehouse, kind: Kind, span: Span, *, after: str | None = None) -> list[Incoming]:
    pages = source.pages(kind, span, after=after, known=lambda _: iter(()))
    return [row for page in pages for row in page.rows]


def test_all_rows_come_with_their_ids(peer: WarehousePeer) -> None:
    source = peer.source()
    assert source.open() == []
    for kind in Kind:
        ids = {peer.id_of(kind, row.key) for row in peer.company.live(kind)}
        assert {row.id for row in read(source, kind, Span(None, peer.company.now))} == ids
        assert {id for chunk in source.ids(kind) or () for id in chunk} == ids
    source.close()
