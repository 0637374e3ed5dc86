"""What a hall's labelled questions teach about single words (`intents.signs`), ready for one vocabulary.

Each word is shared, lost (only in the question) or added (only in the standard question), and each word
that was asked is linked to words of the standard question. So 宝宝 may stand for 孩子, and 提取 speak
against 缴费. Their sum is one feature of the ranking. A hall without labels has none.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from intents.postings import Longs, Postings

Doubles = NDArray[np.float64]
WordWeights = Mapping[str, tuple[float, float, float]]
"""word → (shared, lost, added)"""
Links = Mapping[str, Mapping[str, float]]
"""asked word → word of the standard question → weight"""


@dataclass(frozen=True, slots=True)
class Learned:
    """Word weights made ready for one vocabulary."""

    words: WordWeights
    added: Doubles
    """Weight of each word of the vocabulary when only the standard question has it."""
    links: Mapping[str, tuple[Longs, Doubles]]
    """asked word → numbers of linked words, weights."""

    @classmethod
    def of(cls, words: WordWeights, links: Links, vocabulary: Mapping[str, int]) -> Learned:
        """Look up the words of a vocabulary."""
        added = np.zeros(max(len(vocabulary), 1))
        for word, (_, _, weight) in words.items():
            number = vocabulary.get(word)
            if number is not None:
                added[number] = weight
        ready: dict[str, tuple[Longs, Doubles]] = {}
        for asked, targets in links.items():
            pairs = [(vocabulary[word], weight) for word, weight in targets.items() if word in vocabulary]
            if pairs:
                ready[asked] = (np.array([n for n, _ in pairs], np.int64), np.array([w for _, w in pairs]))
        return cls(words, added, ready)

    def scores(self, asked: Sequence[str], texts: Longs, postings: Postings) -> Doubles:
        """Return the learned score of some texts, for the distinct words that were asked."""
        if not self.words and not self.links:
            return np.zeros(len(texts))
        each = self.added.copy()
        lost = 0.0
        for word in asked:
            weights = self.words.get(word, (0.0, 0.0, 0.0))
            lost += weights[1]
            number = postings.vocabulary.get(word)
            if number is not None:
                each[number] = weights[0] - weights[1]
        for word in asked:
            linked = self.links.get(word)
            if linked is not None:
                each[linked[0]] += linked[1]
        held, owner = postings.gather(texts)
        return np.asarray(lost + np.bincount(owner, weights=each[held], minlength=len(texts)), np.float64)

    def score(self, asked: Sequence[str], text: Sequence[str]) -> float:
        """Return the learned score of one text, given as its words; links are not read."""
        total = 0.0
        for word in set(asked):
            row = self.words.get(word)
            if row is not None:
                total += row[0] if word in text else row[1]
        return total + sum(
            self.words[word][2] for word in set(text) if word in self.words and word not in asked
        )
