from __future__ import annotations

import re

import pytest
from playwright.async_api import Page, expect

from tests.browser.conftest import DESK, HOSTILE, PHONE, ZOOMED, Open
from tests.browser.looks import overflow, small_targets, too_faint, unnamed
from tests.running import KNOWN_ANSWER, KNOWN_QUESTION, Here

pytestmark = pytest.mark.browser


async def say(page: Page, text: str) -> None:
    box = page.get_by_label("要问的话")
    await box.fill(text)
    await box.press("Enter")


async def reply_to(page: Page, text: str) -> str:
    """Say something and read the bubble that answers it."""
    before = await page.get_by_role("button", name="为什么这样答").count()
    await say(page, text)
    await page.get_by_role("button", name="为什么这样答").nth(before).wait_for()
    return await page.locator(".row:not(.mine) .stack").last.inner_text()


async def test_a_question_is_answered_and_says_why(visit: Open) -> None:
    page = await visit("/simulator")
    assert KNOWN_ANSWER in await reply_to(page, KNOWN_QUESTION)
    why = page.get_by_role("complementary")
    await expect(why).to_contain_text("提问（question）")
    await expect(why).to_contain_text("直接回答（answered）")
    await expect(why).to_contain_text("随应答直接送出")
    await expect(why.get_by_role("meter")).to_be_visible()
    await expect(why.get_by_role("link", name=KNOWN_QUESTION).first).to_have_attribute(
        "href", "/qa/card-lost"
    )
    await why.get_by_text("推送原文").click()
    await expect(why.locator("pre").first).to_contain_text(KNOWN_QUESTION)
    await expect(page.get_by_role("link", name="办事指南：社保卡补办")).to_have_attribute(
        "href", "https://hall.example/guides/card"
    )


async def test_an_example_of_the_empty_chat_is_tapped(visit: Open) -> None:
    page = await visit("/simulator")
    await page.locator(".example").first.click()
    await page.get_by_role("button", name="为什么这样答").wait_for()
    await expect(page.locator("#empty")).to_be_hidden()
    assert await page.locator(".row:not(.mine)").count() == 1


async def test_a_choice_is_tapped_and_the_answer_is_rated(visit: Open) -> None:
    page = await visit("/simulator")
    await reply_to(page, "提取公积金")
    await page.get_by_role("log").get_by_role("link", name="租房提取公积金怎么办理？").click()
    await expect(page.locator(".row.mine").last).to_contain_text("租房提取公积金怎么办理？")
    await expect(page.locator(".row:not(.mine) .bubble").last).to_contain_text(
        "租房提取公积金，请到 3 号窗口。"
    )
    await page.get_by_role("link", name="有用", exact=True).last.click()
    await expect(page.locator(".row:not(.mine) .bubble").last).to_contain_text("谢谢您的评价")


async def test_a_choice_is_typed(visit: Open) -> None:
    page = await visit("/simulator")
    offered = await reply_to(page, "提取公积金")
    second = re.search(r"2\. (..)提取公积金", offered)
    assert second
    assert f"{second[1]}提取公积金，请到 3 号窗口。" in await reply_to(page, "2")
    await expect(page.get_by_role("complementary")).to_contain_text("选编号（choice）")


async def test_follow_scan_menu_samples_and_unfollow(visit: Open, program: Here) -> None:
    page = await visit("/simulator")
    answers = page.locator(".row:not(.mine) .stack")
    await page.get_by_role("button", name="关注", exact=True).click()
    await expect(answers.last).to_contain_text("您好，这里是测试县政务服务中心")
    await page.get_by_role("button", name="扫码").click()
    await page.get_by_label("二维码里的场景码").fill("qa.card-lost")
    await page.get_by_role("button", name="扫一扫").click()
    await expect(answers.last).to_contain_text(KNOWN_ANSWER)
    await page.get_by_role("button", name="使用帮助").click()
    await expect(answers.last).to_contain_text("转工作人员")
    for button, said in (
        ("发图片", "图片我还看不懂"),
        ("发语音", "语音我还听不懂"),
        ("发位置", "收到您的位置"),
    ):
        await page.get_by_role("button", name=button).click()
        await expect(answers.last).to_contain_text(said)
    user = await page.locator("#who").inner_text()
    assert await program.count("conversations", user=user) == 1
    await page.get_by_role("button", name="取消关注").click()
    await expect(page.locator(".event").last).to_contain_text("按规则不用答复")
    await expect(page.get_by_role("complementary")).to_contain_text("记录已删除")
    assert await program.count("conversations", user=user) == 0
    assert user.startswith("sim_")


