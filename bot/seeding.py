"""Loading a hall into the database: the sample hall on the first start, or files by hand."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from knowledge.checks import problems_of
from knowledge.files import SAMPLE_FOLDER, Knowledge, KnowledgeFileError, read_entries, read_folder
from knowledge.stores import KnowledgeStore


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What an import did, or would do."""

    added: int
    changed: int
    unchanged: int
    problems: tuple[str, ...] = ()


async def seed(store: KnowledgeStore, *, folder: Path = SAMPLE_FOLDER, replace: bool = False) -> bool:
    """Load a hall from files when there is none yet (or anyway); whether it was loaded.

    Raises `KnowledgeFileError` when the files are wrong; then nothing is changed.
    """
    if not replace and await store.revision() > 0:
        return False
    knowledge = read_folder(folder)
    if problems := problems_of(knowledge):
        raise KnowledgeFileError(problems)
    await store.replace(knowledge)
    return True


async def import_entries(store: KnowledgeStore, path: Path, *, dry_run: bool) -> ImportReport:
    """Add or replace entries from a JSONL file: all, or none when anything is wrong.

    Raises `KnowledgeFileError` when the file can't be read.
    """
    entries = read_entries(path)
    loaded = await store.load()
    if loaded is None:
        raise KnowledgeFileError(["the database holds no hall yet; run `python -m bot seed` first"])
    knowledge = loaded[1]
    before = {entry.id: entry for entry in knowledge.entries}
    merged = {**before, **{entry.id: entry for entry in entries}}
    if len({entry.id for entry in entries}) != len(entries):
        raise KnowledgeFileError([f"{path.name}: an id is used twice; give each entry its own"])
    after = Knowledge(knowledge.hall, tuple(merged.values()), knowledge.guides, knowledge.gold)
    old_problems = set(problems_of(knowledge))
    problems = tuple(each for each in problems_of(after) if each not in old_problems)
    added = sum(1 for entry in entries if entry.id not in before)
    changed = [entry for entry in entries if entry.id in before and before[entry.id] != entry]
    if not problems and not dry_run:
        await store.put_entries([entry for entry in entries if before.get(entry.id) != entry])
    return ImportReport(added, len(changed), len(entries) - added - len(changed), problems)
