"""Group the questions that found no answer, so that a clerk sees what is missing; nothing is applied."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from rapidfuzz import fuzz, process

from intents.decisions import Candidate
from intents.matcher import Index

Likeness = np.ndarray[tuple[int], np.dtype[np.float32]]
EXAMPLES = 5
LIMIT = 5000
"""Distinct questions that are grouped at once: the latest ones."""


@dataclass(frozen=True, slots=True)
class Cluster:
    """Questions that seem to ask the same."""

    count: int
    """Questions in it, repetitions included."""
    examples: tuple[str, ...]
    """As citizens wrote them, the most frequent first."""
    nearest: Candidate | None
    """The entry that is nearest to the first example."""
    confidence: float
    """That the nearest entry is the right one."""
    proposal: Literal["alternate", "new"]
    """`alternate`: add the examples as alternates of `nearest`; `new`: write a new entry."""
    texts: tuple[str, ...] = ()
    """All its questions normalised, each once, the most frequent first."""


def group(
    questions: Iterable[str], index: Index, *, threshold: float = 0.6, adopt_at: float | None = None
) -> list[Cluster]:
    """Return clusters, the largest first.

    `threshold` (0 to 1) is how alike two questions must be to stand together; `adopt_at` is the confidence
    from which the nearest entry is proposed (None: half of the index's own threshold to ask back).
    """
    if not 0 < threshold <= 1:
        raise ValueError("threshold must lie above 0 and at most at 1")
    counts: dict[str, int] = {}
    written: dict[str, str] = {}
    for question in questions:
        text = index.analyser.read(question).text
        if text:
            counts[text] = counts.get(text, 0) + 1
            written.setdefault(text, question.strip())
    texts = sorted(list(counts)[-LIMIT:], key=lambda text: (-counts[text], text))
    limit = index.weights.ask_at / 2 if adopt_at is None else adopt_at
    clusters = [
        _cluster(members, counts, written, index, limit) for members in _members(texts, index, threshold)
    ]
    return sorted(clusters, key=lambda cluster: (-cluster.count, cluster.examples))


def _members(texts: list[str], index: Index, threshold: float) -> list[list[str]]:
    """Put each text to the first leader that is alike enough; the most frequent texts lead."""
    cores = [index.analyser.read_normalised(text).core for text in texts]
    groups: list[list[str]] = []
    leaders: list[int] = []
    for place, text in enumerate(texts):
        if leaders:
            alike = _alike(place, leaders, texts, cores)
            best = int(alike.argmax())
            if alike[best] >= threshold:
                groups[best].append(text)
                continue
        leaders.append(place)
        groups.append([text])
    return groups


def _alike(place: int, leaders: list[int], texts: list[str], cores: list[str]) -> Likeness:
    return likeness(texts[place], cores[place], [texts[i] for i in leaders], [cores[i] for i in leaders])


def likeness(text: str, core: str, texts: Sequence[str], cores: Sequence[str]) -> Likeness:
    """Return how alike (0 to 1) a normalised text is with others: the better of wording and core words.

    `core` and `cores` are the texts' core words, as `Reading.core` has them.
    """
    plain = process.cdist([text], texts, scorer=fuzz.ratio, dtype=np.float32)[0]
    words = process.cdist([core], cores, scorer=fuzz.token_sort_ratio, dtype=np.float32)[0]
    return np.asarray(np.maximum(plain, words) / 100, np.float32)


def _cluster(
    members: list[str], counts: dict[str, int], written: dict[str, str], index: Index, limit: float
) -> Cluster:
    decision = index.decide(members[0])
    ranked = decision.evidence.ranked
    adopt = bool(ranked) and decision.confidence >= limit
    return Cluster(
        count=sum(counts[text] for text in members),
        examples=tuple(written[text] for text in members[:EXAMPLES]),
        nearest=ranked[0] if ranked else None,
        confidence=decision.confidence,
        proposal="alternate" if adopt else "new",
        texts=tuple(members),
    )
