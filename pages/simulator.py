"""The simulator: a chat page whose messages go through the real webhook. Never in production.

The browser says what a citizen does; signing, sealing and opening happen here, so that neither token nor
keys ever reach it. Requests are taken from this very page alone, and only for citizens named `sim_…`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final, Protocol, cast
from urllib.parse import urlsplit

from aiohttp import web
from jinja2 import Environment
from pydantic import ValidationError

from handlers import texts
from handlers.turns import Turn
from knowledge.snapshot import Snapshot, Snapshots
from messages import Channel, StoreUnavailableError
from pages import bubbles
from pages.simulation import USER, Exchange, PushOrder, deliver
from pages.templating import assets as page_assets
from pages.templating import environment
from pages.why import why
from rendering.assets import Assets
from rendering.templating import beijing_date, html
from wechat.account import Account
from wechat.outbox import OutboxItem
from wechat.render import wire_messages

CHANNELS: Final[Mapping[str, str]] = {"official": "公众号", "mini": "小程序"}
MODES: Final[Mapping[str, str]] = {"plain": "明文模式", "compatible": "兼容模式", "safe": "安全模式"}
MENU: Final = (("guides", "办事指南"), ("help", "使用帮助"), ("human", "人工服务"))
"""Keys that `handlers.events` answers."""
EXAMPLES: Final = 5
EXAMPLE_LENGTH: Final = 16
BODY_LIMIT_BYTES: Final = 16 * 1024
EARLIEST_YEAR, LATEST_YEAR = 2000, 2100
OVERLAP: Final = timedelta(seconds=1)
"""Late replies are asked for with some overlap, so that two of one instant are not missed."""


class TurnReader(Protocol):
    """The one thing asked of a `handlers.turns.TurnStore`."""

    async def get(self, key: str) -> Turn | None:
        """Read one turn."""


class OutboxReader(Protocol):
    """The one thing asked of a `wechat.outbox.OutboxStore`."""

    async def of_user(self, channel: Channel, user: str, *, after: datetime) -> tuple[OutboxItem, ...]:
        """Items of one citizen made after a time, oldest first."""


@dataclass(frozen=True, slots=True)
class SimulatorDeps:
    """What the simulator works with, as plain values and stores."""

    accounts: Mapping[Channel, Account]
    webhook_base: Callable[[], str]
    """Where this very program listens, such as `http://127.0.0.1:8080`; asked at each push."""
    turns: TurnReader
    outbox: OutboxReader
    snapshots: Snapshots
    clock: Callable[[], datetime]
    production: bool = False


class RefusedError(Exception):
    """The request is not one that our own page makes."""

    def __init__(self, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.status = status


def routes(deps: SimulatorDeps) -> list[web.AbstractRouteDef]:
    """The simulator's page and its two questions. Raises `ValueError` in production."""
    if deps.production:
        raise ValueError("the simulator must not run in production: anybody could talk as a citizen")
    assets = page_assets(
        "/assets/simulator", ["simulator.css", "simulator.js", "bubbles.js", "why.js", "icon.svg"]
    )
    pages = _Simulator(deps, assets, environment())
    return [
        web.get("/simulator", pages.page),
        web.post("/simulator/push", pages.push),
        web.get("/simulator/late", pages.late),
        *assets.routes(),
    ]


