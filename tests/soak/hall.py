"""A hall whose answers name themselves, so that each of a citizen's replies can be told from all others."""

from __future__ import annotations

import re
from typing import Final

from knowledge.entries import Entry
from knowledge.files import Knowledge
from tests.running import SMALL_HALL

_THINGS: Final = (
    "护照", "身份证", "驾驶证", "营业执照", "结婚证", "居住证", "社保卡", "残疾证", "老年优待证", "失业金",
    "公租房", "低保", "医保报销", "生育津贴", "公积金提取", "不动产登记", "食品经营许可", "消防验收",
    "户口迁移", "出生证明", "义务教育入学", "献血证明", "养犬登记", "临时占道",
)  # fmt: skip
_MARK: Final = re.compile(r"〔(e[0-9]{2})〕")

QUESTIONS: Final = {f"e{number:02}": f"{thing}怎么办理" for number, thing in enumerate(_THINGS)}
"""By entry id."""


def _entry(entry_id: str, question: str) -> Entry:
    answer = f"{question}：请带身份证到 3 号窗口〔{entry_id}〕"
    return Entry(entry_id, question, answer, "hrss", "social", state="published")


SOAK_HALL: Final = Knowledge(
    hall=SMALL_HALL.hall,
    entries=tuple(_entry(entry_id, question) for entry_id, question in QUESTIONS.items()),
    guides=(),
)


def answers_in(text: str) -> list[str]:
    """The entries whose answers stand in what a citizen got."""
    return _MARK.findall(text)
