"""What is certain stays certain: an outage of the database, or a shutdown, makes no item uncertain."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from messages import Image, Inbound, StoreUnavailableError, Text
from storage.stores import Stores
from wechat.outbox import Notice, OutboxItem, OutboxStore
from wechat.render import WireMessage
from wechat.sender import Deliver, Sender

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)


@dataclass
class Flaky:
    """An outbox whose database is away when a test says so. Everything else goes to the real one."""

    real: OutboxStore
    away: set[str] = field(default_factory=set)

    def __getattr__(self, name: str) -> Any:
        if name in self.away:
            return self._away
        return getattr(self.real, name)

    async def _away(self, *_: object, **__: object) -> None:
        raise StoreUnavailableError("away")


@dataclass
class Platform:
    """Takes messages; can be held in the middle, or want a token out of a database that is away."""

    taken: list[WireMessage] = field(default_factory=list)
    no_token: int = 0
    called: asyncio.Event = field(default_factory=asyncio.Event)
    go_on: asyncio.Event = field(default_factory=asyncio.Event)

    async def send(self, openid: str, message: WireMessage) -> None:
        assert openid == "o"
        self.called.set()
        if self.no_token:
            self.no_token -= 1
            raise StoreUnavailableError("no token to be read")
        await self.go_on.wait()
        self.taken.append(message)

    async def notify(self, openid: str, notice: Notice, channel: str) -> str:
        raise AssertionError((openid, notice, channel))


def sender_of(stores: Stores, outbox: Any, client: Deliver) -> Sender:
    return Sender(outbox, {"official": client}, windows=stores.windows, consents=stores.consents, owner="a")


@pytest.fixture
async def waiting(stores: Stores) -> Stores:
    """An open window and an item of two messages."""
    inbound = Inbound("k", "official", "o", "gh", "text", NOW)
    await stores.turns.claim(inbound, owner="x", now=NOW, lease_seconds=30)
    await stores.outbox.put(OutboxItem("t", "official", "o", (Text("一"), Image("m")), NOW))
    return stores


async def the_item(stores: Stores) -> OutboxItem:
    (item,) = await stores.outbox.of_user("official", "o", after=NOW - timedelta(days=1))
    return item


async def once(sender: Sender, times: int = 1) -> Collection[float]:
    return [await sender.run_once(NOW + timedelta(seconds=number)) for number in range(times)]


async def test_without_a_token_because_the_database_is_away_the_item_waits(waiting: Stores) -> None:
    client = Platform(no_token=1)
    client.go_on.set()
    outbox = Flaky(waiting.outbox, {"settle"})
    sender = sender_of(waiting, outbox, client)
    with pytest.raises(StoreUnavailableError):
        await once(sender)
    outbox.away.clear()
    await once(sender, 2)
    assert ((await the_item(waiting)).status, len(client.taken)) == ("sent", 2)


@pytest.mark.parametrize("away", [{"progress", "settle"}, {"settle"}])
async def test_what_left_while_the_database_went_away_is_noted_when_it_is_back(
    waiting: Stores, away: set[str]
) -> None:
    client = Platform()
    client.go_on.set()
    outbox = Flaky(waiting.outbox, set(away))
    sender = sender_of(waiting, outbox, client)
    for _ in range(2):
        with pytest.raises(StoreUnavailableError):
            await once(sender)
    assert (await the_item(waiting)).status == "sending"
    outbox.away.clear()
    await once(sender, 3)
    item = await the_item(waiting)
    assert (item.status, item.sent_parts, len(item.sent_times)) == ("sent", 2, 2)
    assert len(client.taken) == 2


async def test_a_shutdown_waits_for_the_message_on_its_way_and_no_longer(waiting: Stores) -> None:
    client = Platform()
    sender = sender_of(waiting, waiting.outbox, client)
    running = asyncio.create_task(sender.run_once(NOW), name="sender")
    await client.called.wait()
    running.cancel()
    await asyncio.sleep(0)
    client.go_on.set()
    with pytest.raises(asyncio.CancelledError):
        await running
    item = await the_item(waiting)
    assert (item.status, item.sent_parts, len(client.taken)) == ("waiting", 1, 1)
    await once(sender_of(waiting, waiting.outbox, client), 2)
    assert ((await the_item(waiting)).status, len(client.taken)) == ("sent", 2)
