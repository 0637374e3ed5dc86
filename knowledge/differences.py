"""Two versions of an entry side by side: which fields differ, line by line, and what within a line. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date
from difflib import SequenceMatcher
from itertools import zip_longest
from typing import Any, Final, Literal

from knowledge.entries import Audience, Basis, Entry
from messages import Link

FIELD_NAMES: Final[Mapping[str, str]] = {
    "question": "标准问题",
    "answer": "答案",
    "department": "部门",
    "category": "分类",
    "alternates": "相似问",
    "keywords": "关键词",
    "links": "链接",
    "guide": "办事指南",
    "audience": "适用对象",
    "basis": "依据",
    "valid_from": "开始日期",
    "valid_until": "结束日期",
    "review_on": "复核日期",
    "person_only": "只由人工回答",
    "answer_at": "直接回答的把握",
}
AUDIENCE_NAMES: Final[Mapping[Audience, str]] = {"person": "个人", "business": "企业", "both": "个人和企业"}


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of a line; `changed`: it is not on the other side."""

    text: str
    changed: bool


@dataclass(frozen=True, slots=True)
class Row:
    """A line of each side that belong together; empty on the side that lacks it."""

    kind: Literal["same", "changed", "removed", "added"]
    left: tuple[Piece, ...]
    right: tuple[Piece, ...]


@dataclass(frozen=True, slots=True)
class FieldDifference:
    """A field that differs, with all its lines."""

    field: str
    name: str
    """In Chinese."""
    rows: tuple[Row, ...]


def differences(old: Entry, new: Entry) -> tuple[FieldDifference, ...]:
    """List the fields whose content differs, in the order of the form; state and version are no content."""
    found: list[FieldDifference] = []
    for field in fields(Entry):
        if field.name not in FIELD_NAMES:
            continue
        left, right = _shown(old, field.name), _shown(new, field.name)
        if left != right:
            rows = tuple(_rows(_lines(left), _lines(right)))
            found.append(FieldDifference(field.name, FIELD_NAMES[field.name], rows))
    return tuple(found)


def told(entry: Entry) -> dict[str, str]:
    """An entry as texts by the Chinese names of its fields: for reading, and for the audit log."""
    return {name: "\n".join(_lines(_shown(entry, field))) for field, name in FIELD_NAMES.items()}


def _shown(entry: Entry, field: str) -> Any:
    return AUDIENCE_NAMES[entry.audience] if field == "audience" else getattr(entry, field)


def _lines(value: Any) -> list[str]:
    if value is None or value == "":
        return []
    if isinstance(value, tuple):
        return [line for each in value for line in _lines(each)]
    return value.split("\n") if isinstance(value, str) else [_said(value)]


def _said(value: Any) -> str:
    match value:
        case bool():
            return "是" if value else "否"
        case date():
            return f"{value.year}年{value.month}月{value.day}日"
        case Link():
            return f"{value.title}（{value.url}）"
        case Basis():
            return " ".join(part for part in (value.name, value.number, value.url) if part)
        case _:
            return str(value)


def _rows(left: Sequence[str], right: Sequence[str]) -> Iterator[Row]:
    for kind, a, b, c, d in SequenceMatcher(None, left, right, autojunk=False).get_opcodes():
        if kind == "equal":
            for line in left[a:b]:
                yield Row("same", (Piece(line, changed=False),), (Piece(line, changed=False),))
            continue
        for old, new in zip_longest(left[a:b], right[c:d]):
            yield _row(old, new)


def _row(old: str | None, new: str | None) -> Row:
    if old is None:
        return Row("added", (), (Piece(new or "", changed=True),))
    if new is None:
        return Row("removed", (Piece(old, changed=True),), ())
    left: list[Piece] = []
    right: list[Piece] = []
    for kind, a, b, c, d in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if b > a:
            left.append(Piece(old[a:b], changed=kind != "equal"))
        if d > c:
            right.append(Piece(new[c:d], changed=kind != "equal"))
    return Row("changed", tuple(left), tuple(right))
