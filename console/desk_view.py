"""What the desk's page shows: the queue, own chats, and one conversation with all that was said before."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from aiohttp import web

from console.entries import ready
from console.visit import Visit
from handlers.human import reference
from handlers.turns import Turn
from helpdesk.desk import DeskMessage
from helpdesk.handoffs import Handoff, HandoffReason
from helpdesk.routing import PRESENT_FOR, may_take, next_for
from messages import Channel, Choices, Link, Links, News, Part, Taps, Text
from wechat.outbox import OutboxItem, OutboxStatus
from wechat.windows import Allowance, allowance

REASONS: Final[dict[HandoffReason, str]] = {
    "asked": "主动要人工",
    "missed": "没答上来",
    "useless": "说没用",
    "person_only": "须人工答复",
    "distress": "情绪急",
}
DELIVERY: Final[dict[OutboxStatus, str]] = {
    "waiting": "发送中",
    "sending": "发送中",
    "sent": "已送达",
    "held": "等市民来信后送达",
    "call": "没送达，请打电话",
    "failed": "没送达",
    "uncertain": "不确定是否送达",
    "dropped": "已取消",
}
DESK_ITEM: Final = ":desk:"
"""What the ids of the desk's outbox items have in the middle."""
BEFORE: Final = 30
"""Turns with the assistant that are shown."""
SOON: Final = timedelta(hours=2)
"""A window that closes so soon is warned of."""


@dataclass(frozen=True, slots=True)
class Row:
    """One chat in a list."""

    handoff: Handoff
    waited: str
    department: str
    allowed: bool
    """Whether this agent may take it now."""

    @property
    def reference(self) -> str:
        """The code that the citizen was told."""
        return reference(self.handoff.id)


@dataclass(frozen=True, slots=True)
class Lists:
    """The left side of the page."""

    waiting: tuple[Row, ...]
    mine: tuple[Row, ...]
    others: tuple[Row, ...]
    """Chats of colleagues, for supervisors."""

    @property
    def unread(self) -> int:
        """How many of the own chats have something new."""
        return sum(row.handoff.unread for row in self.mine)


@dataclass(frozen=True, slots=True)
class Before:
    """One turn with the assistant: what was asked, what was answered, and why."""

    asked: str
    answered: str
    at: datetime
    evidence: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Window:
    """What may still be sent, in words."""

    text: str
    warns: bool


async def lists_of(visit: Visit) -> Lists:
    """Who waits, and who talks to whom, as far as it concerns this person."""
    desk, me, now = visit.deps.desk, visit.me, visit.now
    waiting = await desk.waiting()
    present = await desk.present(since=now - PRESENT_FOR)
    mine = await desk.active(me.id)
    active = await desk.active() if visit.may("desk.supervise") else ()
    others = [each for each in active if each.agent != me.id and may_see(visit, each)]
    allowed = {each.id for each in next_for(me, waiting, present=present, now=now)}
    seen = [each for each in waiting if each.id in allowed or may_see(visit, each)]
    return Lists(
        tuple(_row(visit, each, each.opened_at, allowed=each.id in allowed) for each in seen),
        tuple(_row(visit, each, each.last_at or each.opened_at) for each in mine),
        tuple(_row(visit, each, each.last_at or each.opened_at) for each in others),
    )


def may_see(visit: Visit, handoff: Handoff) -> bool:
    """Whether a chat may be opened: one's own, or any within a supervisor's scope."""
    if handoff.agent == visit.me.id:
        return True
    within = not handoff.department or visit.me.covers(handoff.department)
    return visit.may("desk.supervise") and within


async def wanted_chat(visit: Visit) -> Handoff:
    """The chat of the address, when this person may see it; a waiting one when they may take it."""
    return await chat_of(visit, visit.request.match_info["id"])


async def chat_of(visit: Visit, handoff_id: str) -> Handoff:
    """One chat, when this person may see it. Raises 404 or 403."""
    found = await visit.deps.handoffs.get(handoff_id)
    if found is None:
        raise web.HTTPNotFound
    if may_see(visit, found):
        return found
    present = await visit.deps.desk.present(since=visit.now - PRESENT_FOR)
    if found.state != "waiting" or not may_take(found, visit.me, present=present, now=visit.now):
        raise web.HTTPForbidden
    return found


async def before_of(visit: Visit, handoff: Handoff) -> tuple[Before, ...]:
    """What was said with the assistant, with its evidence; what went to the desk stands there."""
    turns = await visit.deps.turns.of_user(handoff.channel, handoff.user, limit=BEFORE)
    return tuple(_before(turn) for turn in turns if turn.trace.rule != "desk" and turn.inbound.text)


async def deliveries_of(visit: Visit, handoff: Handoff) -> dict[str, str]:
    """How it stands with what was sent to the citizen, by outbox item."""
    since = handoff.opened_at - timedelta(seconds=1)
    items = await visit.deps.outbox.of_user(handoff.channel, handoff.user, after=since)
    return {item.id: delivery(item) for item in items if DESK_ITEM in item.id}


def delivery(item: OutboxItem) -> str:
    """How it stands with one item, in words."""
    return DELIVERY[item.status]


async def window_of(visit: Visit, handoff: Handoff) -> Window:
    """How many messages may still be sent, and for how long."""
    ledger = await visit.deps.windows.read(handoff.channel, handoff.user, now=visit.now)
    return told(allowance(ledger, handoff.channel, visit.now), handoff.channel, visit.now)


def told(left: Allowance, channel: Channel, now: datetime) -> Window:
    """The send window as an agent reads it: `还能发 3 条，46 小时内`."""
    if not left.left or left.until is None:
        why = "可发的条数已用完" if left.used_up else "市民很久没有来信"
        return Window(f"{why}，再发的话等市民下次来信时自动送达", warns=True)
    remaining = left.until - now
    hours = math.floor(remaining / timedelta(hours=1))
    minutes = math.ceil(remaining / timedelta(minutes=1))
    where = "（小程序）" if channel == "mini" else ""
    within = f"{hours} 小时内" if hours else f"{minutes} 分钟内"
    return Window(f"还能发 {left.left} 条，{within}{where}", warns=remaining < SOON or left.left == 1)


def unseen(messages: tuple[DeskMessage, ...]) -> int:
    """Order number of the newest message; 0: none."""
    return messages[-1].order if messages else 0


def _row(visit: Visit, handoff: Handoff, since: datetime, *, allowed: bool = False) -> Row:
    department = ready(visit).departments.get(handoff.department)
    name = (department.short_name or department.name) if department else ""
    return Row(handoff, _ago(visit.now - since), name, allowed)


def _ago(passed: timedelta) -> str:
    minutes = int(passed / timedelta(minutes=1))
    if minutes < 1:
        return "刚刚"
    return f"{minutes} 分钟" if minutes < 60 else f"{minutes // 60} 小时"  # noqa: PLR2004 - minutes of an hour


def _before(turn: Turn) -> Before:
    answered = "\n".join(filter(None, (_words(part) for part in turn.parts)))
    return Before(turn.inbound.text, answered, turn.inbound.at, turn.trace.lines)


def _words(part: Part) -> str:
    match part:
        case Text():
            return part.content
        case Links():
            return "\n".join(_link(each) for each in part.items)
        case Choices():
            return "\n".join([part.heading, *(f"{each.number}. {each.label}" for each in part.options)])
        case Taps():
            return ""
        case News():
            return "\n".join(each.title for each in part.articles)
        case _:
            return "［图片或转接］"


def _link(link: Link) -> str:
    return f"{link.title} {link.url}"
