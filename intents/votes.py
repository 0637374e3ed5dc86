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
SHARDS = 32
"""Steps in which a large table is put together: numpy holds the interpreter while it works on one."""
SMOOTH = 0.2
FLOOR = -1.5
"""The worst vote of a single term, so that one strange word doesn't outvote a sentence."""


def buckets(text: str, words: Sequence[str]) -> Longs:
    """Return the distinct hashed character 1–3-grams and words of a text."""
    terms = {text[i : i + n] for n in (1, 2, 3) for i in range(len(text) - n + 1)}
    terms.update("=" + word for word in words)
    return np.fromiter({crc32(term.encode("utf-8", "replace")) % BUCKETS for term in terms}, np.int64)


def _terms_of(
    texts: Sequence[str], words: Sequence[Sequence[str]], used: Longs
) -> tuple[list[Longs], list[Longs]]:
    """Return the terms of the phrasings `used` in blocks, and the place of each term's phrasing in `used`."""
    terms: list[Longs] = []
    phrasing: list[Longs] = []
    for start in range(0, len(used), CHUNK):
        block = [buckets(texts[place], words[place]) for place in used[start : start + CHUNK].tolist()]
        terms.append(np.concatenate(block))
        phrasing.append(np.repeat(np.arange(start, start + len(block)), [len(row) for row in block]))
        time.sleep(0)
    return terms, phrasing


def _normed(idf: Doubles, phrasing: Longs) -> Doubles:
    """Return the weights of one block's terms when each phrasing has length one."""
    place = phrasing - phrasing[0] if len(phrasing) else phrasing
    return np.asarray(idf / (np.sqrt(np.bincount(place, weights=idf**2)) + 1e-9)[place], np.float64)


@dataclass(frozen=True, slots=True)
class _Sums:
    """What the same keys add up to."""

    keys: Longs
    often: Longs
    sums: Doubles


def _summed(keys: Longs, weights: Doubles, size: int) -> _Sums:
    """Add up the weights of equal keys (term × `size` + subject), the keys rising."""
    parts: list[_Sums] = []
    for shard in range(SHARDS):
        low, high = (BUCKETS // SHARDS * edge * size for edge in (shard, shard + 1))
        own = np.flatnonzero((keys >= low) & (keys < high))
        found, place, often = np.unique(keys[own], return_inverse=True, return_counts=True)
        sums = np.bincount(place, weights=weights[own], minlength=len(found))
        parts.append(_Sums(found, often, np.asarray(sums, np.float64)))
        time.sleep(0)
    return _Sums(
        np.concatenate([part.keys for part in parts]),
        np.concatenate([part.often for part in parts]),
        np.concatenate([part.sums for part in parts]),
    )


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
        terms, phrasing = _terms_of(texts, words, used)
        return cls._learn(terms, phrasing, owners[used], counts)

    @classmethod
    def _learn(cls, terms: Sequence[Longs], phrasing: Sequence[Longs], owners: Longs, counts: Longs) -> Votes:
        """Learn from the terms of phrasings, given in blocks; see `SHARDS` for why in so small steps."""
        total, size = len(owners), len(counts)
        frequency = sum((np.bincount(block, minlength=BUCKETS) for block in terms), np.zeros(BUCKETS, int))
        idf = np.log((1 + total) / (1 + frequency)) + 1
        weights = [_normed(idf[block], place) for block, place in zip(terms, phrasing, strict=True)]
        keys = np.concatenate(
            [block * size + owners[place] for block, place in zip(terms, phrasing, strict=True)]
        )
        found = _summed(keys, np.concatenate(weights), size)
        term, subject = found.keys // size, found.keys % size
        length = np.sqrt(np.bincount(subject, weights=found.sums**2, minlength=size)) + 1e-9
        share = (found.often + SMOOTH) / (counts[subject] + 10 * SMOOTH)
        general = (frequency[term] + SMOOTH) / (total + 10 * SMOOTH)
        return cls(
            starts=np.concatenate(([0], np.cumsum(np.bincount(term, minlength=BUCKETS)))).astype(np.int64),
            subjects=subject.astype(np.int32),
            central=(found.sums / length[subject]).astype(np.float32),
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
