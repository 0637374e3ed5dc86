"""What is wrong with a knowledge base, in sentences that say what to do. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Final

from knowledge.entries import Entry
from knowledge.files import Knowledge
from knowledge.guides import Guide
from knowledge.hall import Hall
from knowledge.words import usable, usable_alias

ANSWER_LIMIT_BYTES: Final = 1500
"""An answer longer than this may not fit into one WeChat message beside its links (2,000 bytes in all)."""
MIN_ALTERNATES: Final = 6
"""From three alternates on matching gets better, ten make it robust (docs/understanding.md)."""


def problems_of(knowledge: Knowledge) -> list[str]:
    """Each mistake that would mislead or lose a citizen, as one sentence; empty when all is well."""
    departments = {department.id for department in knowledge.hall.departments}
    categories = {category.id for category in knowledge.hall.categories}
    guides = {guide.id for guide in knowledge.guides}
    found = list(_doubles("entry", (entry.id for entry in knowledge.entries)))
    found += _doubles("guide", (guide.id for guide in knowledge.guides))
    found += _doubles("department", (department.id for department in knowledge.hall.departments))
    for entry in knowledge.entries:
        found += (f"entry {entry.id}: {text}" for text in _entry(entry, departments, categories, guides))
    for guide in knowledge.guides:
        found += (f"guide {guide.id}: {text}" for text in _guide(guide, departments, categories))
    known = {entry.id for entry in knowledge.entries}
    for question in knowledge.gold:
        for expected in question.expected:
            if expected not in known:
                found.append(f"gold “{question.text}”: entry {expected} does not exist; correct the id")
    found += _thresholds(knowledge.hall)
    found += _shared_phrasings(knowledge.entries)
    found += (f"hall: word {word!r}: {why}" for word in knowledge.hall.words if (why := usable(word)))
    found += (
        f"hall: alias {each.said!r}: {why}" for each in knowledge.hall.aliases if (why := usable_alias(each))
    )
    return found


def advice_for(knowledge: Knowledge) -> list[str]:
    """What would make the answers better but is no mistake."""
    return [
        f"entry {entry.id}: has {len(entry.alternates)} alternates; {MIN_ALTERNATES} or more are found better"
        for entry in knowledge.entries
        if len(entry.alternates) < MIN_ALTERNATES
    ]


def _thresholds(hall: Hall) -> Iterator[str]:
    for name, value in (("answer_at", hall.answer_at), ("ask_at", hall.ask_at)):
        if value is not None and not 0 <= value <= 1:
            yield f"hall: {name} must lie between 0 and 1"
    if hall.answer_at is not None and hall.ask_at is not None and hall.ask_at > hall.answer_at:
        yield "hall: ask_at must not be above answer_at"


def _doubles(noun: str, ids: Iterable[str]) -> Iterator[str]:
    for name, count in Counter(ids).items():
        if count > 1:
            yield f"{noun} {name}: the id is used {count} times; give each its own"


def _entry(entry: Entry, departments: set[str], categories: set[str], guides: set[str]) -> Iterator[str]:
    if not entry.question.strip() or not entry.answer.strip():
        yield "question and answer must not be empty"
    if entry.department not in departments:
        yield f"department {entry.department!r} does not exist"
    if entry.category not in categories:
        yield f"category {entry.category!r} does not exist"
    if entry.guide and entry.guide not in guides:
        yield f"guide {entry.guide!r} does not exist"
    if (size := len(entry.answer.encode())) > ANSWER_LIMIT_BYTES:
        yield f"the answer has {size} bytes; shorten it to {ANSWER_LIMIT_BYTES}"
    if entry.valid_from and entry.valid_until and entry.valid_until < entry.valid_from:
        yield "valid_until lies before valid_from"
    for link in entry.links:
        if not link.url.startswith("https://"):
            yield f"link {link.url!r} must begin with https://"


def _guide(guide: Guide, departments: set[str], categories: set[str]) -> Iterator[str]:
    if guide.department not in departments:
        yield f"department {guide.department!r} does not exist"
    if guide.category not in categories:
        yield f"category {guide.category!r} does not exist"
    for name in ("summary", "materials", "steps", "place", "hours", "fee", "promised_limit"):
        if not getattr(guide, name):
            yield f"{name} is missing; a citizen would come in vain"


def _shared_phrasings(entries: Iterable[Entry]) -> Iterator[str]:
    owner: dict[str, str] = {}
    for entry in entries:
        for phrasing in (entry.question, *entry.alternates):
            other = owner.setdefault(phrasing.strip().lower(), entry.id)
            if other != entry.id:
                yield f"entry {entry.id}: “{phrasing}” also belongs to {other}; keep it at one of them"
