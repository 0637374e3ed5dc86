"""What all pages about entries share: scope, permission of each step, names, and entries as texts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from aiohttp import web

from console.entry_form import AUDIENCES, form_of
from console.visit import Visit
from helpdesk.staff import Permission, Staff
from knowledge.differences import FieldDifference, differences
from knowledge.dossiers import CLOCK, IMPORT, Action, Dossier, Step
from knowledge.entries import Entry
from knowledge.snapshot import Snapshot
from knowledge.writing import Problem, problems_in

NEEDS: Final[Mapping[Action, Permission]] = {
    "create": "entries.write",
    "edit": "entries.write",
    "restore": "entries.write",
    "discard": "entries.write",
    "submit": "entries.write",
    "recall": "entries.write",
    "request_changes": "entries.review",
    "approve": "entries.review",
    "confirm": "entries.review",
    "review": "entries.review",
    "schedule": "entries.publish",
    "unschedule": "entries.publish",
    "publish": "entries.publish",
    "withdraw": "entries.publish",
}
"""What each step asks for; a step that does not stand here is nobody's."""


def scope_of(person: Staff) -> tuple[str, ...] | None:
    """The departments a person sees, as the stores want it."""
    return person.departments or None


def ready(visit: Visit) -> Snapshot:
    """The knowledge base in memory; the console is of no use before there is one."""
    snapshot = visit.deps.snapshots.current
    if snapshot is None:
        raise web.HTTPServiceUnavailable
    return snapshot


def may_step(visit: Visit, action: Action, entry: Entry) -> bool:
    """Whether the signed-in person may take a step with an entry of this department."""
    permission = NEEDS.get(action)
    return permission is not None and visit.may(permission, entry.department)


async def names_of(visit: Visit) -> dict[str, str]:
    """Names of the staff by id, and of those who are no people."""
    everyone = await visit.deps.staff.everyone()
    return {CLOCK: "系统（到时间自动）", IMPORT: "批量导入", **{each.id: each.name for each in everyone}}


async def wanted_dossier(visit: Visit) -> Dossier:
    """The dossier of the address, when it is in the person's scope."""
    found = await visit.deps.editorial.get(visit.request.match_info["id"], now=visit.now)
    if found is None:
        raise web.HTTPNotFound
    held = {found.entry.department, *((found.live.department,) if found.live else ())}
    if not all(visit.me.covers(department) for department in held):  # also what is live: it may move only out
        raise web.HTTPForbidden
    return found


async def problems_of(visit: Visit, entry: Entry) -> list[Problem]:
    """What must be mended before the entry can be submitted."""
    snapshot = ready(visit)
    taken = await visit.deps.editorial.others_with((entry.question, *entry.alternates), except_id=entry.id)
    others = {
        other: (found.entry.question if found else other)
        for other in set(taken.values())
        for found in [await visit.deps.editorial.get(other, now=visit.now)]
    }
    return problems_in(
        entry,
        departments=snapshot.departments,
        categories=snapshot.categories,
        guides=snapshot.guides,
        taken={key: others[other] for key, other in taken.items()},
    )


def compared(old: Entry | None, new: Entry, snapshot: Snapshot) -> tuple[FieldDifference, ...]:
    """What differs between two versions, with the names of departments, shelves and guides for their ids."""
    return differences(_named(old or Entry(new.id, "", "", "", ""), snapshot), _named(new, snapshot))


def _named(entry: Entry, snapshot: Snapshot) -> Entry:
    department, category = snapshot.departments.get(entry.department), snapshot.categories.get(entry.category)
    guide = snapshot.guides.get(entry.guide)
    return replace(
        entry,
        department=department.name if department else entry.department,
        category=category.name if category else entry.category,
        guide=guide.title if guide else entry.guide,
    )


def told(entry: Entry, snapshot: Snapshot) -> dict[str, str]:
    """An entry as texts by the Chinese names of its fields: for comparing, and for the audit log."""
    form = form_of(entry, 0)
    named = _named(entry, snapshot)
    return {
        "标准问题": entry.question,
        "答案": entry.answer,
        "相似问": "\n".join(entry.alternates),
        "关键词": " ".join(entry.keywords),
        "部门": named.department,
        "分类": named.category,
        "办事指南": named.guide,
        "对象": dict(AUDIENCES)[entry.audience],
        "链接": form.value("links"),
        "依据": form.value("basis"),
        "开始日期": form.value("valid_from"),
        "结束日期": form.value("valid_until"),
        "复核日期": form.value("review_on"),
        "只能人工答复": "是" if entry.person_only else "否",
        "直接回答的把握": f"{form.value('answer_at')}%" if form.value("answer_at") else "",
    }


async def note_step(visit: Visit, step: Step) -> None:
    """Write a step that was taken to the audit log."""
    snapshot = ready(visit)
    action = f"entry.{step.revision.action}"
    before = told(step.before.entry, snapshot) if step.before else {}
    after = told(step.after.entry, snapshot)
    await visit.note(action, f"entry:{step.after.id}", before=before, after=after)
