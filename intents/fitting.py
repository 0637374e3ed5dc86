"""Fit the weights on labelled questions.

A listwise ranking (softmax over a question's candidates) over dense features and single words, then a
confidence on cross-fitted rankings, then two thresholds on cross-fitted confidences. All convex, all
scipy's L-BFGS.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from random import Random

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.sparse import csr_array

from intents import candidates as c
from intents import confidence, typos
from intents.decisions import Subject
from intents.evaluation import Query
from intents.lexicon import Lexicon
from intents.matcher import Index
from intents.weights import Weights

Doubles = NDArray[np.float64]
Bools = NDArray[np.bool_]
Longs = NDArray[np.int64]
Progress = Callable[[int, int], None]
Sign = tuple[str, str]
"""("=", shared) · ("-", lost) · ("+", added) · (lost, added)"""

FOLDS = 3
RIDGE = 1.0
RIDGE_WORDS = 0.5
RIDGE_SCOPE = 1.0
RIDGE_GENERAL = 100.0
SEEN = 3
"""Times a word or swap must have been seen before it gets a weight."""
WRONG = 0.15
"""What a sighting with a wrong candidate counts."""
SLIGHT = 0.05
"""A weight that is not worth keeping."""
SWAPS = 6000
FEW = 20
"""Questions below which nothing can be learned."""


class FittingError(ValueError):
    """The questions can't be learned from; the message says in one line what to do."""


@dataclass(frozen=True, slots=True)
class Example:
    """One labelled question with its candidates."""

    features: Doubles
    right: Bools
    known: bool
    asked: frozenset[str]
    texts: tuple[frozenset[str], ...]
    """Words of each candidate's nearest phrasing."""


def examples(index: Index, queries: Sequence[Query], progress: Progress | None = None) -> list[Example]:
    """Return the candidates of every question, marked right or wrong."""
    names = list(index.corpus.words.vocabulary)
    made: list[Example] = []
    for number, query in enumerate(queries):
        found = c.find(index.analyser.read(query.text), index.corpus, index.analyser)
        places = [index.corpus.places[id_] for id_ in query.expected if id_ in index.corpus.places]
        rows = index.corpus.words.rows
        terms = index.corpus.words.terms
        texts = tuple(
            frozenset(names[n] for n in terms[rows[p] : rows[p + 1]].tolist())
            for p in found.phrasings.tolist()
        )
        made.append(
            Example(
                found.features.astype(np.float64),
                np.isin(found.places, places),
                bool(query.expected),
                frozenset(found.words.names),
                texts,
            )
        )
        if progress is not None:
            progress(number + 1, len(queries))
    return made


def mistyped(queries: Sequence[Query]) -> list[Query]:
    """Return the questions with one typing error each, so that the weights know what errors look like."""
    dice = Random(9)  # noqa: S311 - the same errors each time
    return [
        replace(query, text=typos.mistyped(query.text, place, dice)) for place, query in enumerate(queries)
    ]


def signs(asked: frozenset[str], text: frozenset[str]) -> Iterable[Sign]:
    """Return what happened to each word between a question and a phrasing."""
    lost, added = asked - text, text - asked
    yield from (("=", word) for word in asked & text)
    yield from (("-", word) for word in lost)
    yield from (("+", word) for word in added)
    yield from ((one, other) for one in lost for other in added)


@dataclass(slots=True)
class Design:
    """The candidates of all examples as tables."""

    dense: Doubles
    words: csr_array
    right: Doubles
    starts: Longs
    counts: Longs


def vocabulary(made: Sequence[Example]) -> dict[Sign, int]:
    """Return the signs worth a weight: seen often enough, above all with right candidates."""
    seen: dict[Sign, float] = {}
    for example in made:
        for right, text in zip(example.right.tolist(), example.texts, strict=True):
            worth = 1.0 if right else WRONG
            for sign in signs(example.asked, text):
                seen[sign] = seen.get(sign, 0.0) + worth
    return {sign: place for place, sign in enumerate(sign for sign, count in seen.items() if count >= SEEN)}


def design(made: Sequence[Example], known: dict[Sign, int]) -> Design:
    """Lay examples out as tables."""
    rows: list[int] = []
    columns: list[int] = []
    line = 0
    for example in made:
        for text in example.texts:
            found = [known[sign] for sign in signs(example.asked, text) if sign in known]
            columns.extend(found)
            rows.extend([line] * len(found))
            line += 1
    counts = np.array([len(example.right) for example in made], np.int64)
    return Design(
        dense=np.concatenate([example.features for example in made]),
        words=csr_array((np.ones(len(rows)), (rows, columns)), shape=(line, len(known))),
        right=np.concatenate([example.right for example in made]).astype(np.float64),
        starts=np.concatenate(([0], np.cumsum(counts)[:-1])),
        counts=counts,
    )


@dataclass(frozen=True, slots=True)
class Ranker:
    """A fitted ranking: weights of the dense features and of single words."""

    dense: Doubles
    signs: dict[Sign, float]

    def scores(self, example: Example) -> tuple[Doubles, Doubles]:
        """Return the score of each candidate and the part that single words have in it."""
        words = np.array(
            [sum(self.signs.get(s, 0.0) for s in signs(example.asked, text)) for text in example.texts]
        )
        return example.features @ self.dense + words, words


