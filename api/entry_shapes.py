"""Bodies of the entries' routes, and the way between them and the desk's types."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Annotated, Literal, Self

from pydantic import AwareDatetime, Field

from api.shapes import SOME_LINES, BasisShape, Line, LinkShape, Name, Paged, Strict, Told
from intents.analysis import QUESTION
from knowledge.dossiers import NOTE_LIMIT, Action, Dossier, Revision
from knowledge.editorial_store import Listing
from knowledge.entries import Audience, Basis, Entry, EntryState
from knowledge.writing import MOST_ALTERNATES, MOST_KEYWORDS, MOST_LINKS
from messages import Link

LONGEST_TEXT = 20_000
StepName = Literal[
    "submit",
    "recall",
    "discard",
    "request_changes",
    "approve",
    "confirm",
    "review",
    "schedule",
    "unschedule",
    "publish",
    "withdraw",
    "restore",
]
Version = Annotated[int | None, Field(ge=0, le=2**31, description="读到的 version；也可以写在 If-Match 里。")]


class Content(Strict):
    """What a clerk writes."""

    question: Line = Field(description="标准问题，一行。")
    answer: str = Field(pattern=SOME_LINES, max_length=LONGEST_TEXT, description="答案，纯文字，可以分行。")
    department: Name = Field(description="承办部门的编号，见 /departments。")
    category: Name = Field(description="分类的编号，见 /hall。")
    alternates: list[Annotated[Line, Field(max_length=QUESTION)]] = Field(
        default_factory=list, max_length=MOST_ALTERNATES, description="相似问。"
    )
    keywords: list[Line] = Field(default_factory=list, max_length=MOST_KEYWORDS, description="关键词。")
    links: list[LinkShape] = Field(default_factory=list, max_length=MOST_LINKS, description="链接。")
    guide: Name = Field("", description="办事指南的编号；没有就留空。")
    audience: Audience = Field("both", description="对象：person 个人，business 企业，both 都适用。")
    basis: list[BasisShape] = Field(default_factory=list, max_length=MOST_LINKS, description="依据。")
    valid_from: date | None = Field(None, description="开始日期。")
    valid_until: date | None = Field(None, description="最后一天。")
    review_on: date | None = Field(None, description="下次复核的日期。")
    person_only: bool = Field(False, description="只能由人工答复。")
    answer_at: float | None = Field(None, ge=0, le=1, description="直接回答的把握；一般留空。")

    @classmethod
    def of(cls, entry: Entry) -> Content:
        """Tell what an entry says. What is stored is told as it is, whatever today's limits."""
        return cls.model_construct(
            question=entry.question,
            answer=entry.answer,
            department=entry.department,
            category=entry.category,
            alternates=list(entry.alternates),
            keywords=list(entry.keywords),
            links=[LinkShape.model_construct(title=each.title, url=each.url) for each in entry.links],
            guide=entry.guide,
            audience=entry.audience,
            basis=[
                BasisShape.model_construct(name=each.name, number=each.number, url=each.url)
                for each in entry.basis
            ],
            valid_from=entry.valid_from,
            valid_until=entry.valid_until,
            review_on=entry.review_on,
            person_only=entry.person_only,
            answer_at=entry.answer_at,
        )

    def into(self, entry: Entry) -> Entry:
        """Put these words into an entry."""
        return replace(
            entry,
            question=" ".join(self.question.split()),
            answer="\n".join(line.rstrip() for line in self.answer.split("\n")).strip("\n"),
            department=self.department,
            category=self.category,
            alternates=tuple(dict.fromkeys(" ".join(each.split()) for each in self.alternates)),
            keywords=tuple(dict.fromkeys(self.keywords)),
            links=tuple(Link(each.title, each.url) for each in self.links),
            guide=self.guide,
            audience=self.audience,
            basis=tuple(Basis(each.name, each.number, each.url) for each in self.basis),
            valid_from=self.valid_from,
            valid_until=self.valid_until,
            review_on=self.review_on,
            person_only=self.person_only,
            answer_at=self.answer_at,
        )


class EditOrder(Content):
    """The whole new content of an entry."""

    version: Version = None


