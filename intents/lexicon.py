"""The words of a hall: names that stay in one piece, stop words, synonyms, aliases and question words.

`Lexicon.builtin()` is read from `intents/data/lexicon.yaml`; a hall adds its own with `extended`. Every
mistake in the data is a `LexiconError` with one Chinese sentence that says what to change.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from importlib import resources
from typing import Any

import yaml

from intents.normalise import fold

MAX_WORD = 30


class LexiconError(ValueError):
    """The lexicon's data can't be used; the message says in Chinese what to change."""


@dataclass(frozen=True, slots=True)
class Lexicon:
    """Words as data. Every word is stored in the spelling of `normalise.fold`."""

    words: frozenset[str] = frozenset()
    stop: frozenset[str] = frozenset()
    synonyms: tuple[tuple[str, ...], ...] = ()
    """Groups of words that mean the same; the first one stands for all."""
    aliases: tuple[tuple[str, str], ...] = ()
    """(what people say, official name), longest first."""
    questions: tuple[tuple[str, tuple[str, ...]], ...] = ()
    """(kind of question, words that show it)."""
    canonical: Mapping[str, str] = field(default_factory=dict, repr=False, compare=False)
    """word → the first word of its group; made from `synonyms`."""

    @classmethod
    def of(
        cls,
        *,
        words: Iterable[str] = (),
        stop: Iterable[str] = (),
        synonyms: Iterable[Iterable[str]] = (),
        aliases: Mapping[str, str] | None = None,
        questions: Mapping[str, Iterable[str]] | None = None,
    ) -> Lexicon:
        """Check and fold plain data."""
        groups = tuple(_group(group) for group in synonyms)
        pairs = {_word(said, "别名"): _phrase(name, said) for said, name in (aliases or {}).items()}
        return cls(
            words=frozenset(_word(word, "词语") for word in words),
            stop=frozenset(_word(word, "停用词") for word in stop),
            synonyms=groups,
            aliases=tuple(sorted(pairs.items(), key=lambda pair: (-len(pair[0]), pair[0]))),
            questions=tuple(
                (
                    kind,
                    tuple(
                        sorted({_word(word, "疑问词") for word in shown}, key=lambda word: (-len(word), word))
                    ),
                )
                for kind, shown in (questions or {}).items()
            ),
            canonical=_canonical(groups),
        )

    @classmethod
    def builtin(cls) -> Lexicon:
        """Return the lexicon that comes with the program."""
        return _builtin()

    def extended(
        self,
        *,
        words: Iterable[str] = (),
        aliases: Mapping[str, str] | None = None,
        synonyms: Iterable[Iterable[str]] = (),
    ) -> Lexicon:
        """Return this lexicon with a hall's own words, aliases and synonyms; the hall's aliases win."""
        known = dict(self.aliases)
        known.update(aliases or {})
        return Lexicon.of(
            words=(*self.words, *words),
            stop=self.stop,
            synonyms=(*self.synonyms, *synonyms),
            aliases=known,
            questions=dict(self.questions),
        )


def _word(value: object, what: str) -> str:
    if not isinstance(value, str) or not value.strip():
        raise LexiconError(f"词库里有一个空的或不是文字的{what}：{value!r}，请删除或改成文字。")
    word = fold(value)
    if not word:
        raise LexiconError(f"{what}“{value}”里没有文字，请删除或改正。")
    if len(word) > MAX_WORD:
        raise LexiconError(f"{what}“{value[:12]}…”超过 {MAX_WORD} 个字，请写短一些。")
    return word


def _phrase(value: object, said: str) -> str:
    if not isinstance(value, str) or not value.strip():
        raise LexiconError(f"别名“{said}”后面没有写正式名称，请补上。")
    return " ".join(_word(part, "正式名称") for part in value.split())


def _group(group: Iterable[str]) -> tuple[str, ...]:
    if isinstance(group, str):
        raise LexiconError(f"同义词“{group}”要写成一组，例如 [怎么, 如何]。")
    words = tuple(dict.fromkeys(_word(word, "同义词") for word in group))
    if len(words) < 2:  # noqa: PLR2004 - one word is no group
        raise LexiconError(f"同义词组“{'、'.join(words)}”只有一个词，请补上第二个词或删除这一组。")
    return words


def _canonical(groups: tuple[tuple[str, ...], ...]) -> dict[str, str]:
    """Map each word to the head of the first group that names it; a head stays itself."""
    heads = {group[0] for group in groups}
    canonical: dict[str, str] = {}
    for group in groups:
        for word in group[1:]:
            if word not in heads:
                canonical.setdefault(word, group[0])
    return canonical


def parse(text: str) -> Lexicon:
    """Read a lexicon from YAML text."""
    try:
        data: Any = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise LexiconError(
            f"词库不是有效的 YAML：{str(error).splitlines()[0]}，请检查缩进和冒号。"
        ) from error
    if not isinstance(data, dict):
        raise LexiconError("词库应当由 words、stop、synonyms、aliases、questions 几个部分组成。")
    unknown = set(data) - {"words", "stop", "synonyms", "aliases", "questions"}
    if unknown:
        raise LexiconError(f"词库里有不认识的部分：{'、'.join(sorted(map(str, unknown)))}，请删除或改名。")
    return Lexicon.of(
        words=data.get("words") or (),
        stop=data.get("stop") or (),
        synonyms=data.get("synonyms") or (),
        aliases=data.get("aliases") or {},
        questions=data.get("questions") or {},
    )


@lru_cache(maxsize=1)
def _builtin() -> Lexicon:
    return parse(resources.files("intents").joinpath("data/lexicon.yaml").read_text(encoding="utf-8"))
