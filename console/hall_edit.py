"""Changing one part of the hall: what others changed meanwhile is noticed, and nothing typed is lost.

Each page edits one `Part`. Its form carries a mark of what that part said when the page was made; when it
says something else by the time of saving, nothing is stored: the page comes back with what was typed, and
with what differs. Two people who edit different parts never notice each other.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from aiohttp import web

from console.hall_words import HALL_FIELDS
from console.visit import Visit
from helpdesk.secrets import digest
from knowledge.hall import Hall
from messages import StoreUnavailableError
from rendering.forms import Form

Told = Mapping[str, str | tuple[str, ...]]
"""What a part says: a text for each field, or the items of a list."""

SEEN: Final = "seen"
"""The form's field with the mark of what was seen."""
CONFLICT: Final = 409
MEANWHILE: Final = "您打开以后，别人改过这一页。您填写的还在；看过下面的不同，要以您的为准就再保存一次。"
_ATTEMPTS: Final = 5


@dataclass(frozen=True, slots=True)
class Part:
    """What one page edits, and how the audit log calls it."""

    action: str
    target: str
    told: Callable[[Hall], Told]


@dataclass(frozen=True, slots=True)
class Difference:
    """One field that somebody else has saved otherwise."""

    name: str
    theirs: str
    mine: str


async def the_hall(visit: Visit) -> Hall:
    """The hall as stored (the snapshot may be a second behind); 404 before there is one."""
    found = await visit.deps.knowledge.hall()
    if found is None:
        raise web.HTTPNotFound
    return found[1]


def mark_of(told: Told) -> str:
    """A short mark that changes when a part does."""
    return digest(json.dumps(dict(told), ensure_ascii=False, sort_keys=True))[:16]


def marked(form: Form, told: Told, status: int) -> str:
    """The mark a form carries: of what was first seen, until a conflict has been shown."""
    return mark_of(told) if status in {200, CONFLICT} else form.value(SEEN)


async def save(
    visit: Visit, form: Form, part: Part, change: Callable[[Hall], Hall]
) -> tuple[Difference, ...]:
    """Store a changed part and write the audit log; what differs when somebody else was first."""
    for _ in range(_ATTEMPTS):
        found = await visit.deps.knowledge.hall()
        if found is None:
            raise web.HTTPNotFound
        revision, hall = found
        changed = change(hall)
        before, after = part.told(hall), part.told(changed)
        if changed == hall:
            return ()
        if mark_of(before) != form.value(SEEN):
            form.problems[""] = MEANWHILE
            return tuple(Difference(*row) for row in differing(before, after))
        if await visit.deps.knowledge.put_hall(changed, expected=revision) is not None:
            await _note(visit, part, before, after)
            return ()
    raise StoreUnavailableError("others kept changing the hall; try again")


async def _note(visit: Visit, part: Part, before: Told, after: Told) -> None:
    rows = differing(before, after)
    await visit.note(
        part.action,
        part.target,
        before={name: old for name, old, _ in rows},
        after={name: new for name, _, new in rows},
    )


def differing(before: Told, after: Told) -> list[tuple[str, str, str]]:
    """The fields that differ: (field, on one side, on the other); of lists only the items that differ."""
    rows = []
    for name in dict.fromkeys((*before, *after)):
        old, new = before.get(name, ""), after.get(name, "")
        if old == new:
            continue
        if isinstance(old, tuple) and isinstance(new, tuple):
            left = [each for each in old if each not in new]
            right = [each for each in new if each not in old]
            same_items = not left and not right  # only their order differs
            old, new = (old, new) if same_items else (tuple(left), tuple(right))
        rows.append((name, _text(old), _text(new)))
    return rows


def _text(value: str | tuple[str, ...]) -> str:
    return value if isinstance(value, str) else "、".join(value)


def field_name(name: str) -> str:
    """What a field is called."""
    return HALL_FIELDS.get(name, name)
