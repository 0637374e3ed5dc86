"""The desk in a real browser: live lines, the keyboard, and the same without script."""

from __future__ import annotations

import pytest
from playwright.async_api import Page, expect

from bot.app import utc_now
from helpdesk.desk import citizen_line
from helpdesk.handoffs import Handoff
from tests.browser.conftest import DESK, PHONE, Open
from tests.browser.looks import overflow, too_faint, unnamed
from tests.browser.test_console import hired, sign_in
from tests.running import Here

pytestmark = pytest.mark.browser


async def wait_for_a_person(program: Here, name: str) -> None:
    """A citizen asks for a person."""
    made = Handoff(name, "official", f"sim_{name}", "asked", "低保怎么申请", utc_now())
    await program.stores.handoffs.open(made)


async def at_the_desk(page: Page, program: Here, login: str) -> Page:
    await hired(program, login, "陈静", "agent")
    await sign_in(page, login)
    await page.get_by_role("link", name="人工接待").click()
    return page


async def test_lines_come_and_go_without_loading_the_page_again(visit: Open, program: Here) -> None:
    page = await at_the_desk(await visit("/console/login"), program, "chenjing")
    await wait_for_a_person(program, "live")
    await expect(page.locator(".wait-row button")).to_be_visible()  # it comes by itself
    await page.keyboard.press("Alt+j")
    box = page.get_by_label("回复市民")
    await expect(box).to_be_focused()
    await box.fill("请问您在哪个乡镇？")
    await program.stores.desk.write("live", citizen_line("t-live-1", "我在城关镇", utc_now()))
    await expect(page.get_by_text("我在城关镇").last).to_be_visible()
    await expect(box).to_have_value("请问您在哪个乡镇？")
    await box.press("Enter")
    await expect(page.locator(".line.agent .line-text")).to_have_text("请问您在哪个乡镇？")
    await expect(box).to_have_value("")
    await page.keyboard.press("Alt+k")
    await page.keyboard.type("社保卡丢了怎么补办")
    await expect(page.locator("#found a").first).to_be_visible()
    await page.keyboard.press("Alt+1")
    await expect(box).to_be_focused()
    assert "社保卡" in await box.input_value()
    for size in (DESK, PHONE):
        await page.set_viewport_size({"width": size[0], "height": size[1]})
        assert await overflow(page) <= 0
        assert await unnamed(page) == []
        assert await too_faint(page) == []


async def test_the_desk_works_without_script(visit: Open, program: Here) -> None:
    page = await at_the_desk(await visit("/console/login", script=False), program, "linan")
    await wait_for_a_person(program, "plain")
    await page.get_by_role("button", name="接待下一位").click()
    await page.get_by_label("回复市民").fill("您好")
    await page.get_by_role("button", name="发送").click()
    await expect(page.locator(".line.agent .line-text")).to_have_text("您好")
    await page.get_by_label("处理结果").select_option("solved")
    await page.get_by_role("button", name="结束会话").click()
    await expect(page.get_by_text("会话已结束，智能助手已接回")).to_be_visible()
