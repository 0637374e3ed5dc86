"""What is wrong with a knowledge base, in sentences that say what to do. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Final, Literal

from knowledge.entries import Entry
from knowledge.facts import Fact
from knowledge.files import Knowledge
from knowledge.guide_proof import problems_of_facts, problems_of_guide
from knowledge.guides import Guide
from knowledge.hall import Hall
from knowledge.words import usable, usable_alias, usable_sensitive

ANSWER_LIMIT_BYTES: Final = 1500
"""An answer longer than this may not fit into one WeChat message beside its links (2,000 bytes in all)."""
MIN_ALTERNATES: Final = 6
"""From three alternates on matching gets better, ten make it robust (docs/understanding.md)."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One mistake in one field of an entry; said in English by `problems_of`, in Chinese by `writing`."""

    field: str
    code: Literal["empty", "unknown", "long", "order", "https"]
    given: str = ""
    limit: str = ""


def problems_of(knowledge: Knowledge, *, today: date | None = None) -> list[str]:
    """Each mistake that would mislead or lose a citizen, as one sentence; empty when all is well.

    With `today`, facts that have no value on that day are mistakes, too.
    """
    departments = {department.id for department in knowledge.hall.departments}
    categories = {category.id for category in knowledge.hall.categories}
    guides = {guide.id for guide in knowledge.guides}
    facts = {fact.id: fact for fact in knowledge.facts}
    found = list(_doubles("entry", (entry.id for entry in knowledge.entries)))
    found += _doubles("guide", (guide.id for guide in knowledge.guides))
    found += _doubles("department", (department.id for department in knowledge.hall.departments))
    for entry in knowledge.entries:
        faults = faults_of(entry, departments=departments, categories=categories, guides=guides)
        found += (f"entry {entry.id}: {_sentence(fault)}" for fault in faults)
    for guide in knowledge.guides:
        found += (f"guide {guide.id}: {text}" for text in _guide(guide, departments, categories))
        found += (f"guide {guide.id}: {text}" for text in problems_of_facts(guide, facts, today))
    found += _doubles("fact", (fact.id for fact in knowledge.facts))
    found += (f"fact {fact.id}: {text}" for fact in knowledge.facts for text in _fact(fact))
    found += _names(knowledge.guides)
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
    found += (
        f"hall: sensitive word {word!r}: {why}"
        for word in knowledge.hall.sensitive
        if (why := usable_sensitive(word))
    )
    found += _doubles("text", (each.key for each in knowledge.hall.texts))
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


def faults_of(
    entry: Entry,
    *,
    departments: Collection[str],
    categories: Collection[str],
    guides: Collection[str],
    answer_limit_bytes: int = ANSWER_LIMIT_BYTES,
) -> Iterator[Fault]:
    """Find what is wrong with one entry by itself, whoever is to read of it."""
    for field, text in (("question", entry.question), ("answer", entry.answer)):
        if not text.strip():
            yield Fault(field, "empty")
    if entry.department not in departments:
        yield Fault("department", "unknown", entry.department)
    if entry.category not in categories:
        yield Fault("category", "unknown", entry.category)
    if entry.guide and entry.guide not in guides:
        yield Fault("guide", "unknown", entry.guide)
    if (size := len(entry.answer.encode(errors="replace"))) > answer_limit_bytes:
        yield Fault("answer", "long", str(size), str(answer_limit_bytes))
    if entry.valid_from and entry.valid_until and entry.valid_until < entry.valid_from:
        yield Fault("valid_until", "order")
    for link in entry.links:
        if not link.url.startswith("https://"):
            yield Fault("links", "https", link.url)


def _sentence(fault: Fault) -> str:
    match fault.code:
        case "empty":
            return f"{fault.field} must not be empty"
        case "unknown":
            return f"{fault.field} {fault.given!r} does not exist"
        case "long":
            return f"the answer has {fault.given} bytes; shorten it to {fault.limit}"
        case "order":
            return "valid_until lies before valid_from"
        case "https":
            return f"link {fault.given!r} must begin with https://"


def _guide(guide: Guide, departments: set[str], categories: set[str]) -> Iterator[str]:
    if guide.department not in departments:
        yield f"department {guide.department!r} does not exist"
    if guide.category not in categories:
        yield f"category {guide.category!r} does not exist"
    if not guide.summary:
        yield "summary is missing; people could not tell what it is about"
    if guide.has_scenes:
        yield from problems_of_guide(guide, departments)
        return
    if guide.variants or any(each.when for each in guide.materials):
        yield "has conditions but no questions; add the questions"
    for name in ("materials", "steps", "place", "hours", "fee", "promised_limit"):
        if not getattr(guide, name):
            yield f"{name} is missing; a citizen would come in vain"


def _fact(fact: Fact) -> Iterator[str]:
    if not fact.values:
        yield "has no value; add one with its date"
    for each in fact.values:
        if each.until and each.until < each.since:
            yield f"the value {each.value!r} ends before it begins"
    if len({each.since for each in fact.values}) < len(fact.values):
        yield "two values begin on the same day; which one is right?"


def _names(guides: Iterable[Guide]) -> Iterator[str]:
    """Names and former ids that mean two guides."""
    owner: dict[str, str] = {}
    all_guides = tuple(guides)
    for guide in all_guides:
        for name in (guide.id, *guide.formerly, guide.title, *guide.names):
            other = owner.setdefault(name, guide.id)
            if other != guide.id:
                yield f"guide {guide.id}: {name!r} also means guide {other}; keep it at one of them"


def _shared_phrasings(entries: Iterable[Entry]) -> Iterator[str]:
    owner: dict[str, str] = {}
    for entry in entries:
        for phrasing in (entry.question, *entry.alternates):
            other = owner.setdefault(phrasing.strip().lower(), entry.id)
            if other != entry.id:
                yield f"entry {entry.id}: “{phrasing}” also belongs to {other}; keep it at one of them"
