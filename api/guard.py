"""The API's only door: who asks, may they, how often, and is it what the table says. Refused by default."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Literal, assert_never

import structlog
from aiohttp import web
from aiohttp.typedefs import Handler
from pydantic import BaseModel, ValidationError

from api.problems import (
    FAILED,
    FORBIDDEN,
    MALFORMED,
    NOT_JSON,
    TOO_LARGE,
    TOO_MANY,
    UNAUTHORIZED,
    UNAVAILABLE,
    ProblemError,
    invalid,
    of_http,
    problem_response,
)
from api.sessions import read_session
from api.table import ROOT, Answer, ApiDeps, Call, Rate, Route
from api.throttle import Buckets
from helpdesk.api_tokens import PREFIX, TOUCH, Bearer
from helpdesk.secrets import digest
from messages import StoreUnavailableError
from rendering.requests import client_address

BODY_LIMIT_BYTES: Final = 256 * 1024
READ_SECONDS: Final = 10.0
RETRY_SECONDS: Final = 5
_LONGEST_TOKEN: Final = 200
HEADERS: Final[Mapping[str, str]] = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Limits:
    """How many requests a minute pass in one process."""

    address: Buckets = field(default_factory=lambda: Buckets(1200))
    """From one address: behind one may sit a whole hall, or a telephone company."""
    login: Buckets = field(default_factory=lambda: Buckets(120))
    """Logins from one address: each costs a call of the platform."""
    refused: Buckets = field(default_factory=lambda: Buckets(30))
    """Wrong tokens and sessions from one address."""
    token: Buckets = field(default_factory=lambda: Buckets(300))
    session: Buckets = field(default_factory=lambda: Buckets(60))


@dataclass(frozen=True, slots=True)
class Guard:
    """Lets requests through to the routes of the table."""

    deps: ApiDeps
    routes: Mapping[tuple[str, str], Route]
    """By method and full path pattern."""
    limits: Limits = field(default_factory=Limits)

    async def __call__(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Answer one request (the API's middleware)."""
        del handler
        try:
            response = await self._respond(request)
        except ProblemError as problem:
            response = problem_response(problem)
        except web.HTTPException as error:
            response = problem_response(of_http(error))
        except StoreUnavailableError:
            log.warning("database away", path=_pattern(request))
            retry = {"Retry-After": str(RETRY_SECONDS)}
            gone = ProblemError(UNAVAILABLE, "数据库暂时连不上，什么都没有改动，请稍后再试。", headers=retry)
            response = problem_response(gone)
        except Exception:
            log.exception("a route of the API failed", path=_pattern(request))
            response = problem_response(ProblemError(FAILED, "系统出错了，已经记录，请稍后再试。"))
        response.headers.update(HEADERS)
        return response

    async def _respond(self, request: web.Request) -> web.Response:
        now, address = self.deps.clock(), client_address(request)
        _take(self.limits.address, address, now)
        if request.match_info.http_exception is not None:
            raise request.match_info.http_exception
        method = "GET" if request.method == "HEAD" else request.method
        route = self.routes.get((method, _pattern(request)))
        if route is None:
            raise ProblemError(FORBIDDEN, "这个接口没有开放。")
        self._slow_down(route.rate, address, now)
        bearer, citizen = await self._known(request, route, now=now, address=address)
        call = Call(
            self.deps,
            now,
            address,
            request.match_info,
            query=_query(request, route),
            body=await _body(request, route),
            if_match=request.headers.get("If-Match", ""),
            bearer=bearer,
            citizen=citizen,
        )
        return _response(await route.handle(call))

    def _slow_down(self, rate: Rate, address: str, now: datetime) -> None:
        match rate:
            case "usual":
                pass
            case "login":
                _take(self.limits.login, address, now)
            case _:
                assert_never(rate)

    async def _known(
        self, request: web.Request, route: Route, *, now: datetime, address: str
    ) -> tuple[Bearer | None, str]:
        """Who asks, when the route needs to know: a token's owner, or a citizen."""
        if route.needs == "anyone":
            return None, ""
        if self.limits.refused.empty(address, now):
            _take(self.limits.refused, address, now)
        given = _bearer(request)
        if route.needs == "session":
            key = self.deps.session_key
            citizen = read_session(given, key, now=now) if key else None
            if citizen is None:
                raise self._unknown("session", address, now)
            _take(self.limits.session, citizen, now)
            return None, citizen
        bearer = await self._owner(given, now)
        if bearer is None:
            raise self._unknown("token", address, now)
        _take(self.limits.token, bearer.token.id, now)
        await self._touch(bearer, address, now)
        if not bearer.may(route.needs):
            raise ProblemError(FORBIDDEN, "您或这个令牌没有这项权限，请另建一个勾选了它的令牌。")
        return bearer, ""

    async def _owner(self, given: str, now: datetime) -> Bearer | None:
        if not given.startswith(PREFIX):
            return None
        token = await self.deps.api_tokens.get(digest(given))
        if token is None or token.expires_at <= now:
            return None
        person = await self.deps.staff.get(token.staff_id)
        return Bearer(person, token) if person is not None and not person.disabled else None

    async def _touch(self, bearer: Bearer, address: str, now: datetime) -> None:
        used = bearer.token.used_at
        if used is None or now - used >= TOUCH:
            await self.deps.api_tokens.touch(bearer.token.id, now=now, address=address)

    def _unknown(self, what: Literal["token", "session"], address: str, now: datetime) -> ProblemError:
        _take(self.limits.refused, address, now)
        sentences = {
            "token": "接口令牌不对、已过期或已撤销，请在管理后台“我的账号”里重新建一个。",
            "session": "登录已过期，请重新登录。",
        }
        return ProblemError(UNAUTHORIZED, sentences[what], headers={"WWW-Authenticate": "Bearer"})


