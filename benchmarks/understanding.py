"""Measure understanding: accuracy beside plain methods, typing noise, ablation, size and time.

`python -m benchmarks.understanding` writes `out/understanding.{md,json,png}`; `--data` names a folder of
question sets (each with kb.jsonl and queries.jsonl), `--short` uses a small made-up hall and fails on a
clear loss of accuracy. Each set is split in half by the ids of its questions: one half to fit, the other to
judge.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import understanding_peers as peers
from benchmarks import understanding_scale as scale
from benchmarks.understanding_noise import NOISE
from benchmarks.understanding_page import picture, table
from benchmarks.understanding_sets import DATA, half, sets
from intents import fitting
from intents.candidates import NAMES
from intents.decisions import Subject
from intents.evaluation import Query, evaluate, read_queries, read_subjects
from intents.matcher import Index
from intents.signs import Example

JUDGED = 1200
NOISED = 500
PARTS: dict[str, Callable[[str], bool]] = {
    "words": lambda name: name.startswith("word_"),
    "character grams": lambda name: name.startswith("gram_"),
    "sound": lambda name: name.startswith("sound_"),
    "general rarity of words": lambda name: name.startswith("content_") or name == "unknown_words",
    "rapidfuzz": lambda name: name in {"text_ratio", "core_ratio", "sound_ratio"},
    "question words": lambda name: name.startswith("kind_"),
    "several phrasings": lambda name: name in {"likeness_three", "phrasings"},
    "classifier": lambda name: name.startswith(("central", "bayes", "votes")),
    "answers": lambda name: name.startswith(("answers", "document", "passage")),
}


def judged(index: Index, queries: Sequence[Query]) -> dict[str, Any]:
    found = evaluate(index, queries).as_dict()
    return {key: value for key, value in found.items() if key not in {"bands", "reliability"}} | {
        "bands": found["bands"],
        "reliability": found["reliability"],
    }


def noise(index: Index, queries: Sequence[Query]) -> dict[str, float]:
    known = [query for query in queries if query.expected][:NOISED]
    found = {"clean": float(evaluate(index, known).recall_1 or 0)}
    for name, change in NOISE.items():
        dice = random.Random(5)  # noqa: S311 - the same dice each time
        found[name] = float(
            evaluate(index, [replace(query, text=change(query.text, dice)) for query in known]).recall_1 or 0
        )
    return found


def _without(example: Example, part: str) -> Example:
    keep = np.array([not PARTS[part](name) for name in NAMES])
    return replace(example, features=example.features * keep)


def ablation(fit: Sequence[Example], judge: Sequence[Example]) -> dict[str, float]:
    """Return recall@1 of rankings that were fitted without one part each."""

    def right(ranker: fitting.Ranker, made: Sequence[Example]) -> float:
        known = [example for example in made if example.known]
        found = [example for example in known if len(example.right)]
        return sum(
            bool(example.right[int(scores.argmax())])
            for example, (scores, _) in zip(found, ranker.scores(found), strict=True)
        ) / len(known)

    found = {"all": right(fitting.fit_rank(fit), judge)}
    found["without single words"] = right(fitting.fit_rank(fit, general=True), judge)
    for part in PARTS:
        less = [_without(example, part) for example in fit]
        found[f"… and without {part}"] = right(
            fitting.fit_rank(less, general=True), [_without(example, part) for example in judge]
        )
    return found


def one_set(folder: Path) -> dict[str, Any]:
    """Measure everything on one set."""
    subjects, queries = read_subjects(folder / "kb.jsonl"), list(read_queries(folder / "queries.jsonl"))
    random.Random(1).shuffle(queries)  # noqa: S311 - the same dice each time
    fit, judge = ([query for query in queries if half(query.id) == side] for side in (0, 1))
    judge = judge[:JUDGED]
    general = Index.build(subjects)
    made = fitting.examples(general, fitting.with_errors(fit))
    unseen = fitting.examples(general, judge)
    fitted = Index.build(subjects, weights=fitting.fit_examples(made))
    return {
        "set": folder.name,
        "entries": len(general),
        "built-in": judged(general, judge),
        "fitted": judged(fitted, judge),
        "peers": {name: peers.measure(name, subjects, judge) for name in peers.PEERS},
        "noise": {"built-in": noise(general, judge), "fitted": noise(fitted, judge)},
        "ablation": ablation(made, unseen),
    }


def short() -> int:
    """Check a small made-up hall; return the exit code."""
    subjects: list[Subject] = list(scale.stock(2000))
    index = Index.build(subjects)
    dice = random.Random(3)  # noqa: S311 - the same dice each time
    queries = [
        Query(subject.id, scale.dropped_particle(subject.alternates[0], dice), (subject.id,))
        for subject in subjects
    ]
    held = Index.build([replace(subject, alternates=subject.alternates[1:]) for subject in subjects])
    strange = [Query(f"strange-{n}", text) for n, text in enumerate(scale.STRANGE)]
    found = evaluate(held, [*queries, *strange])
    print(found.as_text())
    good = (found.recall_1 or 0) >= scale.SHORT_RECALL and (found.auroc or 0) >= scale.SHORT_AUROC
    print(f"{index.phrasings} phrasings: {'good' if good else 'a clear loss of accuracy'}")
    return 0 if good else 1


def main(arguments: Sequence[str] | None = None) -> int:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--data", type=Path, default=DATA)
    options.add_argument("--out", type=Path, default=Path("out"))
    options.add_argument("--short", action="store_true")
    options.add_argument("--sizes", type=int, nargs="*", default=[1000, 10_000, 100_000])
    chosen = options.parse_args(arguments)
    if chosen.short:
        return short()
    measured: dict[str, Any] = {"sets": [], "scale": []}
    chosen.out.mkdir(parents=True, exist_ok=True)
    for folder in sets(chosen.data):
        measured["sets"].append(one_set(folder))
        print(folder.name, "measured", flush=True)
        _write(chosen.out, measured)
    for size in chosen.sizes:
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as fresh:
            measured["scale"].append(fresh.submit(scale.measure, size).result())
        print(size, "phrasings measured", flush=True)
        _write(chosen.out, measured)
    picture(measured, chosen.out / "understanding.png")
    print((chosen.out / "understanding.md").read_text(encoding="utf-8"))
    return 0


def _write(out: Path, measured: dict[str, Any]) -> None:
    (out / "understanding.json").write_text(
        json.dumps(measured, ensure_ascii=False, indent=1), encoding="utf-8"
    )
    (out / "understanding.md").write_text(table(measured), encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
