"""What every way to the clerks' desk shares, whether pages or programs ask: checks and names."""

from __future__ import annotations

import secrets
from dataclasses import replace
from datetime import datetime

from knowledge.differences import told
from knowledge.editorial_store import EditorialStore
from knowledge.entries import Entry
from knowledge.snapshot import Snapshot
from knowledge.writing import Problem, problems_in


def new_entry_id() -> str:
    """Make up the id of a new entry."""
    return f"e{secrets.token_hex(5)}"


async def problems_of(
    entry: Entry, snapshot: Snapshot, store: EditorialStore, *, now: datetime
) -> list[Problem]:
    """What must be mended before the entry can be submitted."""
    await store.adopt(now=now)  # what was imported a moment ago has its phrasings, too
    taken = await store.others_with((entry.question, *entry.alternates), except_id=entry.id)
    others = {
        other: (found.entry.question if found else other)
        for other in set(taken.values())
        for found in [await store.get(other, now=now)]
    }
    return problems_in(
        entry,
        departments=snapshot.departments,
        categories=snapshot.categories,
        guides=snapshot.guides,
        taken={key: others[other] for key, other in taken.items()},
    )


def named(entry: Entry, snapshot: Snapshot) -> Entry:
    """The entry with the names of department, shelf and guide for their ids."""
    department, category = snapshot.departments.get(entry.department), snapshot.categories.get(entry.category)
    guide = snapshot.guides.get(entry.guide)
    return replace(
        entry,
        department=department.name if department else entry.department,
        category=category.name if category else entry.category,
        guide=guide.title if guide else entry.guide,
    )


def told_by_name(entry: Entry, snapshot: Snapshot) -> dict[str, str]:
    """An entry as texts, with names for ids: what the audit log keeps of it."""
    return told(named(entry, snapshot))