def fit_rank(made: Sequence[Example], *, general: bool = False, iterations: int = 120) -> Ranker:
    """Return the weights under which the right candidate stands first most likely."""
    used = [example for example in made if example.right.any()]
    known = {} if general else vocabulary(used)
    table = design(used, known)
    scale = table.dense.std(axis=0) + 1e-6
    dense = (table.dense - table.dense.mean(axis=0)) / scale
    size = dense.shape[1]
    turned = table.words.T.tocsr()
    ridge = np.concatenate([np.full(size, RIDGE), np.full(len(known), RIDGE_WORDS)])

    def loss(weights: Doubles) -> tuple[float, Doubles]:
        scores = dense @ weights[:size] + table.words @ weights[size:]
        raised = np.exp(scores - np.repeat(np.maximum.reduceat(scores, table.starts), table.counts))
        total = np.add.reduceat(raised, table.starts)
        hit = np.maximum(np.add.reduceat(raised * table.right, table.starts), 1e-300)
        slope = raised / np.repeat(total, table.counts) - raised * table.right / np.repeat(hit, table.counts)
        value = float((np.log(total) - np.log(hit)).sum() + (ridge * weights) @ weights)
        return value, np.concatenate([slope @ dense, turned @ slope]) + 2 * ridge * weights

    found = minimize(
        loss, np.zeros(size + len(known)), jac=True, method="L-BFGS-B", options={"maxiter": iterations}
    )
    return Ranker(found.x[:size] / scale, dict(zip(known, found.x[size:].tolist(), strict=True)))


@dataclass(frozen=True, slots=True)
class Top:
    """The best candidate of one question, as the confidence sees it."""

    row: Doubles
    signs: frozenset[Sign]
    right: bool
    known: bool


def top_of(example: Example, ranker: Ranker) -> Top:
    """Rank one example and describe its best candidate."""
    scores, learned = ranker.scores(example)
    order = np.argsort(-scores, kind="stable")
    best = int(order[0])
    row = confidence.describe(scores[order], learned[order], example.features[order].astype(np.float32))
    single = frozenset(sign for sign in signs(example.asked, example.texts[best]) if sign[0] in "=-+")
    return Top(row, single, bool(example.right[best]), example.known)


@dataclass(frozen=True, slots=True)
class Surety:
    """A fitted confidence."""

    dense: Doubles
    bias: float
    signs: dict[Sign, float]

    def value(self, top: Top) -> float:
        """Return the log-odds."""
        return float(top.row @ self.dense) + self.bias + sum(self.signs.get(sign, 0.0) for sign in top.signs)


def _logistic(dense: Doubles, words: csr_array, target: Bools, strength: float = RIDGE) -> Doubles:
    """Return the weights (dense, words, constant) of a ridge logistic regression on scaled features."""
    size = dense.shape[1]
    sign = np.where(target, 1.0, -1.0)
    turned = words.T.tocsr()
    ridge = np.concatenate([np.full(size, strength), np.full(words.shape[1], RIDGE_SCOPE), [0.0]])

    def loss(weights: Doubles) -> tuple[float, Doubles]:
        margin = sign * (dense @ weights[:size] + words @ weights[size:-1] + weights[-1])
        slope = -sign / (1 + np.exp(np.minimum(margin, 500)))
        gradient = np.concatenate([slope @ dense, turned @ slope, [slope.sum()]]) + 2 * ridge * weights
        return float(np.logaddexp(0, -margin).sum() + (ridge * weights) @ weights), gradient

    start = np.zeros(size + words.shape[1] + 1)
    return np.asarray(
        minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": 150}).x, np.float64
    )


def fit_surety(tops: Sequence[Top], *, general: bool = False) -> Surety:
    """Fit what tells a right first candidate: the mean of "it is right" and "the hall knows this".

    The second sees the wrong answers to known questions as known, and so learns the hall's scope from more
    examples.
    """
    counts: dict[Sign, int] = {}
    for top in tops:
        for sign in top.signs:
            counts[sign] = counts.get(sign, 0) + 1
    kept = (s for s, count in counts.items() if count >= SEEN and not general)
    known = {sign: place for place, sign in enumerate(kept)}
    pairs = [(line, known[sign]) for line, top in enumerate(tops) for sign in top.signs if sign in known]
    rows, columns = zip(*pairs, strict=True) if pairs else ((), ())
    words = csr_array((np.ones(len(pairs)), (rows, columns)), shape=(len(tops), len(known)))
    dense = np.stack([top.row * confidence.GENERAL if general else top.row for top in tops])
    mean, scale = dense.mean(axis=0), dense.std(axis=0) + 1e-6
    scaled = (dense - mean) / scale
    targets = [np.array([top.right for top in tops]), np.array([top.known for top in tops])]
    useful = [target for target in targets if target.any() and not target.all()]
    if not useful:
        return Surety(np.zeros(dense.shape[1]), 0.0, {})
    found = np.mean(
        [_logistic(scaled, words, target, RIDGE_GENERAL if general else RIDGE) for target in useful], axis=0
    )
    size = dense.shape[1]
    weights = found[:size] / scale
    return Surety(
        weights, float(found[-1] - mean @ weights), dict(zip(known, found[size:-1].tolist(), strict=True))
    )


