"""What a hall's labelled questions teach about single words.

For a question and a phrasing, each word is shared, lost (only in the question) or added (only in the
phrasing); each pair of a lost and an added word is a swap. Every one of these has a learned weight, and
their sum is one feature of the ranking. So 宝宝 for 孩子 may cost nothing, and 赎回 for 申购 a lot.
`intents.fitting` learns the weights; a hall without labels has none.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from intents.features import Overlap, Terms
from intents.postings import Longs

Doubles = NDArray[np.float64]
WordWeights = Mapping[str, tuple[float, float, float]]
"""word → (shared, lost, added)"""
Swaps = Mapping[str, Mapping[str, float]]
"""lost word → added word → weight"""


@dataclass(frozen=True, slots=True)
class Learned:
    """Word weights made ready for one vocabulary."""

    words: WordWeights
    added: Doubles
    """Weight of each word of the vocabulary when only the phrasing has it."""
    swaps: Mapping[str, tuple[Longs, Doubles]]
    """lost word → numbers of added words, weights."""

    @classmethod
    def of(cls, words: WordWeights, swaps: Swaps, vocabulary: Mapping[str, int]) -> Learned:
        """Look up the words of a vocabulary."""
        added = np.zeros(max(len(vocabulary), 1))
        for word, (_, _, weight) in words.items():
            number = vocabulary.get(word)
            if number is not None:
                added[number] = weight
        ready: dict[str, tuple[Longs, Doubles]] = {}
        for lost, targets in swaps.items():
            pairs = [(vocabulary[word], weight) for word, weight in targets.items() if word in vocabulary]
            if pairs:
                ready[lost] = (np.array([n for n, _ in pairs], np.int64), np.array([w for _, w in pairs]))
        return cls(words, added, ready)

    def scores(self, terms: Terms, shared: Overlap) -> Doubles:
        """Return the learned score of each candidate phrasing."""
        count = shared.table.shape[1]
        weights = np.array([self.words.get(name, (0.0, 0.0, 0.0)) for name in terms.names]).reshape(-1, 3)
        total = weights[:, 1].sum() + (weights[:, 0] - weights[:, 1]) @ shared.table
        total = total + np.bincount(
            shared.owner, weights=self.added[shared.held] * ~shared.hit, minlength=count
        )
        return np.asarray(total + self._swapped(terms, shared, count), np.float64)

    def score(self, asked: Sequence[str], text: Sequence[str]) -> float:
        """Return the learned score of one phrasing, given as its words; swaps are not read."""
        total = 0.0
        for word in set(asked):
            row = self.words.get(word)
            if row is not None:
                total += row[0] if word in text else row[1]
        return total + sum(
            self.words[word][2] for word in set(text) if word in self.words and word not in asked
        )

    def _swapped(self, terms: Terms, shared: Overlap, count: int) -> Doubles:
        places, targets, weights = [], [], []
        for place, name in enumerate(terms.names):
            ready = self.swaps.get(name)
            if ready is not None:
                places.append(np.full(len(ready[0]), place))
                targets.append(ready[0])
                weights.append(ready[1])
        if not places:
            return np.zeros(count)
        asked, target, weight = np.concatenate(places), np.concatenate(targets), np.concatenate(weights)
        left = np.flatnonzero(~shared.hit)
        held, rule = np.nonzero(shared.held[left][:, None] == target)
        owner = shared.owner[left[held]]
        weight = weight[rule] * ~shared.table[asked[rule], owner]
        return np.asarray(np.bincount(owner, weights=weight, minlength=count), np.float64)
