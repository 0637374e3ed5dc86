from __future__ import annotations

import asyncio
import json
import traceback
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer, unused_port

from storage.stores import Stores
from tests.running import Clock
from wechat.client import Client, RefusedError, UncertainError, UnreachableError
from wechat.render import TextMessage

SECRET = "5ec2e7-5ec2e7-5ec2e7"
OPENID = "oPerson_123456"
OK = {"errcode": 0, "errmsg": "ok"}


class Platform:
    """A small part of the platform's API on loopback: tokens with a life, and what a test wants answered."""

    def __init__(self) -> None:
        self.tokens = 0
        self.token_requests: list[dict[str, Any]] = []
        self.sent: list[dict[str, Any]] = []
        self.answers: list[dict[str, Any]] = []
        self.rejects: Callable[[str], bool] = lambda _token: False
        self.token_answer: dict[str, Any] | None = None
        self.hold = asyncio.Event()
        self.hold.set()
        self.hold_token = asyncio.Event()
        self.hold_token.set()
        self.raw: web.Response | None = None

    async def token(self, request: web.Request) -> web.Response:
        self.token_requests.append(await request.json())
        await self.hold_token.wait()
        if self.token_answer is not None:
            return web.json_response(self.token_answer)
        self.tokens += 1
        return web.json_response({"access_token": f"token-{self.tokens}", "expires_in": 7200})

    async def send(self, request: web.Request) -> web.StreamResponse:
        if self.rejects(request.query["access_token"]):
            return web.json_response({"errcode": 40001, "errmsg": "invalid credential rid: 66f0-1a"})
        self.sent.append(json.loads(await request.read()))
        await self.hold.wait()
        if self.raw is not None:
            return self.raw
        return web.Response(
            text=json.dumps(self.answers.pop(0) if self.answers else OK), content_type="text/plain"
        )

    @asynccontextmanager
    async def client(self, stores: Stores, **options: Any) -> AsyncIterator[Client]:
        app = web.Application()
        app.router.add_post("/cgi-bin/stable_token", self.token)
        app.router.add_post("/cgi-bin/message/custom/send", self.send)
        server = TestServer(app)
        await server.start_server()
        client = Client(
            app_id="wxhall",
            secret=SECRET,
            tokens=stores.tokens,
            api_base=str(server.make_url("/")),
            **options,
        )
        try:
            yield client
        finally:
            self.hold.set()
            self.hold_token.set()
            await client.close()
            await server.close()


async def say(client: Client, text: str = "您好😀") -> None:
    await client.send(OPENID, TextMessage(text))


async def test_a_message_is_sent_with_one_cached_stable_token(stores: Stores) -> None:
    platform = Platform()
    async with platform.client(stores) as client:
        await say(client)
        await say(client)
    assert platform.sent == [{"touser": OPENID, "msgtype": "text", "text": {"content": "您好😀"}}] * 2
    assert platform.token_requests == [
        {"grant_type": "client_credential", "appid": "wxhall", "secret": SECRET, "force_refresh": False}
    ]


async def test_a_token_is_renewed_five_minutes_early(stores: Stores, clock: Clock) -> None:
    platform = Platform()
    async with platform.client(stores, now=clock) as client:
        await say(client)
        clock.advance(seconds=6899)
        await say(client)
        assert platform.tokens == 1
        clock.advance(seconds=1)
        await say(client)
    assert platform.tokens == 2


@pytest.mark.parametrize("code", [40001, 40014, 42001])
async def test_a_rejected_token_is_renewed_once(stores: Stores, code: int) -> None:
    platform = Platform()
    platform.answers = [{"errcode": code, "errmsg": "x"}]
    async with platform.client(stores) as client:
        await say(client)
    assert (platform.tokens, len(platform.sent)) == (2, 2)


async def test_a_token_that_stays_wrong_costs_at_most_one_more_fetch(stores: Stores) -> None:
    """Wechatpy fetched 484 tokens in one send and burned the day's quota in five."""
    platform = Platform()
    platform.rejects = lambda _token: True
    async with platform.client(stores) as client:
        with pytest.raises(RefusedError) as caught:
            await say(client)
    assert caught.value.code == 40001
    assert platform.tokens == 2


async def test_many_sends_share_one_fetch_cold_and_stale(stores: Stores) -> None:
    platform = Platform()
    async with platform.client(stores) as client:
        await asyncio.gather(*(say(client) for _ in range(50)))
        assert platform.tokens == 1
        platform.rejects = lambda token: token == "token-1"
        await asyncio.gather(*(say(client) for _ in range(50)))
    assert platform.tokens == 2
    assert len(platform.sent) == 100


