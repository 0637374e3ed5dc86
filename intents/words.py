"""Cut a sentence into words, and read a character aloud.

jieba without its shared cache file: the dictionary is read once per process (about 0.6 s) and copied for each
lexicon. Pinyin is per character and without tones, from pypinyin's table: the same reading on both sides is
what counts, not the right one.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

_PRIVATE = 0xE000
"""First code point of the private use area: one character stands for one syllable."""


@lru_cache(maxsize=1)
def _dictionary() -> tuple[dict[str, int], int]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # jieba's regular expressions on Python 3.12+
        import jieba
    tokenizer = jieba.Tokenizer()
    frequencies, total = tokenizer.gen_pfdict(tokenizer.get_dict_file())
    return frequencies, total


def load() -> None:
    """Read the dictionary now (about 0.6 s) so that the first question doesn't wait for it."""
    _dictionary()


def tokenizer(words: Iterable[str] = ()) -> Any:
    """Return an own jieba tokenizer that keeps `words` in one piece."""
    base, total = _dictionary()
    import jieba

    made = jieba.Tokenizer()
    made.FREQ, made.total, made.initialized = dict(base), total, True
    for word in words:
        made.add_word(word)
    return made


def background(word: str) -> int:
    """How often a word stands in jieba's general corpus of 60 million words (0: never)."""
    return _dictionary()[0].get(word, 0)


_MARKS = str.maketrans("āáǎàēéěèōóǒòīíǐìūúǔùüǖǘǚǜńňǹḿếề", "aaaaeeeeooooiiiiuuuuvvvvvnnnmee")


@lru_cache(maxsize=1)
def _sounds() -> dict[int, str]:
    """Return, for every character with a reading, the private character of its first reading without tone."""
    from pypinyin.pinyin_dict import pinyin_dict

    numbers: dict[str, int] = {}
    table: dict[int, str] = {}
    for code, readings in pinyin_dict.items():
        sound = str(readings).split(",", 1)[0].translate(_MARKS)
        table[code] = chr(_PRIVATE + numbers.setdefault(sound, len(numbers)))
    return table


def spoken(text: str) -> str:
    """Return `text` with one character per syllable: texts that sound alike become equal."""
    return text.translate(_sounds())
