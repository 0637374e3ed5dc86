"""The desk to look at: the queue, one chat, what the knowledge base has for it, and the canned replies."""

from __future__ import annotations

import asyncio
import secrets
from dataclasses import dataclass
from typing import Any, Final

from aiohttp import web

from console.desk_view import (
    REASONS,
    before_of,
    chat_of,
    deliveries_of,
    lists_of,
    unseen,
    wanted_chat,
    window_of,
)
from console.entries import ready
from console.visit import Page, Visit
from handlers.human import reference
from handlers.texts import answer_text
from helpdesk.desk import CHOSEN_OUTCOMES, LINE_LIMIT, OUTCOMES
from helpdesk.handoffs import Handoff
from helpdesk.routing import PRESENT_FOR
from intents.analysis import QUESTION as QUESTION_LENGTH
from knowledge.entries import Entry
from rendering.forms import Form, whole_number
from rendering.templating import beijing_date, beijing_time

FOUND: Final = 6
REPLY_LIMIT: Final = 300
MOST_REPLIES: Final = 60


@dataclass(frozen=True, slots=True)
class Found:
    """One entry that can be put into the box."""

    entry: Entry
    text: str


async def show_desk(visit: Visit) -> web.StreamResponse:
    """`GET /console/desk`: the queue and the own chats."""
    await visit.deps.desk.be_present(visit.me.id, visit.now)
    return visit.page("desk.html", lists=await lists_of(visit), chat=None, watch=True)


async def show_chat(visit: Visit) -> web.StreamResponse:
    """`GET /console/desk/{id}`: one conversation."""
    return await chat_page(visit, await wanted_chat(visit), Form())


async def chat_page(visit: Visit, handoff: Handoff, form: Form, *, status: int = 200) -> web.Response:
    """The page with one chat open; `form` brings back what was typed."""
    desk, me = visit.deps.desk, visit.me
    await desk.be_present(me.id, visit.now)
    messages = await desk.messages(handoff.id)
    newest = unseen(messages)
    if handoff.agent == me.id:
        await desk.mark_read(handoff.id, agent=me.id, order=newest)
    query = visit.request.query
    asked = query.get("q", "").strip()[:QUESTION_LENGTH]
    replies = await desk.replies()
    values: dict[str, Any] = {
        "lists": await lists_of(visit),
        "chat": handoff,
        "reference": reference(handoff.id),
        "reason": REASONS[handoff.reason],
        "mine": handoff.state == "active" and handoff.agent == me.id,
        "messages": messages,
        "newest": newest,
        "before": await before_of(visit, handoff),
        "deliveries": await deliveries_of(visit, handoff),
        "window": await window_of(visit, handoff),
        "asked": asked,
        "found": await find(visit, asked) if asked else [],
        "replies": replies,
        "draft": form.value("text") or await _draft(visit, replies),
        "key": form.value("key") or secrets.token_hex(12),
        "form": form,
        "colleagues": await colleagues(visit),
        "departments": ready(visit).departments.values(),
        "outcomes": [(each, OUTCOMES[each]) for each in CHOSEN_OUTCOMES],
        "outcome_names": OUTCOMES,
        "line_limit": LINE_LIMIT,
        "watch": query.get("watch") == "1",
    }
    return visit.page("desk.html", status=status, **values)


async def _draft(visit: Visit, replies: tuple[str, ...]) -> str:
    """What a link put into the box, for browsers without script."""
    query = visit.request.query
    entry = ready(visit).live(query.get("put", ""), beijing_date(visit.now))
    if entry is not None:
        return answer_text(entry, None)
    number = whole_number(query.get("reply", ""))
    return replies[number] if number is not None and number < len(replies) else ""


async def colleagues(visit: Visit) -> list[tuple[str, str]]:
    """Who else is at the desk now: id and name."""
    present = await visit.deps.desk.present(since=visit.now - PRESENT_FOR)
    everyone = await visit.deps.staff.everyone()
    there = [each for each in everyone if each.id in present and each.may("desk.take")]
    return [(each.id, each.name) for each in there if each.id != visit.me.id]


async def find(visit: Visit, asked: str) -> list[Found]:
    """What the knowledge base has for some words, the nearest first; only what may be said today."""
    snapshot, today = ready(visit), beijing_date(visit.now)
    decision = await asyncio.to_thread(snapshot.decide, asked)
    entries = (snapshot.live(each.id, today) for each in decision.evidence.ranked[: FOUND * 2])
    return [Found(each, answer_text(each, None)) for each in entries if each is not None][:FOUND]


async def search(visit: Visit) -> web.StreamResponse:
    """`GET /console/desk/search`: the part of the page with what was found."""
    asked = visit.request.query.get("q", "").strip()[:QUESTION_LENGTH]
    handoff = await chat_of(visit, visit.request.query.get("chat", ""))
    found = await find(visit, asked) if asked else []
    return visit.page("desk_found.html", found=found, asked=asked, chat=handoff)


async def show_replies(visit: Visit) -> web.StreamResponse:
    """`GET /console/desk/replies`: the canned replies, one a line."""
    form = Form.filled(replies="\n".join(await visit.deps.desk.replies()))
    return visit.page("desk_replies.html", form=form, may_change=visit.may("desk.supervise"))


async def save_replies(visit: Visit) -> web.StreamResponse:
    """`POST /console/desk/replies`."""
    form = await visit.form()
    text = form.lines("replies", "常用语", most=REPLY_LIMIT * MOST_REPLIES, needed=False)
    replies = [line.strip() for line in text.split("\n") if line.strip()]
    if len(replies) > MOST_REPLIES:
        form.problems["replies"] = f"最多 {MOST_REPLIES} 条，现在有 {len(replies)} 条"
    elif any(len(each) > REPLY_LIMIT for each in replies):
        form.problems["replies"] = f"每条最多 {REPLY_LIMIT} 个字"
    if form.problems:
        return visit.page("desk_replies.html", status=422, form=form, may_change=True)
    before = await visit.deps.desk.replies()
    await visit.deps.desk.save_replies(replies)
    told = ({"rows": str(len(before))}, {"rows": str(len(replies))})
    await visit.note("desk.replies", beijing_time(visit.now), before=told[0], after=told[1])
    return visit.go("/desk/replies", done="desk_replies")


PAGES: Final = (
    Page("GET", "/desk", "desk.take", show_desk, "desk"),
    Page("GET", "/desk/search", "desk.take", search, "desk"),
    Page("GET", "/desk/replies", "desk.take", show_replies, "desk"),
    Page("POST", "/desk/replies", "desk.supervise", save_replies, "desk"),
)
"""`/desk/{id}` stands in `console.desk_steps`, behind all that has a name of its own."""
