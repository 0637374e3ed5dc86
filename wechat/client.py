"""One account's way to the platform's API: transport and token together. The calls stand in `wechat.api`.

Errors: see `wechat.api_errors`, whose names are given on here.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Final, TypeVar

from messages import Channel
from wechat.api_errors import (
    ApiError,
    NoTokenError,
    RefusedError,
    TokenRefusedError,
    UncertainError,
    UnreachableError,
)
from wechat.outbox import Notice
from wechat.render import WireMessage, custom_send_payload
from wechat.templates import NOTICE_PATHS, notice_payload
from wechat.tokens import USUAL_LIMITS, Fetched, Keeper, Limits, Token, TokenStore
from wechat.transport import API_BASE, File, Request, Transport, Upload, api_bases

__all__ = [
    "API_BASE",
    "ApiError",
    "Client",
    "NoTokenError",
    "RefusedError",
    "UncertainError",
    "UnreachableError",
]

T = TypeVar("T")

MP_BASE: Final = "https://mp.weixin.qq.com"
"""Where pictures of QR codes are (生成带参数的二维码)."""


def _utc_now() -> datetime:
    return datetime.now(UTC)


class Client:
    """Calls the API for one account. Shared by all tasks of a process; `close` it at the end."""

    def __init__(
        self,
        *,
        app_id: str,
        secret: str,
        tokens: TokenStore,
        owner: str = "",
        api_base: str = API_BASE,
        total_seconds: float = 5.0,
        connect_seconds: float = 3.0,
        now: Callable[[], datetime] = _utc_now,
        clock: Callable[[], float] = time.monotonic,
        limits: Limits = USUAL_LIMITS,
    ) -> None:
        """`owner` names this process among all that share the token; `api_base` may list several hosts."""
        self.app_id = app_id
        self.now = now
        self._secret = secret
        self._owner = owner or secrets.token_hex(8)
        self._store = tokens
        self._limits = limits
        bases = api_bases(api_base)
        self._transport = Transport(
            bases, total_seconds=total_seconds, connect_seconds=connect_seconds, clock=clock
        )
        self.picture_base = MP_BASE if API_BASE in bases else bases[0]
        self._token = self.keeper("", self._fetch_token)

    async def close(self) -> None:
        """Close the connections; a later call opens new ones."""
        await self._transport.close()

    async def send(self, openid: str, message: WireMessage) -> None:
        """Send one message to a citizen within the platform's window (发送客服消息)."""
        await self.post("/cgi-bin/message/custom/send", custom_send_payload(openid, message))

    async def notify(self, openid: str, notice: Notice, channel: Channel) -> str:
        """Send what the citizen subscribed to (发送订阅通知); returns the platform's number of it."""
        answer = await self.post(NOTICE_PATHS[channel], notice_payload(openid, notice))
        return str(answer.get("msgid", ""))

    async def post(self, path: str, payload: Mapping[str, Any]) -> dict[str, Any]:
        """POST JSON with the access token."""
        return await self._with_token(self._transport.object, Request(path, payload=payload))

    async def get(self, path: str, query: Mapping[str, str] | None = None) -> dict[str, Any]:
        """GET with the access token."""
        return await self._with_token(self._transport.object, Request(path, query or {}))

    async def upload(self, path: str, query: Mapping[str, str], file: Upload) -> dict[str, Any]:
        """POST a file as a form with the access token."""
        return await self._with_token(self._transport.object, Request(path, query, upload=file))

    async def download(
        self, path: str, query: Mapping[str, str] | None = None, payload: Mapping[str, Any] | None = None
    ) -> File | dict[str, Any]:
        """GET (or POST) what answers with a file, with the access token."""
        return await self._with_token(self._transport.file, Request(path, query or {}, payload))

    async def ask_with_secret(self, path: str, query: Mapping[str, str]) -> dict[str, Any]:
        """GET what wants app id and secret instead of a token (`sns/…`)."""
        proof = {"appid": self.app_id, "secret": self._secret}
        return await self._transport.object(Request(path, {**proof, **query}))

    async def post_with_secret(self, path: str) -> dict[str, Any]:
        """POST what wants app id and secret in its address, and no body (`clear_quota/v2`)."""
        proof = {"appid": self.app_id, "appsecret": self._secret}
        return await self._transport.object(Request(path, proof, payload={}))

    def keeper(self, kind: str, fetch: Callable[[], Awaitable[Fetched]]) -> Keeper:
        """Make a keeper of one more shared value of this account, such as the JS-SDK's ticket."""
        name = f"{self.app_id}:{kind}" if kind else self.app_id
        return Keeper(name, self._store, fetch, owner=self._owner, now=self.now, limits=self._limits)

    async def _with_token(self, exchange: Callable[[Request], Awaitable[T]], request: Request) -> T:
        """Do a call with the token. A token that the platform rejects is renewed once, no more."""
        token = await self._token.get()
        try:
            return await exchange(_signed(request, token))
        except TokenRefusedError as error:
            rejected = error
        try:
            renewed = await self._token.get(rejected=token)
        except NoTokenError:
            raise rejected from None  # says more than that there is no other token now
        return await exchange(_signed(request, renewed))

    async def _fetch_token(self) -> Fetched:
        asked = {
            "grant_type": "client_credential",
            "appid": self.app_id,
            "secret": self._secret,
            "force_refresh": False,
        }
        answer = await self._transport.object(Request("/cgi-bin/stable_token", payload=asked))
        return read_fetched(answer, "access_token")


def read_fetched(answer: Mapping[str, Any], name: str) -> Fetched:
    """Read a token or ticket with its lifetime. Raises `NoTokenError` when there is none."""
    value, lifetime = answer.get(name), answer.get("expires_in")
    if not isinstance(value, str) or not value or not isinstance(lifetime, int):
        raise NoTokenError("no access token: the platform's answer holds none")
    return Fetched(value, lifetime)


def _signed(request: Request, token: Token) -> Request:
    query = {"access_token": token.value, **request.query}
    return Request(request.path, query, request.payload, request.upload)
