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
from scipy.special import logsumexp

from intents import candidates as c
from intents import confidence, typos
from intents.decisions import Subject
from intents.evaluation import Query
from intents.lexicon import Lexicon
from intents.matcher import Index
from intents.signs import SINGLE, Example, Sign, design, single, vocabulary
from intents.surety import FOLDS, Top, choose, fit_surety, folds_of, platt
from intents.weights import Weights

Doubles = NDArray[np.float64]
Bools = NDArray[np.bool_]
Progress = Callable[[int, int], None]

RIDGE = 3.0
RIDGE_WORDS = 0.5
SLIGHT = 0.05
"""A weight that is not worth keeping."""
LINKS = 15_000
TYPED = 3
"""One question of so many is added once more with a typing error."""
FEW = 20
"""Questions below which nothing can be learned."""


class FittingError(ValueError):
    """The questions can't be learned from; the message says in one line what to do."""


def examples(index: Index, queries: Sequence[Query], progress: Progress | None = None) -> list[Example]:
    """Return the candidates of every question, marked right or wrong."""
    corpus = index.corpus
    titles: dict[int, frozenset[str]] = {}
    made: list[Example] = []
    for number, query in enumerate(queries):
        found = c.find(index.analyser.read(query.text), corpus, index.analyser)
        places = [corpus.places[id_] for id_ in query.expected if id_ in corpus.places]
        for place in found.places.tolist():
            if place not in titles:
                titles[place] = frozenset(index.words_of(int(corpus.firsts[place])))
        made.append(
            Example(
                found.features.astype(np.float64),
                np.isin(found.places, places),
                bool(query.expected),
                frozenset(found.words.names),
                tuple(titles[place] for place in found.places.tolist()),
                query.id,
            )
        )
        if progress is not None:
            progress(number + 1, len(queries))
    return made


def with_errors(queries: Sequence[Query]) -> list[Query]:
    """Return the questions, and every third once more with a typing error: what a fit should see."""
    return [*queries, *mistyped(queries[::TYPED])]


def mistyped(queries: Sequence[Query]) -> list[Query]:
    """Return the questions with one typing error each, so that the weights know what errors look like."""
    dice = Random(9)  # noqa: S311 - the same errors each time
    return [
        replace(query, text=typos.mistyped(query.text, place, dice)) for place, query in enumerate(queries)
    ]


@dataclass(frozen=True, slots=True)
class Ranker:
    """A fitted ranking: weights of the dense features and of single words."""

    dense: Doubles
    signs: dict[Sign, float]

    def scores(self, made: Sequence[Example]) -> list[tuple[Doubles, Doubles]]:
        """Return the scores of each example's candidates, and the part that single words have in them."""
        if not made:
            return []
        table = design(made, {sign: place for place, sign in enumerate(self.signs)})
        words = table.words @ np.array(list(self.signs.values()), np.float64)
        total = table.dense @ self.dense + words
        cuts = table.starts[1:]
        return list(zip(np.split(total, cuts), np.split(words, cuts), strict=True))


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


def tops_of(made: Sequence[Example], ranker: Ranker) -> tuple[list[Top], float]:
    """Rank examples and describe the best candidate of each; also how likely the right ones were (log)."""
    found, told = [], 0.0
    for example, (scores, learned) in zip(made, ranker.scores(made), strict=True):
        order = np.argsort(-scores, kind="stable")
        best = int(order[0])
        row = confidence.describe(scores[order], learned[order], example.features[order].astype(np.float32))
        signs = frozenset(single(example.asked, example.texts[best]))
        found.append(Top(row, signs, bool(example.right[best]), example.known, example.question))
        if example.right.any():
            told += float(logsumexp(scores[example.right]) - logsumexp(scores))
    return found, told


def _crossed(made: Sequence[Example], *, general: bool) -> tuple[list[Top], float]:
    """Do `tops_of` with rankings that were fitted without the question."""
    folds = folds_of([example.question for example in made])
    tops: dict[int, Top] = {}
    told = 0.0
    for fold in range(FOLDS):
        others = [example for own, example in zip(folds, made, strict=True) if own != fold]
        own = [place for place, number in enumerate(folds) if number == fold]
        ranker = fit_rank(others, general=general)
        found, part = tops_of([made[place] for place in own], ranker)
        tops.update(zip(own, found, strict=True))
        told += part
    return [tops[place] for place in range(len(made))], told


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
    tops, told = _crossed(usable, general=general)
    wordless = general
    if not general:
        bare, bare_told = _crossed(usable, general=True)
        if bare_told >= told:
            tops, wordless = bare, True  # too few questions a word: single words only add noise here
    strength, held = choose(tops, general=general)
    slope, constant = platt(held, np.array([top.right for top in tops]))
    surety = fit_surety(tops, strength, general=general)
    ranker = fit_rank(usable, general=wordless)
    answer_at, ask_at = thresholds(
        1 / (1 + np.exp(-slope * held - constant)), np.array([top.known for top in tops])
    )
    dense = dict(zip(confidence.NAMES, (slope * surety.dense).tolist(), strict=True))
    words, links = _tables(ranker.signs)
    return Weights(
        rank=dict(zip(c.NAMES, ranker.dense.tolist(), strict=True)),
        sure={"bias": slope * surety.bias + constant, **dense},
        answer_at=answer_at,
        ask_at=ask_at,
        words=words,
        links=links,
        scope=_tables({sign: slope * value for sign, value in surety.signs.items()})[0],
        note=note,
    )


def _tables(
    values: dict[Sign, float],
) -> tuple[dict[str, tuple[float, float, float]], dict[str, dict[str, float]]]:
    """Sort weights into words and links, the heaviest of them only."""
    words: dict[str, list[float]] = {}
    links: dict[str, dict[str, float]] = {}
    pairs = sorted(
        ((sign, value) for sign, value in values.items() if sign[0] not in SINGLE),
        key=lambda item: -abs(item[1]),
    )
    for (kind, word), value in values.items():
        if kind in SINGLE:
            words.setdefault(word, [0.0, 0.0, 0.0])[SINGLE.index(kind)] = value
    for (asked, word), value in pairs[:LINKS]:
        if abs(value) >= SLIGHT:
            links.setdefault(asked, {})[word] = value
    kept = {
        word: (row[0], row[1], row[2]) for word, row in sorted(words.items()) if max(map(abs, row)) >= SLIGHT
    }
    return kept, dict(sorted(links.items()))


def fit(
    subjects: Iterable[Subject],
    queries: Sequence[Query],
    *,
    lexicon: Lexicon | None = None,
    progress: Progress | None = None,
) -> Weights:
    """Fit weights for one hall; `progress(done, total)` is told how many questions were read."""
    index = Index.build(subjects, lexicon=lexicon)
    read = examples(index, with_errors(queries), progress)
    return fit_examples(read, note=f"fitted on {len(queries)} labelled questions")
