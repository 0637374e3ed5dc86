"""The departments of the hall: names, duties, window, phone and chief representative."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from aiohttp import web

from console.hall_edit import CONFLICT, Difference, Part, Told, marked, save, the_hall
from console.hall_pages import check_phone
from console.visit import UNPROCESSABLE, Page, Visit, url
from console.wordlists import items_of
from intents.guards import own_word
from knowledge.editorial_store import Wanted
from knowledge.entries import beijing_day
from knowledge.hall import Department, Hall
from knowledge.words import usable
from rendering.forms import Form

_ID: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,31}")
MOST_ALIASES: Final = 20
_SHOWN: Final = 10
"""Things that use a department and are named one by one."""


@dataclass(frozen=True, slots=True)
class Use:
    """Something that would be lost with a department."""

    kind: str
    name: str
    address: str = ""


async def show_departments(visit: Visit) -> web.StreamResponse:
    """`GET /console/hall/departments`."""
    hall = await the_hall(visit)
    snapshot = visit.deps.snapshots.current
    entries = Counter(each.department for each in snapshot.entries.values()) if snapshot else Counter()
    guides = Counter(each.department for each in snapshot.guides.values()) if snapshot else Counter()
    return visit.page("departments.html", departments=hall.departments, entries=entries, guides=guides)


async def show_new(visit: Visit) -> web.StreamResponse:
    """`GET /console/hall/departments/new`."""
    return _page(visit, await the_hall(visit), Form(), None)


async def add(visit: Visit) -> web.StreamResponse:
    """`POST /console/hall/departments/new`."""
    form, hall = await visit.form(), await the_hall(visit)
    made = form.text("id", "编号", most=32).lower()
    if "id" not in form.problems and (not _ID.fullmatch(made) or made == "new"):
        form.problems["id"] = "编号用小写字母、数字和横线，例如 hrss"
    elif any(each.id == made for each in hall.departments):
        form.problems["id"] = "这个编号已经有部门用了"
    read = _read(form, Department(made, ""), hall)
    if form.problems:
        return _page(visit, hall, form, None, status=UNPROCESSABLE)
    part = _part(made, "hall.department_add")
    differences = await save(visit, form, part, lambda now: _with(now, read))
    if differences:  # somebody has just added one with the same id
        form.problems = {"id": "这个编号刚被别人用了"}
        return _page(visit, await the_hall(visit), form, None, status=CONFLICT)
    return visit.go("/hall/departments", done="department_added")


async def show_one(visit: Visit) -> web.StreamResponse:
    """`GET /console/hall/departments/{id}`."""
    hall = await the_hall(visit)
    found = _wanted(visit, hall)
    return _page(visit, hall, _filled(found), found)


def _filled(found: Department) -> Form:
    return Form.filled(
        name=found.name,
        short_name=found.short_name,
        aliases="、".join(found.aliases),
        duties=found.duties,
        window=found.window,
        phone=found.phone,
        representative=found.representative,
    )


async def change(visit: Visit) -> web.StreamResponse:
    """`POST /console/hall/departments/{id}`."""
    form, hall = await visit.form(), await the_hall(visit)
    found = _wanted(visit, hall)
    read = _read(form, found, hall)
    if form.problems:
        return _page(visit, hall, form, found, status=UNPROCESSABLE)
    differences = await save(visit, form, _part(found.id, "hall.department"), lambda now: _with(now, read))
    if differences:
        return _page(visit, await the_hall(visit), form, found, status=CONFLICT, differences=differences)
    return visit.go("/hall/departments", done="department_saved")


async def delete(visit: Visit) -> web.StreamResponse:
    """`POST /console/hall/departments/{id}/delete`: refused while anything belongs to the department."""
    form, hall = await visit.form(), await the_hall(visit)
    found = _wanted(visit, hall)
    await visit.deps.snapshots.refresh(visit.deps.knowledge, beijing_day(visit.now))
    uses, count = await _uses(visit, found.id)
    if uses:
        filled = _filled(found)
        filled.problems[""] = "这个部门还在用，不能删除。请先把下面这些改到别的部门。"
        return _page(visit, hall, filled, found, status=CONFLICT, uses=uses, more_uses=count - len(uses))
    part = _part(found.id, "hall.department_delete")
    differences = await save(visit, form, part, lambda now: _without(now, found.id))
    if differences:
        filled = _filled(_wanted(visit, await the_hall(visit)))
        filled.problems[""] = "别人刚改过这个部门，下面是新的内容。确定还要删除，就再点一次。"
        return _page(visit, await the_hall(visit), filled, found, status=CONFLICT)
    return visit.go("/hall/departments", done="department_deleted")


async def _uses(visit: Visit, department: str) -> tuple[list[Use], int]:
    """What belongs to a department, drafts and withdrawn entries too: the first ones, and how many in all."""
    wanted = Wanted(departments=(department,), order="question")
    listing = await visit.deps.editorial.find(wanted, now=visit.now)
    found = [Use("问答", each.entry.question, url(f"/entries/{each.id}")) for each in listing.items]
    snapshot = visit.deps.snapshots.current
    guides = snapshot.guides.values() if snapshot else ()
    found += [Use("办事指南", guide.title) for guide in guides if guide.department == department]
    for person in await visit.deps.staff.everyone():
        if department in person.departments:
            found.append(Use("账号", person.name, url(f"/staff/{person.id}")))
    return found[:_SHOWN], len(found) - len(listing.items) + listing.total


def _page(
    visit: Visit,
    hall: Hall,
    form: Form,
    found: Department | None,
    *,
    status: int = 200,
    differences: tuple[Difference, ...] = (),
    uses: Sequence[Use] = (),
    more_uses: int = 0,
) -> web.Response:
    told = _told(hall, found.id if found else "")
    return visit.page(
        "department_edit.html",
        status=status,
        form=form,
        department=found,
        seen=marked(form, told, status),
        differences=differences,
        uses=uses,
        more_uses=more_uses,
    )


def _wanted(visit: Visit, hall: Hall) -> Department:
    found = _of(hall, visit.request.match_info["id"])
    if found is None:
        raise web.HTTPNotFound
    return found


def _of(hall: Hall, department_id: str) -> Department | None:
    return next((each for each in hall.departments if each.id == department_id), None)


def _part(department_id: str, action: str) -> Part:
    return Part(action, f"department:{department_id}", lambda hall: _told(hall, department_id))


def _told(hall: Hall, department_id: str) -> Told:
    found = _of(hall, department_id)
    if found is None:
        return {}
    return {
        "department_name": found.name,
        "short_name": found.short_name,
        "department_aliases": found.aliases,
        "duties": found.duties,
        "window": found.window,
        "phone": found.phone,
        "representative": found.representative,
    }


def _read(form: Form, before: Department, hall: Hall) -> Department:
    read = replace(
        before,
        name=form.text("name", "部门名称", most=40, least=2),
        short_name=form.text("short_name", "简称", most=20, least=2, needed=False),
        aliases=items_of(form.text("aliases", "别的叫法", most=200, needed=False)),
        duties=form.text("duties", "办什么事", most=120, needed=False),
        window=form.text("window", "窗口", most=40, needed=False),
        phone=form.text("phone", "电话", most=40, needed=False),
        representative=form.text("representative", "首席代表", most=20, needed=False),
    )
    check_phone(form, "phone")
    if len(read.aliases) > MOST_ALIASES:
        form.problems["aliases"] = f"别的叫法最多 {MOST_ALIASES} 个"
    taken = _names(hall, but=before.id)
    names = (("name", read.name), ("short_name", read.short_name), *(("aliases", a) for a in read.aliases))
    for field, name in names:
        if not name or field in form.problems:
            continue
        if why := usable(name):
            form.problems[field] = why
        elif owner := taken.get(own_word(name)):
            form.problems[field] = f"“{name}”已经是{owner}的叫法"
    return read


def _names(hall: Hall, *, but: str) -> Mapping[str, str]:
    """What all other departments are called: name as compared → the department's name."""

    def pairs() -> Iterator[tuple[str, str]]:
        for each in hall.departments:
            if each.id != but:
                yield from (
                    (own_word(name), each.name) for name in (each.name, each.short_name, *each.aliases)
                )

    return {name: owner for name, owner in pairs() if name}


def _with(hall: Hall, changed: Department) -> Hall:
    """The hall with one department changed in its place, or added at the end."""
    if _of(hall, changed.id) is None:
        return replace(hall, departments=(*hall.departments, changed))
    return replace(
        hall, departments=tuple(changed if each.id == changed.id else each for each in hall.departments)
    )


def _without(hall: Hall, department_id: str) -> Hall:
    return replace(hall, departments=tuple(each for each in hall.departments if each.id != department_id))


PAGES: Final = (
    Page("GET", "/hall/departments", "hall.write", show_departments, "hall"),
    Page("GET", "/hall/departments/new", "hall.write", show_new, "hall"),
    Page("POST", "/hall/departments/new", "hall.write", add, "hall"),
    Page("GET", "/hall/departments/{id}", "hall.write", show_one, "hall"),
    Page("POST", "/hall/departments/{id}", "hall.write", change, "hall"),
    Page("POST", "/hall/departments/{id}/delete", "hall.write", delete, "hall"),
)
