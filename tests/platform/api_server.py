"""The platform's API on loopback, with a clock that tests advance: tokens, quotas, windows, faults, results.

async with platform_api(ACCOUNT, clock=clock) as api:
    api.deed("oCitizen", "message")      # opens the send window
    api.faults.plan("cut_after")         # the next call is done, but nobody hears of it
    api.texts("oCitizen")                # what arrived
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from aiohttp import web

from tests.platform.accounts import FakeAccount
from tests.platform.api_calls import CALLS
from tests.platform.api_faults import Fault, Faults
from tests.platform.api_people import WITH_SECRET
from tests.platform.api_tokens import Counter, Issued, TokenLaw
from tests.platform.api_world import OK, Call, CodeError, Handler, World
from tests.platform.pusher import Address, FakeWeChat

BAD_SECRET: Final = 40125
RESETS_A_MONTH: Final = 10
SEND: Final = "/cgi-bin/message/custom/send"


@dataclass(slots=True)
class PlatformApi:
    """All accounts of the platform."""

    accounts: dict[str, FakeAccount]
    clock: Callable[[], datetime]
    tokens: TokenLaw = field(default_factory=TokenLaw)
    worlds: dict[str, World] = field(default_factory=dict)
    faults: Faults = field(default_factory=Faults)
    calls: list[str] = field(default_factory=list)
    """Paths, in the order of their coming."""
    counter: Counter = field(default_factory=Counter)
    limits: dict[str, tuple[int, int]] = field(default_factory=lambda: {SEND: (10_000, 500_000)})
    """Calls a minute and a day, by path."""
    resets: dict[str, int] = field(default_factory=dict)
    forbidden: set[str] = field(default_factory=set)
    """Paths that the account has no permission for (48001)."""
    url: str = ""
    slow_seconds: float = 30.0
    release: asyncio.Event = field(default_factory=asyncio.Event)
    """Set: slow answers come at once (at the end of a test, so that nothing is waited for)."""
    arrived: asyncio.Condition = field(default_factory=asyncio.Condition)

    @property
    def world(self) -> World:
        """The world of the first account."""
        return self.worlds[next(iter(self.accounts))]

    def deed(self, openid: str, what: str) -> None:
        """A citizen of the first account did something."""
        account = next(iter(self.accounts.values()))
        self.world.windows.deed(account.app_id, openid, what, self.clock(), channel=account.channel)

    def texts(self, openid: str) -> list[str]:
        """The texts that reached one citizen."""
        found = [each for user, each in self.world.sent if user == openid]
        return [str(each.get("text", {}).get("content", "")) for each in found]

    async def until_sent(self, openid: str, count: int = 1, *, seconds: float = 15.0) -> list[str]:
        """Wait until that many messages reached the citizen; their texts."""
        async with asyncio.timeout(seconds), self.arrived:
            await self.arrived.wait_for(lambda: len(self.texts(openid)) >= count)
        return self.texts(openid)

    async def push_results(self, *addresses: Address) -> int:
        """Push the events about sent messages that are due; returns how many."""
        pushed = 0
        for app_id, world in self.worlds.items():
            wechat = FakeWeChat(self.accounts[app_id], addresses, self.clock)
            while world.events:
                event = dict(world.events.pop(0))
                user, name = str(event.pop("FromUserName")), str(event.pop("Event"))
                await wechat.expect(wechat.event(user, name, **event))
                pushed += 1
        return pushed

    async def handle(self, request: web.Request) -> web.StreamResponse:
        path = request.path
        self.calls.append(path)
        body, file = await _read(request)
        fault = self.faults.next(path)
        if fault is not None and fault.kind == "page":
            return web.Response(status=502, text="<html>Bad gateway</html>")
        if fault is not None and fault.kind == "cut_before":
            return _hang_up(request)
        answer = self._answer(request, body, file, fault)
        async with self.arrived:
            self.arrived.notify_all()
        if fault is not None and fault.kind == "cut_after":
            return _hang_up(request)
        if fault is not None and fault.kind == "slow":
            await self._wait()
        return answer

    async def _wait(self) -> None:
        try:
            async with asyncio.timeout(self.slow_seconds):
                await self.release.wait()
        except TimeoutError:
            pass

    def _answer(self, request: web.Request, body: bytes, file: bytes, fault: Fault | None) -> web.Response:
        try:
            _raise_if_planned(fault)
            answer = self._dispatch(request, body, file)
        except CodeError as error:
            message = f"{error} rid: 65f0c0de-00000000-00000000"
            return web.json_response({"errcode": error.code, "errmsg": message})
        except (KeyError, ValueError, TypeError) as error:
            return web.json_response({"errcode": 47001, "errmsg": f"data format error: {error!r}"})
        if isinstance(answer, bytes):
            return web.Response(body=answer, content_type="image/jpeg")
        return web.Response(text=json.dumps(answer, ensure_ascii=False), content_type="text/plain")

    def _dispatch(self, request: web.Request, body: bytes, file: bytes) -> dict[str, Any] | bytes:
        path, query = request.path, dict(request.query)
        open_calls: dict[str, Callable[[], dict[str, Any] | bytes]] = {
            "/cgi-bin/token": lambda: self._token(query, "classic", force=False),
            "/cgi-bin/stable_token": lambda: self._stable(json.loads(body)),
            "/cgi-bin/clear_quota/v2": lambda: self._reset(self._proven(query, "appsecret")),
            "/cgi-bin/showqrcode": lambda: b"\xff\xd8" + query["ticket"].encode(),
        }
        if path in open_calls:
            return open_calls[path]()
        if path in WITH_SECRET:
            return self._run(WITH_SECRET[path], self._proven(query, "secret"), request, body, file)
        app_id = self._authorized(query.get("access_token", ""))
        if path == "/cgi-bin/clear_quota":
            return self._reset(app_id)
        self._count(app_id, path)
        if path == "/cgi-bin/openapi/quota/get":
            return self._quota(app_id, str(json.loads(body)["cgi_path"]))
        if path not in CALLS:
            raise CodeError(40066, "invalid url")
        return self._run(CALLS[path], app_id, request, body, file)

    def _authorized(self, token: str) -> str:
        if code := self.tokens.check(token, self.clock()):
            raise CodeError(code, "invalid credential, access_token is invalid or not latest")
        return self.tokens.owner(token)

    def _count(self, app_id: str, path: str) -> None:
        if path in self.forbidden:
            raise CodeError(48001, "api unauthorized")
        per_minute, per_day = self.limits.get(path, (100_000, 1_000_000))
        name = f"{app_id} {path}"
        if over := self.counter.count(name, self.clock(), per_minute=per_minute, per_day=per_day):
            raise CodeError(over, "reach max api limit")

    def _stable(self, asked: dict[str, Any]) -> dict[str, Any]:
        return self._token(asked, "stable", force=bool(asked.get("force_refresh")))

    def _run(
        self, handler: Handler, app_id: str, request: web.Request, body: bytes, file: bytes
    ) -> dict[str, Any] | bytes:
        channel = self.accounts[app_id].channel
        call = Call(app_id, channel, request.path, dict(request.query), body, self.clock(), file)
        return handler(self.worlds[app_id], call)

    def _proven(self, given: dict[str, Any], secret: str) -> str:
        account = self.accounts.get(str(given.get("appid")))
        if account is None or account.app_secret != given.get(secret):
            raise CodeError(BAD_SECRET, "invalid appsecret")
        return account.app_id

    def _token(self, given: dict[str, Any], kind: str, *, force: bool) -> dict[str, Any]:
        app_id, now = self._proven(given, "secret"), self.clock()
        if given.get("grant_type") != "client_credential":
            raise CodeError(40002, "invalid grant_type")
        if kind == "classic":
            issued: Issued | int = self.tokens.classic(app_id, now)
        else:
            issued = self.tokens.stable(app_id, now, force=force)
        if isinstance(issued, int):
            raise CodeError(issued, "reach max api limit")
        left = int((issued.expires_at - now).total_seconds())
        return {"access_token": issued.value, "expires_in": left}

    def _quota(self, app_id: str, path: str) -> dict[str, Any]:
        limit = self.limits.get(path, (0, 1_000_000))[1]
        used = self.counter.today(f"{app_id} {path}", self.clock())
        return {**OK, "quota": {"daily_limit": limit, "used": used, "remain": limit - used}}

    def _reset(self, app_id: str) -> dict[str, Any]:
        month = f"{app_id} {self.clock():%Y-%m}"
        self.resets[month] = self.resets.get(month, 0) + 1
        if self.resets[month] > RESETS_A_MONTH:
            raise CodeError(48006, "forbid to clear quota because of reaching the limit")
        self.counter.counts.clear()
        return OK


def _raise_if_planned(fault: Fault | None) -> None:
    if fault is not None and fault.kind == "error":
        raise CodeError(fault.code, "as the test asked")


def _hang_up(request: web.Request) -> web.StreamResponse:
    if request.transport is not None:
        request.transport.abort()
    return web.Response()


async def _read(request: web.Request) -> tuple[bytes, bytes]:
    """The body, and the file in it when it is a form."""
    if request.content_type != "multipart/form-data":
        return await request.read(), b""
    form = await request.post()
    media = form.get("media")
    if not isinstance(media, web.FileField):
        return b"", b""
    return b"", media.file.read()


@asynccontextmanager
async def platform_api(
    *accounts: FakeAccount, clock: Callable[[], datetime], host: str = "127.0.0.1", port: int = 0
) -> AsyncIterator[PlatformApi]:
    """Run the API on loopback, on a free port unless one is given."""
    api = PlatformApi({account.app_id: account for account in accounts}, clock)
    api.worlds = {account.app_id: World() for account in accounts}
    app = web.Application(client_max_size=16 * 1024 * 1024)
    app.router.add_route("*", "/{path:.*}", api.handle)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    try:
        await web.TCPSite(runner, host, port).start()
        api.url = f"http://{host}:{runner.addresses[0][1]}"
        yield api
    finally:
        api.release.set()
        await runner.cleanup()
