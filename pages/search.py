"""Finding guides by a few words: what stands in them first, then what the matcher understands. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final, Generic, TypeVar

from intents.decisions import Ambiguous, Decision, Match, NoMatch
from knowledge.guides import Guide
from knowledge.snapshot import Snapshot

T = TypeVar("T")

PAGE_DIGITS: Final = 6
QUERY_LIMIT: Final = 60
"""Characters of a search that are read."""


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """One page of a long list."""

    items: Sequence[T]
    number: int
    """From 1 to `count`."""
    count: int
    total: int


def paged(items: Sequence[T], *, number: str | None, size: int) -> Page[T]:
    """Cut the page that was asked for; anything that is no page number means the nearest one."""
    count = max(1, -(-len(items) // size))
    asked = (
        int(number) if number and number.isascii() and number.isdigit() and len(number) <= PAGE_DIGITS else 1
    )
    chosen = min(max(asked, 1), count)
    return Page(items[(chosen - 1) * size : chosen * size], chosen, count, len(items))


def in_order(snapshot: Snapshot, guides: Iterable[Guide]) -> list[Guide]:
    """Guides by the hall's order of categories, then as stored."""
    shelf = {name: number for number, name in enumerate(snapshot.categories)}
    return sorted(guides, key=lambda guide: shelf.get(guide.category, len(shelf)))


def find_guides(snapshot: Snapshot, query: str, today: date) -> list[Guide]:
    """Guides for a search, the likeliest first, each once; empty when nothing fits."""
    words = query.lower().split()
    if not words:
        return []
    titled = [guide for guide in snapshot.guides.values() if _has_all(guide.title, words)]
    told = [guide for guide in snapshot.guides.values() if _has_all(_told(snapshot, guide), words)]
    found = {guide.id: guide for guide in (*titled, *_understood(snapshot, query, today), *told)}
    return list(found.values())


def _has_all(text: str, words: Sequence[str]) -> bool:
    lowered = text.lower()
    return all(word in lowered for word in words)


def _told(snapshot: Snapshot, guide: Guide) -> str:
    category = snapshot.categories.get(guide.category)
    department = snapshot.departments.get(guide.department)
    parts = [guide.title, *guide.names, guide.summary, *(material.name for material in guide.materials)]
    parts += [category.name] if category else []
    parts += [department.name, *department.aliases] if department else []
    return "\n".join(parts)


def _understood(snapshot: Snapshot, query: str, today: date) -> list[Guide]:
    entries = (snapshot.live(entry_id, today) for entry_id in _meant(snapshot.decide(query)))
    guides = (snapshot.guides.get(entry.guide) for entry in entries if entry)
    return [guide for guide in guides if guide]


def _meant(decision: Decision) -> tuple[str, ...]:
    match decision:
        case Match(entry_id):
            return (entry_id,)
        case Ambiguous(ids):
            return ids
        case NoMatch():
            return ()
