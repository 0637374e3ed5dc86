"""Read a mistyped word as one that the knowledge base knows: it sounds the same, or one character is missing.

Only pairs of characters that stand nowhere in the knowledge base are touched, one character at a time, and
only if the text as a whole becomes more familiar: “社宝” is read as “社保”; “身证” is read as “身份证” where
份 is what usually stands between the two. What is an ordinary word already stays: “天气” is no “天然气” with
a character missing, and whoever learns “吉他” doesn't ask for his “学籍”.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from intents.postings import Longs, Postings
from intents.words import background, spoken

_WIDE = 1 << 21
"""More than the largest code point: packs characters into one number."""
_CHINESE = 0x3400
LONGEST = 60
"""Longer texts are not repaired."""
ORDINARY = 50
"""A word that stands so often in jieba's general corpus (60 million words) is not a slip."""
WORD = 4
"""Longest word that is looked for around a slip, in characters."""


@dataclass(frozen=True, slots=True)
class Repairs:
    """The pairs of characters of a knowledge base, by their sound."""

    known: dict[str, int]
    sounds: dict[str, int]
    best: Longs
    """Sound pair → number of the most frequent pair of characters with that sound; -1: none."""
    names: tuple[str, ...]
    around: Longs
    """Pairs of characters that stand around one other character, rising."""
    between: Longs
    """The most frequent character between each pair of `around`."""

    @classmethod
    def of(cls, grams: Postings, sounds: Postings, texts: Sequence[str]) -> Repairs:
        """Order the pairs of an index by sound."""
        names = tuple(grams.vocabulary)
        frequency = np.diff(grams.starts).tolist()
        best = [-1] * max(len(sounds.vocabulary), 1)
        often = [0] * len(best)
        said = spoken("\n".join(names)).split("\n") if names else []
        for number, (name, sound) in enumerate(zip(names, said, strict=True)):
            if len(name) == 2:  # noqa: PLR2004 - a pair
                place = sounds.vocabulary.get(sound, -1)
                if place >= 0 and frequency[number] > often[place]:
                    best[place], often[place] = number, frequency[number]
        return cls(grams.vocabulary, sounds.vocabulary, np.asarray(best, np.int64), names, *_middles(texts))

    def _strange(self, text: str) -> list[int]:
        return [place for place in range(len(text) - 1) if text[place : place + 2] not in self.known]

    def repaired(self, text: str) -> tuple[str, str, str] | None:
        """Return (text as it may be meant, what was typed, what it is read as), or None."""
        if not 2 <= len(text) <= LONGEST:  # noqa: PLR2004
            return None
        strange = self._strange(text)
        found: tuple[int, str, str, str] | None = None
        for place in strange:
            typed = text[place : place + 2]
            for meant in (self._same_sound(typed), self._completed(typed)):
                if meant and not _breaks_a_word(text, place, meant):
                    whole = text[:place] + meant + text[place + 2 :]
                    left = len(self._strange(whole))
                    if left < len(strange) and (found is None or left < found[0]):
                        found = (left, whole, typed, meant)
        return None if found is None else found[1:]

    def _same_sound(self, pair: str) -> str:
        """Return the known pair with the same sound that differs in one character, or nothing."""
        place = self.sounds.get(spoken(pair), -1)
        number = int(self.best[place]) if place >= 0 else -1
        if number < 0:
            return ""
        known = self.names[number]
        return known if (known[0] == pair[0]) != (known[1] == pair[1]) else ""

    def _completed(self, pair: str) -> str:
        """Return the pair with the character that usually stands between, or nothing."""
        code = ord(pair[0]) * _WIDE + ord(pair[1])
        place = int(np.searchsorted(self.around, code))
        if place == len(self.around) or int(self.around[place]) != code:
            return ""
        return f"{pair[0]}{chr(int(self.between[place]))}{pair[1]}"


def _breaks_a_word(text: str, place: int, meant: str) -> bool:
    """Whether reading the pair at `place` as `meant` would take an ordinary word apart."""
    typed = text[place : place + 2]
    if len(meant) > len(typed):
        first, last = place, place + 1  # a word that spans the gap
    else:
        first = last = place if meant[0] != typed[0] else place + 1  # a word that holds the changed character
    return any(
        background(text[start:end]) >= ORDINARY
        for start in range(max(0, last - WORD + 1), first + 1)
        for end in range(max(last + 1, start + 2), min(len(text), start + WORD) + 1)
    )


def _middles(texts: Sequence[str]) -> tuple[Longs, Longs]:
    """Return the pairs of characters around one other, and the most frequent one between."""
    codes = np.frombuffer("\n".join(texts).encode("utf-32-le", "replace"), np.uint32).astype(np.int64)
    first, middle, last = codes[:-2], codes[1:-1], codes[2:]
    inside = (first >= _CHINESE) & (middle >= _CHINESE) & (last >= _CHINESE)
    triples, often = np.unique(
        (first[inside] * _WIDE + last[inside]) * _WIDE + middle[inside], return_counts=True
    )
    order = np.lexsort((-often, triples // _WIDE))
    pairs = triples[order] // _WIDE
    heads = np.flatnonzero(np.concatenate(([True], pairs[1:] != pairs[:-1])))[: len(pairs)]
    return pairs[heads], triples[order][heads] % _WIDE
