"""One spelling for one question: width, case, script, numerals, emoji and polite padding.

`normalise` is idempotent, accepts every `str` (lone surrogates too) and never raises. What it returns has no
punctuation; a single space stays only between Latin words or numbers. Question words and particles such as
吗 stay: they tell a fee question from a materials question.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import Any

MAX_CHARACTERS = 400
"""What is read of a text: longer ones are cut, so that hostile input costs no more than a long question."""

_POLITE_HEAD = re.compile(
    r"^(?:你好|您好|早上好|上午好|中午好|下午好|晚上好|哈喽|嗨|喂|嗯+|呃+|额|啊|哎|唉|亲爱的|亲|在吗|在不在|有人吗|"
    r"请问一下|请问下|请问|请教一下|请教|麻烦问一下|麻烦问下|麻烦您|麻烦你|麻烦|打扰一下|打扰了|打扰|不好意思|"
    r"我?想?要?咨询一下|我?想?要?咨询下|我想咨询|我?想要?了解一下|我?想要?了解下|我想了解|我?想要?请问一下|我?想要?请问|"
    r"我?想?要?问一下|我?想?要?问下|我想问问|想问问|我想问|我要问|想问|问一下|问下|问个问题|我想知道|想知道|我要咨询|"
    r"能不能告诉我|可以告诉我|能告诉我|帮我查一下|帮我查下|帮我看一下|帮我看看|帮忙看下|那请问|那个|这个嘛|就是说|就是|"
    r"工作人员|客服|小助手|老师|同志|领导|大哥|大姐)+"
)
_POLITE_TAIL = re.compile(
    r"(?:谢谢您|谢谢你|谢谢啦|谢谢了|谢谢|多谢|感谢|麻烦了|麻烦您了|辛苦了|拜托了|拜托|急急急|在线等|求解答|求助|"
    r"请回复|请解答|请告知|[啊呀哦噢哈呵嘛呗哟喔诶唉])+$"
)
_NUMERAL = "零〇一二三四五六七八九十百千两"
_DIGITS = {
    "零": 0,
    "〇": 0,
    "一": 1,
    "二": 2,
    "两": 2,
    "三": 3,
    "四": 4,
    "五": 5,
    "六": 6,
    "七": 7,
    "八": 8,
    "九": 9,
}
_UNITS = {"十": 10, "百": 100, "千": 1000}
_YEAR = re.compile(r"[零〇一二三四五六七八九]{2,4}(?=年)")
_AMOUNT = re.compile(
    rf"(?<![{_NUMERAL}万亿])(?:[一二两三四五六七八九]?十[一二三四五六七八九]?|[一二两三四五六七八九][百千][{_NUMERAL}]*)"
    r"(?=周岁|岁|天|年|个月|月|日|元|块|万|人|平|个工作日|小时|分钟|级|号|%)"
)
_LATIN = re.compile(r"[a-z0-9.%]")
_GAP = re.compile(r"(?<![a-z0-9]) | (?![a-z0-9])")
_DOTS = re.compile(r"(?<![0-9])\.|\.(?![0-9])")


@lru_cache(maxsize=1)
def _converter() -> Any:
    import opencc

    return opencc.OpenCC("t2s")


def _kept(character: str) -> str:
    """Return the character, or a space for everything that is no letter, mark, digit or percent sign."""
    kind = unicodedata.category(character)
    if kind[0] == "L" or kind in {"Nd", "Nl"} or character in {"%", "."}:
        return character
    return "" if kind in {"Cf", "Mn", "Me", "Cs"} else " "


class _Kept(dict[int, str]):
    """Translation table that remembers `_kept` for every character it has met."""

    def __missing__(self, code: int) -> str:
        value = _kept(chr(code))
        if len(self) < 50_000:  # noqa: PLR2004 - hostile text must not grow the table without end
            self[code] = value
        return value


_KEEP = _Kept()


def to_simplified(text: str) -> str:
    """Fold traditional script; repeated until nothing changes, so that the result is stable."""
    for _ in range(3):
        folded: str = _converter().convert(text)
        if folded == text:
            break
        text = folded
    return text


def _number(match: re.Match[str]) -> str:
    total = current = 0
    for character in match.group():
        if character in _UNITS:
            total += (current or 1) * _UNITS[character]
            current = 0
        else:
            current = _DIGITS[character]
    return str(total + current)


def fold_numerals(text: str) -> str:
    """Write years and amounts in digits: 二〇二五年 → 2025年, 十八岁 → 18岁; 五险一金 stays."""
    text = _YEAR.sub(lambda found: "".join(str(_DIGITS[c]) for c in found.group()), text)
    return _AMOUNT.sub(_number, text)


def strip_padding(text: str) -> str:
    """Drop greetings, thanks and "I'd like to ask", unless nothing else was said."""
    while True:
        rest = _POLITE_TAIL.sub("", _POLITE_HEAD.sub("", text).strip()).strip()
        if not rest or rest == text:
            return text
        text = rest


def fold(text: str) -> str:
    """Return one spelling without touching the words: width, case, script, numerals, noise."""
    text = text[:MAX_CHARACTERS].translate(_KEEP)
    text = unicodedata.normalize("NFKC", text).lower().translate(_KEEP)
    text = to_simplified(text)
    text = _DOTS.sub(" ", text)
    text = _GAP.sub("", " ".join(text.split()))
    return fold_numerals(text)


@lru_cache(maxsize=4096)
def _normalise(text: str) -> str:
    for _ in range(4):
        once = strip_padding(fold(text))[:MAX_CHARACTERS]
        if once == text:
            break
        text = once
    return text


def normalise(text: str) -> str:
    """Return the one spelling of a question; doing it twice changes nothing more."""
    return _normalise(text[:MAX_CHARACTERS])
