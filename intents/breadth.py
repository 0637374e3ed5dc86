"""Whether a question says enough: “多少钱” says nothing by itself, “公积金” says no more than a subject.

The learned confidence never saw such questions; people type them all the time. What many entries speak of
in the same way is asked back, however sure the ranking is of its first place.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from intents.analysis import Analyser, Reading

MANY: Final = 3
"""From so many entries on that hold all of a question, it is too wide to be answered by one."""
GENERAL: Final = frozenset({"how", "whether"})
ASKING: Final = frozenset({"什么", "哪个", "么"})
"""Question words that are of no kind: they stand before what is asked (什么材料)."""
FEW_WORDS: Final = 2
"""A question of more words than this has said what it wants."""


def says_nothing(reading: Reading, analyser: Analyser) -> bool:
    """Whether nothing but stop words and question words is left: no matter can be found by that."""
    return bool(reading.text) and not _matter(reading.words, analyser)


def too_wide(reading: Reading, phrasings: Iterable[Sequence[str]], analyser: Analyser) -> list[int]:
    """Give the places of the entries that hold the whole question, when they are many; else none.

    `phrasings` are the words of each candidate's nearest phrasing, best first. Who asks a price is told by
    the entries on prices alone. A best phrasing that says no more than the question ends the doubt: somebody
    wrote it for that entry.
    """
    matter = _matter(reading.words, analyser)
    if not matter or len(matter) > FEW_WORDS:
        return []
    asked = _kinds(reading.words, analyser)
    held = list(phrasings)
    if not held or (_matter(held[0], analyser) == matter and _kinds(held[0], analyser) == asked):
        return []
    holding = [
        place
        for place, words in enumerate(held)
        if matter <= set(words) and (not asked or asked & _kinds(words, analyser))
    ]
    return holding if len(holding) >= MANY else []


def _matter(words: Iterable[str], analyser: Analyser) -> set[str]:
    return {
        word
        for word in words
        if not analyser.is_stop(word)
        and word not in ASKING
        and not analyser.kinds_of(word)
        and any(each.isalnum() for each in word)
    }


def _kinds(words: Iterable[str], analyser: Analyser) -> int:
    """What is asked about the matter; “怎么办” and “吗” ask nothing in particular."""
    kinds = 0
    for word in words:
        kinds |= analyser.kinds_of(word)
    for place, name in enumerate(analyser.kinds):
        if name in GENERAL:
            kinds &= ~(1 << place)
    return kinds
