"""Recognising commands: short fixed phrases, matched whole, never inside a longer question. Pure."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

_EDGE: Final = " \t\r\n。．.,，！!？?~～、;；:：…\"'“”‘’（）()【】[]"
_DIGITS: Final = {"一": 1, "二": 2, "两": 2, "三": 3, "四": 4, "五": 5, "六": 6, "七": 7, "八": 8, "九": 9}

_HUMAN: Final = re.compile(
    r"(我(要|想|想要)|请|帮我|给我|麻烦)*(转|转接|接|找|要|叫|换|联系)?(个|一下|到)?"
    r"(人工|真人|活人|客服|人工客服|人工服务|人工坐席|工作人员|客服人员|服务人员)(客服|服务|坐席|台|来|在吗|呢|吗|吧|啊)*"
)
_PATTERNS: Final[tuple[tuple[str, re.Pattern[str]], ...]] = (
    ("cancel_human", re.compile(r"(取消|不要|不用|不等|退出)(人工|客服|排队)(服务|了)*|不等了")),
    ("human", _HUMAN),
    ("human", re.compile(r"(找|转|换)(个)?人(来|工)?(说|聊|答|服务)?(吧|呢)?")),
    ("more", re.compile(r"(看|还有)?更多(内容)?|继续(看)?|下一页|more")),
    ("useless", re.compile(r"没(有)?用|没(有)?帮助|不对|答非所问|不是这个|没解决")),
    ("useful", re.compile(r"有用|有帮助|解决了|很有用")),
    (
        "thanks",
        re.compile(
            r"(好的?|嗯+|哦+)?(非常|太|多)?(感谢|谢谢|谢了|多谢|3q|thanks?|thankyou)(您|你|啦|了|哈|哦|啊|噢)*"
        ),
    ),
    ("thanks", re.compile(r"(好的?|知道了|明白了|收到|嗯+|哦+|ok|行|可以)(了|的|吧|啊|哦|谢谢(您|你)?)*")),
    ("goodbye", re.compile(r"(再见|拜拜|88|bye(bye)?|回见|下次见)(了|啦|哈)*")),
    (
        "greeting",
        re.compile(
            r"(你|您)好+(啊|呀|吗)?|在(吗|么|不在|不)|hi|hello|嗨|哈喽|有人(吗|在吗|么)?|早上好|上午好|中午好|下午好|晚上好"
        ),
    ),
    (
        "help",
        re.compile(
            r"帮助|help|菜单|功能|怎么用|使用说明|你(会|能)(做|干)?(什么|啥)|你是谁|主菜单|目录|\?+|？+"
        ),
    ),
)


def tidy(text: str) -> str:
    """Fold width and trim, for recognising commands and numbers; the question itself keeps its words."""
    return unicodedata.normalize("NFKC", text.replace("\x00", "")).strip()


def command(text: str) -> str:
    """Name the command that the whole text is: `human`, `more`, `useful` …; empty when it is none."""
    bare = re.sub(r"[\s,，。、!！~]+", "", text.strip(_EDGE)).lower() or text.strip()
    for name, pattern in _PATTERNS:
        if pattern.fullmatch(bare):
            return name
    return ""


_NUMBER: Final = re.compile(
    r"(?:选|选择|第|回复|我选)?(?:第)?([0-9]{1,2}|[一二两三四五六七八九])(?:个|号|项|条)?(?:吧|呢)?"
)


def chosen_number(text: str) -> int | None:
    """Read “2”, “第二个”, “选 2”; None when the text is no choice."""
    found = _NUMBER.fullmatch(re.sub(r"\s+", "", text.strip(_EDGE)))
    if found is None:
        return None
    digits = found.group(1)
    return int(digits) if digits.isascii() else _DIGITS[digits]


_CALL_BACK: Final = re.compile(
    r"(?:请|麻烦)?(?:给我)?(?:回电|回电话|回拨|打给我|打电话)(?:给我)?(?:[:：,，])?(.{7,24})"
)
_PHONE: Final = re.compile(r"1[3-9]\d{9}|0\d{2,3}-?\d{7,8}")


def call_back_number(text: str) -> str | None:
    """Read “回电 13800000000”: the number, empty when it can't be one; None when no call is asked for."""
    bare = re.sub(r"\s+", "", text.strip(_EDGE))
    if bare in {"回电", "回电话", "请回电"}:
        return ""
    found = _CALL_BACK.fullmatch(bare)
    if found is None:
        return None
    number = found.group(1).strip(_EDGE)
    return number if _PHONE.fullmatch(number) else "" if number.replace("-", "").isdigit() else None


_END: Final = re.compile(r"(结束|退出)(人工|客服|本次)?(服务|对话|会话|聊天)?(了|吧)?")


def ends_chat(text: str) -> bool:
    """Whether the whole text ends a talk with a person: “结束”, “退出人工”, “结束服务”."""
    return _END.fullmatch(re.sub(r"\s+", "", text.strip(_EDGE))) is not None


def has_words(text: str) -> bool:
    """Whether there is anything to understand: a letter or digit of any script."""
    return any(character.isalnum() for character in text)
