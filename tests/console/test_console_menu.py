"""The menu of the official account, as a form."""

from __future__ import annotations

import html
import re

import pytest

from tests.console.conftest import Browser, NewBrowser, Seen, signed_in
from tests.console.test_console_hall import seen_on
from tests.running import Here
from wechat.menu import Button

pytestmark = pytest.mark.slow

PATH = "/hall/menu"
SMALL = {
    "name-1": "办事",
    "kind-1": "more",
    "name-1-1": "补社保卡",
    "kind-1-1": "qa",
    "target-1-1": "社保卡丢了怎么补办",
    "name-1-2": "全部指南",
    "kind-1-2": "url",
    "target-1-2": "/guides",
    "name-1-4": "民政局",
    "kind-1-4": "dept",
    "target-1-4": "民政",
    "name-2": "人工",
    "kind-2": "human",
}


def shown(page: Seen) -> dict[str, str]:
    """What stands in the form."""
    inputs = re.findall(r'<input id="([\w-]+)"[^>]*? value="([^"]*)"', page.text)
    selects = re.findall(r'<select id="([\w-]+)"(.*?)</select>', page.text, re.DOTALL)
    chosen = [(name, re.findall(r'value="(\w*)" selected', options)) for name, options in selects]
    picked = [(name, found[0]) for name, found in chosen if found]
    return {name: html.unescape(value) for name, value in [*inputs, *picked] if value}


async def save(browser: Browser, fields: dict[str, str]) -> Seen:
    return await browser.post(PATH, **fields, seen=await seen_on(browser, PATH))


async def test_a_hall_without_a_menu_is_offered_one_that_can_be_saved(
    here: Here, new_browser: NewBrowser
) -> None:
    boss = await signed_in(here, new_browser, "boss", "admin")
    page = await boss.get(PATH)
    assert "还没有保存过菜单" in page.text
    assert await here.stores.menu.get() is None


async def test_what_is_chosen_becomes_keys_and_is_shown_as_it_was_written(
    here: Here, new_browser: NewBrowser
) -> None:
    boss = await signed_in(here, new_browser, "boss", "admin")
    seen = await save(boss, SMALL)
    assert "菜单已保存" in seen.text
    kept = await here.stores.menu.get()
    assert kept is not None
    assert kept.buttons == (
        Button(
            "办事",
            "more",
            buttons=(
                Button("补社保卡", key="qa.card-lost"),
                Button("全部指南", "view", url="/guides"),
                Button("民政局", key="dept.mca"),
            ),
        ),
        Button("人工", key="human"),
    )
    form = shown(await boss.get(PATH))
    assert form["target-1-1"] == "社保卡丢了怎么补办"
    assert (form["name-1-3"], form["target-1-3"]) == ("民政局", "测试县民政局")
    assert "还没有保存过菜单" not in (await boss.get(PATH)).text
    await save(boss, {**form, "name-2": "找人"})
    (newest, first) = await here.stores.audit.read(action="hall.menu")
    assert "补社保卡 → qa.card-lost" in first.after["menu"]
    assert (newest.before["menu"], newest.after["menu"]) == ("人工 → human", "找人 → human")


@pytest.mark.parametrize(
    ("fields", "field", "why"),
    [
        ({"name-1": "六个汉字太长"}, "name-1", "最多 5 个汉字"),
        ({"name-1-1": ""}, "name-1-1", "请填写名称"),
        ({"name-1-1": "长" * 21}, "name-1-1", "最多 20 个汉字"),
        ({"target-1-1": "宇宙飞船"}, "target-1-1", "没有这个问题"),
        ({"target-1-1": ""}, "target-1-1", "请填写内容"),
        ({"target-1-4": "测试县"}, "target-1-4", "有 2 个部门含有这几个字"),
        ({"target-1-2": "javascript:alert(1)"}, "target-1-2", "https://"),
        ({"target-1-2": "//evil.example"}, "target-1-2", "https://"),
        ({"target-1-2": "https://a.example/" + "x" * 1020}, "target-1-2", "最多 1024"),
        ({"kind-1-1": ""}, "kind-1-1", "请选择点了做什么，或者把名称清空"),
        ({"kind-1-1": "kept", "target-1-1": "shout x"}, "kind-1-1", "请选择点了做什么"),
        ({"kind-1-1": "evil"}, "kind-1-1", "请选择点了做什么"),
        ({"kind-1": "help"}, "kind-1", "下面有按钮"),
        ({"kind-1": ""}, "kind-1", "下面有按钮|请选择"),
        ({"kind-2": "more"}, "kind-2", "下面至少要有一个按钮"),
        ({"kind-2": "mini", "target-2": "wx1 pages/index"}, "target-2", "备用网址"),
    ],
)
async def test_a_mistake_stands_beside_its_button(
    here: Here, new_browser: NewBrowser, fields: dict[str, str], field: str, why: str
) -> None:
    boss = await signed_in(here, new_browser, "boss", "admin")
    seen = await save(boss, {**SMALL, **fields})
    assert seen.status == 422
    problems = dict(re.findall(r'id="([\w-]+)-problem">([^<]*)', seen.text))
    assert re.search(why, problems[field]), problems
    assert shown(seen)["name-1-2"] == "全部指南", "what was typed stays"
    assert await here.stores.menu.get() is None


async def test_an_empty_menu_is_refused(here: Here, new_browser: NewBrowser) -> None:
    boss = await signed_in(here, new_browser, "boss", "admin")
    seen = await save(boss, {"name-1": ""})
    assert seen.status == 422
    assert "至少要有一个按钮" in seen.text


async def test_of_two_who_edit_the_menu_the_second_is_told(here: Here, new_browser: NewBrowser) -> None:
    first = await signed_in(here, new_browser, "boss", "admin")
    second = await signed_in(here, new_browser, "boss2", "admin")
    mark = await seen_on(second, PATH)
    await save(first, SMALL)
    told = await second.post(PATH, **{**SMALL, "name-2": "找人"}, seen=mark)
    assert told.status == 409
    assert "人工 → human" in told.text
    assert shown(told)["name-2"] == "找人"
    kept = await here.stores.menu.get()
    assert kept is not None
    assert kept.buttons[1].name == "人工"
    again = re.search(r'name="seen" value="([0-9a-f]+)"', told.text)
    assert again
    await second.post(PATH, **{**SMALL, "name-2": "找人"}, seen=again[1])
    kept = await here.stores.menu.get()
    assert kept is not None
    assert kept.buttons[1].name == "找人"


async def test_a_mini_program_is_kept(here: Here, new_browser: NewBrowser) -> None:
    boss = await signed_in(here, new_browser, "boss", "admin")
    target = "wx0123456789abcdef pages/index?a=1 https://hall.example/old"
    await save(boss, {"name-1": "小程序", "kind-1": "mini", "target-1": target})
    kept = await here.stores.menu.get()
    assert kept is not None
    assert kept.buttons[0].page == "pages/index?a=1"
    assert shown(await boss.get(PATH))["target-1"] == target
