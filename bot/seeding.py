"""Loading a hall into the database: the sample hall on the first start, or a folder by hand."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from knowledge.checks import problems_of
from knowledge.files import SAMPLE_FOLDER, KnowledgeFileError, read_folder
from knowledge.stores import KnowledgeStore


async def seed(
    store: KnowledgeStore,
    *,
    folder: Path = SAMPLE_FOLDER,
    replace: bool = False,
    today: date | None = None,
) -> bool:
    """Load a hall from files when there is none yet (or anyway); whether it was loaded.

    With `today`, figures that guides name must hold on that day.

    Raises `KnowledgeFileError` when the files are wrong; then nothing is changed.
    """
    if not replace and await store.revision() > 0:
        return False
    knowledge = read_folder(folder)
    if problems := problems_of(knowledge, today=today):
        raise KnowledgeFileError(problems)
    await store.replace(knowledge)
    return True
