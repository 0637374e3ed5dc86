"""What ties a question to a phrasing, in the clerk's words: shared words, shared characters, same sound."""

from __future__ import annotations

import numpy as np

from intents.analysis import Reading
from intents.corpus import Corpus
from intents.decisions import Hit
from intents.features import Terms
from intents.words import spoken

MOST = 8


def of(reading: Reading, corpus: Corpus, phrasing: int, asked: Terms) -> tuple[Hit, ...]:
    """Return the hits between a question and one phrasing, the heaviest first; their weights sum to 1."""
    text = corpus.phrasings[phrasing]
    rows = corpus.words.rows
    held = set(corpus.words.terms[rows[phrasing] : rows[phrasing + 1]].tolist())
    found: list[tuple[str, float, str]] = []
    for name, number, idf in zip(asked.names, asked.numbers.tolist(), asked.idf.tolist(), strict=True):
        if number in held:
            found.append((name, idf, "词" if name in text and name in reading.text else "同义"))
        elif len(name) > 1 and spoken(name) in corpus.spoken[phrasing]:
            found.append((name, idf * 0.8, "拼音"))
        else:
            shared = [character for character in name if character in text]
            if shared and len(name) > 1:
                found.append(("".join(shared), idf * 0.5 * len(shared) / len(name), "字"))
    total = float(np.sum([weight for _, weight, _ in found])) or 1.0
    found.sort(key=lambda item: -item[1])
    return tuple(Hit(word, weight / total, how) for word, weight, how in found[:MOST])
