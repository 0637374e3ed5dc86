"""What a citizen typed, read as an answer to one question of a guide. Pure.

Read strictly: a text that is no clear answer is `None`, because it may be another question altogether.
"""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import date
from typing import Final

from rapidfuzz import fuzz

from intents.normalise import normalise
from knowledge.guide_scenes import NO, YES, branch_of, branches
from knowledge.guides import Guide, Option, Question

_FILLER: Final = re.compile(
    r"^(?:我们家|我们|我家|我的|我|本人|他|她|应该|大概|就|只|属于|算|要|想|选择|选|办|是)+|"
    r"(?:的情况|这种|这个|情况|的|了|吧|呢|啊|呀|嘛|哦|啦)+$"
)
_ASKING: Final = re.compile(r"吗|什么|啥|怎么|咋|多少|哪|几|多久|能不能|可不可以|要不要|是不是|[?？]")
_DENYING: Final = re.compile(r"不|没|非|未|无|别")
_PARTICLES: Final = re.compile(r"[的了呢吧啊呀嘛哦啦]+$")
_YES: Final = (
    "是",
    "对",
    "有",
    "要",
    "是的",
    "对的",
    "没错",
    "嗯",
    "好",
    "好的",
    "可以",
    "行",
    "yes",
    "y",
    "会",
    "能",
    "已经有",
    "需要",
)
_NO: Final = (
    *("否", "不", "不是", "没有", "没", "不要", "不用", "无", "不对", "no", "n"),
    *("还没", "还没有", "没得", "不会", "不能", "不需要"),
)
_NOTHING: Final = (
    "都没有",
    "都不是",
    "没有",
    "都没",
    "以上都没有",
    "以上都不是",
    "无",
    "一个都没有",
    "都不要",
)
_SURE: Final = 82.0
"""rapidfuzz ratio from which a text with a typing error still is an option."""
_ROOM: Final = 5
"""Characters that may stand around an option in a text that is nothing but its choice."""
_SHORTEST: Final = 2
_SPLIT: Final = re.compile(r"[\s,，、;；.。/和与跟及+还有以]+")

_DIGITS: Final = {sign: value for value, sign in enumerate("零一二三四五六七八九")} | {
    "〇": 0,
    "两": 2,
    "俩": 2,
}
_UNITS: Final = {"十": 10, "百": 100, "千": 1000}
_NUMBER: Final = re.compile(
    r"(?P<digits>[0-9]+(?:\.[0-9]+)?)?(?P<words>[零〇一二两俩三四五六七八九十百千]+)?(?P<ten>万)?"
)
_ALMOST: Final = re.compile(r"不到|不满|未满|不足|没到|没满|快|将近|差")
_LONGEST_NUMBER: Final = 9

_DATE: Final = re.compile(
    r"(?P<year>[0-9]{4}|[0-9]{2}(?=年))(?:年|[-/.])?\s*(?:(?P<month>1[0-2]|0?[1-9])(?:月份?|[-/.])?)?\s*"
    r"(?:(?P<day>3[01]|[12][0-9]|0?[1-9])[日号]?)?(?:生|出生|的|那年)*"
)
_CENTURY: Final = 100


def read_answer(guide: Guide, question: Question, text: str, today: date) -> int | None:
    """Number of the branch (from 0) that a text chooses; None when it is no clear answer."""
    match question.kind:
        case "single" | "place":
            return read_option(question.options, text)
        case "yes_no":
            return _read_yes_no(question, text)
        case "several":
            return _read_several(guide, question, text)
        case "number":
            number = read_number(text, question.unit)
            return None if number is None else branch_of(guide, question, number)
        case "date":
            day = read_date(text, today)
            return None if day is None else branch_of(guide, question, day)


def read_option(options: tuple[Option, ...], text: str) -> int | None:
    """The one option that a text names, exactly, inside a short phrase, or with a typing error."""
    said = bare(text)
    if not said:
        return None
    names = [[bare(name) for name in (each.label, *each.aliases)] for each in options]
    exact = [place for place, own in enumerate(names) if said in own]
    if exact or _ASKING.search(text):
        return exact[0] if len(exact) == 1 else None
    inside = {
        place: max(len(name) for name in own if _stands_in(name, said))
        for place, own in enumerate(names)
        if any(len(name) >= _SHORTEST and _stands_in(name, said) for name in own)
    }
    if inside:
        longest = max(inside.values())
        best = [place for place, length in inside.items() if length == longest]
        return best[0] if len(best) == 1 else None
    likeness = sorted(
        ((max(fuzz.ratio(said, name) for name in own), place) for place, own in enumerate(names))
    )
    score, place = likeness[-1]
    rival = likeness[-2][0] if len(likeness) > 1 else 0.0
    return place if score >= _SURE and score > rival and len(said) > _SHORTEST else None


def _stands_in(name: str, said: str) -> bool:
    """Whether a phrase is little more than a name, and does not deny it."""
    around = said.replace(name, "", 1)
    return name in said and len(around) <= _ROOM and not _DENYING.search(around)