@pytest.mark.parametrize(
    ("code", "retryable"),
    [(-1, True), (45011, True), (45009, True), (45015, False), (45047, False), (99999, False)],
)
async def test_refusals_say_whether_to_try_again(stores: Stores, code: int, retryable: bool) -> None:  # noqa: FBT001
    platform = Platform()
    platform.answers = [{"errcode": code, "errmsg": "some words hint: [x] rid: 5f3c-22ab"}]
    async with platform.client(stores) as client:
        with pytest.raises(RefusedError, match="rid 5f3c-22ab") as caught:
            await say(client)
    assert (caught.value.code, caught.value.retryable) == (code, retryable)
    assert caught.value.advice.endswith("。")


async def test_no_answer_in_time_is_uncertain(stores: Stores) -> None:
    platform = Platform()
    platform.hold.clear()
    async with platform.client(stores, total_seconds=0.2) as client:
        with pytest.raises(UncertainError):
            await say(client)
    assert len(platform.sent) == 1


async def test_a_token_that_does_not_come_means_that_nothing_was_sent(stores: Stores) -> None:
    platform = Platform()
    platform.hold_token.clear()
    async with platform.client(stores, total_seconds=0.2) as client:
        with pytest.raises(UnreachableError):
            await say(client)
    assert platform.sent == []


@pytest.mark.parametrize(
    "answer",
    [
        {},
        {"access_token": ""},
        {"access_token": 5, "expires_in": 1},
        {"access_token": "x", "expires_in": "1"},
    ],
)
async def test_an_odd_token_answer_means_that_nothing_was_sent(
    stores: Stores, answer: dict[str, Any]
) -> None:
    platform = Platform()
    platform.token_answer = answer
    async with platform.client(stores) as client:
        with pytest.raises(UnreachableError):
            await say(client)


async def test_a_wrong_secret_is_refused_with_advice(stores: Stores) -> None:
    platform = Platform()
    platform.token_answer = {"errcode": 40125, "errmsg": "invalid appsecret"}
    async with platform.client(stores) as client:
        with pytest.raises(RefusedError) as caught:
            await say(client)
    assert "AppSecret" in caught.value.advice
    assert len(platform.token_requests) == 1


async def test_a_closed_port_is_unreachable(stores: Stores) -> None:
    client = Client(
        app_id="wxhall", secret=SECRET, tokens=stores.tokens, api_base=f"http://127.0.0.1:{unused_port()}"
    )
    with pytest.raises(UnreachableError):
        await say(client)
    await client.close()


@pytest.mark.parametrize(
    "raw",
    [
        web.Response(status=502, text="<html>Bad gateway</html>"),
        web.Response(status=200, text=""),
        web.Response(status=200, text="[]"),
        web.Response(status=200, text="[" * 5000),
        web.Response(status=302, headers={"Location": "https://127.0.0.1/elsewhere"}),
        web.Response(status=200, text='{"errcode": "x"}'),
    ],
)
async def test_an_answer_that_is_none_is_uncertain(stores: Stores, raw: web.Response) -> None:
    platform = Platform()
    platform.raw = raw
    async with platform.client(stores) as client:
        with pytest.raises(UncertainError):
            await say(client)
    assert len(platform.sent) == 1


async def test_nothing_secret_stands_in_errors_and_logs(
    stores: Stores, caplog: pytest.LogCaptureFixture
) -> None:
    """WxJava#556, wechatpy: exceptions held the address with the token, or the secret."""
    platform, shown = Platform(), ""
    async with platform.client(stores, total_seconds=0.2) as client:
        platform.answers.append({"errcode": 45015, "errmsg": f"{OPENID} {SECRET} token-1"})
        with pytest.raises(RefusedError) as refused:
            await say(client)
        platform.hold.clear()
        with pytest.raises(UncertainError) as uncertain:
            await say(client)
        assert "Token(" in repr(vars(vars(client)["_token"]))
        shown += repr(vars(vars(client)["_token"])) + repr(vars(client)["_transport"])
    closed = Client(
        app_id="wxhall", secret=SECRET, tokens=stores.tokens, api_base=f"http://127.0.0.1:{unused_port()}"
    )
    with pytest.raises(UnreachableError) as unreachable:
        await say(closed)
    await closed.close()
    for error in (refused.value, uncertain.value, unreachable.value):
        shown += "".join(traceback.format_exception(error)) + repr(vars(error))
    shown += caplog.text
    for hidden in (SECRET, OPENID, "token-1", "access_token="):
        assert hidden not in shown
