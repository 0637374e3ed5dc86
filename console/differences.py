"""Where two versions of a text differ, for showing them side by side. Pure."""

from __future__ import annotations

from difflib import SequenceMatcher
from typing import Final

_MOST: Final = 6000
"""Characters in all up to which letters are compared; beyond, whole lines are (it would take a minute)."""


def stretches(text: str, other: str) -> list[tuple[bool, str]]:
    """Cut a text into stretches: whether the other one has it too, and the stretch."""
    if text == other or not text:
        return [(True, text)] if text else []
    if not other:
        return [(False, text)]
    if len(text) + len(other) > _MOST:
        return _joined([(line in set(other.splitlines()), line) for line in text.splitlines(keepends=True)])
    matcher = SequenceMatcher(None, other, text, autojunk=False)
    found = [(kind == "equal", text[start:end]) for kind, _, _, start, end in matcher.get_opcodes()]
    return _joined([each for each in found if each[1]])


def _joined(stretches_: list[tuple[bool, str]]) -> list[tuple[bool, str]]:
    joined: list[tuple[bool, str]] = []
    for same, stretch in stretches_:
        if joined and joined[-1][0] == same:
            joined[-1] = (same, joined[-1][1] + stretch)
        else:
            joined.append((same, stretch))
    return joined
