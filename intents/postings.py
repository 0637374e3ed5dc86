"""An inverted index over one kind of term, as flat arrays: term → texts with BM25 impacts, text → terms."""

from __future__ import annotations

import time
from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Ints = NDArray[np.int32]
Longs = NDArray[np.int64]

K1 = 1.2
READ = 25_000
"""List entries that are read for one question: what keeps time below linear in the number of texts."""
CHUNK = 2000
"""Texts that are worked on before other threads get a turn."""


@dataclass(frozen=True, slots=True)
class Postings:
    """Immutable. A text's terms are distinct and sorted; their frequency only counts in `impacts`."""

    vocabulary: dict[str, int]
    idf: Floats
    starts: Longs
    texts: Ints
    impacts: Floats
    """BM25 weight of a term in a text, aligned with `texts`."""
    rows: Longs
    terms: Ints

    @property
    def size(self) -> int:
        """Number of texts."""
        return len(self.rows) - 1

    @property
    def unseen(self) -> float:
        """The idf of a term that stands nowhere."""
        return float(np.log(1 + (self.size + 0.5) / 0.5))

    @classmethod
    def build(cls, texts: Iterable[Sequence[str]], *, b: float = 0.4, k1: float = K1) -> Postings:
        """Index texts, each given as its terms (repeated as often as they occur)."""
        vocabulary: dict[str, int] = {}
        lengths: list[int] = []
        flat = array("q")
        for number, terms in enumerate(texts):
            flat.extend(vocabulary.setdefault(term, len(vocabulary)) for term in terms)
            lengths.append(len(terms))
            if number % CHUNK == CHUNK - 1:
                time.sleep(0)
        return cls._from_flat(
            vocabulary,
            np.asarray(lengths, np.int64),
            np.frombuffer(flat, np.int64) if flat else np.zeros(0, np.int64),
            b,
            k1,
        )

    @classmethod
    def _from_flat(
        cls, vocabulary: dict[str, int], lengths: Longs, flat: Longs, b: float, k1: float
    ) -> Postings:
        count, size = len(lengths), max(len(vocabulary), 1)
        keys, often = np.unique(np.repeat(np.arange(count), lengths) * size + flat, return_counts=True)
        texts, terms = (keys // size).astype(np.int32), (keys % size).astype(np.int32)
        frequency = np.bincount(terms, minlength=size)
        idf = np.log(1 + (count - frequency + 0.5) / (frequency + 0.5)).astype(np.float32)
        norm = k1 * (1 - b + b * lengths / max(float(lengths.mean()) if count else 1.0, 1e-9))
        impacts = (idf[terms] * often * (k1 + 1) / (often + norm[texts])).astype(np.float32)
        order = np.argsort(terms, kind="stable")
        return cls(
            vocabulary=vocabulary,
            idf=idf,
            starts=np.concatenate(([0], np.cumsum(frequency))).astype(np.int64),
            texts=texts[order],
            impacts=impacts[order],
            rows=np.concatenate(([0], np.cumsum(np.bincount(texts, minlength=count)))).astype(np.int64),
            terms=terms,
        )

    def scores(self, numbers: Longs) -> NDArray[np.float64]:
        """Return the BM25 sum of the terms `numbers` for every text."""
        return self._sums(numbers, self.impacts, None)

    def asked(self, numbers: Longs) -> NDArray[np.float64]:
        """Return the idf sum of those terms that stand in a text, for every text."""
        return self._sums(numbers, None, self.idf)

    def _rarest(self, numbers: Longs) -> Longs:
        """Return the rarest terms whose lists together stay within `READ`; common ones only cost."""
        lengths = self.starts[numbers + 1] - self.starts[numbers]
        if int(lengths.sum()) <= READ:
            return numbers
        order = np.argsort(lengths, kind="stable")
        enough = max(int(np.searchsorted(np.cumsum(lengths[order]), READ)), 1)
        return numbers[order[:enough]]

    def _sums(self, numbers: Longs, impacts: Floats | None, idf: Floats | None) -> NDArray[np.float64]:
        numbers = self._rarest(numbers)
        starts, ends = self.starts[numbers].tolist(), self.starts[numbers + 1].tolist()
        spans = list(zip(starts, ends, strict=True))
        if not spans:
            return np.zeros(self.size)
        texts = np.concatenate([self.texts[a:z] for a, z in spans])
        if impacts is not None:
            weights = np.concatenate([impacts[a:z] for a, z in spans])
        else:
            assert idf is not None  # noqa: S101 - one of the two is given
            weights = np.repeat(idf[numbers], [z - a for a, z in spans])
        return np.asarray(np.bincount(texts, weights=weights, minlength=self.size), np.float64)

    def gather(self, texts: Longs) -> tuple[Ints, Longs]:
        """Return the terms of `texts` one after another, and for each term the place of its text."""
        first = self.rows[texts]
        lengths = self.rows[texts + 1] - first
        owner = np.repeat(np.arange(len(texts)), lengths)
        offset = np.arange(len(owner)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
        return self.terms[first[owner] + offset], owner
