"""Plain methods on the same questions: bm25s over jieba words, character TF-IDF, rapidfuzz alone."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

import bm25s
import numpy as np
from numpy.typing import NDArray
from rapidfuzz import fuzz, process
from sklearn.feature_extraction.text import TfidfVectorizer

from intents import words
from intents.decisions import Subject
from intents.evaluation import Query, auroc, right_at_false_alarms

Scorer = Callable[[str], NDArray[Any]]


def _texts(subjects: Sequence[Subject], *, answers: bool) -> tuple[list[str], list[str]]:
    texts, owners = [], []
    for subject in subjects:
        for text in (subject.question, *subject.alternates):
            texts.append(f"{text} {subject.answer}" if answers else text)
            owners.append(subject.id)
    return texts, owners


def bm25(texts: list[str]) -> Scorer:
    cut = words.tokenizer().lcut
    index = bm25s.BM25()
    index.index([[word for word in cut(text) if word.strip()] for text in texts], show_progress=False)

    def score(text: str) -> NDArray[Any]:
        known = [word for word in cut(text) if word in index.vocab_dict]
        return np.asarray(index.get_scores(known)) if known else np.zeros(len(texts))

    return score


def tfidf(texts: list[str]) -> Scorer:
    vectors = TfidfVectorizer(analyzer="char", ngram_range=(1, 2), sublinear_tf=True)
    table = vectors.fit_transform(texts)
    return lambda text: np.asarray((table @ vectors.transform([text]).T).todense()).ravel()


def ratio(texts: list[str]) -> Scorer:
    return lambda text: process.cdist([text], texts, scorer=fuzz.ratio, dtype=np.float32)[0]


PEERS: dict[str, Callable[[list[str]], Scorer]] = {
    "bm25s jieba": bm25,
    "char TF-IDF": tfidf,
    "rapidfuzz ratio": ratio,
}


def measure(name: str, subjects: Sequence[Subject], queries: Sequence[Query]) -> dict[str, float | None]:
    """Return recall@1, AUROC, right@fa10 and the median time of one plain method."""
    texts, owners = _texts(subjects, answers=name != "rapidfuzz ratio")
    score = PEERS[name](texts)
    top, right, spent = [], [], []
    for query in queries:
        begun = time.perf_counter()
        scores = score(query.text)
        best = int(scores.argmax())
        spent.append((time.perf_counter() - begun) * 1000)
        top.append(float(scores[best]))
        right.append(owners[best] in query.expected)
    known = np.array([bool(query.expected) for query in queries])
    scores, hits = np.array(top), np.array(right)
    return {
        "recall_1": float(hits[known].mean()),
        "auroc": auroc(scores[known], scores[~known]),
        "right_at_fa10": right_at_false_alarms(scores[known], hits[known], scores[~known]),
        "median_ms": float(np.median(spent)),
    }
