"""What understanding a question comes to: `Match`, `Ambiguous` or `NoMatch`, each with its evidence.

Pure data. A clerk reads the evidence in Chinese; the words for that are made by `Evidence.lines`.
"""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Subject:
    """What can be found: one entry as the matcher sees it."""

    id: str
    question: str
    alternates: tuple[str, ...] = ()
    keywords: tuple[str, ...] = ()
    answer: str = ""
    answer_at: float | None = None
    """The confidence from which this one answers by itself; None: the index's own threshold."""


@dataclass(frozen=True, slots=True)
class Hit:
    """A word or repair that tied the question to an entry."""

    word: str
    weight: float
    """Share of the score, 0 to 1."""
    how: str = "词"
    """词, 字, 拼音, 同义, 纠错 … in the clerk's words."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """One entry with its score."""

    id: str
    score: float
    """Raw ranking score; only its order means something."""
    phrasing: str
    """The nearest phrasing of the entry."""
    hits: tuple[Hit, ...] = ()
    features: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True, slots=True)
class Evidence:
    """Why a decision was taken."""

    normalised: str
    ranked: tuple[Candidate, ...] = ()
    """Best first, at most 10, each entry once."""
    margin: float = 0.0
    """Score of the best minus score of the runner-up."""
    notes: tuple[str, ...] = ()
    """Sentences in Chinese, such as `“社宝”按读音当作“社保”`."""


@dataclass(frozen=True, slots=True)
class Match:
    """Sure enough to answer."""

    id: str
    confidence: float
    evidence: Evidence


@dataclass(frozen=True, slots=True)
class Ambiguous:
    """Not sure: ask back with these choices, best first, at most five."""

    ids: tuple[str, ...]
    confidence: float
    """Of the first choice."""
    evidence: Evidence


@dataclass(frozen=True, slots=True)
class NoMatch:
    """Nothing fits: say so honestly. `nearest` may be offered as a guess."""

    confidence: float
    evidence: Evidence
    nearest: tuple[str, ...] = field(default=())
    vague: bool = False
    """The question says too little to be looked for: ask for more words instead of guessing."""


Decision = Match | Ambiguous | NoMatch
