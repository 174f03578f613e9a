"""Hostile callers send as much as they like: one process holds no more of it than it has room for."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import replace

import pytest

from tests import looped
from tests.web.company import Company
from tests.web.people import visitor
from voc.web.hook_room import Crowded, Room

KB = 1024


async def chunks(*sizes: int) -> AsyncIterator[bytes]:
    for size in sizes:
        yield bytes(size)


def test_long_calls_fill_their_part_and_short_ones_still_find_room() -> None:
    async def crowd() -> None:
        room = Room(most=100 * KB, each=100 * KB, small=KB, for_small=20 * KB)
        async with AsyncExitStack() as open_calls:
            for number in range(4):
                body = await open_calls.enter_async_context(room.holding(chunks(10 * KB, 10 * KB), source=str(number)))
                assert len(body) == 20 * KB
            with pytest.raises(Crowded):
                await open_calls.enter_async_context(room.holding(chunks(2 * KB), source="late"))
            await open_calls.enter_async_context(room.holding(chunks(KB), source="an event"))
            assert room.held == 81 * KB
        assert room.held == 0

    looped.run(crowd())


def test_one_caller_takes_no_more_than_its_share_and_a_promise_takes_none() -> None:
    async def crowd() -> None:
        room = Room(most=100 * KB, each=30 * KB, small=KB, for_small=0)
        async with room.holding(chunks(20 * KB), source="one", announced=20 * KB):
            for announced in (0, 20 * KB):
                with pytest.raises(Crowded):
                    await room.holding(chunks(20 * KB), source="one", announced=announced).__aenter__()
            async with room.holding(chunks(20 * KB), source="another"):
                assert room.held == 40 * KB
        assert room.held == 0

    looped.run(crowd())


def test_a_call_that_drips_is_let_go_with_its_room() -> None:
    async def drip() -> AsyncIterator[bytes]:
        yield bytes(KB)
        await asyncio.Event().wait()

    async def crowd() -> None:
        room = Room(seconds=0.01)
        with pytest.raises(Crowded):
            await room.holding(drip(), source="one").__aenter__()
        assert room.held == 0

    looped.run(crowd())


def test_a_call_that_finds_no_room_is_asked_to_come_again(company: Company) -> None:
    clara = company.enter("clara")
    clara.get("/settings/webhooks/mailgun")
    clara.post("/settings/webhooks/mailgun", do="enter", key="mailgun-signing-key")
    full = replace(company.app, hook_room=Room(most=KB))
    with visitor(full) as caller:
        answer = caller.client.post("/hooks/mailgun", json={"event-data": "x" * 2 * KB})
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "60")
        assert answer.json()["title"] == "Not now"
        assert caller.client.post("/hooks/mailgun", json={}).status_code == 401
