"""The columns of a sheet of entries: one table that export, import, template and its explanations follow."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Final, Literal

from knowledge.dossiers import STATE_NAMES
from knowledge.entries import Basis
from knowledge.sheets.cells import (
    LINE,
    Choice,
    Day,
    Kind,
    Lines,
    Parts,
    Share,
    Text,
    Whole,
    YesNo,
    paragraphs,
)
from knowledge.sheets.shelves import Shelves
from messages import Link

Rule = Literal["required", "empty", "keep", "find"]
"""An empty cell: not allowed; nothing; as before (new entries: as usual); found by the question."""

AUDIENCE_NAMES: Final = {"person": "个人", "business": "企业", "both": "个人和企业"}
RULE_NAMES: Final[dict[Rule, str]] = {
    "required": "必填",
    "empty": "可以不填",
    "keep": "不填就不变",
    "find": "新条目可以不填",
}


@dataclass(frozen=True, slots=True)
class Column:
    """One field of an entry as a column."""

    field: str
    header: str
    kind: Kind | None
    """How it is written and read; None: by the shelf of the hall that has the field's name."""
    rule: Rule
    width: int
    example: str
    explanation: str


LINKS: Final = Parts(Link, lambda link: (link.title, link.url), "标题 | 网址", most=2, least=2)
BASES: Final = Parts(
    Basis, lambda basis: (basis.name, basis.number, basis.url), "名称 | 文号 | 网址", most=3, least=1
)

COLUMNS: Final = (
    Column(
        "id", "编号", LINE, "find", 22, "card-lost",
        "条目的固定代号，导入时按它认条目，请不要改。新条目可以空着：先按标准问找已有条目，找不到就新建并自动编号。",
    ),
    Column(
        "question", "标准问", LINE, "required", 32, "社保卡丢了怎么补办？",
        "市民最常用的问法，一句话。",
    ),
    Column(
        "alternates", "相似问", Lines(), "empty", 40, "社保卡不见了咋办\n医保卡丢了怎么补",
        "同一个问题的其他问法，一行一个（格内换行按 Alt+Enter）。有 6 个以上更容易认出来。",
    ),
    Column(
        "keywords", "关键词", Lines("、，,；;"), "empty", 18, "社保卡、补办",
        "一行一个，也可以用顿号、逗号或分号隔开。",
    ),
    Column(
        "answer", "答案", Text(paragraphs), "required", 60,
        "带身份证到 3 号窗口，当场补卡。\n不收费。",
        "市民看到的原文，可以分行，最多 1500 字节（约 500 个汉字）。",
    ),
    Column(
        "department", "部门", None, "required", 24, "人社局",
        "承办部门，从下拉框里选；也可以写简称或编号。",
    ),
    Column("category", "分类", None, "required", 16, "社会保障", "从下拉框里选；也可以写编号。"),
    Column(
        "audience", "对象", Choice(AUDIENCE_NAMES), "keep", 12, "个人",
        "个人、企业，或者个人和企业。新条目不填就是个人和企业。",
    ),
    Column(
        "links", "链接", LINKS, "empty", 40, "网上补办 | https://example.gov.cn/card",
        "一行一个，写成“标题 | 网址”，网址以 https:// 开头。",
    ),
    Column(
        "guide", "办事指南", None, "empty", 22, "社保卡补办",
        "配套的办事指南，写名称或编号，没有就空着。",
    ),
    Column(
        "basis", "依据", BASES, "empty", 36, "社会保障卡管理办法 | 人社部发〔2011〕47号",
        "一行一个，写成“名称 | 文号 | 网址”，文号和网址没有就不写。",
    ),
    Column("valid_from", "生效日期", Day(), "empty", 13, "2026-11-23", "从这一天起可以回答，空着就是现在。"),
    Column("valid_until", "有效期至", Day(), "empty", 13, "2027-12-31", "可以回答的最后一天，空着就是长期。"),
    Column("review_on", "复核日期", Day(), "empty", 13, "2027-06-30", "到这一天提醒部门再看一遍。"),
    Column(
        "state", "状态", Choice(STATE_NAMES), "keep", 11, "草稿",
        "只有“已发布”的条目会回答市民。新条目不填就是草稿。",
    ),
    Column("version", "版本", Whole(), "keep", 8, "1", "由系统记录，一般不用改。新条目不填就是 1。"),
    Column(
        "person_only", "只由人工回答", YesNo(), "keep", 14, "否",
        "填“是”就直接转人工，不自动回答。新条目不填就是否。",
    ),
    Column(
        "answer_at", "直接回答的把握", Share(), "empty", 16, "0.8",
        "把握到多少才直接回答，0 到 1 之间，空着就用全厅的设置。",
    ),
)  # fmt: skip
"""All fields of an entry, in the order in which a clerk reads them."""


@cache
def column_of(field: str) -> Column:
    """Return the column of a field."""
    return next(column for column in COLUMNS if column.field == field)


def header_of(field: str) -> str:
    """Return the header of a field's column; an unknown field is its own header."""
    return next((column.header for column in COLUMNS if column.field == field), field)


def kind_of(column: Column, shelves: Shelves) -> Kind:
    """Return how a column is written and read in this hall."""
    if column.kind is not None:
        return column.kind
    shelf: Kind = getattr(shelves, column.field)
    return shelf
