"""Tokens with two processes' worth of stores, on the real database and the fake platform."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from aiohttp.test_utils import unused_port

from messages import StoreUnavailableError
from storage.stores import Stores
from tests.platform.api_server import SEND, PlatformApi
from tests.running import Clock
from tests.unit.wechat.wechat_samples import ACCOUNT, MakeClient
from wechat.api_errors import (
    NoTokenError,
    PermissionRefusedError,
    TokenRefusedError,
    UnreachableError,
)
from wechat.client import Client
from wechat.render import TextMessage
from wechat.tokens import LONGEST_WAIT_SECONDS, Fetched, Limits, next_wait_seconds

TOKEN = "/cgi-bin/stable_token"


async def say(client: Client, times: int = 1) -> None:
    await asyncio.gather(*(client.get("/cgi-bin/getcallbackip") for _ in range(times)))


def fetches(platform: PlatformApi) -> int:
    return platform.calls.count(TOKEN)


async def test_two_processes_share_one_token(platform: PlatformApi, make_client: MakeClient) -> None:
    one, two = make_client("p1"), make_client("p2")
    await asyncio.gather(say(one, 20), say(two, 20))
    assert fetches(platform) == 1
    assert platform.calls.count("/cgi-bin/getcallbackip") == 40


async def test_a_day_of_work_costs_about_thirteen_fetches(
    platform: PlatformApi, make_client: MakeClient, clock: Clock
) -> None:
    one, two = make_client("p1"), make_client("p2")
    for _ in range(24 * 6):
        await say(one)
        await say(two)
        clock.advance(minutes=10)
    assert 12 <= fetches(platform) <= 14


async def test_when_the_token_is_killed_all_processes_together_fetch_once(
    platform: PlatformApi, make_client: MakeClient
) -> None:
    one, two = make_client("p1"), make_client("p2")
    await asyncio.gather(say(one), say(two))
    platform.tokens.kill_all()
    await asyncio.gather(say(one, 10), say(two, 10))
    assert fetches(platform) == 2


async def test_a_token_of_the_other_endpoint_disturbs_nothing(
    platform: PlatformApi, make_client: MakeClient, clock: Clock
) -> None:
    """Tokens of `cgi-bin/token` and `stable_token` are isolated (获取稳定版接口调用凭据)."""
    client = make_client()
    await say(client)
    platform.tokens.classic(ACCOUNT.app_id, clock())
    platform.tokens.classic(ACCOUNT.app_id, clock())
    await say(client)
    assert fetches(platform) == 1


async def test_a_token_that_stays_wrong_costs_at_most_one_more_fetch_a_minute(
    platform: PlatformApi, make_client: MakeClient, clock: Clock
) -> None:
    """Wechatpy fetched 484 tokens in one send and burned the day's quota in five."""
    one, two = make_client("p1"), make_client("p2")
    await say(one)
    for _ in range(3):
        for client in (one, two):
            platform.faults.plan("error", code=40001, path="getcallbackip", times=2)
            with pytest.raises(TokenRefusedError):
                await say(client)
            platform.faults.planned.clear()
    assert fetches(platform) == 2
    clock.advance(seconds=61)
    platform.faults.plan("error", code=40001, path="getcallbackip", times=2)
    with pytest.raises(TokenRefusedError):
        await say(one)
    assert fetches(platform) == 3


async def test_no_fault_goes_past_the_days_budget(
    platform: PlatformApi, make_client: MakeClient, clock: Clock
) -> None:
    client = make_client(limits=Limits(budget=5))
    platform.faults.plan("error", code=40001, path="getcallbackip", times=10_000)
    for _ in range(30):
        with pytest.raises((TokenRefusedError, NoTokenError)):
            await say(client)
        clock.advance(minutes=2)
    assert fetches(platform) == 5
    clock.advance(hours=2, minutes=1)
    with pytest.raises(NoTokenError) as caught:
        await say(client)
    assert "保护配额" in caught.value.advice
    assert caught.value.wait_seconds == 3600
    clock.advance(days=1)
    platform.faults.planned.clear()
    await say(client)
    assert fetches(platform) == 6


async def test_a_wrong_secret_is_asked_about_ever_more_rarely(
    platform: PlatformApi, make_client: MakeClient, clock: Clock
) -> None:
    client = make_client()
    platform.faults.plan("error", code=40125, path="stable_token", times=10_000)
    for _ in range(600):
        with pytest.raises(PermissionRefusedError, match="40125"):
            await say(client)
        clock.advance(seconds=1)
    assert fetches(platform) == 9
    assert next_wait_seconds(50) == LONGEST_WAIT_SECONDS


async def test_a_process_that_died_while_fetching_holds_nobody_up_for_long(
    platform: PlatformApi, make_client: MakeClient, stores: Stores, clock: Clock
) -> None:
    limits = Limits()
    claimed = await stores.tokens.claim(
        ACCOUNT.app_id, owner="dead", beyond=-1, now=clock(), day="2026-11-23", limits=limits
    )
    assert claimed.result == "yours"
    clock.advance(seconds=limits.lease_seconds + 1)
    await say(make_client())
    assert fetches(platform) == 1


async def test_a_cut_answer_to_the_token_request_is_no_uncertain_send(
    platform: PlatformApi, make_client: MakeClient, clock: Clock
) -> None:
    client = make_client()
    platform.deed("oCitizen", "message")
    platform.faults.plan("cut_after", path="stable_token")
    with pytest.raises(NoTokenError):
        await client.send("oCitizen", TextMessage("x"))
    clock.advance(seconds=3)
    await client.send("oCitizen", TextMessage("x"))
    assert platform.calls.count(SEND) == 1


async def test_an_unreachable_platform_is_told_as_such(make_client: MakeClient) -> None:
    client = make_client(api_base=f"http://127.0.0.1:{unused_port()}")
    with pytest.raises(UnreachableError):
        await say(client)


async def test_a_late_publication_does_not_replace_a_newer_token(stores: Stores, clock: Clock) -> None:
    first = await stores.tokens.claim("wx", owner="a", beyond=-1, now=clock(), day="d", limits=Limits())
    clock.advance(seconds=16)
    second = await stores.tokens.claim("wx", owner="b", beyond=-1, now=clock(), day="d", limits=Limits())
    assert (first.result, second.result) == ("yours", "yours")
    renew_at = clock() + timedelta(hours=1)
    new = await stores.tokens.publish("wx", owner="b", fetched=Fetched("new", 7200), renew_at=renew_at)
    assert new is not None
    late = await stores.tokens.publish("wx", owner="a", fetched=Fetched("old", 7200), renew_at=renew_at)
    assert late is None
    known = await stores.tokens.claim("wx", owner="a", beyond=-1, now=clock(), day="d", limits=Limits())
    assert known.token is not None
    assert known.token.value == "new"


async def test_the_secret_and_the_token_are_not_shown(make_client: MakeClient) -> None:
    client = make_client()
    await say(client)
    cached = repr(client._token._cached)
    assert "generation=1" in cached
    assert "_stable_" not in cached


def test_errors_are_ours() -> None:
    assert issubclass(NoTokenError, UnreachableError)
    assert not issubclass(NoTokenError, StoreUnavailableError)
