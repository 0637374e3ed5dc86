"""What all pages about entries share: scope, permission of each step, names, and entries as texts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from aiohttp import web

from console.entry_form import AUDIENCES, form_of
from console.visit import Visit
from helpdesk.staff import Permission, Staff
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
    if not visit.me.covers(found.entry.department):
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


def compared(old: Entry | None, new: Entry, snapshot: Snapshot) -> list[tuple[str, str, str]]:
    """What differs between two versions: the field's name, its old and its new text."""
    before, after = told(old, snapshot) if old else {}, told(new, snapshot)
    return [
        (name, before.get(name, ""), text) for name, text in after.items() if before.get(name, "") != text
    ]


def told(entry: Entry, snapshot: Snapshot) -> dict[str, str]:
    """An entry as texts by the Chinese names of its fields: for comparing, and for the audit log."""
    form = form_of(entry, 0)
    department, category = snapshot.departments.get(entry.department), snapshot.categories.get(entry.category)
    guide = snapshot.guides.get(entry.guide)
    return {
        "标准问题": entry.question,
        "答案": entry.answer,
        "相似问": "\n".join(entry.alternates),
        "关键词": " ".join(entry.keywords),
        "部门": department.name if department else entry.department,
        "分类": category.name if category else entry.category,
        "办事指南": guide.title if guide else entry.guide,
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
