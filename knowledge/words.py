"""Whether a hall's own words can be used by the matcher."""

from __future__ import annotations

from typing import Final

from intents.guards import SHORTEST_OWN_WORD, own_word
from intents.lexicon import MAX_WORD, Lexicon, LexiconError
from knowledge.hall import Alias

MOST_SENSITIVE: Final = 200


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


def usable_sensitive(word: str) -> str:
    """Say why a sensitive word can't be used, in Chinese; empty when it can."""
    folded = own_word(word)
    if len(folded) < SHORTEST_OWN_WORD:
        return f"“{word}”太短，至少 {SHORTEST_OWN_WORD} 个字，不然会误伤很多正常的问题"
    if len(folded) > MAX_WORD:
        return f"“{word[:12]}…”太长，最多 {MAX_WORD} 个字"
    return ""