@dataclass(frozen=True, slots=True)
class _Simulator:
    deps: SimulatorDeps
    assets: Assets
    templates: Environment

    async def page(self, request: web.Request) -> web.Response:  # noqa: ARG002 - aiohttp's signature
        """`GET /simulator`: the chat, empty."""
        snapshot = self.deps.snapshots.current
        examples = example_questions(snapshot, self.deps.clock())
        accounts = [
            {"channel": channel, "name": CHANNELS[channel], "mode": MODES[account.mode]}
            for channel, account in self.deps.accounts.items()
        ]
        return html(
            self.templates.get_template("simulator.html").render(
                hall_name=(snapshot.hall.name if snapshot else "") or "政务服务",
                accounts=accounts,
                menu=MENU,
                examples=examples,
                scene_example=f"qa.{next(iter(snapshot.entries), 'id')}" if snapshot else "qa.id",
                now=self.deps.clock().isoformat(),
                style=self.assets.url("simulator.css"),
                script=self.assets.url("simulator.js"),
                icon=self.assets.url("icon.svg"),
            ),
            cache="no-store",
        )

    async def push(self, request: web.Request) -> web.Response:
        """`POST /simulator/push`: deliver one message and say what came of it."""
        try:
            order = await _order(request)
            account = self._account(order.channel)
        except RefusedError as error:
            return _json({"error": str(error), "bubbles": []}, status=error.status)
        address = f"{self.deps.webhook_base().rstrip('/')}/wechat/{order.channel}"
        exchange = await deliver(account, order, address=address, now=self.deps.clock())
        return _json(self._told(exchange, await self._turn(exchange.key)))

    async def late(self, request: web.Request) -> web.Response:
        """`GET /simulator/late`: what the outbox has for one made-up citizen since `after`."""
        try:
            channel, user, after = _late_question(request)
        except RefusedError as error:
            return _json({"error": str(error), "items": []}, status=error.status)
        try:
            items = await self.deps.outbox.of_user(channel, user, after=after - OVERLAP)
        except StoreUnavailableError:
            return _json({"error": "数据库暂时连不上。", "items": []}, status=503)
        told = [await self._late_item(item) for item in items]
        newest = max([after, *(item.created_at for item in items)])
        return _json({"items": told, "after": newest.isoformat()})

    def _account(self, channel: Channel) -> Account:
        account = self.deps.accounts.get(channel)
        if account is None:
            raise RefusedError("这个账号没有配置，请换一个。")
        return account

    async def _late_item(self, item: OutboxItem) -> dict[str, Any]:
        turn = await self._turn(item.id)
        said = bubbles.of_messages(wire_messages(item.parts, item.channel))
        return {"id": item.id, "bubbles": said, "why": self._why(turn)}

    async def _turn(self, key: str) -> Turn | None:
        try:
            return await self.deps.turns.get(key)
        except StoreUnavailableError:
            return None

    def _why(self, turn: Turn | None) -> dict[str, Any] | None:
        return why(turn, self.deps.snapshots.current) if turn else None

    def _told(self, exchange: Exchange, turn: Turn | None) -> dict[str, Any]:
        late = turn is not None and (turn.delivery == "outbox" or turn.status == "running")
        return {
            "key": exchange.key,
            "bubbles": [bubbles.of_answer(exchange.answer)] if exchange.answer else [],
            "late": late,
            "error": exchange.error,
            "status": exchange.status,
            "deliveries": exchange.deliveries,
            "elapsed_ms": exchange.elapsed_ms,
            "raw_request": exchange.request_text,
            "raw_answer": exchange.answer_text,
            "why": self._why(turn),
        }


def example_questions(snapshot: Snapshot | None, now: datetime) -> list[str]:
    """Five short questions of different shelves that the hall can answer."""
    if snapshot is None:
        return list(texts.EXAMPLES)
    today = beijing_date(now)
    shelves: dict[str, str] = {}
    for entry in snapshot.entries.values():
        if entry.answers_on(today) and not entry.person_only and len(entry.question) <= EXAMPLE_LENGTH:
            shelves.setdefault(entry.category, entry.question)
    return list(shelves.values())[:EXAMPLES]


async def _order(request: web.Request) -> PushOrder:
    if not _from_our_page(request, strict=True):
        raise RefusedError("只接受模拟器页面自己发出的请求。", status=403)
    if request.content_type != "application/json":
        raise RefusedError("请求要用 JSON。", status=415)
    body = await request.read()
    if len(body) > BODY_LIMIT_BYTES:
        raise RefusedError("内容太长了。", status=413)
    try:
        return PushOrder.model_validate_json(body)
    except ValidationError as error:
        wrong = "、".join(sorted({str(each["loc"][0]) for each in error.errors() if each["loc"]}))
        raise RefusedError(f"请求写得不对：{wrong or '内容不完整'}。") from None


def _late_question(request: web.Request) -> tuple[Channel, str, datetime]:
    if not _from_our_page(request, strict=False):
        raise RefusedError("只接受模拟器页面自己发出的请求。", status=403)
    user, channel = request.query.get("user", ""), request.query.get("channel", "official")
    if not re.fullmatch(USER, user):
        raise RefusedError("只能看模拟市民的消息。", status=403)
    if channel not in CHANNELS:
        raise RefusedError("没有这个账号。")
    try:
        after = datetime.fromisoformat(request.query.get("after", ""))
    except ValueError:
        raise RefusedError("时间写得不对。") from None
    if after.tzinfo is None or not EARLIEST_YEAR <= after.year < LATEST_YEAR:
        raise RefusedError("时间写得不对。")
    return cast("Channel", channel), user, after


def _from_our_page(request: web.Request, *, strict: bool) -> bool:
    """Whether a browser says that our own page asks. `strict`: where it says nothing, the answer is no."""
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None and site != "same-origin":
        return not strict and site == "none"
    origin = request.headers.get("Origin")
    if origin is not None:
        return urlsplit(origin).netloc == request.host
    return site == "same-origin" or not strict


_dumps: Final = partial(json.dumps, ensure_ascii=False)


def _json(value: dict[str, Any], *, status: int = 200) -> web.Response:
    headers = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
    return web.json_response(value, status=status, headers=headers, dumps=_dumps)