def bare(text: str) -> str:
    """A text without punctuation and the small words around an answer."""
    said = normalise(text).replace(" ", "")
    return _FILLER.sub("", said) or said


def _read_yes_no(question: Question, text: str) -> int | None:
    said = normalise(text).replace(" ", "")
    short = _PARTICLES.sub("", said)
    own = {each.value: each for each in question.options}
    options = tuple(own[value] for value in (YES, NO) if value in own)
    found = read_option(options, text) if options else None
    if found is not None:
        return (YES, NO).index(options[found].value)
    return next((place for place, words in enumerate((_YES, _NO)) if {said, short} & set(words)), None)


def _read_several(guide: Guide, question: Question, text: str) -> int | None:
    """Several at once: `1 3`, `13`, `孩子和老人`; or one, or the option for none."""
    if question.none and (bare(text) == bare(question.none) or normalise(text) in _NOTHING):
        return _set_of(guide, question, frozenset())
    if normalise(text) in {"全部", "都有", "都要", "都是", "全选", "全都要"}:
        return _set_of(guide, question, frozenset(range(len(question.options))))
    pieces = [piece for piece in _SPLIT.split(text.strip()) if piece]
    if len(pieces) == 1 and pieces[0].isascii() and pieces[0].isdigit():
        pieces = list(pieces[0])
    numbers = [int(piece) for piece in pieces if piece.isascii() and piece.isdigit()]
    if numbers and len(numbers) == len(pieces):
        if question.none and numbers == [len(question.options) + 1]:
            return _set_of(guide, question, frozenset())
        chosen = {number - 1 for number in numbers}
    else:
        said = [read_option(question.options, piece) for piece in pieces]
        if not said or None in said:
            said = [read_option(question.options, text)]
        chosen = {place for place in said if place is not None}
        if len(chosen) != len(set(said)):
            return None
    return _set_of(guide, question, frozenset(chosen))


def _set_of(guide: Guide, question: Question, places: frozenset[int]) -> int | None:
    if any(not 0 <= place < len(question.options) for place in places):
        return None
    wanted = tuple(each.value for place, each in enumerate(question.options) if place in places)
    found = (place for place, branch in enumerate(branches(guide, question)) if branch.value == wanted)
    return next(found, None)


def read_number(text: str, unit: str) -> int | None:
    """A number as people write it (`3年`, `三万`, `半年`), in whole units; None: no single one."""
    said = text.replace(" ", "").replace(",", "").replace("，", "")
    if _ASKING.search(said) or len(said) > len(unit) + 14:
        return None
    if "半" in said and not re.search(r"[0-9零一二两三四五六七八九十]", said):
        return 6 if unit in {"月", "个月"} else 0
    found = [each for each in _NUMBER.finditer(said) if each.group()]
    if not found or (len(found) > 1 and not (unit and said.startswith(unit[0], found[0].end()))):
        return None  # “3 到 5 年” is no number; “15 年零 3 个月” is one
    value = _value(found[0])
    if value is None:
        return None
    if found[0]["ten"]:
        value = value if "万" in unit else value * 10_000
    before, after = said[: found[0].start()], said[found[0].end() :]
    if after.startswith(("多", "来", "几")):
        return None  # “十多年” may be nine years apart
    if _ALMOST.search(before):
        value -= 1
    if unit in {"月", "个月"} and after.startswith("年"):
        value *= 12
    if unit in {"年", "周岁", "岁"} and re.match(r"个?月|天", after):
        value = value / 12 if "月" in after else 0
    return int(value)


def _value(found: re.Match[str]) -> float | None:
    if found["digits"]:
        return None if found["words"] or len(found["digits"]) > _LONGEST_NUMBER else float(found["digits"])
    if not found["words"]:
        return None
    total, digit = 0, 0
    for sign in found["words"]:
        if sign in _UNITS:
            total, digit = total + (digit or 1) * _UNITS[sign], 0
        else:
            digit = _DIGITS[sign]
    return float(total + digit)


def read_date(text: str, today: date) -> date | None:
    """A day, a month (its first day) or a year (its first day): `1966年5月`, `66年5月3日`, `1966-05-03`."""
    said = "".join(
        str(_DIGITS[each]) if each in _DIGITS and each not in "两俩" else each for each in text.strip()
    )
    said = _FILLER.sub("", said.replace(" ", "")) if not said[:1].isdigit() else said
    found = _DATE.fullmatch(said) or re.fullmatch(
        r"(?P<year>[0-9]{4})(?P<month>[0-9]{2})(?P<day>[0-9]{2})?", said
    )
    if found is None:
        return None
    year, month, day = int(found["year"]), int(found["month"] or 1), int(found["day"] or 1)
    if year < _CENTURY:
        year += today.year // _CENTURY * _CENTURY
        year -= _CENTURY if year > today.year else 0
    if not (1900 <= year <= today.year + _CENTURY and 1 <= month <= 12):  # noqa: PLR2004 - a living person's dates
        return None
    return date(year, month, day) if 1 <= day <= monthrange(year, month)[1] else None
