from __future__ import annotations

import pytest
from playwright.async_api import Page, expect

from tests.browser.conftest import DESK, PHONE, ZOOMED, Open
from tests.browser.looks import overflow, small_targets, too_faint, unnamed
from tests.unit.knowledge.scene_samples import SCENES

pytestmark = pytest.mark.browser

TARGETS = ".button, .rows a, .size, .tabs a, .hall, .tick, .case a, .below a, input:not([type=checkbox])"


async def answered(page: Page) -> None:
    """Go through the shop's questions, as somebody does who rents a place and sells food and toys."""
    await page.get_by_role("link", name="选几项，看我要带什么").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("店面从哪里来？")
    await page.get_by_role("link", name="租房").click()
    await page.get_by_label("吃的").check()
    await page.get_by_label("玩具").check()
    await page.get_by_role("button", name="下一步").click()
    for label, said in (("请填数字（周岁）", "47"), ("请填数字（平方米）", "350"), ("请填年月", "2024-03")):
        await page.get_by_label(label).fill(said)
        await page.get_by_role("button", name="下一步").click()
    await page.get_by_role("link", name="否", exact=True).click()
    await expect(page.get_by_role("heading", level=1)).to_contain_text("一次性告知单")


@pytest.mark.parametrize("large", ["", "?large=1"])
async def test_from_a_guide_to_the_notice_on_a_phone_without_script(visit: Open, large: str) -> None:
    page = await visit(f"/guides/shop{large}", size=PHONE, script=False)
    await answered(page)
    assert await page.locator(".materials li").count() == 4
    await expect(page.get_by_text("租赁合同")).to_be_visible()
    assert not any(typed in page.url for typed in ("47", "350", "2024"))
    assert ("large=1" in page.url) is bool(large)
    notice = page.url
    await page.get_by_role("link", name="改“店面从哪里来？”的回答").click()
    await page.get_by_role("link", name="只在网上卖").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("卖些什么？")
    await page.goto(notice)  # the address alone restores the answers
    await expect(page.get_by_text("租赁合同")).to_be_visible()
    await expect(page.locator(".case")).to_contain_text("300 平方米及以上")


async def test_what_can_not_be_read_is_asked_again(visit: Open) -> None:
    page = await visit("/guides/shop/scene", size=PHONE, script=False, expect_errors=True)
    await page.get_by_role("link", name="自有房").click()
    await page.get_by_role("button", name="下一步").click()  # nothing ticked: none of them
    await page.get_by_label("请填数字（周岁）").fill("不小了")
    await page.get_by_role("button", name="下一步").click()
    await expect(page.get_by_role("alert")).to_contain_text("没看懂")
    await page.get_by_label("请填数字（周岁）").fill("12")
    await page.get_by_role("button", name="下一步").click()
    await expect(page.get_by_text("未满 16 周岁不能办。")).to_be_visible()
    await expect(page.get_by_text("到哪里问")).to_be_visible()


@pytest.mark.parametrize("size", [PHONE, DESK, ZOOMED])
@pytest.mark.parametrize("large", ["", "?large=1"])
async def test_the_pages_fit_and_can_be_read(visit: Open, size: tuple[int, int], large: str) -> None:
    page = await visit(f"/guides/shop{large}", size=size)
    await answered(page)
    paths = [
        "/guides/shop",
        "/guides/shop/scene",
        "/guides/shop/map",
        page.url.split("/", 3)[3].partition("?")[0],
    ]
    begun = paths[-1].replace("notice", "scene")
    paths += [begun[:-count] for count in range(1, 6)]
    for path in paths:
        page = await visit(f"/{path.lstrip('/')}{large}", size=size)
        assert await overflow(page) == 0, path
        assert await unnamed(page) == [], path
        assert await too_faint(page) == [], path
        assert await small_targets(page, TARGETS) == [], path
        await page.context.close()


async def test_the_notice_prints_as_a_list_to_tick(visit: Open) -> None:
    page = await visit("/guides/shop")
    await answered(page)
    await page.emulate_media(media="print")
    for shown in ("申请书", "5 号窗口", "5 元"):
        await expect(page.get_by_text(shown).first).to_be_visible()
    for hidden in (".tabs", ".below", ".foot", ".case a"):
        assert await page.locator(hidden).first.is_hidden(), hidden
    await expect(page.locator("svg.qr")).to_be_visible()
    printed = await page.pdf(prefer_css_page_size=True)
    assert printed.count(b"/Type /Page\n") == 1
    assert b"/MediaBox [0 0 594" in printed


async def test_the_map_prints_on_one_sheet_of_a4_or_a3(visit: Open) -> None:
    for query, box in (("", b"/MediaBox [0 0 594"), ("?paper=a3", b"/MediaBox [0 0 841")):
        page = await visit(f"/guides/shop/map{query}")
        printed = await page.pdf(prefer_css_page_size=True)
        assert printed.count(b"/Type /Page\n") == 1
        assert box in printed


async def test_no_words_of_the_map_lie_over_others(visit: Open) -> None:
    page = await visit("/guides/shop/map")
    over = await page.evaluate(
        """() => {
          const boxes = [...document.querySelectorAll("svg.map tspan")].map((each) => {
            const first = each.getStartPositionOfChar(0);
            const last = each.getEndPositionOfChar(each.getNumberOfChars() - 1);
            return [first.x, first.y - 11, last.x, last.y + 2, each.textContent];
          });
          return boxes.flatMap((a, n) => boxes.slice(n + 1)
            .filter((b) => a[0] < b[2] && b[0] < a[2] && a[1] < b[3] && b[1] < a[3])
            .map((b) => a[4] + " / " + b[4]));
        }"""
    )
    assert over == []
    await expect(page.locator("svg.map")).to_contain_text(SCENES.questions[0].text)
