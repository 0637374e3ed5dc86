from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from html.parser import HTMLParser

import pytest

from knowledge.files import SAMPLE_FOLDER, Knowledge, read_folder
from knowledge.hall import Department
from knowledge.snapshot import Snapshots
from pages import citizen
from tests.unit.pages.pages_samples import (
    ENTRIES,
    GUIDES,
    HALL,
    HOSTILE,
    KNOWLEDGE,
    guide,
    noon,
    serving,
    snapshots_of,
)

FIRST_PAGE_BYTES = 60_000
PATHS = ("/qa/lost-card", "/guides/card", "/guides", "/departments", "/guides?q=社保卡")


class _Reader(HTMLParser):
    """What a browser would make of a page: elements, attributes and the words."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.words = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]

    def handle_data(self, data: str) -> None:
        self.words += data

    def links(self) -> list[str]:
        return [value for name, value in self.attributes if name == "href"]


async def _get(path: str, *, knowledge: Knowledge = KNOWLEDGE, status: int = 200) -> str:
    async with serving(citizen.routes(await snapshots_of(knowledge), clock=noon)) as client:
        response = await client.get(path)
        assert response.status == status
        assert response.headers["Content-Type"] == "text/html; charset=utf-8"
        assert "default-src 'self'" in response.headers["Content-Security-Policy"]
        page: str = await response.text()
        return page


async def test_an_answer_with_all_that_belongs_to_it() -> None:
    page = await _get("/qa/lost-card")
    for words in (
        "<h1>社保卡丢了怎么补办？</h1>",
        "<p>先挂失，再补卡。</p>",
        "<p>带身份证到 13 号窗口。</p>",
        "看办事指南：社会保障卡补领",
        "国家社会保险公共服务平台",
        "青禾县人力资源和社会保障局",
        "13 号窗口",
        'href="tel:07100000113"',
        "社会保险法",
        "主席令第35号",
        "有效期至 2027年12月31日",
        "示例数据",
        "请勿作为办事依据",
    ):
        assert words in page


async def test_a_guide_with_all_that_belongs_to_it() -> None:
    page = await _get("/guides/card")
    for words in (
        "<h1>社会保障卡补领</h1>",
        "本县参保",
        "居民身份证",
        "原件，1 份",
        "电子件，2 份",
        "核验后退还",
        "打 12333 挂失",
        "县政务服务中心 13 号窗口",
        "不收费",
        "20 个工作日",
        "当场办结",
        'href="https://si.12333.gov.cn/"',
        'href="/qa/lost-card"',
    ):
        assert words in page


async def test_a_real_hall_carries_no_sample_notice() -> None:
    real = replace(KNOWLEDGE, hall=replace(HALL, sample=False, notice=""))
    assert "示例数据" not in await _get("/qa/lost-card", knowledge=real)


@pytest.mark.parametrize(
    "path",
    ["/qa/expired", "/qa/draft", "/qa/unknown", "/guides/unknown", "/qa/%00%2e%2e", "/qa/" + "长" * 300],
)
async def test_what_may_not_be_shown_is_a_friendly_404_with_a_way_on(path: str) -> None:
    page = await _get(path, status=404)
    assert "没有找到" in page
    assert 'href="/guides"' in page
    assert 'href="tel:07100000000"' in page
    assert "补贴" not in page
    assert "还没写好" not in page


async def test_an_answer_vanishes_at_midnight_in_beijing() -> None:
    snapshots = await snapshots_of()

    def late_evening() -> datetime:
        return datetime(2026, 11, 22, 15, 59, tzinfo=UTC)

    def after_midnight() -> datetime:
        return datetime(2026, 11, 22, 16, 0, tzinfo=UTC)

    for clock, status in ((late_evening, 200), (after_midnight, 404)):
        async with serving(citizen.routes(snapshots, clock=clock)) as client:
            assert (await client.get("/qa/expired")).status == status


@pytest.mark.parametrize("path", PATHS)
async def test_before_the_knowledge_base_is_read(path: str) -> None:
    async with serving(citizen.routes(Snapshots(), clock=noon)) as client:
        response = await client.get(path)
        assert response.status == 503
        assert response.headers["Retry-After"] == "5"
        assert "正在准备" in await response.text()


@pytest.mark.parametrize("path", ["/qa/hostile", "/guides/hostile", "/guides", "/departments"])
async def test_hostile_texts_stay_texts(path: str) -> None:
    page = _Reader(await _get(path))
    assert "script" not in page.tags
    assert "img" not in page.tags
    assert HOSTILE in page.words
    assert not [name for name, _ in page.attributes if name.startswith("on") or name == "style"]
    assert not [link for link in page.links() if link.startswith(("javascript", "data"))]


@pytest.mark.parametrize("query", [HOSTILE, "%", "\x00", "（）", "<", "a" * 5000, "path=1&self=2"])
async def test_hostile_searches_stay_texts(query: str) -> None:
    async with serving(citizen.routes(await snapshots_of(), clock=noon)) as client:
        response = await client.get("/guides", params={"q": query, "large": "2", "page": "-1", "path": "x"})
        page = _Reader(await response.text())
        assert response.status == 200
        assert "script" not in page.tags
        assert not [name for name, _ in page.attributes if name.startswith("on")]


async def test_a_path_of_odd_characters_keeps_its_switch() -> None:
    page = _Reader(await _get("/qa/ten%20thousand%2F%E4%B8%83"))
    assert "/qa/ten%20thousand%2F%E4%B8%83?large=1" in page.links()


async def test_large_type_is_kept_by_every_link_of_the_site() -> None:
    page = _Reader(await _get("/guides?large=1&q=社保卡"))
    inner = [link for link in page.links() if link.startswith(("/guides", "/qa", "/departments"))]
    switch = [link for link in inner if "large=1" not in link]
    assert ("class", "large") in page.attributes
    assert len(switch) == 1
    assert "q=" in switch[0]  # back to the same search in standard type
    assert ("name", "large") in page.attributes  # the search form keeps it, too


@pytest.mark.parametrize(
    ("query", "found"),
    [("社保卡", True), ("社保局", True), ("身份证", True), ("社保卡不见了", True), ("飞机", False)],
)
async def test_search_finds_by_title_material_department_and_meaning(query: str, *, found: bool) -> None:
    page = await _get(f"/guides?q={query}")
    assert ('href="/guides/card"' in page) is found
    assert ("没有找到合适的指南" in page) is not found


async def test_shelves_in_the_halls_order_and_by_category() -> None:
    taxes = replace(guide("tax", "开发票"), category="tax")
    knowledge = replace(KNOWLEDGE, guides=(*GUIDES, taxes))
    page = await _get("/guides", knowledge=knowledge)
    assert page.index("<h2>税务办理</h2>") < page.index("<h2>社会保险</h2>") < page.index("<h2>其他事项</h2>")
    only = await _get("/guides?category=tax", knowledge=knowledge)
    assert "开发票" in only
    assert "社会保障卡补领" not in only
    assert "社会保障卡补领" in await _get("/guides?department=hr", knowledge=knowledge)


async def test_empty_lists_say_what_to_do() -> None:
    empty = Knowledge(hall=replace(HALL, departments=(), categories=()), entries=ENTRIES[:1])
    assert "这里还没有办事指南" in await _get("/guides", knowledge=empty)
    assert "部门信息还没有录入" in await _get("/departments", knowledge=empty)


async def test_long_lists_are_cut_into_pages_that_stay_small() -> None:
    title = "办理" + "很长很长的事项名称" * 6
    departments = tuple(
        Department(
            f"d{n}", f"第{n}局" + "名" * 20, duties="职责" * 30, window=f"{n} 号窗口", phone="0710-0000-000"
        )
        for n in range(200)
    )
    knowledge = Knowledge(
        hall=replace(HALL, departments=departments),
        guides=tuple(replace(guide(f"g{n}", f"{title}{n}"), summary="说明" * 30) for n in range(200)),
    )
    for path in ("/guides", "/departments"):
        first = await _get(path, knowledge=knowledge)
        assert len(first.encode()) <= FIRST_PAGE_BYTES
        assert "第 1 页，共 4 页" in first
        assert f"{path}?page=2" in first
        last = await _get(f"{path}?page=999", knowledge=knowledge)
        assert "第 4 页，共 4 页" in last


async def test_every_page_of_the_sample_hall_is_small_and_has_a_heading() -> None:
    knowledge = read_folder(SAMPLE_FOLDER)
    async with serving(citizen.routes(await snapshots_of(knowledge), clock=noon)) as client:
        paths = ["/guides", "/departments"]
        paths += [f"/qa/{each.id}" for each in knowledge.entries[:40]]
        paths += [f"/guides/{each.id}" for each in knowledge.guides]
        style = len(await (await client.get("/assets/pages/citizen.css")).read())
        for path in paths:
            response = await client.get(path)
            page = await response.text()
            assert response.status == 200, path
            assert page.count("<h1>") == 1, path
            assert len(page.encode()) + style <= FIRST_PAGE_BYTES, path


async def test_the_style_is_kept_for_long_under_its_hash_and_not_without() -> None:
    async with serving(citizen.routes(await snapshots_of(), clock=noon)) as client:
        page = _Reader(await (await client.get("/guides")).text())
        address = next(link for link in page.links() if ".css" in link)
        kept = await client.get(address)
        assert "immutable" in kept.headers["Cache-Control"]
        assert kept.content_type == "text/css"
        assert (await client.get(address + "x")).headers["Cache-Control"] == "no-cache"
        for strange in ("/assets/pages/none.css", "/assets/pages/..%2fcitizen.py", "/assets/pages/"):
            assert (await client.get(strange)).status == 404


async def test_head_requests_are_answered() -> None:
    async with serving(citizen.routes(await snapshots_of(), clock=noon)) as client:
        assert (await client.head("/qa/lost-card")).status == 200
