"""What makes a question and a phrasing alike: features, computed for all candidates at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from rapidfuzz import fuzz, process

from intents.postings import Floats, Ints, Longs, Postings

Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Terms:
    """A question's distinct terms in one inverted index; -1: stands nowhere in it."""

    names: tuple[str, ...]
    numbers: Longs
    idf: Floats

    @classmethod
    def of(cls, names: Sequence[str], postings: Postings) -> Terms:
        """Look up distinct terms."""
        distinct = tuple(dict.fromkeys(names))
        look = postings.vocabulary.get
        numbers = np.array([look(name, -1) for name in distinct], np.int64)
        idf = np.where(numbers >= 0, postings.idf[numbers], np.float32(postings.unseen)).astype(np.float32)
        return cls(distinct, numbers, idf)

    def known(self) -> Longs:
        """Return the numbers of the terms that stand somewhere."""
        return self.numbers[self.numbers >= 0]


@dataclass(frozen=True, slots=True)
class Overlap:
    """Which terms of a question stand in which of the candidate texts."""

    table: Bools
    """Question terms × texts."""
    held: Ints
    """The texts' terms, one text after another."""
    owner: Longs
    """The text of each held term."""
    hit: Bools
    """Whether the held term stands in the question."""


def overlap(terms: Terms, postings: Postings, texts: Longs) -> Overlap:
    """Compare a question's terms with those of some texts."""
    held, owner = postings.gather(texts)
    table = np.zeros((len(terms.names), len(texts)), bool)
    if not len(terms.names):
        return Overlap(table, held, owner, np.zeros(len(held), bool))
    order = np.argsort(terms.numbers)
    place = np.searchsorted(terms.numbers[order], held)
    place[place == len(order)] = 0
    place = order[place]
    hit = terms.numbers[place] == held
    table[place[hit], owner[hit]] = True
    return Overlap(table, held, owner, hit)


CHANNEL = ("mass", "asked", "covered", "cosine", "overlap", "asked_flat", "covered_flat", "missing", "extra")


def channel(terms: Terms, postings: Postings, shared: Overlap) -> list[Floats]:
    """Return `CHANNEL`, one array over the texts each."""
    count = shared.table.shape[1]
    idf, held_idf = terms.idf, postings.idf[shared.held]
    ones = np.ones_like(idf)
    mass, square, flat = np.array([idf, idf * idf, ones]) @ shared.table.astype(np.float32)
    text_mass = np.bincount(shared.owner, weights=held_idf, minlength=count) + 1e-6
    text_square = np.bincount(shared.owner, weights=held_idf * held_idf, minlength=count) + 1e-6
    text_flat = np.bincount(shared.owner, minlength=count) + 1e-6
    total, total_square, total_flat = float(idf.sum()) + 1e-6, float(idf @ idf) + 1e-6, len(idf) + 1e-6
    missing = (idf[:, None] * ~shared.table).max(axis=0, initial=0.0)
    return [
        mass,
        mass / total,
        mass / text_mass,
        square / np.sqrt(total_square * text_square),
        mass / (total + text_mass - mass),
        flat / total_flat,
        flat / text_flat,
        missing,
        _largest(held_idf * ~shared.hit, shared.owner, count),
    ]


def _largest(values: Floats, owner: Longs, count: int) -> Floats:
    """Return the largest value of each owner; owners come in order, some may have none."""
    found = np.zeros(count, np.float32)
    if len(values):
        starts = np.flatnonzero(np.concatenate(([True], owner[1:] != owner[:-1])))
        found[owner[starts]] = np.maximum.reduceat(values, starts)
    return found


WEIGHED = ("asked", "covered", "missing", "extra")


def weighed(own: Floats, table: Floats, shared: Overlap) -> list[Floats]:
    """Return `WEIGHED` with other weights than idf: `own` of the question's terms, `table` of all terms."""
    count = shared.table.shape[1]
    held = table[shared.held]
    mass = own @ shared.table
    text_mass = np.bincount(shared.owner, weights=held, minlength=count) + 1e-6
    missing = (own[:, None] * ~shared.table).max(axis=0, initial=0.0)
    extra = _largest(held * ~shared.hit, shared.owner, count)
    return [mass / (float(own.sum()) + 1e-6), mass / text_mass, missing, extra]


def likeness(query: str, texts: Sequence[str]) -> Floats:
    """Return rapidfuzz's indel similarity of a string with each text, 0 to 1."""
    return np.asarray(process.cdist([query], texts, scorer=fuzz.ratio, dtype=np.float32)[0] / 100, np.float32)
