"""Single words as signs: what a question and the standard question of a candidate have to do with each other.

A fit learns a weight for each sign: a word that both have ("="), that only the question has ("-"), that
only the standard question has ("+"), and each pair of a word that was asked and a word of the standard
question: a link. Links say which words go together, 宝宝 with 孩子, 钱没到 with 到账时间.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

Doubles = NDArray[np.float64]
Bools = NDArray[np.bool_]
Longs = NDArray[np.int64]
Sign = tuple[str, str]
"""("=", shared) · ("-", lost) · ("+", added) · (asked, word of the standard question)"""

SINGLE = "=-+"
SEEN = 3
"""Times a sign must have been seen before it gets a weight."""
WRONG = 0.15
"""What a sighting with a wrong candidate counts."""
_WIDE = 1 << 24
"""More than the number of words: packs two words into one number."""
_BLOCK = 500
"""Questions whose signs are counted at once."""


@dataclass(frozen=True, slots=True)
class Example:
    """One labelled question with its candidates."""

    features: Doubles
    right: Bools
    known: bool
    asked: frozenset[str]
    texts: tuple[frozenset[str], ...]
    """Words of each candidate's standard question."""
    question: str = ""
    """What is asked: a question and its mistyped copy are never on both sides of a held-out fit."""


def single(asked: frozenset[str], text: frozenset[str]) -> Iterator[Sign]:
    """Return what happened to each word between a question and a standard question."""
    yield from (("=", word) for word in asked & text)
    yield from (("-", word) for word in asked - text)
    yield from (("+", word) for word in text - asked)


@dataclass(slots=True)
class Coder:
    """Words as numbers, signs as pairs of them packed into one."""

    numbers: dict[str, int]
    texts: dict[frozenset[str], Longs]

    @classmethod
    def empty(cls) -> Coder:
        """Return a coder that knows the marks of single words only."""
        return cls({mark: place for place, mark in enumerate(SINGLE)}, {})

    def number(self, word: str) -> int:
        """Return a word's number; a new word gets the next one."""
        return self.numbers.setdefault(word, len(self.numbers))

    def code(self, sign: Sign) -> int:
        """Return the number of a sign."""
        return self.number(sign[0]) * _WIDE + self.number(sign[1])

    def _numbers(self, text: frozenset[str]) -> Longs:
        found = self.texts.get(text)
        if found is None:
            found = np.array([self.number(word) for word in text], np.int64)
            self.texts[text] = found
        return found

    def signs(self, example: Example) -> tuple[Longs, Longs]:
        """Return the codes of all signs of a question, and the candidate of each."""
        asked = np.array([self.number(word) for word in example.asked], np.int64)
        texts = [self._numbers(text) for text in example.texts]
        if not texts or not len(asked):
            return np.zeros(0, np.int64), np.zeros(0, np.int64)
        held = np.concatenate(texts)
        owner = np.repeat(np.arange(len(texts)), [len(text) for text in texts])
        same = asked[:, None] == held
        shared = same.any(axis=0)
        lost = np.ones((len(asked), len(texts)), bool)
        place, column = np.nonzero(same)
        lost[place, owner[column]] = False
        missing, missed_by = np.nonzero(lost)
        codes = (
            held[shared],
            _WIDE + asked[missing],
            2 * _WIDE + held[~shared],
            (asked[:, None] * _WIDE + held).ravel(),
        )
        owners = (owner[shared], missed_by, owner[~shared], np.tile(owner, len(asked)))
        return np.concatenate(codes), np.concatenate(owners)


def vocabulary(made: Sequence[Example]) -> dict[Sign, int]:
    """Return the signs worth a weight: seen often enough, above all with right candidates."""
    coder = Coder.empty()
    codes: Longs = np.zeros(0, np.int64)
    worths: Doubles = np.zeros(0)
    for start in range(0, len(made), _BLOCK):
        parts, values = [codes], [worths]
        for example in made[start : start + _BLOCK]:
            found, owner = coder.signs(example)
            parts.append(found)
            values.append(np.where(example.right, 1.0, WRONG)[owner])
        codes, places = np.unique(np.concatenate(parts), return_inverse=True)
        worths = np.asarray(np.bincount(places, weights=np.concatenate(values)), np.float64)
    names = list(coder.numbers)
    kept = codes[worths >= SEEN].tolist()
    return {(names[code // _WIDE], names[code % _WIDE]): place for place, code in enumerate(kept)}


@dataclass(slots=True)
class Design:
    """The candidates of all examples as tables."""

    dense: Doubles
    words: csr_array
    right: Doubles
    starts: Longs
    counts: Longs


def design(made: Sequence[Example], known: Mapping[Sign, int]) -> Design:
    """Lay examples out as tables; `known` gives the columns of the signs."""
    counts = np.array([len(example.right) for example in made], np.int64)
    starts = np.concatenate(([0], np.cumsum(counts)[:-1]))
    return Design(
        dense=np.concatenate([example.features for example in made]),
        words=_words(made, known, starts, int(counts.sum())),
        right=np.concatenate([example.right for example in made]).astype(np.float64),
        starts=starts,
        counts=counts,
    )


def _words(made: Sequence[Example], known: Mapping[Sign, int], starts: Longs, lines: int) -> csr_array:
    if not known:
        return csr_array((lines, 0))
    coder = Coder.empty()
    codes = np.array([coder.code(sign) for sign in known], np.int64)
    columns = np.array(list(known.values()), np.int64)
    order = np.argsort(codes)
    codes, columns = codes[order], columns[order]
    rows_found, columns_found = [], []
    for start, example in zip(starts.tolist(), made, strict=True):
        found, owner = coder.signs(example)
        place = np.minimum(np.searchsorted(codes, found), len(codes) - 1)
        hit = codes[place] == found
        rows_found.append(owner[hit] + start)
        columns_found.append(columns[place[hit]])
    rows, places = np.concatenate(rows_found), np.concatenate(columns_found)
    return csr_array((np.ones(len(rows)), (rows, places)), shape=(lines, len(known)))
