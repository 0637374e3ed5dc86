"""HTTP/1.1 by hand: what a client library would never send, or never do, can be sent and done here."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlencode

from tests.platform.accounts import SignedRequest


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    status: int
    headers: Mapping[str, str]
    body: bytes


class HungUpError(Exception):
    """The server closed the connection without a whole answer."""


@dataclass(frozen=True, slots=True)
class Manner:
    """How a request is sent."""

    method: str = "POST"
    chunked: bool = False
    """Without a Content-Length."""
    claimed_length: int | None = None
    """A Content-Length that may be a lie."""
    pieces: int = 1
    """In how many pieces the body is written; the event loop turns between them (a slow sender)."""
    drop: bool = False
    """Close the connection right after sending, without reading."""
    headers: Mapping[str, str] = field(default_factory=dict)


PLAINLY = Manner()


def head(request: SignedRequest, manner: Manner, host: str) -> bytes:
    """Everything before the body."""
    query = urlencode(request.query)
    lines = [
        f"{manner.method} {request.path}{'?' if query else ''}{query} HTTP/1.1",
        f"Host: {host}",
        "User-Agent: Mozilla/4.0",
        "Accept: */*",
        "Pragma: no-cache",
        "Connection: close",
    ]
    if manner.method != "GET":
        lines.append(f"Content-Type: {request.content_type}")
        length = len(request.body) if manner.claimed_length is None else manner.claimed_length
        lines.append("Transfer-Encoding: chunked" if manner.chunked else f"Content-Length: {length}")
    lines += [f"{name}: {value}" for name, value in manner.headers.items()]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def _pieces(body: bytes, manner: Manner) -> list[bytes]:
    if manner.method == "GET" or not body:
        return [b"0\r\n\r\n"] if manner.chunked and manner.method != "GET" else []
    size = -(-len(body) // manner.pieces)
    pieces = [body[start : start + size] for start in range(0, len(body), size)]
    if not manner.chunked:
        return pieces
    return [*(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces), b"0\r\n\r\n"]


async def exchange(
    host: str, port: int, request: SignedRequest, manner: Manner = PLAINLY, *, timeout_seconds: float = 5.0
) -> HttpAnswer | None:
    """Send one request on a connection of its own; None when it was dropped on purpose.

    Raises `TimeoutError`, and `HungUpError` when the server can't be reached or hangs up.
    """
    async with asyncio.timeout(timeout_seconds):
        try:
            reader, writer = await asyncio.open_connection(host, port)
        except OSError as error:
            raise HungUpError(f"no connection: {error}") from error
        try:
            return await _talk(reader, writer, request, manner, f"{host}:{port}")
        finally:
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()


async def exchange_raw(host: str, port: int, raw: bytes, *, timeout_seconds: float = 5.0) -> HttpAnswer:
    """Send bytes that may not even be HTTP."""
    async with asyncio.timeout(timeout_seconds):
        reader, writer = await asyncio.open_connection(host, port)
        try:
            writer.write(raw)
            return await _read_answer(reader)
        finally:
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()


async def _talk(
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    request: SignedRequest,
    manner: Manner,
    host: str,
) -> HttpAnswer | None:
    writer.write(head(request, manner, host))
    try:
        for piece in _pieces(request.body, manner):
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(0)
    except ConnectionError:  # the server answered before it had read everything (413)
        pass
    if manner.drop:
        return None
    return await _read_answer(reader)


async def _read_answer(reader: asyncio.StreamReader) -> HttpAnswer:
    """Read as far as the answer goes, even when the server keeps the connection."""
    try:
        raw = await reader.readuntil(b"\r\n\r\n")
        first, *lines = raw[:-4].decode("latin-1").split("\r\n")
        pairs = (line.partition(":") for line in lines)
        headers = {name.strip().lower(): value.strip() for name, _, value in pairs}
        if "content-length" in headers:
            body = await reader.readexactly(int(headers["content-length"]))
        else:
            body = await reader.read()
    except (ConnectionError, asyncio.IncompleteReadError, asyncio.LimitOverrunError) as error:
        raise HungUpError(f"no whole answer: {error}") from error
    if headers.get("transfer-encoding") == "chunked":
        body = _unchunk(body)
    return HttpAnswer(int(first.split(" ")[1]), headers, body)


def _unchunk(body: bytes) -> bytes:
    whole = b""
    while body:
        size, _, rest = body.partition(b"\r\n")
        length = int(size, 16)
        whole, body = whole + rest[:length], rest[length + 2 :]
        if not length:
            break
    return whole
