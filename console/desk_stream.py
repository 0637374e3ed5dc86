"""The desk, live: Server-Sent Events with what is new, and the same as one answer for browsers that poll.

Each event with lines carries the order number of the last one as its id. A browser that comes back says
which it had, and gets all that came after it from the database: nothing is missed, nothing lives in here.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, Final

from aiohttp import web

from console.desk_steps import SHOW_CHAT
from console.desk_view import chat_of, deliveries_of, lists_of, unseen, window_of
from console.guard import HEADERS
from console.visit import Page, Visit
from helpdesk.handoffs import Handoff
from rendering.forms import whole_number

LOOK_SECONDS: Final = 1.0
LONGEST: Final = timedelta(minutes=5)
"""Then the browser comes again, and the guard sees whether it still may."""
STEADY: Final = timedelta(seconds=20)
"""How often a quiet stream is heard of, and notes that the agent is there."""


@dataclass(frozen=True, slots=True)
class News:
    """What the browser has not got yet."""

    lists: str
    unread: int
    lines: str
    order: int
    state: str
    """Of the chat: `active:li`; when it changes, the page is loaded anew."""
    deliveries: Mapping[str, str]
    window: str


async def news_of(visit: Visit, handoff_id: str, after: int) -> News:
    """Everything as it is now, and the lines after some order number."""
    lists = await lists_of(visit)
    left = visit.part("desk_lists.html", lists=lists, open_chat=handoff_id)
    if not handoff_id:
        return News(left, lists.unread, "", 0, "", {}, "")
    handoff = await chat_of(visit, handoff_id)
    messages = await visit.deps.desk.messages(handoff.id, after=after)
    deliveries = await deliveries_of(visit, handoff)
    lines = visit.part("desk_lines.html", messages=messages, deliveries=deliveries) if messages else ""
    window = await window_of(visit, handoff)
    return News(
        left,
        lists.unread,
        lines,
        unseen(messages) or after,
        f"{handoff.state}:{handoff.agent}",
        deliveries,
        window.text,
    )


async def _read(visit: Visit, handoff: Handoff | None, order: int) -> None:
    if handoff is not None and handoff.agent == visit.me.id and order:
        await visit.deps.desk.mark_read(handoff.id, agent=visit.me.id, order=order)


async def poll(visit: Visit) -> web.StreamResponse:
    """`GET /console/desk/news`: the same once, for where streams don't get through."""
    handoff_id, after = _asked(visit)
    await visit.deps.desk.be_present(visit.me.id, visit.now)
    news = await news_of(visit, handoff_id, after)
    await _read(visit, await chat_of(visit, handoff_id) if handoff_id else None, news.order)
    return web.json_response(
        {name: getattr(news, name) for name in News.__slots__}, headers={"Cache-Control": "no-store"}
    )


def _asked(visit: Visit) -> tuple[str, int]:
    query = visit.request.query
    last = visit.request.headers.get("Last-Event-ID", "") or query.get("after", "")
    return query.get("chat", ""), whole_number(last) or 0


async def stream(visit: Visit) -> web.StreamResponse:
    """`GET /console/desk/stream`."""
    handoff_id, after = _asked(visit)
    if handoff_id:
        await chat_of(visit, handoff_id)
    headers = {**HEADERS, "Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    response = web.StreamResponse(headers=headers)
    response.content_type = "text/event-stream"
    response.charset = "utf-8"
    await response.prepare(visit.request)
    with contextlib.suppress(ConnectionResetError):
        async for event in _events(visit, handoff_id, after):
            await response.write(event)
    return response


async def _events(visit: Visit, handoff_id: str, after: int) -> AsyncIterator[bytes]:
    """Give what changes until the stream is old, the program stops, or the person may not see it any more."""
    tools, sent, steady = visit.tools, "", visit.now - STEADY
    ends_at, passed = asyncio.get_running_loop().time() + LONGEST.total_seconds(), False
    while not passed and not tools.closing.is_set():
        visit = replace(visit, now=tools.deps.clock())
        if visit.now - steady >= STEADY:
            steady = visit.now
            if await visit.deps.staff.session(visit.my_session.id) is None:  # signed out meanwhile
                return
            await visit.deps.desk.be_present(visit.me.id, visit.now)
            yield b": steady\n\n"
        try:
            news = await news_of(visit, handoff_id, after)
        except web.HTTPException:  # the chat is a colleague's now
            yield _event("gone", {})
            return
        if news.lines:
            after = news.order
            yield _event("lines", {"html": news.lines}, number=news.order)
            await _read(visit, await chat_of(visit, handoff_id), news.order)
        rest = {name: getattr(news, name) for name in ("lists", "unread", "state", "deliveries", "window")}
        digest = hashlib.blake2b(json.dumps(rest).encode()).hexdigest()
        if digest != sent:
            sent = digest
            yield _event("rest", rest)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(LOOK_SECONDS):
                await tools.closing.wait()
        passed = asyncio.get_running_loop().time() >= ends_at


def _event(name: str, data: Mapping[str, Any], *, number: int | None = None) -> bytes:
    told = f"id: {number}\n" if number is not None else ""
    return f"event: {name}\n{told}data: {json.dumps(data, ensure_ascii=False)}\n\n".encode()


PAGES: Final = (
    Page("GET", "/desk/stream", "desk.take", stream, "desk"),
    Page("GET", "/desk/news", "desk.take", poll, "desk"),
    SHOW_CHAT,
)
