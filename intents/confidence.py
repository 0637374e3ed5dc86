"""How sure the best candidate may be: a logistic regression over what is known of the whole ranking.

Dense features describe the ranking and its best candidate; a hall's labelled questions may add single
words, such as a matter that this hall doesn't handle (`scope`: word → weight when shared, lost, added).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from intents import candidates as c
from intents.postings import Floats

Doubles = NDArray[np.float64]

_RANKING = ("score", "margin", "margin_five", "share", "spread", "learned", "candidates")
_RIVALS = ("word_asked", "gram_cosine", "core_ratio", "likeness")
_RIVAL_PLACES = [c.NAMES.index(name) for name in _RIVALS]
NAMES = (*_RANKING, *(f"ahead_{name}" for name in _RIVALS), *c.NAMES)
_OWN = frozenset(
    [
        "candidates",
        "answers",
        "passages",
        "phrasings",
        "votes",
        "length",
        "likeness_three",
        "document",
        "passage",
        "central",
        "bayes",
        "central_share",
        "bayes_share",
        "learned",
        "recall",
    ]
) | frozenset(f"{kind}_{name}" for kind in ("word", "gram", "sound") for name in ("mass", "missing", "extra"))
GENERAL = np.array([name not in _OWN for name in NAMES])
"""Features that mean the same in every hall, whatever its size: what the built-in weights may use."""
_FAR = 5.0
"""A lead that is as good as having no rival."""


def describe(scores: Doubles, learned: Doubles, features: Floats) -> Doubles:
    """Return `NAMES` for one ranked list (best first)."""
    top = float(scores[0])
    rest = scores[1:6]
    chances = np.exp(scores - top)
    chances /= chances.sum()
    head = (
        top,
        min(top - float(rest[0]), _FAR) if len(rest) else _FAR,
        min(top - float(rest.mean()), _FAR) if len(rest) else _FAR,
        float(chances[0]),
        -float(chances @ np.log(chances + 1e-9)),
        float(learned[0]),
        float(len(scores)),
    )
    rivals = features[1:4, _RIVAL_PLACES]
    ahead = features[0, _RIVAL_PLACES] - (rivals.mean(axis=0) if len(rivals) else 0.0)
    return np.concatenate([head, ahead, features[0]])


def probability(value: float) -> float:
    """Return the logistic function."""
    return float(1 / (1 + np.exp(-np.clip(value, -30, 30))))
