"""Read a text the way the index sees it: words, character grams, sound, and what is being asked."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

import numpy as np

from intents import words
from intents.lexicon import Lexicon
from intents.normalise import normalise

_CORPUS = 6e7
"""Words of the corpus behind jieba's dictionary."""
QUESTION = 160
"""Characters of a question that are read."""
_PARTICLE = {"么": "(?<![什怎甚这那多要])么"}
"""A question word that is also the end of other words: 有用么 asks whether, 怎么 and 什么 don't."""
REMEMBERED = 16_384
"""Texts whose reading is kept, about 1 KB each."""


@dataclass(frozen=True, slots=True)
class Reading:
    """One text, read."""

    text: str
    """Normalised."""
    words: tuple[str, ...]
    """Canonical words in order, stop words included."""
    core: str
    """Canonical words without stop words, joined."""
    spoken: str
    """`text`, one private character per syllable."""
    kinds: int
    """Bit set of the kinds of question, in the order of `Analyser.kinds`."""


class Analyser:
    """Reads texts with one lexicon. Safe to share between threads."""

    __slots__ = ("_canonical", "_cut", "_patterns", "_stop", "aliases", "kinds", "lexicon", "read_normalised")

    def __init__(self, lexicon: Lexicon) -> None:
        self.lexicon = lexicon
        self._cut = words.tokenizer(sorted(lexicon.words | set(lexicon.canonical))).lcut
        self._canonical = dict(lexicon.canonical)
        self._stop = lexicon.stop
        self.aliases = lexicon.aliases
        self.kinds = tuple(kind for kind, _ in lexicon.questions)
        self.read_normalised: Callable[[str], Reading] = lru_cache(REMEMBERED)(self._read)
        """Read a normalised text; remembered, so that an edit re-reads only what changed."""
        self._patterns = tuple(
            (1 << place, re.compile("|".join(map(_shown, shown))))
            for place, (_, shown) in enumerate(lexicon.questions)
        )

    def read(self, raw: str) -> Reading:
        """Normalise and read a question."""
        return self.read_normalised(normalise(raw)[:QUESTION])

    def _read(self, text: str) -> Reading:
        found = tuple(self.canonical(word) for word in self._cut(text, HMM=False) if word != " ")
        core = "".join(word for word in found if word not in self._stop)
        return Reading(text, found, core or text, words.spoken(text), self.kinds_of(text))

    def canonical(self, word: str) -> str:
        """Return the word that stands for `word`."""
        return self._canonical.get(word, word)

    def aliases_in(self, text: str) -> list[tuple[str, str]]:
        """Return the colloquial names in a text with their official ones, longest first."""
        return [pair for pair in self.aliases if pair[0] in text and pair[1] not in text]

    def is_stop(self, word: str) -> bool:
        """Whether the word says nothing about the matter."""
        return word in self._stop

    def content(self, word: str) -> float:
        """Return how much a word says in general Chinese: 0 (stop words), 0.3 (common) to 1.8 (rare)."""
        if word in self._stop:
            return 0.0
        return float(np.log(_CORPUS / (words.background(word) + 1.0)) / 10)

    def kinds_of(self, text: str) -> int:
        """Return the bit set of question kinds that show in `text`."""
        bits = 0
        for bit, pattern in self._patterns:
            if pattern.search(text):
                bits |= bit
        return bits


def _shown(word: str) -> str:
    """Return the regular expression of a question word."""
    return _PARTICLE.get(word, re.escape(word))


@lru_cache(maxsize=4)
def analyser(lexicon: Lexicon) -> Analyser:
    """Return the analyser of a lexicon; making one copies jieba's dictionary (about 0.5 s)."""
    return Analyser(lexicon)


def grams(text: str) -> list[str]:
    """Return the characters and the pairs of neighbours of `text`."""
    return [*text, *map("".join, pairwise(text))]
