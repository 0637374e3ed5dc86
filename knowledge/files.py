"""Knowledge as files: YAML folders (the sample hall) and JSONL (import and export).

Every mistake is reported with file, place and what to do; nothing is accepted in part.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeVar

import yaml
from pydantic import TypeAdapter, ValidationError

from knowledge.entries import Entry
from knowledge.facts import Fact
from knowledge.guides import Guide
from knowledge.hall import Hall

SAMPLE_FOLDER: Final = Path(__file__).parent / "sample"

T = TypeVar("T")


class KnowledgeFileError(Exception):
    """A file can't be used; the message lists each mistake with its place and what to do."""

    def __init__(self, problems: Iterable[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(self.problems))


@dataclass(frozen=True, slots=True)
class GoldQuestion:
    """A labelled question: which entries are right. None: the right thing is to hand over."""

    text: str
    expected: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Knowledge:
    """All that a hall knows, as one whole."""

    hall: Hall
    entries: tuple[Entry, ...] = ()
    guides: tuple[Guide, ...] = ()
    gold: tuple[GoldQuestion, ...] = ()
    facts: tuple[Fact, ...] = ()
    """Rates, fees and limits that guides name, with the days on which they hold."""


HALL: Final = TypeAdapter(Hall)
ENTRY: Final = TypeAdapter(Entry)
GUIDE: Final = TypeAdapter(Guide)
GOLD: Final = TypeAdapter(GoldQuestion)
FACT: Final = TypeAdapter(Fact)
CONDITION_HELP: Final = (
    "is no condition; write {question: ID, equals: VALUE}, with one_of, contains, at_least, less_than or "
    "before in place of equals, or {all_of: [...]}, {any_of: [...]}, {none_of: [...]}"
)


def _mistakes(error: ValidationError, where: str) -> Iterator[str]:
    said: set[str] = set()
    for item in error.errors(include_url=False):
        place = list(item["loc"])
        text = item["msg"]
        if "when" in place:  # each form of a condition would complain by itself
            place, text = place[: place.index("when") + 1], CONDITION_HELP
        field = ".".join(str(part) for part in place) or "(whole record)"
        if (line := f"{where}: {field}: {text}") not in said:
            said.add(line)
            yield line


def parse_record(adapter: TypeAdapter[T], record: Any, where: str, problems: list[str]) -> T | None:
    """Validate one record strictly (unknown fields are mistakes); append what is wrong to `problems`."""
    try:
        return adapter.validate_python(record, extra="forbid")
    except ValidationError as error:
        problems.extend(_mistakes(error, where))
        return None


def _yaml(path: Path, problems: list[str]) -> Any:
    try:
        return yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        problems.append(f"{path.name}: cannot be read as YAML: {' '.join(str(error).split())}")
        return None


def _records(folder: Path, adapter: TypeAdapter[T], problems: list[str]) -> tuple[T, ...]:
    found: list[T] = []
    for path in sorted(folder.glob("*.yaml")):
        content = _yaml(path, problems)
        if not isinstance(content, list):
            problems.append(f"{path.name}: must be a list of records; begin each with '- id: …'")
            continue
        for number, record in enumerate(content, start=1):
            name = record.get("id", number) if isinstance(record, dict) else number
            parsed = parse_record(adapter, record, f"{path.name}[{name}]", problems)
            if parsed is not None:
                found.append(parsed)
    return tuple(found)


def read_folder(folder: Path) -> Knowledge:
    """Read a hall from `hall.yaml`, `departments.yaml`, `entries/`, `guides/`, `facts/` and `gold/`.

    Raises `KnowledgeFileError` with every mistake that was found, not only the first.
    """
    problems: list[str] = []
    raw = _yaml(folder / "hall.yaml", problems)
    departments = _yaml(folder / "departments.yaml", problems)
    if problems:
        raise KnowledgeFileError(problems)
    hall = parse_record(HALL, {**(raw or {}), "departments": departments}, "hall.yaml", problems)
    entries = _records(folder / "entries", ENTRY, problems)
    guides = _records(folder / "guides", GUIDE, problems)
    gold = _records(folder / "gold", GOLD, problems)
    facts = _records(folder / "facts", FACT, problems)
    if problems or hall is None:
        raise KnowledgeFileError(problems)
    return Knowledge(hall=hall, entries=entries, guides=guides, gold=gold, facts=facts)


def read_entries(path: Path) -> tuple[Entry, ...]:
    """Read entries from a JSONL file, one object a line. Raises `KnowledgeFileError`."""
    return _lines(path, ENTRY)


def read_guides(path: Path) -> tuple[Guide, ...]:
    """Read guides from a JSONL file, one object a line. Raises `KnowledgeFileError`."""
    return _lines(path, GUIDE)


def _lines(path: Path, adapter: TypeAdapter[T]) -> tuple[T, ...]:
    problems: list[str] = []
    found: list[T] = []
    try:
        lines = path.read_text(encoding="utf-8-sig").split("\n")
    except UnicodeDecodeError as error:
        raise KnowledgeFileError([f"{path.name}: is not UTF-8 text; save it as UTF-8"]) from error
    except OSError as error:
        raise KnowledgeFileError([f"{path}: cannot be read: {error.strerror}"]) from error
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        where = f"{path.name}:{number}"
        try:
            record = json.loads(line)
        except ValueError as error:
            problems.append(f"{where}: not a JSON object: {error}")
            continue
        parsed = parse_record(adapter, record, where, problems)
        if parsed is not None:
            found.append(parsed)
    if problems:
        raise KnowledgeFileError(problems)
    return tuple(found)


def entry_line(entry: Entry) -> str:
    """One entry as a line of JSONL; `read_entries` reads it back without loss."""
    return json.dumps(ENTRY.dump_python(entry, mode="json"), ensure_ascii=False, sort_keys=True)


def guide_line(guide: Guide) -> str:
    """One guide as a line of JSONL; `read_guides` reads it back without loss."""
    return json.dumps(GUIDE.dump_python(guide, mode="json"), ensure_ascii=False, sort_keys=True)
