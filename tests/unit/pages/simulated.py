"""A simulator in front of a webhook that answers what it is told to."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestServer

from handlers.turns import Trace, Turn
from knowledge.snapshot import Snapshots
from messages import (
    Channel,
    Inbound,
    Part,
    StoreUnavailableError,
    Text,
)
from pages.simulator import SimulatorDeps, routes
from tests.unit.pages.pages_samples import NOW, Client, noon, serving, snapshots_of
from wechat.account import Account
from wechat.codec import answer, open_push
from wechat.outbox import OutboxItem
from wechat.render import first_message

USER = "sim_0123456789abcdef"
KEY = "A" * 43
TOKEN = "a-token-that-nobody-may-see"
SAME_ORIGIN = {"Sec-Fetch-Site": "same-origin"}
ACCOUNTS: dict[Channel, Account] = {
    "official": Account("official", TOKEN, "wx-official", "safe", (KEY,)),
    "mini": Account("mini", TOKEN, "wx-mini", "compatible", (KEY,)),
}


ANSWERED = Trace("question", "answered", "lost-card", 0.93, ("命中“社保卡”",))


@dataclass
class Hall:
    """A webhook that answers what it is told to, and stores that remember it."""

    parts: tuple[Part, ...] = (Text("您好"),)
    status: int = 200
    body: bytes | None = None
    away: bool = False
    trace: Trace = ANSWERED
    seen: list[Inbound] = field(default_factory=list)
    turns: dict[str, Turn] = field(default_factory=dict)
    items: list[OutboxItem] = field(default_factory=list)
    accounts: dict[Channel, Account] = field(default_factory=lambda: dict(ACCOUNTS))

    async def receive(self, request: web.Request) -> web.Response:
        channel: Channel = "mini" if request.path.endswith("mini") else "official"
        account = self.accounts[channel]
        opened = open_push(account, request.query, await request.read(), request.content_type, noon())
        self.seen.append(opened.inbound)
        if self.status != 200 or self.body is not None:
            return web.Response(status=self.status, body=self.body or b"forged")
        late = channel == "mini"
        self.turns[opened.inbound.key] = Turn(
            opened.inbound, "done", "me", NOW, NOW, "outbox" if late else "passive", self.parts, self.trace
        )
        if late:
            self.items.append(OutboxItem(opened.inbound.key, channel, USER, self.parts, NOW))
            return web.Response(text="success")
        message, _rest = first_message(self.parts, opened.inbound)
        sealed = answer(account, opened, message, noon())
        return web.Response(body=sealed.body, content_type=sealed.content_type)

    async def get(self, key: str) -> Turn | None:
        if self.away:
            raise StoreUnavailableError
        return self.turns.get(key)

    async def of_user(self, channel: Channel, user: str, *, after: datetime) -> tuple[OutboxItem, ...]:
        if self.away:
            raise StoreUnavailableError
        return tuple(
            item
            for item in self.items
            if (item.channel, item.user) == (channel, user) and item.created_at > after
        )


@asynccontextmanager
async def simulator(hall: Hall, snapshots: Snapshots | None = None) -> AsyncIterator[Client]:
    app = web.Application()
    app.router.add_post("/wechat/{channel}", hall.receive)
    async with TestServer(app) as webhook:
        deps = SimulatorDeps(
            accounts=hall.accounts,
            webhook_base=lambda: str(webhook.make_url("/")),
            turns=hall,
            outbox=hall,
            snapshots=snapshots or await snapshots_of(),
            clock=noon,
        )
        async with serving(routes(deps)) as client:
            yield client


async def push(client: Client, order: dict[str, str] | None = None, **said: str) -> dict[str, Any]:
    return await pushed(client, {**(order or {}), **said}, status=200)


async def pushed(client: Client, order: dict[str, str], *, status: int) -> dict[str, Any]:
    said = {"user": USER, "channel": "official", "type": "text", **order}
    response = await client.post("/simulator/push", json=said, headers=SAME_ORIGIN)
    assert response.status == status
    assert response.headers["Cache-Control"] == "no-store"
    told: dict[str, Any] = await response.json()
    return told


def late_url(user: str = USER, channel: str = "mini", after: str = "2026-11-23T04:00:00%2B00:00") -> str:
    return f"/simulator/late?user={user}&channel={channel}&after={after}"
