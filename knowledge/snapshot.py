"""The knowledge base in memory: immutable, swapped whole when something changes.

A turn takes `Snapshots.current` once and works with it to its end, so that it never sees half a change.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from intents import followup
from intents.decisions import Decision, Subject
from intents.lexicon import Lexicon
from intents.matcher import Index
from intents.weights import Weights
from knowledge.entries import Entry
from knowledge.facts import filled
from knowledge.files import Knowledge
from knowledge.guides import Guide
from knowledge.hall import Category, Department, Hall
from knowledge.stores import KnowledgeStore
from knowledge.words import usable, usable_alias

if TYPE_CHECKING:
    from collections.abc import Mapping

REMEMBERED: Final = 2048
"""Decisions that are kept: people ask the same things, and to decide takes longer than all else in a turn."""
LONGEST_REMEMBERED: Final = 40
"""Longer texts are hardly asked twice, and may tell a person's story."""
EMPTY_HALL: Final = Hall(name="", address="", phone="", hours="")


@dataclass(frozen=True, slots=True)
class _Memory:
    """The decisions taken last, by text; by the entry before it only where the text leans on that."""

    decide: Callable[[str, str | None], Decision]
    leans: Callable[[str], bool]

    @classmethod
    def of(cls, index: Index) -> _Memory:
        @lru_cache(REMEMBERED)
        def decide(text: str, context: str | None) -> Decision:
            return index.decide(text, context=context)

        @lru_cache(REMEMBERED)
        def leans(text: str) -> bool:
            return followup.is_short(index.analyser.read(text), index.analyser)

        return cls(decide, leans)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Everything needed to answer one question, as of one revision and one day."""

    revision: int
    today: date
    """The Beijing date the index was built for: what has expired by then is not in it."""
    hall: Hall
    entries: Mapping[str, Entry]
    """All entries by id, the unpublished ones too; only `live` ones may be said."""
    guides: Mapping[str, Guide]
    """With the facts of `today` in their texts."""
    departments: Mapping[str, Department]
    categories: Mapping[str, Category]
    index: Index = field(repr=False)
    _remembered: _Memory = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Put a memory in front of the index: it never changes, so neither do its decisions."""
        object.__setattr__(self, "_remembered", _Memory.of(self.index))

    def live(self, entry_id: str, today: date) -> Entry | None:
        """The entry when it may be said on `today`; None otherwise. The last guard before a citizen."""
        entry = self.entries.get(entry_id)
        return entry if entry is not None and entry.answers_on(today) else None

    def guide(self, guide_id: str) -> Guide | None:
        """The guide of that id, or the one that replaces it."""
        found = self.guides.get(guide_id)
        return found or next((each for each in self.guides.values() if guide_id in each.formerly), None)

    def decide(self, text: str, *, context: str | None = None) -> Decision:
        """Understand a question; `context` is the entry that was answered last."""
        if len(text) > LONGEST_REMEMBERED:
            return self.index.decide(text, context=context)
        if context is not None and self._remembered.leans(text):
            return self._remembered.decide(text, context)
        return self._remembered.decide(text, None)

    def title(self, entry_id: str) -> str:
        """The standard question of an entry, or its id where it is gone."""
        entry = self.entries.get(entry_id)
        return entry.question if entry else entry_id


def subject_of(entry: Entry) -> Subject:
    """The entry as the matcher sees it."""
    return Subject(
        id=entry.id,
        question=entry.question,
        alternates=entry.alternates,
        keywords=entry.keywords,
        answer=entry.answer,
        answer_at=entry.answer_at,
    )


def lexicon_of(hall: Hall) -> Lexicon:
    """Extend the built-in words with the hall's: its departments under all their names, and what clerks keep.

    A word that can't be used is left out, so that one bad word never silences the hall; `knowledge.checks`
    names it.
    """
    names = {name for each in hall.departments for name in (each.name, each.short_name, *each.aliases)}
    words = [word for word in sorted(names | set(hall.words)) if usable(word) == ""]
    aliases = {alias.said: alias.name for alias in hall.aliases if usable_alias(alias) == ""}
    return Lexicon.builtin().extended(words=words, aliases=aliases)


def weights_of(hall: Hall, weights: Weights | None) -> Weights:
    """Put the hall's own thresholds into the weights."""
    used = weights or Weights.builtin()
    answer_at = used.answer_at if hall.answer_at is None else hall.answer_at
    ask_at = used.ask_at if hall.ask_at is None else hall.ask_at
    return used.with_thresholds(answer_at=answer_at, ask_at=min(ask_at, answer_at))


def build(revision: int, knowledge: Knowledge, today: date, weights: Weights | None = None) -> Snapshot:
    """Build a snapshot. CPU-heavy for large halls: call it in a thread."""
    facts = {fact.id: fact for fact in knowledge.facts}
    live = (subject_of(entry) for entry in knowledge.entries if entry.answers_on(today))
    return Snapshot(
        revision=revision,
        today=today,
        hall=knowledge.hall,
        entries=MappingProxyType({entry.id: entry for entry in knowledge.entries}),
        guides=MappingProxyType({guide.id: filled(guide, facts, today) for guide in knowledge.guides}),
        departments=MappingProxyType({each.id: each for each in knowledge.hall.departments}),
        categories=MappingProxyType({each.id: each for each in knowledge.hall.categories}),
        index=Index.build(
            live, lexicon=lexicon_of(knowledge.hall), weights=weights_of(knowledge.hall, weights)
        ),
    )


class Snapshots:
    """Holds the current snapshot of this process and renews it."""

    def __init__(self, weights: Weights | None = None) -> None:
        self._weights = weights
        self._current: Snapshot | None = None

    @property
    def current(self) -> Snapshot | None:
        """The newest snapshot; None until the knowledge base was read for the first time."""
        return self._current

    async def refresh(self, store: KnowledgeStore, today: date) -> bool:
        """Read and swap when the store or the day has moved on; whether something changed."""
        known = self._current
        if known is not None and known.today == today and await store.revision() == known.revision:
            return False
        loaded = await store.load()
        if loaded is None:
            return False
        revision, knowledge = loaded
        self._current = await asyncio.to_thread(build, revision, knowledge, today, self._weights)
        return True
