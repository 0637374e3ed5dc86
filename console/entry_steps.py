"""Steps in the life of an entry, each taken with a button: submit, approve, publish and so on."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, time
from typing import Final

from aiohttp import web

from console.entries import may_step, note_step, problems_of, wanted_dossier
from console.entry_pages import entry_page
from console.visit import UNPROCESSABLE, Page, Visit
from knowledge import editorial
from knowledge.dossiers import CHECKED, Action, Dossier, EditorialError, Step
from knowledge.editorial_store import EditCollisionError
from rendering.forms import Form
from rendering.templating import BEIJING

NOTE_LENGTH: Final = 500
DONE_KEYS: Final[Mapping[Action, str]] = {
    "submit": "entry_submitted",
    "recall": "entry_recalled",
    "discard": "entry_discarded",
    "request_changes": "entry_sent_back",
    "approve": "entry_approved",
    "confirm": "entry_confirmed",
    "review": "entry_reviewed",
    "schedule": "entry_scheduled",
    "unschedule": "entry_unscheduled",
    "publish": "entry_published",
    "withdraw": "entry_withdrawn",
    "restore": "entry_saved",
}

MakeStep = Callable[[Visit, Dossier, Form], Awaitable[Step | None]]


async def step_on(visit: Visit) -> web.StreamResponse:
    """`POST /console/entries/{id}/{action}`: one step in the life of an entry."""
    dossier, form = await wanted_dossier(visit), await visit.form()
    name = visit.request.match_info["action"]
    action = next((each for each in STEPS if each == name), None)
    if action is None:
        raise web.HTTPNotFound
    if not may_step(visit, action, dossier.entry):
        raise web.HTTPForbidden
    if form.value("token") != str(dossier.token):
        form.problems[""] = "您打开以后，这一条又有变化，请看过最新内容再操作。"
        return await entry_page(visit, dossier, form, status=409)
    try:
        if action in CHECKED and (found := await problems_of(visit, dossier.entry)):
            form.problems[""] = f"还有 {len(found)} 处要修改：{found[0].text}"
            return await entry_page(visit, dossier, form, status=UNPROCESSABLE)
        step = await STEPS[action](visit, dossier, form)
        if step is None:
            return await entry_page(visit, dossier, form, status=UNPROCESSABLE)
        await visit.deps.editorial.save(step)
    except EditorialError as error:
        form.problems[""] = str(error)
        return await entry_page(visit, dossier, form, status=UNPROCESSABLE)
    except EditCollisionError:
        newest = await visit.deps.editorial.get(dossier.id, now=visit.now)
        form.problems[""] = "刚刚有人也在操作这一条，请看过最新内容再操作。"
        return await entry_page(visit, newest or dossier, form, status=409)
    await note_step(visit, step)
    return visit.go(f"/entries/{dossier.id}", done=DONE_KEYS[action])


def _plain(step: Callable[..., Step]) -> MakeStep:
    """A step that takes nothing but who and when."""

    async def make(visit: Visit, dossier: Dossier, _: Form) -> Step | None:
        return step(dossier, visit.me.id, now=visit.now)

    return make


def _noted(step: Callable[..., Step]) -> MakeStep:
    """A step with a note."""

    async def make(visit: Visit, dossier: Dossier, form: Form) -> Step | None:
        note = form.lines("note", "说明", most=NOTE_LENGTH, needed=False)
        return None if form.problems else step(dossier, visit.me.id, now=visit.now, note=note)

    return make


async def _schedule(visit: Visit, dossier: Dossier, form: Form) -> Step | None:
    moment = _moment(form)
    return editorial.schedule(dossier, visit.me.id, now=visit.now, at=moment) if moment else None


async def _mark_reviewed(visit: Visit, dossier: Dossier, form: Form) -> Step | None:
    day = form.day("next_on", "下次复核日期")
    if day is None:
        form.problems.setdefault("next_on", "请选择下次复核日期")
        return None
    return editorial.mark_reviewed(dossier, visit.me.id, now=visit.now, next_on=day)


async def _restore(visit: Visit, dossier: Dossier, form: Form) -> Step | None:
    number = form.number("number", "版本", least=1, most=10**9)
    revision = await visit.deps.editorial.revision(dossier.id, number) if number else None
    if revision is None:
        raise web.HTTPNotFound
    return editorial.restore(dossier, revision, visit.me.id, now=visit.now)


def _moment(form: Form) -> datetime | None:
    """The Beijing time of a `datetime-local` field."""
    try:
        found = datetime.fromisoformat(form.value("at"))
    except ValueError:
        form.problems["at"] = "请选择发布的日期和时间"
        return None
    return datetime.combine(found.date(), time(found.hour, found.minute), BEIJING)


STEPS: Final[Mapping[Action, MakeStep]] = {
    "submit": _noted(editorial.submit),
    "recall": _plain(editorial.recall),
    "discard": _plain(editorial.discard),
    "request_changes": _noted(editorial.request_changes),
    "approve": _noted(editorial.approve),
    "confirm": _plain(editorial.confirm),
    "review": _mark_reviewed,
    "schedule": _schedule,
    "unschedule": _plain(editorial.unschedule),
    "publish": _plain(editorial.publish),
    "withdraw": _noted(editorial.withdraw),
    "restore": _restore,
}
PAGES: Final = (Page("POST", "/entries/{id}/{action}", "entries.read", step_on, "entries"),)
"""To read is enough to ask; each step has its own permission (`helpdesk.staff.ENTRY_STEPS`)."""
