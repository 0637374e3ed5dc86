"""The fake API itself: that it is as bad as the real one can be."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import aiohttp
import pytest

from tests.platform.accounts import FakeAccount
from tests.platform.api_server import SEND, PlatformApi, platform_api
from tests.running import Clock

ACCOUNT = FakeAccount()


@pytest.fixture
def clock() -> Clock:
    return Clock(datetime(2026, 11, 23, 2, 0, tzinfo=UTC))


@pytest.fixture
async def api(clock: Clock) -> AsyncIterator[PlatformApi]:
    async with platform_api(ACCOUNT, clock=clock) as running:
        yield running


class Caller:
    def __init__(self, api: PlatformApi, session: aiohttp.ClientSession) -> None:
        self.api, self.session, self.token = api, session, ""

    async def get(self, path: str, **query: str) -> Any:
        async with self.session.get(self.api.url + path, params=query) as answer:
            return json.loads(await answer.read())

    async def post(self, path: str, body: dict[str, Any], **query: str) -> Any:
        query = {"access_token": self.token, **query}
        async with self.session.post(self.api.url + path, json=body, params=query) as answer:
            return json.loads(await answer.read())

    async def stable(self, *, force: bool = False) -> Any:
        asked = {"grant_type": "client_credential", "appid": ACCOUNT.app_id, "secret": ACCOUNT.app_secret}
        return await self.post("/cgi-bin/stable_token", {**asked, "force_refresh": force})

    async def classic(self) -> Any:
        asked = {"grant_type": "client_credential", "appid": ACCOUNT.app_id, "secret": ACCOUNT.app_secret}
        return await self.get("/cgi-bin/token", **asked)

    async def send(self, user: str = "oA") -> int:
        body = {"touser": user, "msgtype": "text", "text": {"content": "x"}}
        return int((await self.post(SEND, body))["errcode"])


@pytest.fixture
async def caller(api: PlatformApi) -> AsyncIterator[Caller]:
    async with aiohttp.ClientSession() as session:
        made = Caller(api, session)
        made.token = (await made.stable())["access_token"]
        yield made


async def test_a_stable_token_is_the_same_until_its_last_five_minutes(caller: Caller, clock: Clock) -> None:
    clock.advance(seconds=6899)
    again = await caller.stable()
    assert (again["access_token"], again["expires_in"]) == (caller.token, 301)
    clock.advance(seconds=1)
    assert (await caller.stable())["access_token"] != caller.token
    caller.api.deed("oA", "message")
    assert await caller.send() == 0
    clock.advance(seconds=300)
    assert await caller.send() == 42001


async def test_a_forced_token_kills_the_one_before(caller: Caller, clock: Clock) -> None:
    forced = await caller.stable(force=True)
    assert await caller.send() == 40001
    assert (await caller.stable())["access_token"] == forced["access_token"]
    assert (await caller.stable(force=True))["errcode"] == 45011
    for _ in range(19):
        clock.advance(seconds=30)
        assert "access_token" in await caller.stable(force=True)
    clock.advance(seconds=30)
    assert (await caller.stable(force=True))["errcode"] == 45009


async def test_classic_tokens_overlap_and_are_isolated(caller: Caller, clock: Clock) -> None:
    caller.api.deed("oA", "message")
    first = (await caller.classic())["access_token"]
    second = (await caller.classic())["access_token"]
    assert await caller.send() == 0  # with the stable one
    caller.token = first
    clock.advance(seconds=299)
    assert await caller.send() == 0
    clock.advance(seconds=1)
    assert await caller.send() == 42001
    caller.token = second
    assert await caller.send() == 0


async def test_the_classic_endpoint_has_a_daily_quota(caller: Caller, clock: Clock) -> None:
    caller.api.tokens.classic_per_day = 3
    codes = [(await caller.classic()).get("errcode", 0) for _ in range(4)]
    assert codes == [0, 0, 0, 45009]
    clock.advance(hours=14)  # past midnight in Beijing
    assert "access_token" in await caller.classic()


async def test_windows_close_and_are_used_up(caller: Caller, clock: Clock) -> None:
    assert await caller.send() == 45015
    caller.api.deed("oA", "click")
    assert [await caller.send() for _ in range(4)] == [0, 0, 0, 45047]
    clock.advance(minutes=1)
    assert await caller.send() == 45015
    caller.api.deed("oA", "message")
    assert [await caller.send() for _ in range(6)] == [0] * 5 + [45047]
    clock.advance(hours=48)
    caller.token = (await caller.stable())["access_token"]
    assert await caller.send() == 45015
    caller.api.deed("oA", "message")
    caller.api.world.not_following.add("oA")
    assert await caller.send() == 45015


async def test_quotas_a_minute_and_a_day(caller: Caller, clock: Clock) -> None:
    caller.api.limits[SEND] = (2, 3)
    caller.api.deed("oA", "message")
    assert [await caller.send() for _ in range(3)] == [0, 0, 45011]
    clock.advance(minutes=1)
    assert [await caller.send() for _ in range(2)] == [0, 45009]
    assert (await caller.post("/cgi-bin/clear_quota", {}))["errcode"] == 0
    assert await caller.send() == 0


@pytest.mark.parametrize("code", [-1, 40001, 45009, 45011, 45015, 45047, 48001, 43004, 43101])
async def test_any_code_can_be_planned(caller: Caller, code: int) -> None:
    caller.api.deed("oA", "message")
    caller.api.faults.plan("error", code=code, path=SEND)
    assert [await caller.send() for _ in range(2)] == [code, 0]


async def test_permissions_followers_and_subscriptions(caller: Caller) -> None:
    caller.api.forbidden.add(SEND)
    assert await caller.send() == 48001
    caller.api.world.not_following.add("oA")
    body = {"touser": "oA", "template_id": "t", "data": {"a": {"value": "x"}}}
    assert (await caller.post("/cgi-bin/message/template/send", body))["errcode"] == 43004
    assert (await caller.post("/cgi-bin/message/subscribe/bizsend", body))["errcode"] == 43101


async def test_answers_can_be_cut_before_and_after(caller: Caller) -> None:
    caller.api.deed("oA", "message")
    for kind, arrived in (("cut_before", 0), ("cut_after", 1)):
        caller.api.faults.plan(kind)  # type: ignore[arg-type]
        with pytest.raises(aiohttp.ClientError):
            await caller.send()
        assert len(caller.api.texts("oA")) == arrived
