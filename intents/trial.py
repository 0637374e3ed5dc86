"""Try a sentence with words that are not in force yet: how it is cut, and how else it may be meant."""

from __future__ import annotations

from dataclasses import dataclass

from intents.analysis import Analyser
from intents.lexicon import Lexicon
from intents.matcher import Index


@dataclass(frozen=True, slots=True)
class Trial:
    """One sentence, read with the words in force and with others."""

    text: str
    """In its one spelling."""
    now: tuple[str, ...]
    """The words it is cut into today."""
    then: tuple[str, ...]
    """The words it would be cut into."""
    meant: tuple[tuple[str, str], ...]
    """How else it would be read: (wording, why), at most two."""


def try_words(index: Index, lexicon: Lexicon, text: str) -> Trial:
    """Read a sentence with another lexicon. Copies jieba's dictionary (about 0.5 s): call it in a thread."""
    reader = Analyser(lexicon)  # not the remembered one: what is tried out may never be used again
    reading = reader.read(text)
    return Trial(
        text=reading.text,
        now=index.analyser.read(text).words,
        then=reading.words,
        meant=tuple(index.meant(reading, reader)),
    )
