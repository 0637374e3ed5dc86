"""A linear classifier over the phrasings of well-kept entries: every gram and word votes.

Two closed-form classifiers share one table: the centroid of an entry's phrasings (TF-IDF, each phrasing of
length one) and naive Bayes. Both need several phrasings to say anything, so only entries with at least
`FEW` take part.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from intents.postings import CHUNK, READ, Floats, Ints, Longs

Doubles = NDArray[np.float64]

FEW = 3
BUCKETS = 1 << 18
"""Terms are hashed: no vocabulary has to be kept."""
SMOOTH = 0.2
FLOOR = -1.5
"""The worst vote of a single term, so that one strange word doesn't outvote a sentence."""


def buckets(text: str, words: Sequence[str]) -> Longs:
    """Return the distinct hashed character 1–3-grams and words of a text."""
    terms = {text[i : i + n] for n in (1, 2, 3) for i in range(len(text) - n + 1)}
    terms.update("=" + word for word in words)
    return np.fromiter({crc32(term.encode("utf-8", "replace")) % BUCKETS for term in terms}, np.int64)


@dataclass(frozen=True, slots=True)
class Votes:
    """Immutable. Term → subjects, with the weight of each in both classifiers."""

    starts: Longs
    subjects: Ints
    central: Floats
    bayes: Floats
    idf: Floats
    size: int

    @classmethod
    def build(
        cls, texts: Sequence[str], words: Sequence[Sequence[str]], owners: Longs, size: int
    ) -> Votes | None:
        """Learn from phrasings; None where no subject has enough of them."""
        counts = np.bincount(owners, minlength=size)
        used = np.flatnonzero(counts[owners] >= FEW)
        if not len(used):
            return None
        found: list[Longs] = []
        for number, place in enumerate(used.tolist()):
            found.append(buckets(texts[place], words[place]))
            if number % CHUNK == CHUNK - 1:
                time.sleep(0)
        lengths = np.array([len(row) for row in found], np.int64)
        return cls._learn(
            np.concatenate(found), np.repeat(np.arange(len(used)), lengths), owners[used], counts
        )

    @classmethod
    def _learn(cls, terms: Longs, phrasing: Longs, owners: Longs, counts: Longs) -> Votes:
        total, size = len(owners), len(counts)
        frequency = np.bincount(terms, minlength=BUCKETS)
        idf = np.log((1 + total) / (1 + frequency)) + 1
        norm = np.sqrt(np.bincount(phrasing, weights=idf[terms] ** 2, minlength=total)) + 1e-9
        keys, place, often = np.unique(
            terms * size + owners[phrasing], return_inverse=True, return_counts=True
        )
        term, subject = keys // size, keys % size
        central = np.bincount(place, weights=idf[terms] / norm[phrasing])
        length = np.sqrt(np.bincount(subject, weights=central**2, minlength=size)) + 1e-9
        share = (often + SMOOTH) / (counts[subject] + 10 * SMOOTH)
        general = (frequency[term] + SMOOTH) / (total + 10 * SMOOTH)
        return cls(
            starts=np.concatenate(([0], np.cumsum(np.bincount(term, minlength=BUCKETS)))).astype(np.int64),
            subjects=subject.astype(np.int32),
            central=(central / length[subject]).astype(np.float32),
            bayes=(np.maximum(np.log(share / general), FLOOR) - FLOOR).astype(np.float32),
            idf=idf.astype(np.float32),
            size=size,
        )

    def scores(self, text: str, words: Sequence[str]) -> tuple[Doubles, Doubles]:
        """Return for every subject the cosine with its centroid and the mean vote of naive Bayes."""
        terms = buckets(text, words)
        if not len(terms):
            return np.zeros(self.size), np.zeros(self.size)
        lengths = self.starts[terms + 1] - self.starts[terms]
        if int(lengths.sum()) > READ:
            order = np.argsort(lengths, kind="stable")
            terms = terms[order[: max(int(np.searchsorted(np.cumsum(lengths[order]), READ)), 1)]]
        starts, ends = self.starts[terms].tolist(), self.starts[terms + 1].tolist()
        spans = [slice(start, end) for start, end in zip(starts, ends, strict=True)]
        subjects = np.concatenate([self.subjects[span] for span in spans])
        idf = self.idf[terms]
        weight = np.repeat(
            idf / (float(np.linalg.norm(idf)) + 1e-9), [span.stop - span.start for span in spans]
        )
        central = np.concatenate([self.central[span] for span in spans]) * weight
        bayes = np.concatenate([self.bayes[span] for span in spans])
        return (
            np.bincount(subjects, weights=central, minlength=self.size).astype(np.float64),
            np.bincount(subjects, weights=bayes, minlength=self.size) / len(terms),
        )
