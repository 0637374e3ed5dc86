"""Between an entry and the form it is edited in. Lists are lines of text: a clerk pastes many at once."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from typing import Final, cast

from knowledge.entries import Audience, Basis, Entry
from knowledge.snapshot import Snapshot
from messages import Link
from rendering.forms import Form

AUDIENCES: Final = (("both", "个人和企业"), ("person", "个人"), ("business", "企业"))
LONGEST_TEXT: Final = 20_000
"""Characters of one field: far above any rule, so that a clerk's text is refused with a reason, not cut."""
_NUMBERING: Final = re.compile(r"^\s*(?:[-*•·]|[0-9]{1,3}\s*[.、．)）])\s*")
_BETWEEN_WORDS: Final = re.compile(r"[\s,，、;；]+")
_BETWEEN_PARTS: Final = re.compile(r"\s*[|｜]\s*")
_ADDRESS: Final = re.compile(r"[a-z][a-z0-9+.-]*://\S+", re.IGNORECASE)


def form_of(entry: Entry, token: int) -> Form:
    """Fill the form with an entry; `token` says later which version was on the screen."""
    return Form.filled(
        token=str(token),
        question=entry.question,
        answer=entry.answer,
        alternates="\n".join(entry.alternates),
        keywords=" ".join(entry.keywords),
        department=entry.department,
        category=entry.category,
        guide=entry.guide,
        audience=entry.audience,
        links="\n".join(f"{link.title} {link.url}" for link in entry.links),
        basis="\n".join(f"{each.name}｜{each.number}｜{each.url}".rstrip("｜") for each in entry.basis),
        valid_from=entry.valid_from.isoformat() if entry.valid_from else "",
        valid_until=entry.valid_until.isoformat() if entry.valid_until else "",
        review_on=entry.review_on.isoformat() if entry.review_on else "",
        person_only="1" if entry.person_only else "",
        answer_at="" if entry.answer_at is None else str(round(entry.answer_at * 100)),
    )


def entry_of(form: Form, before: Entry, snapshot: Snapshot) -> Entry:
    """Read the form; what can't be read is noted in it. What the words mean is checked elsewhere."""
    certainty = form.number("answer_at", "把握", least=0, most=100)
    return replace(
        before,
        question=form.text("question", "标准问题", most=LONGEST_TEXT),
        answer=form.lines("answer", "答案", most=LONGEST_TEXT),
        alternates=alternates_of(form.lines("alternates", "相似问", most=LONGEST_TEXT, needed=False)),
        keywords=_words(form.lines("keywords", "关键词", most=LONGEST_TEXT, needed=False)),
        department=form.choice("department", "部门", {*snapshot.departments, before.department}),
        category=form.choice("category", "分类", {*snapshot.categories, before.category}),
        guide=form.choice("guide", "办事指南", {*snapshot.guides, before.guide}, needed=False),
        audience=cast("Audience", form.choice("audience", "对象", dict(AUDIENCES)) or "both"),
        links=_links(form),
        basis=_basis(form),
        valid_from=form.day("valid_from", "开始日期"),
        valid_until=form.day("valid_until", "结束日期"),
        review_on=form.day("review_on", "复核日期"),
        person_only=form.ticked("person_only"),
        answer_at=None if certainty is None else certainty / 100,
    )


def alternates_of(text: str) -> tuple[str, ...]:
    """One question a line; numbering and bullets that came along with a paste go, doubles too."""
    lines = (" ".join(_NUMBERING.sub("", line).split()) for line in text.split("\n"))
    return tuple(dict.fromkeys(line for line in lines if line))


def _words(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(word for word in _BETWEEN_WORDS.split(text) if word))


def _lines(text: str) -> Iterable[str]:
    return (line.strip() for line in text.split("\n") if line.strip())


def _links(form: Form) -> tuple[Link, ...]:
    found: list[Link] = []
    for line in _lines(form.lines("links", "链接", most=LONGEST_TEXT, needed=False)):
        address = _ADDRESS.search(line)
        if address is None:
            form.problems["links"] = f"“{line[:30]}”里没有网址，请写成：名称 https://…"
            continue
        title = _BETWEEN_PARTS.sub(" ", line[: address.start()]).strip(" ：:")
        found.append(Link(title, address.group()))
    return tuple(found)


def _basis(form: Form) -> tuple[Basis, ...]:
    found: list[Basis] = []
    for line in _lines(form.lines("basis", "依据", most=LONGEST_TEXT, needed=False)):
        name, number, url, *more = (*_BETWEEN_PARTS.split(line), "", "")
        if any(more) or not name:
            form.problems["basis"] = f"“{line[:30]}”要写成：文件名称｜文号｜网址（后两项可以不写）"
            continue
        found.append(Basis(name, number, url))
    return tuple(found)
