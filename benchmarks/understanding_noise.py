"""Typing noise: one homophone error, one dropped character, traditional script. Same dice, same noise."""

from __future__ import annotations

import random
from collections.abc import Callable
from functools import lru_cache

import opencc

from intents.typos import dropped, homophone


@lru_cache(maxsize=1)
def _traditional() -> opencc.OpenCC:
    return opencc.OpenCC("s2t")


def traditional(text: str, dice: random.Random) -> str:  # noqa: ARG001 - the three share one shape
    """Return the text in traditional script."""
    return str(_traditional().convert(text))


NOISE: dict[str, Callable[[str, random.Random], str]] = {
    "homophone": homophone,
    "dropped": dropped,
    "traditional": traditional,
}
