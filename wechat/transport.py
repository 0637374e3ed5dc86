"""HTTP to the platform: deadlines, hosts that can be switched over, and answers that are JSON or a file.

A host that can't be reached is passed over within the same call, because nothing has been sent; one that
keeps silent after a request left is never asked the same again, only later calls go to the next one.
Hosts: 接口调用频次与域名 (api.weixin.qq.com; api2 for disasters; sh, sz and hk by region).
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal

import aiohttp

from wechat.api_errors import ApiError, UncertainError, UnreachableError, refused

API_BASE: Final = "https://api.weixin.qq.com"
SPARE_BASE: Final = "https://api2.weixin.qq.com"
MOST_BYTES: Final = 12 * 1024 * 1024
"""More than the largest file that the platform hands out (a video of 10 MB)."""
_RETURN_SECONDS: Final = 300.0
_STRIKES: Final = 3
_REQUEST_ID: Final = re.compile(r"rid: ?([0-9a-f-]{1,64})")
_DONE: Final = 200
_SERVER_ERROR: Final = 500
_FILE_START: Final = re.compile(rb"\s*[{\[]")


@dataclass(frozen=True, slots=True)
class Upload:
    """One file of a multipart form. Bytes, so that a repeated call sends it whole again."""

    name: str
    filename: str
    content: bytes
    content_type: str


@dataclass(frozen=True, slots=True)
class Request:
    """One call. The query may hold a token or the secret: it is never shown."""

    path: str
    query: Mapping[str, str] = field(default_factory=dict, repr=False)
    payload: Mapping[str, Any] | None = field(default=None, repr=False)
    upload: Upload | None = field(default=None, repr=False)

    @property
    def method(self) -> Literal["GET", "POST"]:
        """POST when there is something to send."""
        return "GET" if self.payload is None and self.upload is None else "POST"


@dataclass(frozen=True, slots=True)
class File:
    """A file that the platform answered with."""

    content: bytes = field(repr=False)
    content_type: str


def api_bases(setting: str) -> tuple[str, ...]:
    """The hosts behind a setting: several separated by commas; the official one brings its spare."""
    bases = tuple(each.strip().rstrip("/") for each in setting.split(",") if each.strip())
    return (API_BASE, SPARE_BASE) if bases in {(), (API_BASE,)} else bases


class Hosts:
    """Which host to ask: the first, until it fails; then the next for five minutes."""

    def __init__(self, bases: Sequence[str], clock: Callable[[], float]) -> None:
        self._bases = tuple(bases)
        self._clock = clock
        self._current = 0
        self._strikes = 0
        self._switched_at = 0.0

    def order(self) -> tuple[str, ...]:
        """All hosts, the one to ask first in front."""
        if self._current and self._clock() - self._switched_at >= _RETURN_SECONDS:
            self._current = 0
        return self._bases[self._current :] + self._bases[: self._current]

    def answered(self) -> None:
        """The host in front works."""
        self._strikes = 0

    def silent(self) -> None:
        """The host in front took a request and did not answer; three times in a row: the next one."""
        self._strikes += 1
        if self._strikes >= _STRIKES:
            self.unreachable()

    def unreachable(self) -> None:
        """The host in front can't be reached: put the next one there."""
        self._current = (self._current + 1) % len(self._bases)
        self._strikes = 0
        self._switched_at = self._clock()


class Transport:
    """Sends requests for one account. Shared by all tasks of a process; `close` it at the end."""

    def __init__(
        self,
        bases: Sequence[str],
        *,
        total_seconds: float = 5.0,
        connect_seconds: float = 3.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._session: aiohttp.ClientSession | None = None
        self._hosts = Hosts(bases, clock)
        self._timeout = aiohttp.ClientTimeout(
            total=total_seconds, connect=connect_seconds, sock_connect=connect_seconds
        )

    async def close(self) -> None:
        """Close the connections; a later call opens new ones."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    async def object(self, request: Request) -> dict[str, Any]:
        """Send, and read the answer as a JSON object. Raises `ApiError`."""
        status, _, raw = await self._exchange(request)
        return read_answer(request.path, status, raw)

    async def file(self, request: Request) -> File | dict[str, Any]:
        """Send, and read a file; some calls answer with an object instead. Errors come as JSON with 200."""
        status, content_type, raw = await self._exchange(request)
        if status == _DONE and not _FILE_START.match(raw):
            return File(raw, content_type)
        return read_answer(request.path, status, raw)

    async def _exchange(self, request: Request) -> tuple[int, str, bytes]:
        problem: ApiError = UnreachableError(f"{request.path}: no host is configured")
        for base in self._hosts.order():
            try:
                answer = await self._try(base, request)
            except UnreachableError as error:
                self._hosts.unreachable()
                problem = error
            except UncertainError:
                self._hosts.silent()
                raise
            else:
                self._hosts.answered()
                return answer
        raise problem

    async def _try(self, base: str, request: Request) -> tuple[int, str, bytes]:
        path = request.path
        try:
            async with self._connections().request(
                request.method,
                base + path,
                params=dict(request.query) or None,
                data=_body(request),
                headers={} if request.upload else {"Content-Type": "application/json"},
                timeout=self._timeout,
                allow_redirects=False,
            ) as response:
                raw = await _read(response)
                return response.status, response.content_type, raw
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError, aiohttp.InvalidURL):
            raise UnreachableError(f"{path}: the platform can't be reached") from None
        except (TimeoutError, aiohttp.ClientError):
            raise UncertainError(f"{path}: the connection was lost before the answer came") from None

    def _connections(self) -> aiohttp.ClientSession:
        if self._session is None:  # not in the constructor: a session belongs to the running loop
            self._session = aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar())
        return self._session


def _body(request: Request) -> bytes | aiohttp.FormData | None:
    if request.upload is not None:
        form = aiohttp.FormData()
        file = request.upload
        form.add_field(file.name, file.content, filename=file.filename, content_type=file.content_type)
        return form
    if request.payload is None:
        return None
    # The platform shows escaped Chinese as \uXXXX (自定义菜单: 40033), so it goes out as UTF-8.
    return json.dumps(request.payload, ensure_ascii=False).encode()


async def _read(response: aiohttp.ClientResponse) -> bytes:
    raw = bytearray()
    async for chunk in response.content.iter_any():
        raw += chunk
        if len(raw) > MOST_BYTES:
            response.close()
            raise aiohttp.ClientPayloadError("too large")
    return bytes(raw)


def read_answer(path: str, status: int, raw: bytes) -> dict[str, Any]:
    """Read an answer as an object; an error code in it is raised as the error that it is."""
    try:
        answer = json.loads(raw)
    except (ValueError, RecursionError):
        answer = None
    if not isinstance(answer, dict):
        kind = "an error page" if status >= _SERVER_ERROR else "something that is no JSON object"
        raise UncertainError(f"{path}: the platform answered {status} with {kind}")
    code = answer.get("errcode", 0)
    if not isinstance(code, int):
        raise UncertainError(f"{path}: the platform answered with an error code that is no number")
    if status != _DONE and not code:  # JSON of something that stands in front of the platform
        raise UncertainError(f"{path}: the platform answered {status} without an error code")
    if code:
        found = _REQUEST_ID.search(str(answer.get("errmsg", "")))
        raise refused(path, code, found[1] if found else "")
    return answer


def required(answer: Mapping[str, Any], name: str) -> Any:
    """Give a field that the answer must have. Raises `UncertainError`: the call may have been done."""
    value = answer.get(name)
    if value in (None, ""):
        raise UncertainError(f"the platform's answer holds no {name}")
    return value
