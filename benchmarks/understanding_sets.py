"""The question sets of a folder, and the split that this project fits and judges with."""

from __future__ import annotations

import hashlib
from pathlib import Path

from intents.decisions import Subject
from intents.evaluation import Query
from knowledge.files import SAMPLE_FOLDER, read_folder
from knowledge.snapshot import subject_of

DATA = Path("../shared/bench")


def sets(folder: Path = DATA) -> list[Path]:
    """Return the question sets in a folder: those with a knowledge base and questions."""
    if not folder.is_dir():
        return []
    return sorted(
        path.parent for path in folder.glob("*/kb.jsonl") if (path.parent / "queries.jsonl").exists()
    )


def half(id_: str) -> int:
    """Return 0 (to fit) or 1 (to judge) for a question; it depends on its id alone."""
    return int(hashlib.md5(id_.encode(), usedforsecurity=False).hexdigest(), 16) % 2


def sample_hall() -> tuple[tuple[Subject, ...], tuple[Query, ...]]:
    """Return the sample hall's entries and its gold questions, named by their texts."""
    knowledge = read_folder(SAMPLE_FOLDER)
    subjects = tuple(subject_of(entry) for entry in knowledge.entries)
    return subjects, tuple(Query(each.text, each.text, each.expected) for each in knowledge.gold)
