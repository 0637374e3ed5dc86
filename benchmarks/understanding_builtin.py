"""Make the built-in weights: `python -m benchmarks.understanding_builtin DATA`.

Only the fit half of each set is used (see `understanding.half`), with some of the questions mistyped, and
every set counts about the same.
"""

from __future__ import annotations

import random
import sys
from pathlib import Path

from benchmarks.understanding_sets import half, sets
from intents import fitting
from intents.evaluation import read_queries, read_subjects
from intents.matcher import Index
from intents.weights import Weights

QUESTIONS = 900
MISTYPED = 250
TARGET = Path("intents/data/weights.json")
NOTE = "built-in: fitted on the pooled fit halves of six public question sets; no single words"


def examples(folder: Path) -> list[fitting.Example]:
    dice = random.Random(7)  # noqa: S311 - the same dice each time
    queries = [query for query in read_queries(folder / "queries.jsonl") if half(query.id) == 0]
    dice.shuffle(queries)
    queries = queries[:QUESTIONS]
    index = Index.build(read_subjects(folder / "kb.jsonl"), weights=Weights(rank={}, sure={}))
    made = fitting.examples(index, [*queries, *fitting.mistyped(queries[:MISTYPED])])
    return made * max(1, round(QUESTIONS / len(queries) * 0.7))


def main() -> None:
    made: list[fitting.Example] = []
    for folder in sets(Path(sys.argv[1])):
        made += examples(folder)
        print(folder.name, len(made), flush=True)
    random.Random(4).shuffle(made)  # noqa: S311 - the same dice each time
    fitting.fit_examples(made, NOTE, general=True).save(TARGET)


if __name__ == "__main__":
    main()
