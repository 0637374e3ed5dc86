from __future__ import annotations

import pytest
from playwright.async_api import expect

from tests.browser.conftest import DESK, PHONE, ZOOMED, Open
from tests.browser.looks import overflow, small_targets, too_faint, unnamed

pytestmark = pytest.mark.browser

PATHS = ("/qa/card-lost", "/guides/card", "/guides", "/departments", "/guides?q=x9", "/qa/gone")


@pytest.mark.parametrize("size", [PHONE, DESK, ZOOMED])
@pytest.mark.parametrize("large", ["", "1"])
async def test_pages_fit_and_can_be_read(visit: Open, size: tuple[int, int], large: str) -> None:
    for path in PATHS:
        mark = "&" if "?" in path else "?"
        page = await visit(f"{path}{mark}large={large}", size=size, expect_errors=path == "/qa/gone")
        assert await overflow(page) == 0, path
        assert await unnamed(page) == [], path
        assert await too_faint(page) == [], path
        assert await small_targets(page, ".button, .rows a, .size, .tabs a, .hall, input, summary") == [], (
            path
        )
        await page.context.close()


async def test_searching_and_reading_without_script(visit: Open) -> None:
    page = await visit("/guides", size=PHONE, script=False)
    await page.get_by_role("link", name="大字版").click()
    await page.get_by_label("想办什么事？").fill("社保卡")
    await page.get_by_role("button", name="搜索").click()
    await page.get_by_role("link", name="社保卡补办").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("社保卡补办")
    await expect(page.locator("html")).to_have_class("large")  # kept over form and links
    await page.get_by_role("link", name="社保卡丢了怎么补办").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("社保卡丢了怎么补办")
    await page.get_by_role("link", name="标准字号").click()
    await expect(page.locator("html")).not_to_have_class("large")


async def test_the_way_on_from_a_page_that_is_gone(visit: Open) -> None:
    page = await visit("/qa/gone", expect_errors=True)
    await page.get_by_role("link", name="看全部办事指南").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("办事指南")


async def test_the_keyboard_reaches_the_text_first(visit: Open) -> None:
    page = await visit("/guides/card")
    await page.keyboard.press("Tab")
    await expect(page.get_by_role("link", name="跳到正文")).to_be_focused()
    await page.keyboard.press("Enter")
    assert page.url.endswith("#content")


async def test_a_printed_guide_has_its_list_and_no_navigation(visit: Open) -> None:
    page = await visit("/guides/card")
    await page.emulate_media(media="print")
    await expect(page.get_by_text("居民身份证")).to_be_visible()
    await expect(page.locator(".tabs")).to_be_hidden()
    await expect(page.locator(".size")).to_be_hidden()
    await expect(page.get_by_text("大家常问")).to_be_hidden()
