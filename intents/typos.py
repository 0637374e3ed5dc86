"""Typing errors, made on purpose: a fit should know what they look like. Same dice, same errors."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from random import Random

from intents import words

FIRST, LAST = "\u4e00", "\u9fff"


COMMON = 500
"""Times a character stands alone in jieba's corpus, to count as one that people type."""


def _readings() -> Mapping[int, str]:
    from pypinyin.pinyin_dict import pinyin_dict

    found: Mapping[int, str] = pinyin_dict
    return found


@lru_cache(maxsize=1)
def _homophones() -> dict[str, list[str]]:
    """Return, for a reading with its tone, the common characters that share it."""
    found: dict[str, list[str]] = {}
    for code, readings in _readings().items():
        character = chr(code)
        if FIRST <= character <= LAST and words.background(character) > COMMON:
            found.setdefault(str(readings).split(",", 1)[0], []).append(character)
    return found


def homophone(text: str, dice: Random) -> str:
    """Return the text with one character replaced by a common one that sounds the same."""
    places = [place for place, character in enumerate(text) if FIRST <= character <= LAST]
    dice.shuffle(places)
    for place in places:
        sound = str(_readings().get(ord(text[place]), "")).split(",", 1)[0]
        others = [other for other in _homophones().get(sound, []) if other != text[place]]
        if others:
            return text[:place] + dice.choice(others) + text[place + 1 :]
    return text


def dropped(text: str, dice: Random) -> str:
    """Return the text without one of its Chinese characters."""
    places = [place for place, character in enumerate(text) if FIRST <= character <= LAST]
    if len(places) < 2:  # noqa: PLR2004 - one character must be left
        return text
    place = dice.choice(places)
    return text[:place] + text[place + 1 :]


def mistyped(text: str, place: int, dice: Random) -> str:
    """Return a text with one error: a homophone on odd places, a dropped character on even ones."""
    return (homophone if place % 2 else dropped)(text, dice)
