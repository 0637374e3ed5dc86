"""The door: signed requests of the platform in, sealed replies out.

400 malformed, 403 forged, 413 too large, 503 not stored (WeChat comes again). Never a 500 and never a word
of what was wrong beyond that: the details are counted and logged without personal data.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime
from typing import Final

import structlog
from aiohttp import web

from bot.telemetry import Metrics
from bot.turns import Outgoing, Turns
from handlers.turns import TurnStore
from messages import StoreUnavailableError
from wechat.codec import Account, ForgedError, MalformedError, Opened, answer, open_push, verify_url

MAX_BODY_BYTES: Final = 64 * 1024
READ_SECONDS: Final = 10.0
"""For the whole body; the platform sends it at once."""
SUCCESS: Final = "success"

log = structlog.get_logger(__name__)


class Webhook:
    """The two routes of one account."""

    def __init__(
        self,
        account: Account,
        *,
        engine: Turns,
        turns: TurnStore,
        clock: Callable[[], datetime],
        metrics: Metrics,
    ) -> None:
        self._account = account
        self._engine = engine
        self._turns = turns
        self._clock = clock
        self._metrics = metrics

    async def verify(self, request: web.Request) -> web.Response:
        """Answer the platform's check of the address (GET) with its own echo string."""
        try:
            echo = verify_url(self._account, request.query, self._clock())
        except (ForgedError, MalformedError) as error:
            return self._refuse(error)
        self._count("verified")
        return web.Response(text=echo)

    async def push(self, request: web.Request) -> web.StreamResponse:
        """Take one delivery (POST) and answer it."""
        try:
            async with asyncio.timeout(READ_SECONDS):
                body = await _read(request)
        except TimeoutError:
            self._count("malformed")
            return web.Response(status=408, text="too slow")
        except (web.RequestPayloadError, ConnectionError, ValueError):
            self._count("malformed")  # cut off, or not what its headers say
            return web.Response(status=400, text="malformed")
        if body is None:
            self._count("too_large")
            return web.Response(status=413, text="too large")
        try:
            opened = open_push(
                self._account, request.query, body, request.headers.get("Content-Type", ""), self._clock()
            )
        except (ForgedError, MalformedError) as error:
            return self._refuse(error)
        if opened.inbound.kind == "unknown":
            log.info("unknown message type", channel=self._account.channel)
        outgoing = await self._engine.receive(opened.inbound)
        return await self._answer(request, opened, outgoing)

    async def _answer(self, request: web.Request, opened: Opened, outgoing: Outgoing) -> web.StreamResponse:
        if outgoing.result == "unavailable":
            self._count("unavailable")
            return web.Response(status=503, text="try again")
        if outgoing.result == "acknowledged" or outgoing.message is None:
            self._count("acknowledged")
            return web.Response(text=SUCCESS)
        sealed = answer(self._account, opened, outgoing.message, outgoing.at or self._clock())
        reply = web.Response(body=sealed.body, headers={"Content-Type": sealed.content_type})
        self._count("replied")
        if outgoing.stored:
            written = await _write(request, reply)
            await self._note(opened.inbound.key, written=written, shared=outgoing.shared)
        return reply

    async def _note(self, key: str, *, written: bool, shared: bool) -> None:
        """Note that WeChat hung up without the reply (`bot.recovery` sees to it), or took it after all."""
        try:
            if not written:
                self._count("hung_up")
                await self._turns.mark_unclaimed(key, now=self._clock())
            elif shared:
                await self._turns.mark_claimed(key)
        except StoreUnavailableError:
            log.warning("it could not be noted what became of a reply", key=key)

    def _refuse(self, error: ForgedError | MalformedError) -> web.Response:
        forged = isinstance(error, ForgedError)
        self._count("forged" if forged else "malformed")
        log.info("push refused", channel=self._account.channel, reason=str(error))
        return web.Response(status=403 if forged else 400, text="forged" if forged else "malformed")

    def _count(self, result: str) -> None:
        self._metrics.pushes.labels(self._account.channel, result).inc()


async def _read(request: web.Request) -> bytes | None:
    """Read the body up to the limit, without buffering more than that; None when it is larger.

    Raises `ValueError`, `RequestPayloadError` or `ConnectionError` when it can't be read.
    """
    if request.headers.get("Content-Encoding", "identity") != "identity":
        raise ValueError("the platform compresses nothing")
    if (request.content_length or 0) > MAX_BODY_BYTES:
        return None
    body = bytearray()
    async for chunk in request.content.iter_any():
        body += chunk
        if len(body) > MAX_BODY_BYTES:
            return None
    return bytes(body)


async def _write(request: web.Request, reply: web.Response) -> bool:
    """Write the reply to the connection now; False when nobody is there any more."""
    transport = request.transport
    if transport is None or transport.is_closing():
        return False
    try:
        await reply.prepare(request)
        await reply.write_eof()
    except ConnectionError:
        return False
    return True
