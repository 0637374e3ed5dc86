"""The JS-SDK's signature (JS-SDK 使用权限签名算法). Ticket and token never reach the page."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass

from wechat.client import Client, read_fetched
from wechat.tokens import Fetched


@dataclass(frozen=True, slots=True)
class PageSignature:
    """What `wx.config` of one page needs."""

    app_id: str
    timestamp: int
    nonce: str
    signature: str


def sign(ticket: str, *, nonce: str, timestamp: int, url: str) -> str:
    """The signature over ticket, nonce, time and the page's address without `#…`; values are not escaped."""
    address = url.partition("#")[0]
    text = f"jsapi_ticket={ticket}&noncestr={nonce}&timestamp={timestamp}&url={address}"
    return hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()


class PageSigner:
    """Signs pages with a ticket that all processes share, as they share the token."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._tickets = client.keeper("jsapi", self._fetch)

    async def sign(self, url: str) -> PageSignature:
        """Sign one page. The caller says which addresses are ours: never sign what a stranger asks for."""
        ticket = await self._tickets.get()
        nonce, timestamp = secrets.token_hex(8), int(self._client.now().timestamp())
        signature = sign(ticket.value, nonce=nonce, timestamp=timestamp, url=url)
        return PageSignature(self._client.app_id, timestamp, nonce, signature)

    async def _fetch(self) -> Fetched:
        answer = await self._client.get("/cgi-bin/ticket/getticket", {"type": "jsapi"})
        return read_fetched(answer, "ticket")
