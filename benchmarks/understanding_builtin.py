"""Make the built-in weights: `python -m benchmarks.understanding_builtin DATA`.

Only the fit half of each set is used (`understanding_sets.half`), with some of the questions mistyped, and
every set counts about the same. The sample hall is one of the sets: it alone has what a real hall has:
several phrasings and an answer for each entry.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

from benchmarks.understanding_sets import half, sample_hall, sets
from intents import fitting
from intents.decisions import Subject
from intents.evaluation import Query, read_queries, read_subjects
from intents.matcher import Index
from intents.signs import Example
from intents.weights import Weights

QUESTIONS = 900
MISTYPED = 250
UNKNOWN = 0.6
"""Unknown questions to each known one of the sample hall (about as in the other sets)."""
TARGET = Path("intents/data/weights.json")
NOTE = (
    "built-in: fitted on the pooled fit halves of six question sets and of the sample hall; no single words"
)


def examples(subjects: Iterable[Subject], labelled: Sequence[Query]) -> list[Example]:
    dice = random.Random(7)  # noqa: S311 - the same dice each time
    queries = [query for query in labelled if half(query.id) == 0]
    dice.shuffle(queries)
    queries = queries[:QUESTIONS]
    index = Index.build(subjects, weights=Weights(rank={}, sure={}))
    made = fitting.examples(index, [*queries, *fitting.mistyped(queries[:MISTYPED])])
    return made * max(1, round(QUESTIONS / len(queries) * 0.7))


def main() -> None:
    subjects, gold = sample_hall()
    # A hall's labels are mostly known questions; what citizens type is not: balance the two.
    unknown = [query for query in gold if not query.expected]
    known = len(gold) - len(unknown)
    made = examples(subjects, [*gold, *unknown * max(0, round(known * UNKNOWN / len(unknown)) - 1)])
    print("sample hall", len(made), flush=True)
    for folder in sets(Path(sys.argv[1])):
        made += examples(read_subjects(folder / "kb.jsonl"), read_queries(folder / "queries.jsonl"))
        print(folder.name, len(made), flush=True)
    random.Random(4).shuffle(made)  # noqa: S311 - the same dice each time
    target = Path(sys.argv[2]) if len(sys.argv) > 2 else TARGET
    fitting.fit_examples(made, NOTE, general=True).save(target)


if __name__ == "__main__":
    main()
