"""Guides with scenes on pages: answered without script, restored by an address, nothing typed in it."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from knowledge.facts import Fact, FactValue
from knowledge.files import SAMPLE_FOLDER, Knowledge, read_folder
from knowledge.guide_scenes import begin, mark, walks
from knowledge.guides import Guide, Material
from knowledge.hall import Department
from knowledge.snapshot import Snapshots
from pages import citizen
from tests.unit.knowledge.scene_samples import SCENES, TODAY
from tests.unit.pages.pages_samples import HALL, HOSTILE, Client, noon, serving, snapshots_of

PAGE_BYTES = 60_000
FEE = Fact("shop-fee", "收费", (FactValue("5 元", TODAY),))
SHOPS = Knowledge(
    hall=replace(HALL, departments=(*HALL.departments, Department("market", "市场监督管理局"))),
    guides=(replace(SCENES, formerly=("old-shop",)), Guide("plain", "补卡", "hr", "social", "补卡。")),
    facts=(FEE,),
)


def links(page: str) -> dict[str, str]:
    """Where the offered answers lead, by their words."""
    found = re.findall(r'<li><a href="([^"]+)"><span class="row-title">([^<]+)</span></a></li>', page)
    return {label: address for address, label in found}


async def get(client: Client, path: str, status: int = 200) -> str:
    response = await client.get(path, allow_redirects=False)
    assert response.status == status, path
    return await response.text()


async def send(client: Client, page: str, *answers: str) -> str:
    """Send the form on a page; where it leads to."""
    (action,) = re.findall(r'method="post" action="([^"]+)"', page)
    response = await client.post(action, data=[("answer", each) for each in answers], allow_redirects=False)
    assert response.status == 303
    return response.headers["Location"]


async def test_a_guide_is_answered_step_by_step_to_its_notice() -> None:
    async with serving(citizen.routes(await snapshots_of(SHOPS), noon, "https://hall.example")) as client:
        assert 'href="/guides/shop/scene"' in await get(client, "/guides/shop")
        page = await get(client, "/guides/shop/scene")
        assert "店面从哪里来？" in page
        page = await get(client, links(page)["租房"])
        page = await get(client, await send(client, page, "1", "3"))
        assert "经营者多大？" in page
        at_area = await send(client, page, "47")
        page = await get(client, at_area)
        at_date = await send(client, page, "350")
        page = await get(client, await send(client, await get(client, at_date), "2024-03"))
        address = links(page)["否"]
        page = await get(client, address)
        for words in (
            "一次性告知单",
            "吃的、玩具",
            "18 周岁及以上",
            "租赁合同",
            "健康证",
            "消防材料",
            "现场核查",
            "5 号窗口",
            "5 元",
            "市场监督管理局",
            '<svg viewBox="0 0 ',
        ):
            assert words in page
        assert "监护人同意书" not in page
        for typed in ("47", "350", "2024"):
            assert typed not in address + page
        assert address == f"/guides/shop/notice/{mark(SCENES)}152111"
        assert len(page.encode()) < PAGE_BYTES


async def test_every_answer_can_be_changed_from_the_notice_and_from_the_next_question() -> None:
    async with serving(citizen.routes(await snapshots_of(SHOPS), noon)) as client:
        code = next(walks(SCENES, 1)).code
        page = await get(client, f"/guides/shop/notice/{code}")
        again = re.findall(r'class="tap" href="(/guides/shop/scene/[^"]+)" aria-label="改', page)
        assert again[0] == f"/guides/shop/scene/{begin(SCENES).code}"
        assert "店面从哪里来？" in await get(client, again[0])
        assert "卖些什么？" in await get(client, again[1])


async def test_what_is_no_answer_is_asked_again_in_place() -> None:
    async with serving(citizen.routes(await snapshots_of(SHOPS), noon)) as client:
        code = mark(SCENES) + "00"
        for said in ("", "很大了", "9" * 50, HOSTILE):
            response = await client.post(f"/guides/shop/scene/{code}", data={"answer": said})
            page = await response.text()
            assert response.status == 422
            assert "没看懂您填的内容" in page
            assert "经营者多大？" in page
            assert "<script>" not in page
        nothing_ticked = await client.post(f"/guides/shop/scene/{mark(SCENES)}0", allow_redirects=False)
        assert nothing_ticked.headers["Location"] == f"/guides/shop/scene/{mark(SCENES)}00"


@pytest.mark.parametrize("code", ["zzzz", "zzzz0000", "%00", "x" * 300, "<script>", "é"])
@pytest.mark.parametrize("page", ["scene", "notice"])
async def test_an_address_of_old_or_made_up_answers_begins_again(page: str, code: str) -> None:
    async with serving(citizen.routes(await snapshots_of(SHOPS), noon)) as client:
        body = await get(client, f"/guides/shop/{page}/{code}")
        assert "这份指南刚更新过" in body
        assert "店面从哪里来？" in body


async def test_an_unfinished_notice_leads_to_its_question_and_a_finished_question_to_its_notice() -> None:
    code = next(walks(SCENES, 1)).code
    async with serving(citizen.routes(await snapshots_of(SHOPS), noon)) as client:
        for path, place in (
            (f"/guides/shop/notice/{code[:-1]}?large=1", f"/guides/shop/scene/{code[:-1]}?large=1"),
            (f"/guides/shop/scene/{code}", f"/guides/shop/notice/{code}"),
        ):
            response = await client.get(path, allow_redirects=False)
            assert (response.status, response.headers["Location"]) == (302, place)


async def test_addresses_of_a_replaced_guide_lead_on() -> None:
    async with serving(citizen.routes(await snapshots_of(SHOPS), noon)) as client:
        for path, place in (
            ("/guides/old-shop", "/guides/shop"),
            ("/guides/old-shop/notice/abcd01", "/guides/shop/scene"),
            ("/guides/old-shop/map", "/guides/shop/scene"),
        ):
            response = await client.get(path, allow_redirects=False)
            assert (response.status, response.headers["Location"]) == (301, place)


@pytest.mark.parametrize(
    "path", ["/guides/plain/scene", "/guides/plain/map", "/guides/none/scene/x", "/guides/none/notice/x"]
)
async def test_a_guide_without_scenes_has_no_such_pages(path: str) -> None:
    async with serving(citizen.routes(await snapshots_of(SHOPS), noon)) as client:
        assert "没有找到" in await get(client, path, 404)


@pytest.mark.parametrize("path", ["scene", "scene/x", "notice/x", "map"])
async def test_before_the_knowledge_base_is_read(path: str) -> None:
    async with serving(citizen.routes(Snapshots(), noon)) as client:
        await get(client, f"/guides/shop/{path}", 503)
        if path == "scene/x":
            assert (await client.post(f"/guides/shop/{path}")).status == 503


async def test_hostile_words_stay_words_on_every_page() -> None:
    option = replace(SCENES.questions[0].options[0], label=HOSTILE)
    first = replace(SCENES.questions[0], text=HOSTILE, options=(option, *SCENES.questions[0].options[1:]))
    guide = replace(
        SCENES,
        title=HOSTILE,
        place=HOSTILE,
        materials=(Material(HOSTILE, HOSTILE, 1, HOSTILE), *SCENES.materials),
        questions=(first, *SCENES.questions[1:]),
    )
    async with serving(citizen.routes(await snapshots_of(replace(SHOPS, guides=(guide,))), noon)) as client:
        code = next(walks(guide, 1)).code
        for path in ("", "/scene", f"/scene/{code[:5]}", f"/notice/{code}", "/map"):
            page = await get(client, f"/guides/shop{path}")
            assert "<script" not in page
            assert "<img" not in page
            assert "style=" not in page


async def test_every_scene_page_of_the_sample_hall_is_small() -> None:
    knowledge = read_folder(SAMPLE_FOLDER)
    async with serving(citizen.routes(await snapshots_of(knowledge), noon, "https://hall.example")) as client:
        style = len(await (await client.get("/assets/pages/citizen.css")).read())
        for guide in knowledge.guides:
            if guide.has_scenes:
                *_, last = walks(guide, 20)
                for path in ("scene", "map", f"notice/{last.code}"):
                    page = await get(client, f"/guides/{guide.id}/{path}")
                    assert page.count("<h1") == 1
                    assert len(page.encode()) + style <= PAGE_BYTES, (guide.id, path)
