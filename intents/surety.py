"""Fit the confidence: a ridge logistic regression over the best candidates of labelled questions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.sparse import csr_array

from intents import confidence
from intents.signs import SEEN, Sign

Doubles = NDArray[np.float64]
Bools = NDArray[np.bool_]

FOLDS = 3
STRENGTHS = (1.0, 10.0, 100.0)
"""How strongly the weights may be bound; the fewer questions, the stronger."""
MANY = 500
"""From so many questions on, the weights need no strong bond: `STRENGTHS[0]`."""
RIDGE_SCOPE = 1.0
RIDGE_GENERAL = 100.0


@dataclass(frozen=True, slots=True)
class Top:
    """The best candidate of one question, as the confidence sees it."""

    row: Doubles
    signs: frozenset[Sign]
    right: bool
    known: bool
    question: str = ""
    """As in `Example`."""


@dataclass(frozen=True, slots=True)
class Surety:
    """A fitted confidence."""

    dense: Doubles
    bias: float
    signs: dict[Sign, float]

    def value(self, top: Top) -> float:
        """Return the log-odds."""
        return float(top.row @ self.dense) + self.bias + sum(self.signs.get(sign, 0.0) for sign in top.signs)


def _logistic(dense: Doubles, words: csr_array, target: Bools, strength: float) -> Doubles:
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


def fit_surety(tops: Sequence[Top], strength: float, *, general: bool = False) -> Surety:
    """Fit what tells a right first candidate: the mean of "it is right" and "the hall knows this".

    The second sees the wrong answers to known questions as known, and so learns the hall's scope from more
    examples. `general`: for halls that were not seen, on features that mean the same everywhere.
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
    targets = [np.array([top.right for top in tops]), np.array([top.known for top in tops])]
    useful = [target for target in targets if target.any() and not target.all()]
    if not useful:
        return Surety(np.zeros(dense.shape[1]), 0.0, {})
    scaled = (dense - mean) / scale
    found = np.mean([_logistic(scaled, words, target, strength) for target in useful], axis=0)
    size = dense.shape[1]
    weights = found[:size] / scale
    return Surety(
        weights, float(found[-1] - mean @ weights), dict(zip(known, found[size:-1].tolist(), strict=True))
    )


def platt(values: Doubles, right: Bools) -> tuple[float, float]:
    """Return slope and constant that turn log-odds into the chance to be right."""
    if right.all() or not right.any():
        return 1.0, 0.0
    scale = float(values.std()) + 1e-6
    found = _logistic((values / scale)[:, None], csr_array((len(values), 0)), right, 1.0)
    return max(float(found[0]) / scale, 1e-3), float(found[-1])


def folds_of(questions: Sequence[str]) -> list[int]:
    """Deal questions out to `FOLDS` parts; the same question always to the same."""
    numbers: dict[str, int] = {}
    return [numbers.setdefault(question, len(numbers)) % FOLDS for question in questions]


def _held_out(tops: Sequence[Top], strength: float, *, general: bool) -> Doubles:
    values = np.zeros(len(tops))
    folds = folds_of([top.question for top in tops])
    for fold in range(FOLDS):
        others = [top for own, top in zip(folds, tops, strict=True) if own != fold]
        fitted = fit_surety(others, strength, general=general)
        for place, own in enumerate(folds):
            if own == fold:
                values[place] = fitted.value(tops[place])
    return values


def choose(tops: Sequence[Top], *, general: bool = False) -> tuple[float, Doubles]:
    """Return the strength under which held-out questions are told best, and their log-odds."""
    right = np.array([top.right for top in tops])

    def surprise(values: Doubles) -> float:
        slope, constant = platt(values, right)
        return float(np.logaddexp(0, np.where(right, -1.0, 1.0) * (slope * values + constant)).mean())

    strengths = (RIDGE_GENERAL,) if general else STRENGTHS[: 1 if len(tops) >= MANY else None]
    tried = {strength: _held_out(tops, strength, general=general) for strength in strengths}
    best = min(tried, key=lambda strength: surprise(tried[strength]))
    return best, tried[best]
