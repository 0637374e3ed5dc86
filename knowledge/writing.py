"""What is wrong with an entry that a clerk has just written: by field, in Chinese, with what to do. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from intents.analysis import QUESTION as ALTERNATE_LIMIT
from intents.lexicon import MAX_WORD as KEYWORD_LIMIT
from knowledge.checks import ANSWER_LIMIT_BYTES, MIN_ALTERNATES, Fault, faults_of
from knowledge.editorial_store import phrasing_key
from knowledge.entries import Entry

QUESTION_LIMIT: Final = 60
"""Characters: a question is a title in lists, on cards and in choices."""
MOST_ALTERNATES: Final = 300
MOST_KEYWORDS: Final = 50
MOST_LINKS: Final = 8
ADDRESS_LIMIT: Final = 1000
TITLE_LIMIT: Final = 60
NAME_LIMIT: Final = 200
_ID: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_HIDDEN: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
"""The categories Cc and Cs of Unicode, as one quick search."""
_LISTS: Final = {"department": "部门", "category": "分类", "guide": "办事指南"}
_NAMES: Final = {"question": "标准问题", "answer": "答案"}


@dataclass(frozen=True, slots=True)
class Problem:
    """One mistake: the field of the form it stands in, and a sentence that says what to do."""

    field: str
    """As in `Entry`: `question`, `answer`, `alternates`, `links` …"""
    text: str


def problems_in(
    entry: Entry,
    *,
    departments: Collection[str],
    categories: Collection[str],
    guides: Collection[str],
    taken: Mapping[str, str] | None = None,
    answer_limit_bytes: int = ANSWER_LIMIT_BYTES,
) -> list[Problem]:
    """List what must be mended before the entry can be submitted; empty when all is well.

    `departments`, `categories`, `guides`: the ids there are. `taken`: phrasings of other entries, as
    `phrasing_key` → what the clerk knows the other entry by (from `EditorialStore.others_with`).
    `answer_limit_bytes`: what fits into one message of the channel, counted in UTF-8.
    """
    known = faults_of(
        entry,
        departments=departments,
        categories=categories,
        guides=guides,
        answer_limit_bytes=answer_limit_bytes,
    )
    return [
        *_characters(entry),
        *(Problem(fault.field, _sentence(fault)) for fault in known),
        *_lengths(entry),
        *_phrasings(entry, taken or {}),
        *_addresses(entry),
    ]


def advice_in(entry: Entry) -> list[Problem]:
    """List what would make the entry better, but is no mistake."""
    found: list[Problem] = []
    if len(entry.alternates) < MIN_ALTERNATES:
        text = f"有 {len(entry.alternates)} 个相似问，写到 {MIN_ALTERNATES} 个以上更容易找到。"
        found.append(Problem("alternates", text))
    if entry.review_on is None:
        found.append(Problem("review_on", "还没有复核日期，建议一年内复核一次。"))
    if not entry.basis:
        found.append(Problem("basis", "还没有写依据，建议写上文件名称和文号。"))
    return found


def _sentence(fault: Fault) -> str:
    match fault.code:
        case "empty":
            return f"请填写{_NAMES[fault.field]}。"
        case "unknown":
            name = _LISTS[fault.field]
            return f"没有这个{name}，请从列表里选。" if fault.given else f"请选择{name}。"
        case "long":
            return f"答案有 {fault.given} 字节，一条消息最多 {fault.limit} 字节（一个汉字 3 字节），请精简。"
        case "order":
            return "有效期的结束日期早于开始日期，请改正。"
        case "https":
            return f"链接“{fault.given[:60]}”要以 https:// 开头。"


def _characters(entry: Entry) -> Iterator[Problem]:
    """Control characters and halves of characters: pasted by accident, and no database keeps them."""
    if not _ID.fullmatch(entry.id):
        yield Problem("id", "编号只能用英文字母、数字、点、横线和下划线，最多 64 个字。")
    texts: dict[str, tuple[str, ...]] = {
        "question": (entry.question,),
        "answer": tuple(entry.answer.split("\n")),
        "alternates": entry.alternates,
        "keywords": entry.keywords,
        "links": tuple(text for link in entry.links for text in (link.title, link.url)),
        "basis": tuple(text for each in entry.basis for text in (each.name, each.number, each.url)),
    }
    for field, values in texts.items():
        if any(_HIDDEN.search(value) for value in values):
            yield Problem(field, "里面有看不见的控制字符，请删掉后重新输入，不要直接从别处粘贴。")


def _lengths(entry: Entry) -> Iterator[Problem]:
    if len(entry.question) > QUESTION_LIMIT:
        text = f"标准问题有 {len(entry.question)} 个字，最多 {QUESTION_LIMIT} 个字，请精简。"
        yield Problem("question", text)
    for alternate in entry.alternates:
        if len(alternate) > ALTERNATE_LIMIT:
            text = f"相似问“{alternate[:20]}…”有 {len(alternate)} 个字，最多 {ALTERNATE_LIMIT} 个字。"
            yield Problem("alternates", text)
    for word in entry.keywords:
        if not 0 < len(word.strip()) <= KEYWORD_LIMIT:
            yield Problem("keywords", f"关键词“{word[:20]}”要有 1 到 {KEYWORD_LIMIT} 个字。")
    limits = (
        ("alternates", "相似问", len(entry.alternates), MOST_ALTERNATES),
        ("keywords", "关键词", len(entry.keywords), MOST_KEYWORDS),
        ("links", "链接", len(entry.links), MOST_LINKS),
    )
    for field, name, count, most in limits:
        if count > most:
            yield Problem(field, f"{name}有 {count} 个，最多 {most} 个，请删去一些。")
    if entry.answer_at is not None and not 0 <= entry.answer_at <= 1:
        yield Problem("answer_at", "直接回答的把握要在 0 到 1 之间，一般留空。")


def _phrasings(entry: Entry, taken: Mapping[str, str]) -> Iterator[Problem]:
    seen: dict[str, str] = {}
    phrasings = [("question", entry.question), *(("alternates", each) for each in entry.alternates)]
    for field, phrasing in phrasings:
        key = phrasing_key(phrasing)
        if not key:
            if field == "alternates" or phrasing.strip():
                yield Problem(field, f"“{phrasing[:20]}”里没有可以查找的文字，请写完整。")
        elif key in seen:
            same = "标准问题" if seen[key] == entry.question else f"“{seen[key][:30]}”"
            yield Problem(field, f"“{phrasing[:30]}”和{same}是同一个问法，请删去一个。")
        elif key in taken:
            where = f"“{taken[key][:40]}”"
            yield Problem(field, f"“{phrasing[:30]}”已经是{where}的问法，请只留在一处。")
        seen.setdefault(key, phrasing)


def _addresses(entry: Entry) -> Iterator[Problem]:
    for link in entry.links:
        if not 0 < len(link.title.strip()) <= TITLE_LIMIT:
            yield Problem("links", f"链接“{link.url[:60]}”要有 1 到 {TITLE_LIMIT} 个字的名称。")
        if link.url.startswith("https://") and not _is_address(link.url):
            yield Problem("links", f"链接“{link.url[:60]}”不是完整的网址，请检查。")
    for basis in entry.basis:
        if not 0 < len(basis.name.strip()) <= NAME_LIMIT:
            yield Problem("basis", f"依据要有 1 到 {NAME_LIMIT} 个字的文件名称。")
        if basis.url and not (basis.url.startswith("https://") and _is_address(basis.url)):
            yield Problem("basis", f"依据的网址“{basis.url[:60]}”要以 https:// 开头，并且完整。")


def _is_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return False
    return (
        bool(parts.hostname)
        and "@" not in parts.netloc
        and not re.search(r"\s", url)
        and len(url) <= ADDRESS_LIMIT
    )