def _take(buckets: Buckets, key: str, now: datetime) -> None:
    wait = buckets.take(key, now)
    if wait:
        seconds = max(1, math.ceil(wait))
        raise ProblemError(
            TOO_MANY, f"请求太频繁，请 {seconds} 秒后再试。", headers={"Retry-After": str(seconds)}
        )


def _pattern(request: web.Request) -> str:
    resource = request.match_info.route.resource
    return resource.canonical if resource is not None else ROOT


def _bearer(request: web.Request) -> str:
    scheme, _, value = request.headers.get("Authorization", "").partition(" ")
    return value.strip()[:_LONGEST_TOKEN] if scheme.lower() == "bearer" else ""


def _query(request: web.Request, route: Route) -> BaseModel | None:
    if route.query is None:
        return None
    try:
        return route.query.model_validate(dict(request.query))
    except ValidationError as error:
        raise invalid(error) from None


async def _body(request: web.Request, route: Route) -> BaseModel | None:
    if route.body is None:
        return None
    if request.content_type != "application/json":
        raise ProblemError(NOT_JSON, "请求内容要用 JSON，并写明 Content-Type: application/json。")
    try:
        async with asyncio.timeout(READ_SECONDS):
            raw = await _read(request)
    except (TimeoutError, web.RequestPayloadError, ConnectionError, ValueError):
        raise ProblemError(MALFORMED, "请求内容没有收完整，请再发一次。") from None
    try:
        return route.body.model_validate_json(raw)
    except ValidationError as error:
        raise invalid(error) from None


async def _read(request: web.Request) -> bytes:
    if request.headers.get("Content-Encoding", "identity") != "identity":
        raise ProblemError(NOT_JSON, "请求内容不要压缩。")
    body = bytearray()
    async for chunk in request.content.iter_any():
        body += chunk
        if len(body) > BODY_LIMIT_BYTES:
            raise ProblemError(TOO_LARGE, f"内容最多 {BODY_LIMIT_BYTES // 1024} KB，请精简后再发。")
    return bytes(body)


def _response(answer: Answer) -> web.Response:
    if answer.body is None:
        return web.Response(status=answer.status, headers=answer.headers)
    if isinstance(answer.body, BaseModel):
        body = answer.body.model_dump_json().encode()
        return web.Response(
            status=answer.status, body=body, content_type="application/json", headers=answer.headers
        )
    return web.json_response(answer.body, status=answer.status, headers=answer.headers)
