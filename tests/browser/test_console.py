"""The staff's console in a real browser: from a draft to an answer in the chat, and how the pages look."""

from __future__ import annotations

import pytest
from playwright.async_api import Page, expect

from helpdesk.passwords import hash_password
from helpdesk.staff import Role, Staff
from tests.browser.conftest import DESK, PHONE, ZOOMED, Open
from tests.browser.looks import overflow, small_targets, too_faint, unnamed
from tests.browser.test_simulator import reply_to
from tests.running import Here

pytestmark = pytest.mark.browser
PASSWORD = "gui-zhou-2026-Lü"
HASHED = hash_password(PASSWORD)
QUESTION = "高龄津贴怎么申请？"
ANSWER = "年满 80 岁的老人，请带身份证到 3 号窗口申请高龄津贴。"
PAGES = (
    "/console",
    "/console/entries",
    "/console/entries/new",
    "/console/entries/card-lost",
    "/console/entries/card-lost/edit",
    "/console/entries/card-lost/history",
    "/console/entries/hostile",
    "/console/try?q=社保卡不见了",
    "/console/gaps",
    "/console/gaps/ignored",
    "/console/sheets",
    "/console/staff",
    "/console/staff/new",
    "/console/audit",
    "/console/me",
    "/console/me/totp",
    "/console/password",
    "/console/nowhere",
)


async def hired(program: Here, login: str, name: str, *roles: Role) -> None:
    if await program.stores.staff.by_login(login) is None:
        person = Staff(f"id-{login}", login, name, roles, password=HASHED, must_change=False)
        assert await program.stores.staff.add(person)


async def sign_in(page: Page, login: str) -> None:
    await page.get_by_label("登录名").fill(login)
    await page.get_by_label("密码").fill(PASSWORD)
    await page.get_by_role("button", name="登录").click()
    await expect(page.get_by_role("button", name="退出")).to_be_visible()


async def test_from_a_draft_to_an_answer_in_the_chat(visit: Open, program: Here) -> None:
    await hired(program, "lina", "李娜", "editor", "reviewer")
    await hired(program, "wangfang", "王芳", "reviewer")
    writer = await visit("/console/login")
    await sign_in(writer, "lina")
    await writer.get_by_role("link", name="问答", exact=True).click()
    await writer.get_by_role("link", name="写一条").click()
    await writer.get_by_label("标准问题").fill("社保卡丢了怎么补办呢")
    await expect(writer.locator("#near")).to_contain_text("很可能是同一件事")
    await writer.get_by_label("标准问题").fill(QUESTION)
    await writer.get_by_label("答案").fill(ANSWER)
    await expect(writer.locator("#preview")).to_contain_text(ANSWER)
    await writer.get_by_label("相似问").fill("高龄补贴怎么领\n八十岁老人有钱领吗")
    await writer.get_by_label("部门").select_option("hrss")
    await writer.get_by_label("分类").select_option("social")
    await writer.get_by_role("button", name="保存并提交审核").click()
    await expect(writer.get_by_role("status")).to_contain_text("已提交审核")
    await expect(writer.get_by_text("要请另一位同事审核")).to_be_visible()
    assert await writer.get_by_role("button", name="审核通过").count() == 0

    other = await visit("/console/login")
    await sign_in(other, "wangfang")
    await other.goto(writer.url)
    await other.get_by_role("button", name="审核通过").click()
    await other.get_by_role("button", name="马上发布").click()
    await expect(other.get_by_role("status")).to_contain_text("已发布")

    chat = await visit("/simulator")
    for _ in range(20):  # within a second, but never by the clock
        if ANSWER in await reply_to(chat, QUESTION):
            break
    else:
        pytest.fail("the new answer did not reach the chat")


async def test_the_keyboard_is_enough_to_sign_in_and_find_an_entry(visit: Open, program: Here) -> None:
    await hired(program, "lina", "李娜", "editor", "reviewer")
    page = await visit("/console/login?back=/entries")
    await expect(page.get_by_label("登录名")).to_be_focused()
    await page.keyboard.type("lina")
    await page.keyboard.press("Tab")
    await expect(page.get_by_label("密码")).to_be_focused()
    await page.keyboard.type(PASSWORD)
    await page.keyboard.press("Enter")
    await page.get_by_role("searchbox").press_sequentially("社保卡")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("link", name="社保卡丢了怎么补办")).to_be_visible()


async def test_everything_works_without_script(visit: Open, program: Here) -> None:
    await hired(program, "lina", "李娜", "editor", "reviewer")
    page = await visit("/console/login", script=False)
    await sign_in(page, "lina")
    await page.goto(f"{program.url}/console/entries/pension/edit")
    await page.get_by_label("答案").fill("养老金每月 15 日前发放，遇节假日提前。")
    await page.get_by_role("button", name="看看样子").click()
    await expect(page.locator("#preview")).to_contain_text("遇节假日提前")
    await page.get_by_role("button", name="保存", exact=True).click()
    await expect(page.get_by_role("status")).to_contain_text("已保存")
    await page.get_by_text("放弃这一稿").click()
    await expect(page.get_by_role("status")).to_contain_text("已放弃")


async def test_unsaved_words_are_not_lost_by_a_slip(visit: Open, program: Here) -> None:
    await hired(program, "lina", "李娜", "editor", "reviewer")
    page = await visit("/console/login")
    await sign_in(page, "lina")
    await page.goto(f"{program.url}/console/entries/marriage/edit")
    await page.get_by_label("答案").press_sequentially("改")
    asked: list[str] = []

    async def stay(dialog: object) -> None:
        asked.append(dialog.type)  # type: ignore[attr-defined]
        await dialog.dismiss()  # type: ignore[attr-defined]

    page.on("dialog", stay)
    await page.get_by_role("link", name="首页").click(no_wait_after=True)
    await expect(page.get_by_label("答案")).to_have_value("改双方带身份证到民政局窗口办理结婚登记。")
    assert asked == ["beforeunload"]


@pytest.mark.parametrize("size", [DESK, PHONE, ZOOMED], ids=["desk", "phone", "zoomed"])
async def test_every_page_is_whole_named_and_readable(
    visit: Open, program: Here, size: tuple[int, int]
) -> None:
    await hired(program, "boss", "张伟", "admin", "editor")
    page = await visit("/console/login", size=size, expect_errors=True)
    assert await overflow(page) == 0
    assert await too_faint(page) == []
    await sign_in(page, "boss")
    for path in PAGES:
        await page.goto(program.url + path)
        assert await overflow(page) == 0, path
        assert await unnamed(page) == [], path
        assert await too_faint(page) == [], path
        assert await small_targets(page, "main > form button, .side a, .actions .button") == [], path
