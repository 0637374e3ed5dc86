"""Lists of words as clerks paste them: one a line, or with 、 between. Read and checked; pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Final

from intents.guards import guard, own_word
from intents.lexicon import Lexicon
from intents.normalise import fold
from knowledge.hall import Alias
from knowledge.words import MOST_SENSITIVE, usable, usable_alias, usable_sensitive

MOST_WORDS: Final = 2000
MOST_ALIASES: Final = 1000
_BETWEEN: Final = re.compile(r"[\n、，,；;\t]+")
_SAID_AS: Final = re.compile(r"\s*(?:=>|→|＝|=|\t|：)\s*")
_SHORTEST: Final = 2


def items_of(text: str) -> tuple[str, ...]:
    """The words of a list, without gaps around them; the same word counts once."""
    found = (" ".join(each.split()) for each in _BETWEEN.split(text))
    return tuple(dict.fromkeys(each for each in found if each))


def words_of(text: str) -> list[str]:
    """The words of a list, doubles too: they are to be named."""
    found = (" ".join(each.split()) for each in _BETWEEN.split(text))
    return [each for each in found if each]


def word_problems(words: list[str]) -> Iterator[str]:
    """Say what is wrong with words that must not be cut apart."""
    if len(words) > MOST_WORDS:
        yield f"最多 {MOST_WORDS} 个词，现在有 {len(words)} 个"
        return
    yield from _doubles(words, fold)
    for word in words:
        if why := usable(word):
            yield why
        elif len(fold(word)) < _SHORTEST:
            yield f"“{word}”只有一个字，不用写在这里"


def aliases_of(text: str) -> tuple[tuple[Alias, ...], list[str]]:
    """The colloquial names of a list, one `said = name` a line, and what is wrong with its lines."""
    found: list[Alias] = []
    problems: list[str] = []
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        said, *rest = _SAID_AS.split(line.strip(), maxsplit=1)
        name = rest[0].strip() if rest else ""
        if not said or not name:
            problems.append(f"第 {number} 行“{line.strip()[:20]}”要写成：俗称 = 正式名称")
            continue
        found.append(Alias(" ".join(said.split()), " ".join(name.split())))
    return tuple(found), problems


def alias_problems(aliases: tuple[Alias, ...]) -> Iterator[str]:
    """Say what is wrong with colloquial names."""
    if len(aliases) > MOST_ALIASES:
        yield f"最多 {MOST_ALIASES} 条俗称，现在有 {len(aliases)} 条"
        return
    yield from _doubles([each.said for each in aliases], fold)
    names = {fold(each.said): each.name for each in aliases}
    for each in aliases:
        if why := usable_alias(each):
            yield why
        elif len(fold(each.said)) < _SHORTEST:
            yield f"俗称“{each.said}”只有一个字，会误改很多问题"
        elif fold(each.said) == fold(each.name):
            yield f"“{each.said}”的俗称和正式名称一样"
        elif further := names.get(fold(each.name)):
            yield f"“{each.name}”自己也写成了俗称，只会替换一次；请直接写：{each.said} = {further}"


def alias_notices(aliases: tuple[Alias, ...]) -> Iterator[str]:
    """Say which names hide another: allowed, but worth knowing."""
    built_in = dict(Lexicon.builtin().aliases)
    own = {fold(each.said): each.name for each in aliases}
    for each in aliases:
        said = fold(each.said)
        hidden = built_in.get(said, "")
        if hidden and hidden != fold(each.name):
            yield f"“{each.said}”盖住了内置的“{each.said} = {hidden}”"
        longer = _longer({**built_in, **own}, said)
        if longer:
            yield f"“{each.said}”也包含在“{longer}”里，两条会各试一次，取更像的"


def _longer(names: Mapping[str, str], said: str) -> str:
    return next((other for other in names if said and said in other and said != other), "")


def sensitive_problems(words: list[str]) -> Iterator[str]:
    """Say what is wrong with sensitive words."""
    if len(words) > MOST_SENSITIVE:
        yield f"最多 {MOST_SENSITIVE} 个词，现在有 {len(words)} 个"
        return
    yield from _doubles(words, own_word)
    for word in words:
        if why := usable_sensitive(word):
            yield why
        elif guard(word) is not None:
            yield f"“{word}”内置词已经拦下了，不用再写"


def _doubles(words: list[str], same: Callable[[str], str]) -> Iterator[str]:
    first: dict[str, str] = {}
    for word in words:
        other = first.setdefault(same(word), word)
        if other is not word and same(word):
            yield f"“{word}”重复了" if other == word else f"“{word}”和“{other}”是同一个词"
