"""What everybody may read: the hall, its departments, its guides, and the answers that hold today."""

from __future__ import annotations

from typing import Final, Self

from pydantic import Field

from api.shapes import BasisShape, Line, LinkShape, Name, Paged, Told
from api.table import Answer, Call, Route, missing
from knowledge.entries import Audience, Entry, beijing_day
from knowledge.guides import Guide, Material, plain_step

PAGE_SIZE: Final = 50


class DepartmentTold(Told):
    """One department."""

    id: str
    name: str
    duties: str
    window: str
    phone: str
    representative: str = Field(description="首席代表。")


class DepartmentList(Told):
    """All departments, in the hall's order."""

    items: list[DepartmentTold]


class CategoryTold(Told):
    """One shelf."""

    id: str
    name: str


class HallTold(Told):
    """The hall itself."""

    name: str
    address: str
    phone: str
    hours: str
    sample: bool = Field(description="是不是演示数据。")
    notice: str
    categories: list[CategoryTold]
    departments: list[DepartmentTold]


class MaterialTold(Told):
    """One thing to bring."""

    name: str
    form: str
    copies: int
    note: str
    sometimes: bool = Field(description="只有部分情形需要；要哪些，在页面或对话里答几个问题就知道。")

    @classmethod
    def of(cls, material: Material) -> Self:
        """Tell of one material."""
        return cls(
            name=material.name,
            form=material.form,
            copies=material.copies,
            note=material.note,
            sometimes=material.when is not None,
        )


class StepTold(Told):
    """One thing to do."""

    text: str
    sometimes: bool = Field(description="只有部分情形需要。")


class GuideSummary(Told):
    """One guide in a list."""

    id: str
    title: str
    department: str
    category: str
    summary: str
    audience: Audience


class GuideTold(GuideSummary):
    """One guide."""

    conditions: list[str]
    materials: list[MaterialTold]
    steps: list[StepTold]
    has_scenes: bool = Field(description="有没有分情形的问题；问题在 /guides/{id} 页面和对话里回答。")
    place: str
    hours: str
    fee: str
    legal_limit: str
    promised_limit: str
    phone: str
    online_url: str
    basis: list[BasisShape]

    @classmethod
    def of(cls, guide: Guide) -> Self:
        """Tell of one guide, whatever the case."""
        steps = [plain_step(each) for each in guide.steps]
        return cls(
            **GuideSummary.model_validate(guide).model_dump(),
            conditions=list(guide.conditions),
            materials=[MaterialTold.of(each) for each in guide.materials],
            steps=[StepTold(text=each.text, sometimes=each.when is not None) for each in steps],
            has_scenes=guide.has_scenes,
            place=guide.place,
            hours=guide.hours,
            fee=guide.fee,
            legal_limit=guide.legal_limit,
            promised_limit=guide.promised_limit,
            phone=guide.phone,
            online_url=guide.online_url,
            basis=[BasisShape.model_validate(each) for each in guide.basis],
        )


class GuidePage(Told):
    """One page of guides."""

    items: list[GuideSummary]
    total: int
    page: int
    pages: int


class GuideQuery(Paged):
    """Which guides."""

    q: Line = Field("", description="标题、简介里的字词，用空格分开。")
    department: Name = Field("", description="部门的编号。")
    category: Name = Field("", description="分类的编号。")


class PublicEntry(Told):
    """An answer as citizens get it."""

    id: str
    question: str
    answer: str
    department: str
    category: str
    guide: str
    links: list[LinkShape]
    basis: list[BasisShape]

    @classmethod
    def of(cls, entry: Entry) -> Self:
        """Tell of one entry."""
        return cls.model_validate(entry)


async def show_hall(call: Call) -> Answer:
    """`GET /hall`."""
    return Answer(HallTold.model_validate(call.snapshot.hall))


async def show_departments(call: Call) -> Answer:
    """`GET /departments`."""
    found = call.snapshot.departments.values()
    return Answer(DepartmentList(items=[DepartmentTold.model_validate(each) for each in found]))


async def show_guides(call: Call) -> Answer:
    """`GET /guides`."""
    query, words = call.asked(GuideQuery), call.asked(GuideQuery).q.lower().split()
    found = [
        guide
        for guide in call.snapshot.guides.values()
        if (not query.department or guide.department == query.department)
        and (not query.category or guide.category == query.category)
        and all(word in f"{guide.title}\n{guide.summary}".lower() for word in words)
    ]
    pages = max(1, -(-len(found) // PAGE_SIZE))
    page = min(query.page, pages)
    shown = found[(page - 1) * PAGE_SIZE : page * PAGE_SIZE]
    items = [GuideSummary.model_validate(each) for each in shown]
    return Answer(GuidePage(items=items, total=len(found), page=page, pages=pages))


async def show_guide(call: Call) -> Answer:
    """`GET /guides/{id}`."""
    guide = call.snapshot.guide(call.path["id"])
    if guide is None:
        raise missing("这份办事指南")
    return Answer(GuideTold.of(guide))


async def show_entry(call: Call) -> Answer:
    """`GET /entries-public/{id}`: only what may be said today."""
    entry = call.snapshot.live(call.path["id"], beijing_day(call.now))
    if entry is None or entry.person_only:
        raise missing("这条问答")
    return Answer(PublicEntry.of(entry))


ROUTES: Final = (
    Route("GET", "/hall", "anyone", show_hall, "大厅的名称、地址、时间、部门和分类", {200: HallTold}),
    Route("GET", "/departments", "anyone", show_departments, "部门一览", {200: DepartmentList}),
    Route("GET", "/guides", "anyone", show_guides, "办事指南一览", {200: GuidePage}, query=GuideQuery),
    Route("GET", "/guides/{id}", "anyone", show_guide, "一份办事指南", {200: GuideTold}),
    Route(
        "GET",
        "/entries-public/{id}",
        "anyone",
        show_entry,
        "一条正在回答市民的问答",
        {200: PublicEntry},
    ),
)
