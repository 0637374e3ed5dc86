"""Departments, categories and guides in a cell: written by name, read by name, short name or id."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from rapidfuzz import process

from knowledge.files import Knowledge
from knowledge.sheets.cells import LINE, Cell, shortened
from knowledge.sheets.errors import CellError

LIKE: Final = 50
"""From this likeness on (of 100) a known name is offered for an unknown one."""


@dataclass(frozen=True, slots=True)
class Shelf:
    """One sort of things that the hall has, and the names they go by; a `cells.Kind`."""

    noun: str
    """What they are called in a message, such as `部门`."""
    names: Mapping[str, str]
    """Names by id."""
    known: Mapping[str, str]
    """Ids by what is understood: ids, then names, then short names; what isn't clear is left out."""

    @classmethod
    def of(cls, noun: str, things: Iterable[tuple[str, str, Iterable[str]]], used: Iterable[str]) -> Shelf:
        """Build from (id, name, other names); `used` are ids that entries name, known to the hall or not."""
        named = [(key, name, tuple(others)) for key, name, others in things]
        known: dict[str, str] = {}
        _learn(known, ((key, key) for key, _, _ in named))
        _learn(known, ((key, key) for key in used))
        _learn(known, ((name, key) for key, name, _ in named))
        _learn(known, ((other, key) for key, _, others in named for other in others))
        return cls(noun, {key: name for key, name, _ in named}, known)

    def write(self, value: str) -> str:
        """Return the name where it is clear, the id where it isn't."""
        name = self.names.get(value, "")
        clear = name.strip() and LINE.write(name) == name and self.known.get(name) == value
        return name if clear else LINE.write(value)

    def read(self, cell: Cell) -> str:
        """Return the id that is meant; raises `CellError` with the nearest name where there is none."""
        text = LINE.read(cell)
        if not text or text in self.known:
            return self.known.get(text, text)
        same = [self.write(key) for key, name in self.names.items() if name == text]
        if same:
            raise CellError(f"“{shortened(text)}”有 {len(same)} 个，请改写编号：{'、'.join(same[:5])}")
        nearest = process.extractOne(text, [name for name in self.known if name], score_cutoff=LIKE)
        hint = f"，是不是“{nearest[0]}”" if nearest else ""
        raise CellError(f"没有“{shortened(text)}”这个{self.noun}{hint}")


def _learn(known: dict[str, str], pairs: Iterable[tuple[str, str]]) -> None:
    """Take names that are not taken yet and that mean one thing only."""
    meant: dict[str, set[str]] = {}
    for text, key in pairs:
        meant.setdefault(text, set()).add(key)
    known.update({text: min(keys) for text, keys in meant.items() if len(keys) == 1 and text not in known})


@dataclass(frozen=True, slots=True)
class Shelves:
    """All three sorts."""

    department: Shelf
    category: Shelf
    guide: Shelf

    @classmethod
    def of(cls, knowledge: Knowledge) -> Shelves:
        """Take the names from the hall; what its entries name already is understood, too."""
        hall, entries = knowledge.hall, knowledge.entries
        departments = ((each.id, each.name, (each.short_name, *each.aliases)) for each in hall.departments)
        categories = ((each.id, each.name, ()) for each in hall.categories)
        guides = ((each.id, each.title, ()) for each in knowledge.guides)
        return cls(
            Shelf.of("部门", departments, (entry.department for entry in entries)),
            Shelf.of("分类", categories, (entry.category for entry in entries)),
            Shelf.of("办事指南", guides, (entry.guide for entry in entries)),
        )
