"""The platform's API on loopback: access tokens, and messages sent to citizens. Grows with issue 4."""

from __future__ import annotations

import asyncio
import json
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Final

from aiohttp import web

from tests.platform.accounts import FakeAccount
from tests.platform.verdict import text_findings

TOKEN_SECONDS: Final = 7200
BAD_TOKEN: Final = 40001
BAD_SECRET: Final = 40125


@dataclass(slots=True)
class FakeApi:
    """What was asked of the API, and what it shall answer next."""

    accounts: dict[str, str]
    """App secrets by app id."""
    url: str = ""
    sent: dict[str, list[dict[str, Any]]] = field(default_factory=lambda: defaultdict(list))
    """Accepted messages by openid, in order."""
    calls: list[str] = field(default_factory=list)
    errors: list[int] = field(default_factory=list)
    """Error codes for the next sends, taken from the front; 0: let one through."""
    broken: list[str] = field(default_factory=list)
    """Rules that accepted messages broke."""
    arrived: asyncio.Condition = field(default_factory=asyncio.Condition)
    tokens: dict[str, str] = field(default_factory=dict)

    def texts(self, openid: str) -> list[str]:
        return [str(each.get("text", {}).get("content", "")) for each in self.sent[openid]]

    async def until_sent(self, openid: str, count: int = 1, *, seconds: float = 15.0) -> list[str]:
        """Wait until that many messages reached the citizen; their texts."""
        async with asyncio.timeout(seconds), self.arrived:
            await self.arrived.wait_for(lambda: len(self.sent[openid]) >= count)
        return self.texts(openid)

    def expire_tokens(self) -> None:
        self.tokens.clear()

    async def token(self, request: web.Request) -> web.Response:
        self.calls.append("stable_token")
        asked = json.loads(await request.read())
        app_id = str(asked.get("appid"))
        if asked.get("grant_type") != "client_credential" or self.accounts.get(app_id) != asked.get("secret"):
            return _error(BAD_SECRET, "invalid appsecret")
        token = f"token-{len(self.calls)}-of-{app_id}"
        token = next((known for known, owner in self.tokens.items() if owner == app_id), token)
        self.tokens[token] = app_id
        return web.json_response({"access_token": token, "expires_in": TOKEN_SECONDS})

    async def send(self, request: web.Request) -> web.Response:
        self.calls.append("custom/send")
        payload = json.loads(await request.read())
        if request.query.get("access_token") not in self.tokens:
            return _error(BAD_TOKEN, "invalid credential, access_token is invalid or not latest")
        code = self.errors.pop(0) if self.errors else 0
        if code:
            return _error(code, "as the test asked")
        if payload.get("msgtype") == "text":
            self.broken += text_findings(str(payload["text"]["content"]))
        async with self.arrived:
            self.sent[str(payload["touser"])].append(payload)
            self.arrived.notify_all()
        return web.json_response({"errcode": 0, "errmsg": "ok"})


def _error(code: int, message: str) -> web.Response:
    """Errors come with status 200, as the platform sends them."""
    return web.json_response({"errcode": code, "errmsg": f"{message} rid: 65f0c0de-00000000-00000000"})


@asynccontextmanager
async def fake_api(*accounts: FakeAccount) -> AsyncIterator[FakeApi]:
    """Run the API on a free port of loopback."""
    api = FakeApi({account.app_id: account.app_secret for account in accounts})
    app = web.Application()
    app.router.add_post("/cgi-bin/stable_token", api.token)
    app.router.add_post("/cgi-bin/message/custom/send", api.send)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        api.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        yield api
    finally:
        await runner.cleanup()
