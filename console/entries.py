"""What all pages about entries share: scope, permission of each step, names, and entries as texts."""

from __future__ import annotations

from aiohttp import web

from console.visit import Visit
from helpdesk.staff import ENTRY_STEPS, Staff
from knowledge import desk
from knowledge.desk import named, told_by_name
from knowledge.differences import FieldDifference, differences
from knowledge.dossiers import CLOCK, IMPORT, Action, Dossier, Step
from knowledge.entries import Entry
from knowledge.snapshot import Snapshot
from knowledge.writing import Problem


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
    permission = ENTRY_STEPS.get(action)
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
    if not all(visit.me.covers(department) for department in found.departments):
        raise web.HTTPForbidden
    return found


async def problems_of(visit: Visit, entry: Entry) -> list[Problem]:
    """What must be mended before the entry can be submitted."""
    return await desk.problems_of(entry, ready(visit), visit.deps.editorial, now=visit.now)


def compared(old: Entry | None, new: Entry, snapshot: Snapshot) -> tuple[FieldDifference, ...]:
    """What differs between two versions, with the names of departments, shelves and guides for their ids."""
    return differences(named(old or Entry(new.id, "", "", "", ""), snapshot), named(new, snapshot))


async def note_step(visit: Visit, step: Step) -> None:
    """Write a step that was taken to the audit log."""
    snapshot = ready(visit)
    action = f"entry.{step.revision.action}"
    before = told_by_name(step.before.entry, snapshot) if step.before else {}
    after = told_by_name(step.after.entry, snapshot)
    await visit.note(action, f"entry:{step.after.id}", before=before, after=after)
