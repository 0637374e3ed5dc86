"""From a question to its best candidates: recall from inverted indexes, then features of each subject."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rapidfuzz import process
from rapidfuzz.distance import LCSseq

from intents import features as f
from intents.analysis import Analyser, Reading, grams
from intents.corpus import Corpus, figures_of, terms_of
from intents.postings import Floats, Longs
from intents.votes import FEW as VOTERS

Doubles = NDArray[np.float64]

PHRASINGS = 60
"""Phrasings that are looked at closely."""
SUBJECTS = 30
"""Subjects that are found through their answers."""
NEAREST = 3
"""Phrasings of a subject that speak for it."""

_PAIR = (
    *(f"word_{name}" for name in f.CHANNEL),
    *(f"gram_{name}" for name in f.CHANNEL),
    *(f"sound_{name}" for name in f.CHANNEL),
    *(f"content_{name}" for name in f.WEIGHED),
    "text_ratio", "core_ratio", "sound_ratio",
    "kind_agree", "kind_conflict", "kind_lost", "kind_added",
    "length", "longer", "shorter", "digits", "unknown_words",
)  # fmt: skip
_SUBJECT = (
    "likeness", "likeness_three", "phrasings", "recall", "recall_share",
    "central", "bayes", "central_share", "bayes_share", "votes",
)  # fmt: skip
_ANSWER = (
    "answers", "document", "document_share", "document_asked", "passage", "passage_share", "passage_asked",
    "passage_order", "passages",
)  # fmt: skip
NAMES = (*_PAIR, *_SUBJECT, *_ANSWER)
_AT = {name: place for place, name in enumerate(NAMES)}
_LIKENESS = [
    _AT[name] for name in ("word_overlap", "gram_cosine", "sound_cosine", "core_ratio", "text_ratio")
]


@dataclass(frozen=True, slots=True)
class Candidates:
    """Subjects worth ranking, with their features and their nearest phrasing."""

    places: Longs
    phrasings: Longs
    features: Floats
    words: f.Terms
    """Words of the question."""

    def sorted(self, order: Longs) -> Candidates:
        """Return the same subjects in another order."""
        return replace(
            self,
            places=self.places[order],
            phrasings=self.phrasings[order],
            features=self.features[order],
        )


def _top(scores: Doubles, count: int) -> Longs:
    """Return the places of the `count` highest positive scores, best first."""
    best = float(scores.max(initial=0.0))
    if best <= 0:
        return np.zeros(0, np.int64)
    found = np.flatnonzero(scores > 0.15 * best)
    if len(found) > count:
        found = found[np.argpartition(-scores[found], count)[:count]]
    return found[np.argsort(-scores[found], kind="stable")].astype(np.int64)


def best_of(scores: Doubles, owners: Longs, size: int) -> Doubles:
    """Return the highest score of each owner (0 where it has none)."""
    best = np.zeros(size)
    np.maximum.at(best, owners, scores)
    return best


def find(reading: Reading, corpus: Corpus, analyser: Analyser) -> Candidates:
    """Return the best subjects for a question."""
    word = f.Terms.of(reading.words, corpus.words)
    gram = f.Terms.of(grams(reading.text), corpus.grams)
    sound = f.Terms.of(grams(reading.spoken), corpus.sounds)
    recall = (
        corpus.words.scores(word.known())
        + 0.7 * corpus.grams.scores(gram.known())
        + 0.5 * corpus.sounds.scores(sound.known())
    )
    chosen = _top(recall, PHRASINGS)
    answers = None
    if corpus.answers is not None:
        answers = _Answered.of(reading, corpus)
        chosen = np.unique(np.concatenate([chosen, answers.firsts(recall, corpus)]))
    shared = f.overlap(word, corpus.words, chosen)
    own = np.array([analyser.content(name) for name in word.names], np.float32)
    columns = [
        *f.channel(word, corpus.words, shared),
        *f.channel(gram, corpus.grams, f.overlap(gram, corpus.grams, chosen)),
        *f.channel(sound, corpus.sounds, f.overlap(sound, corpus.sounds, chosen)),
        *f.weighed(own, corpus.content, shared),
        *_strings(reading, corpus, chosen),
        np.full(len(chosen), float(own[word.numbers < 0].sum())),
    ]
    table = _table(columns, len(chosen))
    return _by_subject(table, chosen, recall, answers, corpus, word, reading)


def _table(columns: Sequence[NDArray[Any]], count: int) -> Floats:
    """Return columns of any number type as one table."""
    table = np.empty((len(columns), count), np.float32)
    for place, column in enumerate(columns):
        table[place] = column
    return table.T


def _strings(reading: Reading, corpus: Corpus, chosen: Longs) -> list[NDArray[Any]]:
    places = chosen.tolist()
    texts = [corpus.phrasings[i] for i in places]
    kinds, asked = corpus.kinds[chosen], reading.kinds
    both = kinds & asked
    length, own = corpus.lengths[chosen], len(reading.text)
    return [
        f.likeness(reading.text, texts),
        f.likeness(reading.core, [corpus.cores[i] for i in places]),
        f.likeness(reading.spoken, [corpus.spoken[i] for i in places]),
        both != 0,
        (both == 0) & (kinds != 0) & (asked != 0),
        np.bitwise_count(asked & ~kinds),
        np.bitwise_count(kinds & ~asked),
        np.full(len(chosen), own),
        np.maximum(length - own, 0) / (own + 1),
        np.maximum(own - length, 0) / (own + 1),
        corpus.figures[chosen] != figures_of(reading.text),
    ]


@dataclass(frozen=True, slots=True)
class _Answered:
    """How well the answers fit a question."""

    document: Doubles
    asked: Doubles
    passage: Doubles
    passage_scores: Doubles
    passage_asked: Doubles
    passages: Longs
    """Number of passages of each subject."""
    total: float
    text: str

    @classmethod
    def of(cls, reading: Reading, corpus: Corpus) -> _Answered:
        answers = corpus.answers
        assert answers is not None  # noqa: S101 - the caller checked
        size = len(corpus.ids)
        names = terms_of(reading)
        whole = f.Terms.of(names, answers.documents)
        parts = f.Terms.of(names, answers.passages)
        known = parts.known()
        scores = answers.passages.scores(known)
        return cls(
            document=answers.documents.scores(whole.known()),
            asked=answers.documents.asked(whole.known()) / (float(whole.idf.sum()) + 1e-6),
            passage=best_of(scores, answers.owners, size),
            passage_scores=scores,
            passage_asked=best_of(
                answers.passages.asked(known) / (float(parts.idf.sum()) + 1e-6), answers.owners, size
            ),
            passages=np.bincount(answers.owners, minlength=size),
            total=float(whole.idf.sum()) + 1e-6,
            text=reading.text,
        )

    def firsts(self, recall: Doubles, corpus: Corpus) -> Longs:
        """Return the standard question of each subject whose answer (or phrasing) fits best."""
        best = best_of(recall, corpus.owners, len(corpus.ids)) + self.document + self.passage
        return corpus.firsts[_top(best, SUBJECTS)]

    def columns(self, places: Longs, corpus: Corpus) -> list[NDArray[Any]]:
        """Return `_ANSWER` for some subjects."""
        document, passage = self.document[places], self.passage[places]
        return [
            np.ones(len(places)),
            document / self.total,
            document / max(float(self.document.max(initial=0.0)), 1e-6),
            self.asked[places],
            passage / self.total,
            passage / max(float(self.passage.max(initial=0.0)), 1e-6),
            self.passage_asked[places],
            self._order(places, corpus),
            np.log1p(np.bincount(corpus.answers.owners, minlength=len(corpus.ids))[places])
            if corpus.answers
            else places * 0.0,
        ]

    def _order(self, places: Longs, corpus: Corpus) -> Doubles:
        """Return how much of the question stands in the best passage in the same order, 0 to 1."""
        answers = corpus.answers
        assert answers is not None  # noqa: S101 - the caller checked
        texts = []
        starts, ends = (
            np.searchsorted(answers.owners, places),
            np.searchsorted(answers.owners, places, "right"),
        )
        for start, end in zip(starts.tolist(), ends.tolist(), strict=True):
            texts.append(
                answers.texts[start + int(self.passage_scores[start:end].argmax())] if end > start else ""
            )
        found = process.cdist([self.text], texts, scorer=LCSseq.similarity, dtype=np.float32)[0]
        return np.asarray(found / max(len(self.text), 1), np.float64)


def _voted(reading: Reading, places: Longs, corpus: Corpus) -> list[Doubles]:
    """Return what the classifier says of some subjects, also against the best of them."""
    if corpus.votes is None:
        return [np.zeros(len(places))] * 5
    central, bayes = (scores[places] for scores in corpus.votes.scores(reading.text, reading.words))
    taking_part = (corpus.counts[places] >= VOTERS).astype(np.float64)
    return [central, bayes, central - central.max(), bayes - bayes.max(), taking_part]


def _by_subject(
    table: Floats,
    chosen: Longs,
    recall: Doubles,
    answers: _Answered | None,
    corpus: Corpus,
    word: f.Terms,
    reading: Reading,
) -> Candidates:
    """Keep each subject's nearest phrasing and add what its other phrasings and its answer say."""
    if not len(chosen):
        empty = np.zeros(0, np.int64)
        return Candidates(empty, empty, np.zeros((0, len(NAMES)), np.float32), word)
    likeness = table[:, _LIKENESS].mean(axis=1)
    owners = corpus.owners[chosen]
    order = np.lexsort((-likeness, owners))
    owners = owners[order]
    starts = np.flatnonzero(np.concatenate(([True], owners[1:] != owners[:-1])))
    rank = np.arange(len(order)) - np.repeat(starts, np.diff(np.append(starts, len(order))))
    sums = np.add.reduceat(likeness[order] * (rank < NEAREST), starts)
    places = owners[starts]
    best = order[starts]
    found = recall[chosen[best]]
    counts = corpus.counts[places]
    columns = [
        likeness[best],
        sums / np.minimum(counts, NEAREST),
        np.log1p(counts),
        found,
        found / max(float(recall.max(initial=0.0)), 1e-6),
        *_voted(reading, places, corpus),
        *(answers.columns(places, corpus) if answers else [np.zeros(len(places))] * len(_ANSWER)),
    ]
    rows = np.concatenate([table[best], _table(columns, len(best))], axis=1)
    return Candidates(places, chosen[best], rows, word)
