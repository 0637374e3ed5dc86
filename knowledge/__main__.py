"""`python -m knowledge [FOLDER]`: check a folder of knowledge files, for those who write them."""

from __future__ import annotations

import sys
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from knowledge.checks import advice_for, problems_of
from knowledge.files import SAMPLE_FOLDER, KnowledgeFileError, read_folder

BEIJING = ZoneInfo("Asia/Shanghai")


def main(arguments: list[str]) -> int:
    """Print what is wrong; 0 when all is well, 1 otherwise."""
    folder = Path(arguments[0]) if arguments else SAMPLE_FOLDER
    try:
        knowledge = read_folder(folder)
    except KnowledgeFileError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    problems = problems_of(knowledge, today=datetime.now(BEIJING).date())
    scenes = sum(each.has_scenes for each in knowledge.guides)
    sys.stdout.write(
        f"{len(knowledge.hall.departments)} departments, {len(knowledge.entries)} entries, "
        f"{len(knowledge.guides)} guides ({scenes} with scenes), {len(knowledge.gold)} gold questions\n"
    )
    for line in (*problems, *(f"advice: {line}" for line in advice_for(knowledge))):
        sys.stdout.write(f"{line}\n")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