async def test_the_keyboard_is_enough(visit: Open) -> None:
    page = await visit("/simulator")
    box = page.get_by_label("要问的话")
    await expect(box).to_be_focused()
    await page.keyboard.type(KNOWN_QUESTION)
    await page.keyboard.press("Enter")
    await page.get_by_role("button", name="为什么这样答").wait_for()
    await expect(box).to_be_focused()
    await expect(box).to_have_value("")
    await page.keyboard.press("Shift+Tab")  # the answer's "why"
    await page.keyboard.press("Shift+Tab")  # 没用
    await page.keyboard.press("Shift+Tab")  # 有用
    await expect(page.get_by_role("link", name="有用", exact=True)).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(page.locator(".row:not(.mine) .bubble").last).to_contain_text("谢谢您的评价")
    await expect(box).to_be_focused()
    log = page.get_by_role("log")
    await expect(log).to_have_attribute("aria-live", "polite")


async def test_on_a_phone(visit: Open) -> None:
    page = await visit("/simulator", size=PHONE)
    assert await overflow(page) == 0
    assert KNOWN_ANSWER in await reply_to(page, KNOWN_QUESTION)
    assert await overflow(page) == 0
    facts = page.locator("#why dl")
    await expect(facts).to_be_hidden()
    await page.get_by_role("button", name="为什么这样答").last.click()
    await expect(facts).to_be_visible()
    await page.get_by_role("button", name="更多操作").click()
    await expect(page.get_by_role("button", name="取消关注")).to_be_visible()
    assert await small_targets(page, "button:not(.reason), select, input") == []


@pytest.mark.parametrize("size", [PHONE, DESK, ZOOMED])
async def test_every_control_has_a_name_and_every_word_enough_contrast(
    visit: Open, size: tuple[int, int]
) -> None:
    page = await visit("/simulator", size=size)
    await reply_to(page, "提取公积金")
    assert await unnamed(page) == []
    assert await too_faint(page) == []
    assert await overflow(page) == 0


async def test_the_mini_programs_reply_comes_late(visit: Open) -> None:
    page = await visit("/simulator")
    await page.get_by_label("用哪个账号").select_option("mini")
    await say(page, KNOWN_QUESTION)
    await expect(page.locator(".row:not(.mine) .bubble").last).to_contain_text(KNOWN_ANSWER)
    await expect(page.get_by_role("complementary")).to_contain_text("发件箱")


async def test_when_the_server_is_gone_the_chat_says_what_to_do_and_goes_on_later(visit: Open) -> None:
    page = await visit("/simulator", expect_errors=True)
    await page.route("**/simulator/push", lambda route: route.abort())
    await say(page, KNOWN_QUESTION)
    await expect(page.locator(".bubble.bad")).to_contain_text("连不上服务")
    await page.unroute("**/simulator/push")
    assert KNOWN_ANSWER in await reply_to(page, KNOWN_QUESTION)


async def test_dots_while_the_answer_is_made(visit: Open) -> None:
    page = await visit("/simulator")
    held: list[object] = []

    async def hold(route: object) -> None:
        held.append(route)

    await page.route("**/simulator/push", hold)
    await say(page, KNOWN_QUESTION)
    await expect(page.locator(".bubble.waiting")).to_be_visible()
    await expect(page.get_by_label("要问的话")).to_be_editable()
    await held[0].continue_()  # type: ignore[attr-defined]
    await expect(page.locator(".bubble.waiting")).to_have_count(0)
    await expect(page.locator(".row:not(.mine) .bubble").last).to_contain_text(KNOWN_ANSWER)


async def test_every_tab_is_a_citizen_of_its_own(visit: Open) -> None:
    first, second = await visit("/simulator"), await visit("/simulator")
    names = [await page.locator("#who").inner_text() for page in (first, second)]
    await reply_to(first, KNOWN_QUESTION)
    await first.get_by_role("button", name="换一位市民").click()
    await expect(first.locator("#chat > li")).to_have_count(0)
    await expect(first.locator("#empty")).to_be_visible()
    names.append(await first.locator("#who").inner_text())
    assert len(set(names)) == 3
    assert all(re.fullmatch("sim_[0-9a-f]{18}", name) for name in names)
    await first.reload()
    assert await first.locator("#who").inner_text() == names[2]


async def test_markup_in_questions_and_answers_stays_text(visit: Open) -> None:
    page = await visit("/simulator")
    assert "<img" in await reply_to(page, "看看怪字符怎么显示")
    await reply_to(page, HOSTILE)
    await expect(page.locator(".row.mine").last).to_contain_text("<script>")
    assert await page.locator("img").count() == 0
    assert "broken" not in await page.title()


@pytest.mark.slow
async def test_a_conversation_of_two_hundred_bubbles(visit: Open) -> None:
    page = await visit("/simulator", size=PHONE)
    for number in range(100):
        await say(page, f"{KNOWN_QUESTION} {number}" if number % 2 else "谢谢")
    await expect(page.locator(".reason")).to_have_count(100, timeout=60_000)
    await expect(page.locator(".bubble.waiting")).to_have_count(0)
    assert await page.locator("#chat .row").count() == 200
    await expect(page.locator(".reason").last).to_be_in_viewport()
    assert await overflow(page) == 0