class StepOrder(Strict):
    """One step in the life of an entry."""

    action: StepName = Field(description="做哪一步；每条问答的 actions 说明现在能做哪些。")
    note: str = Field("", max_length=NOTE_LIMIT, pattern=SOME_LINES, description="说明；退回、撤下时必填。")
    at: AwareDatetime | None = Field(None, description="schedule：什么时候发布，带时区。")
    next_on: date | None = Field(None, description="review：下次复核的日期。")
    revision: int | None = Field(None, ge=1, le=2**31, description="restore：恢复到第几次改动之后。")
    version: Version = None


class EntryQuery(Paged):
    """Which entries."""

    q: Line = Field("", description="问题、答案里的字词，用空格分开。")
    state: EntryState | None = Field(None, description="状态。")
    department: Name = Field("", description="部门的编号。")
    category: Name = Field("", description="分类的编号。")
    mine: bool = Field(False, description="只看令牌主人写过的。")
    due: bool = Field(False, description="只看到了复核日期的。")
    order: Literal["changed", "question"] = Field("changed", description="排序：最近改动在前，或按问题。")


class EntrySummary(Told):
    """One row of the list."""

    id: str
    question: str
    state: EntryState
    department: str
    category: str
    version: int
    answering: bool = Field(description="市民现在能不能问到（有效期另算）。")
    changed_by: str
    changed_at: AwareDatetime | None

    @classmethod
    def of(cls, dossier: Dossier) -> Self:
        """Tell of one dossier."""
        entry = dossier.entry
        return cls(
            id=entry.id,
            question=entry.question,
            state=entry.state,
            department=entry.department,
            category=entry.category,
            version=dossier.token,
            answering=dossier.answering is not None,
            changed_by=dossier.changed_by,
            changed_at=dossier.changed_at,
        )


class EntryPage(Told):
    """One page of entries."""

    items: list[EntrySummary]
    total: int
    page: int
    pages: int

    @classmethod
    def of(cls, listing: Listing) -> Self:
        """Tell of one page."""
        items = [EntrySummary.of(each) for each in listing.items]
        return cls(items=items, total=listing.total, page=listing.page, pages=listing.pages)


class EntryTold(Told):
    """One entry at the desk."""

    id: str
    state: EntryState
    version: int = Field(description="每做一步加一；修改时放进 If-Match。")
    content: Content = Field(description="编写中的内容。")
    live: Content | None = Field(description="市民现在看到的内容；没有在回答就是 null。")
    author: str = Field(description="最后编写的人（账号编号）。")
    writers: list[str] = Field(description="上次发布以来编写过的人，他们都不能审核。")
    approved_by: str
    confirmed_by: str
    confirmed_at: AwareDatetime | None
    publish_at: AwareDatetime | None
    note: str
    changed_by: str
    changed_at: AwareDatetime | None
    actions: list[Action] = Field(description="这个令牌现在能做的步骤。")

    @classmethod
    def of(cls, dossier: Dossier, actions: list[Action]) -> Self:
        """Tell of one dossier."""
        return cls(
            id=dossier.id,
            state=dossier.state,
            version=dossier.token,
            content=Content.of(dossier.entry),
            live=Content.of(dossier.answering) if dossier.answering else None,
            author=dossier.author,
            writers=list(dossier.writers),
            approved_by=dossier.approved_by,
            confirmed_by=dossier.confirmed_by,
            confirmed_at=dossier.confirmed_at,
            publish_at=dossier.publish_at,
            note=dossier.note,
            changed_by=dossier.changed_by,
            changed_at=dossier.changed_at,
            actions=actions,
        )


class RevisionSummary(Told):
    """One step that was taken."""

    number: int
    action: Action
    by: str
    at: AwareDatetime
    note: str


class RevisionTold(RevisionSummary):
    """One step with what the entry said then."""

    content: Content

    @classmethod
    def of(cls, revision: Revision) -> Self:
        """Tell of one revision."""
        summary = RevisionSummary.model_validate(revision)
        return cls(**summary.model_dump(), content=Content.of(revision.entry))


class RevisionList(Told):
    """The history of an entry, newest first."""

    items: list[RevisionSummary]


class RevisionQuery(Strict):
    """How much of the history."""

    limit: int = Field(50, ge=1, le=200, description="最多几条。")