def _platt(values: Doubles, right: Bools) -> tuple[float, float]:
    """Return slope and constant that turn log-odds into the chance to be right."""
    if right.all() or not right.any():
        return 1.0, 0.0
    empty = csr_array((len(values), 0))
    scale = float(values.std()) + 1e-6
    found = _logistic((values / scale)[:, None], empty, right)
    return max(float(found[0]) / scale, 1e-3), float(found[-1])


def _crossed(made: Sequence[Example], *, general: bool) -> list[Top]:
    """Return the best candidates under rankings that were fitted without the question."""
    tops: list[Top | None] = [None] * len(made)
    for fold in range(FOLDS):
        ranker = fit_rank(
            [example for place, example in enumerate(made) if place % FOLDS != fold], general=general
        )
        for place in range(fold, len(made), FOLDS):
            tops[place] = top_of(made[place], ranker)
    return [top for top in tops if top is not None]


def _held_out(tops: Sequence[Top], *, general: bool) -> Doubles:
    values = np.zeros(len(tops))
    for fold in range(FOLDS):
        surety = fit_surety([top for place, top in enumerate(tops) if place % FOLDS != fold], general=general)
        for place in range(fold, len(tops), FOLDS):
            values[place] = surety.value(tops[place])
    return values


def thresholds(sure: Doubles, known: Bools) -> tuple[float, float]:
    """Return (answer_at, ask_at): of the unknown, about one in ten is answered, one in three asked back."""
    unknown = sure[~known]
    if len(unknown) < FEW:
        return 0.6, 0.25
    answer = float(np.clip(np.quantile(unknown, 0.9), 0.45, 0.8))
    return answer, float(np.clip(np.quantile(unknown, 0.67), 0.1, answer))


def fit_examples(made: Sequence[Example], note: str = "", *, general: bool = False) -> Weights:
    """Fit ranking, confidence and thresholds on prepared examples.

    `general` fits weights for halls that were not seen: no single words, and a confidence on few, strongly
    bound features.
    """
    usable = [example for example in made if len(example.right)]
    if sum(bool(example.right.any()) for example in usable) < FEW:
        raise FittingError(
            f"fitting needs at least {FEW} questions whose expected entry is found: label more questions"
        )
    tops = _crossed(usable, general=general)
    wordless = general
    if not general:
        bare = _crossed(usable, general=True)
        if sum(top.right for top in bare) >= sum(top.right for top in tops):
            tops, wordless = bare, True  # too few questions a word: single words only add noise here
    held = _held_out(tops, general=general)
    slope, constant = _platt(held, np.array([top.right for top in tops]))
    surety = fit_surety(tops, general=general)
    ranker = fit_rank(usable, general=wordless)
    answer_at, ask_at = thresholds(
        1 / (1 + np.exp(-slope * held - constant)), np.array([top.known for top in tops])
    )
    dense = dict(zip(confidence.NAMES, (slope * surety.dense).tolist(), strict=True))
    words, swaps = _tables(ranker.signs)
    return Weights(
        rank=dict(zip(c.NAMES, ranker.dense.tolist(), strict=True)),
        sure={"bias": slope * surety.bias + constant, **dense},
        answer_at=answer_at,
        ask_at=ask_at,
        words=words,
        swaps=swaps,
        scope=_tables({sign: slope * value for sign, value in surety.signs.items()})[0],
        note=note,
    )


def _tables(
    values: dict[Sign, float],
) -> tuple[dict[str, tuple[float, float, float]], dict[str, dict[str, float]]]:
    """Sort weights into words and swaps, the heaviest of them only."""
    words: dict[str, list[float]] = {}
    swaps: dict[str, dict[str, float]] = {}
    pairs = sorted(
        ((sign, value) for sign, value in values.items() if sign[0] not in "=-+"),
        key=lambda item: -abs(item[1]),
    )
    for (kind, word), value in values.items():
        if kind in "=-+":
            words.setdefault(word, [0.0, 0.0, 0.0])["=-+".index(kind)] = value
    for (lost, added), value in pairs[:SWAPS]:
        if abs(value) >= SLIGHT:
            swaps.setdefault(lost, {})[added] = value
    kept = {
        word: (row[0], row[1], row[2]) for word, row in sorted(words.items()) if max(map(abs, row)) >= SLIGHT
    }
    return kept, dict(sorted(swaps.items()))


def fit(
    subjects: Iterable[Subject],
    queries: Sequence[Query],
    *,
    lexicon: Lexicon | None = None,
    progress: Progress | None = None,
) -> Weights:
    """Fit weights for one hall; `progress(done, total)` is told how many questions were read."""
    index = Index.build(subjects, lexicon=lexicon)
    return fit_examples(
        examples(index, queries, progress), note=f"fitted on {len(queries)} labelled questions"
    )
