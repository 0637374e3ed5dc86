"""The editor: writing an entry, with what WeChat will show and what exists already beside it."""

from __future__ import annotations

import asyncio
from typing import Any, Final

from aiohttp import web

from console.entries import compared, names_of, note_step, problems_of, ready, wanted_dossier
from console.entry_form import AUDIENCES, alternates_of, entry_of, form_of
from console.preview import preview_of
from console.visit import UNPROCESSABLE, Page, Visit
from intents.analysis import QUESTION as QUESTION_LENGTH
from knowledge import editorial
from knowledge.desk import new_entry_id
from knowledge.dossiers import Dossier, EditorialError
from knowledge.editorial_store import EditCollisionError
from knowledge.entries import Entry
from knowledge.replay import Near, nearest_entries
from knowledge.writing import advice_in
from rendering.forms import Form

WORTH_A_LOOK: Final = 0.55
"""From this likeness on an entry is shown beside a question that is being typed."""
NEAR_FROM: Final = 4
"""From this many characters on it makes sense to look for entries that say the same."""
MOST_ADDED: Final = 20
"""How many questions may come along in the address."""


async def show_new(visit: Visit) -> web.StreamResponse:
    """`GET /console/entries/new`; a question may come along from the gaps."""
    department = visit.me.departments[0] if visit.me.departments else ""
    blank = Entry("", visit.request.query.get("question", "")[:60], "", department, "")
    form = form_of(blank, 0)
    return await _editor(visit, None, form, blank)


async def show_editor(visit: Visit) -> web.StreamResponse:
    """`GET /console/entries/{id}/edit`; questions to add may come along from the gaps or a trial."""
    dossier = await wanted_dossier(visit)
    visit.demand("entries.write", dossier.entry.department)
    form = form_of(dossier.entry, dossier.token)
    more = alternates_of("\n".join(visit.request.query.getall("add", []))[: QUESTION_LENGTH * MOST_ADDED])
    if more:
        form.values = {**form.values, "alternates": ("\n".join((*dossier.entry.alternates, *more)),)}
    return await _editor(visit, dossier, form, dossier.entry)


async def _editor(
    visit: Visit, dossier: Dossier | None, form: Form, entry: Entry, *, status: int = 200, **values: Any
) -> web.Response:
    snapshot = ready(visit)
    return visit.page(
        "entry_edit.html",
        status=status,
        dossier=dossier,
        form=form,
        audiences=AUDIENCES,
        departments=[
            (each.id, each.name) for each in snapshot.departments.values() if visit.me.covers(each.id)
        ],
        categories=[(each.id, each.name) for each in snapshot.categories.values()],
        guides=[(each.id, each.title) for each in snapshot.guides.values()],
        preview=preview_of(entry, snapshot, visit.deps.public_url),
        advice=advice_in(entry) if entry.question else [],
        near=await _near(visit, entry.question, entry.id),
        **{"theirs": [], "names": await names_of(visit), **values},
    )


async def add(visit: Visit) -> web.StreamResponse:
    """`POST /console/entries/new`."""
    return await _write(visit, None)


async def save(visit: Visit) -> web.StreamResponse:
    """`POST /console/entries/{id}/edit`."""
    return await _write(visit, await wanted_dossier(visit))


async def _write(visit: Visit, dossier: Dossier | None) -> web.Response:
    """Save what was typed; a preview is the same form, without saving."""
    form, snapshot = await visit.form(), ready(visit)
    before = dossier.entry if dossier else Entry(new_entry_id(), "", "", "", "")
    entry = entry_of(form, before, snapshot)
    for department in {entry.department, before.department} - {""}:
        visit.demand("entries.write", department)
    if form.value("go") == "preview":
        status = UNPROCESSABLE if form.problems else 200
        return await _editor(visit, dossier, form, entry, status=status)
    for problem in await problems_of(visit, entry):
        form.problems.setdefault(problem.field if problem.field in form.values else "", problem.text)
    if form.problems:
        return await _editor(visit, dossier, form, entry, status=UNPROCESSABLE)
    if dossier is not None and form.value("token") != str(dossier.token):
        return await _collided(visit, dossier, form, entry)
    try:
        step = (
            editorial.edit(dossier, entry, visit.me.id, now=visit.now)
            if dossier
            else editorial.create(entry, visit.me.id, now=visit.now)
        )
        if form.value("go") == "submit":
            saved = await visit.deps.editorial.save(step)
            await note_step(visit, step)
            step = editorial.submit(saved, visit.me.id, now=visit.now)
        await visit.deps.editorial.save(step)
    except EditorialError as error:
        form.problems[""] = str(error)
        return await _editor(visit, dossier, form, entry, status=UNPROCESSABLE)
    except EditCollisionError:
        newest = await visit.deps.editorial.get(before.id, now=visit.now)
        return await _collided(visit, newest or dossier, form, entry)
    await note_step(visit, step)
    done = "entry_submitted" if step.revision.action == "submit" else "entry_saved"
    return visit.go(f"/entries/{before.id}", done=done)


async def _collided(visit: Visit, newest: Dossier | None, form: Form, mine: Entry) -> web.Response:
    """Somebody else saved meanwhile: their version beside what was typed, which stays in the form."""
    if newest is None:
        raise web.HTTPNotFound
    names = await names_of(visit)
    who = names.get(newest.changed_by, "别人")
    form.problems[""] = f"您打开以后，{who}改过这一条。您写的内容还在下面，没有保存；请对照后再点一次保存。"
    form.values = {**form.values, "token": (str(newest.token),)}
    theirs = compared(mine, newest.entry, ready(visit))
    return await _editor(visit, newest, form, mine, status=409, theirs=theirs)


async def show_near(visit: Visit) -> web.StreamResponse:
    """`POST /console/entries/near`: entries that ask nearly the same, while a question is being typed."""
    form = await visit.form()
    near = await _near(visit, form.value("question"), form.value("id"))
    return visit.page("entry_near.html", near=near)


async def show_preview(visit: Visit) -> web.StreamResponse:
    """`POST /console/entries/preview`: what WeChat will show, while the answer is being typed."""
    form, snapshot = await visit.form(), ready(visit)
    entry = entry_of(form, Entry("preview", "", "", "", ""), snapshot)
    return visit.page("entry_preview.html", preview=preview_of(entry, snapshot, visit.deps.public_url))


async def _near(visit: Visit, question: str, entry_id: str) -> list[Near]:
    """Entries that seem to ask the same as a question that is being typed."""
    if len(question.strip()) < NEAR_FROM:
        return []
    found = await asyncio.to_thread(
        nearest_entries, ready(visit), question[:QUESTION_LENGTH], except_id=entry_id
    )
    return [each for each in found if each.likeness >= WORTH_A_LOOK]


PAGES: Final = (
    Page("GET", "/entries/new", "entries.write", show_new, "entries"),
    Page("POST", "/entries/new", "entries.write", add, "entries"),
    Page("POST", "/entries/near", "entries.write", show_near, "entries"),
    Page("POST", "/entries/preview", "entries.write", show_preview, "entries"),
    Page("GET", "/entries/{id}/edit", "entries.write", show_editor, "entries"),
    Page("POST", "/entries/{id}/edit", "entries.write", save, "entries"),
)
