"""Sentences that a hall may say in its own words: placeholders in braces, checked, filled in. Pure.

A clerk writes `请拨打 {电话}`; what stands in braces is filled in when it is said. A text that could not be
said properly is never stored, and one that got into the database some other way is not used: the citizen
then gets the built-in sentence.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

from knowledge.hall import Hall

MOST_BYTES: Final = 1200
"""Of one own text: WeChat shows about 2,000 bytes, and choices or buttons may stand below it."""
_PLACE: Final = re.compile(r"\{([^{}\n]*)\}")
_NOTHING: Final[Mapping[str, str]] = MappingProxyType({})
HALL_PLACES: Final = ("大厅名称", "地址", "电话", "上班时间")
"""What may stand in braces everywhere."""


@dataclass(frozen=True, slots=True)
class Sentence:
    """One row of the table in `handlers.texts`."""

    key: str
    name: str
    """What clerks call it."""
    when: str
    """When a citizen gets it, in words."""
    text: str
    """As built in, with its placeholders."""
    places: Mapping[str, str] = field(default_factory=lambda: _NOTHING)
    """What else may stand in braces, with an example of what comes there."""
    needs: tuple[str, ...] = ()
    """What must stand in braces somewhere, because somebody relies on it."""
    lines: int = 0
    """The most lines it may have, each said by itself; 0: it is one text of any number of lines."""

    @property
    def allowed(self) -> tuple[str, ...]:
        """All that may stand in braces."""
        return () if self.lines else (*self.places, *HALL_PLACES)


def said(sentence: Sentence, hall: Hall, **values: str) -> str:
    """The sentence as this hall says it, filled in."""
    own = own_text(sentence, hall)
    return filled(own or sentence.text, {**places_of(hall), **values})


def own_text(sentence: Sentence, hall: Hall) -> str:
    """What the hall says instead of the built-in sentence; empty where it has nothing usable."""
    own = next((each.text for each in hall.texts if each.key == sentence.key), "")
    return own if own and not any(problems_of(sentence, own)) else ""


def places_of(hall: Hall) -> dict[str, str]:
    """What comes where `HALL_PLACES` stand."""
    return dict(zip(HALL_PLACES, (hall.name, hall.address, hall.phone, hall.hours), strict=True))


def filled(text: str, values: Mapping[str, str]) -> str:
    """Put values into braces, once; what stands in a value stays as it is."""
    return _PLACE.sub(lambda found: values.get(found[1].strip(), found[0]), text)


def example(sentence: Sentence, text: str, hall: Hall) -> str:
    """The text as a citizen would read it, with examples where a turn would tell."""
    return filled(text, {**places_of(hall), **sentence.places})


def problems_of(sentence: Sentence, text: str) -> Iterator[str]:
    """Say what is wrong with an own text, in Chinese; nothing when it can be used."""
    places = [each.strip() for each in _PLACE.findall(text)]
    known = "、".join(f"{{{each}}}" for each in sentence.allowed)
    for name in dict.fromkeys(places):
        if name not in sentence.allowed:
            yield f"没有“{{{name}}}”这个空位，" + (f"可以用：{known}" if known else "这里不能用空位")
    if set("{}") & set(_PLACE.sub("", text)):
        yield "大括号要成对，里面写空位的名字，例如 {电话}"
    for name in sentence.needs:
        if name not in places:
            yield f"要有“{{{name}}}”，市民和工作人员靠它核对"
    if sentence.lines and len(text.splitlines()) > sentence.lines:
        yield f"最多 {sentence.lines} 行"


def too_long(sentence: Sentence, text: str, hall: Hall) -> str:
    """Say that a text has too many bytes once filled in; empty when it fits."""
    size = len(example(sentence, text, hall).encode())
    if size <= MOST_BYTES:
        return ""
    return f"填好空位后有 {size} 字节，最多 {MOST_BYTES} 字节（一个汉字 3 字节），请缩短"
