"""Whether a hall's own words can be used by the matcher."""

from __future__ import annotations

from intents.lexicon import Lexicon, LexiconError
from knowledge.hall import Alias


def usable(word: str) -> str:
    """Say why a word can't be used, in Chinese; empty when it can."""
    try:
        Lexicon.of(words=[word])
    except LexiconError as error:
        return str(error)
    return ""


def usable_alias(alias: Alias) -> str:
    """Say why a colloquial name can't be used, in Chinese; empty when it can."""
    try:
        Lexicon.of(aliases={alias.said: alias.name})
    except LexiconError as error:
        return str(error)
    return ""
