"""What an agent does with a chat. Each works as a plain form and leads back to the page."""

from __future__ import annotations

from typing import Final

from aiohttp import web

from console.desk_pages import chat_page, colleagues, show_chat
from console.desk_view import may_see, wanted_chat
from console.entries import ready
from console.visit import UNPROCESSABLE, Page, Visit
from handlers.human import reference
from helpdesk import desk
from helpdesk.handoffs import Handoff
from helpdesk.routing import PRESENT_FOR, next_for
from rendering.forms import Form

CONFLICT: Final = 409
KEY_LENGTH: Final = 64
NOTE_LIMIT: Final = 200


async def take_next(visit: Visit) -> web.StreamResponse:
    """`POST /console/desk/next`: the one who is next for this agent."""
    store = visit.deps.desk
    await store.be_present(visit.me.id, visit.now)
    present = await store.present(since=visit.now - PRESENT_FOR)
    candidates = next_for(visit.me, await store.waiting(), present=present, now=visit.now)
    for handoff in candidates:
        if await _take(visit, handoff):
            return visit.go(f"/desk/{handoff.id}")
    return visit.go("/desk", done=await _why_not(visit) if candidates else "desk_empty")


async def take(visit: Visit) -> web.StreamResponse:
    """`POST /console/desk/{id}/take`."""
    handoff = await wanted_chat(visit)
    await visit.deps.desk.be_present(visit.me.id, visit.now)
    if handoff.state == "waiting" and await _take(visit, handoff):
        return visit.go(f"/desk/{handoff.id}")
    return visit.go("/desk", done=await _why_not(visit))


async def _take(visit: Visit, handoff: Handoff) -> bool:
    step = desk.take(handoff, visit.me, visit.now)
    return await visit.deps.desk.save(step, capacity=visit.deps.desk_capacity) is not None


async def _why_not(visit: Visit) -> str:
    mine = await visit.deps.desk.active(visit.me.id)
    return "desk_full" if len(mine) >= visit.deps.desk_capacity else "desk_gone"


async def take_over(visit: Visit) -> web.StreamResponse:
    """`POST /console/desk/{id}/over`: a supervisor takes a colleague's chat."""
    handoff = await wanted_chat(visit)
    if handoff.state != "active" or not may_see(visit, handoff):
        return visit.go("/desk", done="desk_gone")
    await visit.deps.desk.be_present(visit.me.id, visit.now)
    if await visit.deps.desk.save(desk.take_over(handoff, visit.me, visit.now)) is None:
        return visit.go("/desk", done="desk_gone")
    await visit.note("desk.take_over", reference(handoff.id), after={"name": visit.me.name})
    return visit.go(f"/desk/{handoff.id}")


async def say(visit: Visit) -> web.StreamResponse:
    """`POST /console/desk/{id}/say`: a line to the citizen, or a note among staff."""
    handoff, form = await wanted_chat(visit), await visit.form()
    text = form.lines("text", "要说的话", most=desk.LINE_LIMIT)
    key = form.value("key")
    if not key or len(key) > KEY_LENGTH:
        form.problems[""] = "页面过期了，请再点一次发送。"
    if form.problems:
        return await chat_page(visit, handoff, _with_new_key(form), status=UNPROCESSABLE)
    make = desk.note_line if form.value("as") == "note" else desk.agent_line
    line = make(f"{handoff.id}:{visit.me.id}:{key}", visit.me, text, visit.now)
    if await visit.deps.desk.write(handoff.id, line, agent=visit.me.id) is None:
        form.problems[""] = "没有发出：这个会话已经结束，或者不在您手上了。"
        return await chat_page(visit, await wanted_chat(visit), form, status=CONFLICT)
    return visit.go(f"/desk/{handoff.id}")


def _with_new_key(form: Form) -> Form:
    """The same without its key: the page makes another."""
    kept = {name: values for name, values in form.values.items() if name != "key"}
    return Form(kept, form.problems)


async def transfer(visit: Visit) -> web.StreamResponse:
    """`POST /console/desk/{id}/transfer`: to a colleague who is there, or to a department."""
    handoff, form = await _mine(visit), await visit.form()
    there, departments = dict(await colleagues(visit)), ready(visit).departments
    options = [f"agent:{each}" for each in there] + [f"department:{each}" for each in departments]
    chosen = form.choice("to", "转给谁", options)
    note = form.text("note", "说明", most=NOTE_LIMIT, needed=False)
    if form.problems:
        return await chat_page(visit, handoff, form, status=UNPROCESSABLE)
    kind, _, name = chosen.partition(":")
    to = await visit.deps.staff.get(name) if kind == "agent" else None
    department = name if kind == "department" else ""
    place = departments[department].name if department else ""
    step = desk.transfer(handoff, visit.me, visit.now, to=to, department=department, place=place, note=note)
    return await _done(visit, step, "desk.transfer", "desk_transferred", to.name if to else place)


async def give_back(visit: Visit) -> web.StreamResponse:
    """`POST /console/desk/{id}/back`."""
    return await _done(visit, desk.give_back(await _mine(visit), visit.me, visit.now), "", "desk_back", "")


async def close(visit: Visit) -> web.StreamResponse:
    """`POST /console/desk/{id}/close`: with what came of it."""
    handoff, form = await _mine(visit), await visit.form()
    outcome = next((each for each in desk.CHOSEN_OUTCOMES if each == form.value("outcome")), None)
    if outcome is None:
        form.problems["outcome"] = "请选择处理结果"
        return await chat_page(visit, handoff, form, status=UNPROCESSABLE)
    step = desk.close(handoff, visit.me, outcome, visit.now)
    return await _done(visit, step, "desk.close", "desk_closed", desk.OUTCOMES[outcome])


async def _mine(visit: Visit) -> Handoff:
    handoff = await wanted_chat(visit)
    if handoff.state != "active" or handoff.agent != visit.me.id:
        visit.go("/desk", done="desk_gone")
    return handoff


async def _done(visit: Visit, step: desk.Step, action: str, done: str, name: str) -> web.Response:
    if await visit.deps.desk.save(step) is None:
        return visit.go("/desk", done="desk_gone")
    if action:
        await visit.note(action, reference(step.before.id), after={"name": name})
    return visit.go("/desk", done=done)


PAGES: Final = (
    Page("POST", "/desk/next", "desk.take", take_next, "desk"),
    Page("POST", "/desk/{id}/take", "desk.take", take, "desk"),
    Page("POST", "/desk/{id}/over", "desk.supervise", take_over, "desk"),
    Page("POST", "/desk/{id}/say", "desk.take", say, "desk"),
    Page("POST", "/desk/{id}/transfer", "desk.take", transfer, "desk"),
    Page("POST", "/desk/{id}/back", "desk.take", give_back, "desk"),
    Page("POST", "/desk/{id}/close", "desk.take", close, "desk"),
)
SHOW_CHAT: Final = Page("GET", "/desk/{id}", "desk.take", show_chat, "desk")
