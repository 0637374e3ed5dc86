"""The hall's own data: name, thresholds, departments; collisions, the audit log, and who may not."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from knowledge.editorial import create
from knowledge.entries import Entry, beijing_day
from knowledge.files import SAMPLE_FOLDER, read_folder
from knowledge.hall import Hall
from tests.console.conftest import Browser, NewBrowser, Seen, hire, signed_in
from tests.running import Clock, Here

pytestmark = pytest.mark.slow

FIELDS = {
    "name": "新的大厅",
    "address": "新路 2 号",
    "phone": "0710-7654321",
    "hours": "周一至周六",
    "notice": "",
    "answer_at": "",
    "ask_at": "",
}
DEPARTMENT = {"name": "测试县医疗保障局", "short_name": "医保局", "aliases": "医保中心、 医保办", "phone": ""}


async def stored(here: Here) -> Hall:
    found = await here.stores.knowledge.hall()
    assert found is not None
    return found[1]


async def swapped(here: Here, text: str) -> None:
    """Have the program take a change over now; its own loop does so within a second."""
    await here.parts.snapshots.refresh(here.stores.knowledge, beijing_day(datetime.now(UTC)))
    snapshot = here.parts.snapshots.current
    assert snapshot is not None
    assert text in repr(snapshot.hall)


async def seen_on(browser: Browser, path: str) -> str:
    found = re.search(r'name="seen" value="([0-9a-f]*)"', (await browser.get(path)).text)
    assert found
    return found[1]


async def send(browser: Browser, path: str, fields: dict[str, str], *, to: str = "") -> Seen:
    return await browser.post(to or path, **fields, seen=await seen_on(browser, path))


async def test_what_is_saved_is_in_force_within_a_second_and_in_the_log(
    here: Here, new_browser: NewBrowser
) -> None:
    boss = await signed_in(here, new_browser, "boss", "admin")
    page = (await boss.get("/hall")).text
    assert 'value="测试县政务服务中心"' in page
    assert re.search(r'name="sample" value="1" checked', page)
    await send(boss, "/hall", {**FIELDS, "answer_at": "75", "ask_at": "30"})
    await swapped(here, "新的大厅")
    hall = await stored(here)
    assert (hall.name, hall.sample, hall.answer_at, hall.ask_at) == ("新的大厅", False, 0.75, 0.3)
    assert len(hall.departments) == 2, "the rest of the hall stays"
    snapshot = here.parts.snapshots.current
    assert snapshot is not None
    assert (snapshot.index.weights.answer_at, snapshot.index.weights.ask_at) == (0.75, 0.3)
    (event,) = await here.stores.audit.read(action="hall.change")
    assert event.before["hall_name"] == "测试县政务服务中心"
    assert event.after == {
        "hall_name": "新的大厅",
        "address": "新路 2 号",
        "phone": "0710-7654321",
        "hours": "周一至周六",
        "sample": "否",
        "answer_at": "75",
        "ask_at": "30",
    }
    assert "大厅名称" in (await boss.get("/audit?action=hall.change")).text


async def test_a_threshold_that_nobody_touched_keeps_its_exact_value(
    here: Here, new_browser: NewBrowser
) -> None:
    revision, hall = await here.stores.knowledge.hall() or (0, await stored(here))
    await here.stores.knowledge.put_hall(replace(hall, answer_at=0.725), expected=revision)
    boss = await signed_in(here, new_browser, "boss", "admin")
    shown = re.search(r'name="answer_at"[^>]* value="([0-9]+)"', (await boss.get("/hall")).text)
    assert shown
    await send(boss, "/hall", {**FIELDS, "answer_at": shown[1]})
    assert (await stored(here)).answer_at == 0.725


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"name": ""}, "请填写大厅名称"),
        ({"name": "名" * 41}, "最多 40 个字"),
        ({"phone": "没有"}, "电话里要有号码"),
        ({"hours": " "}, "请填写上班时间"),
        ({"answer_at": "七成"}, "0 到 100 之间的整数"),
        ({"answer_at": "101"}, "0 到 100 之间的整数"),
        ({"answer_at": "40", "ask_at": "50"}, "不能高于直接回答的把握"),
    ],
)
async def test_a_mistake_stands_beside_its_field_and_nothing_is_saved(
    here: Here, new_browser: NewBrowser, wrong: dict[str, str], why: str
) -> None:
    boss = await signed_in(here, new_browser, "boss", "admin")
    before = await here.stores.knowledge.hall()
    seen = await boss.post("/hall", **{**FIELDS, **wrong}, seen=await seen_on(boss, "/hall"))
    assert seen.status == 422
    assert re.search(rf'class="problem" id="{list(wrong)[-1]}-problem">[^<]*{re.escape(why)}', seen.text)
    assert 'value="新路 2 号"' in seen.text, "what was typed stays"
    assert await here.stores.knowledge.hall() == before


async def test_of_two_who_edit_at_once_the_second_is_told_and_loses_nothing(
    here: Here, new_browser: NewBrowser
) -> None:
    first = await signed_in(here, new_browser, "boss", "admin")
    second = await signed_in(here, new_browser, "boss2", "admin")
    old = await seen_on(second, "/hall")
    await send(first, "/hall", {**FIELDS, "hours": "周一至周日"})
    mistaken = await second.post("/hall", **{**FIELDS, "name": ""}, seen=old)
    assert f'name="seen" value="{old}"' in mistaken.text, "a mistake in between must not hide the collision"
    told = await second.post("/hall", **{**FIELDS, "name": "第二个人的"}, seen=old)
    assert told.status == 409
    assert "别人改过这一页" in told.text
    assert 'value="第二个人的"' in told.text
    assert re.search(r"上班时间</td><td[^>]*>周一至周日</td><td[^>]*>周一至周六", told.text)
    assert (await stored(here)).hours == "周一至周日"
    again = re.search(r'name="seen" value="([0-9a-f]+)"', told.text)
    assert again
    await second.post("/hall", **{**FIELDS, "name": "第二个人的"}, seen=again[1])
    assert ((await stored(here)).name, (await stored(here)).hours) == ("第二个人的", "周一至周六")


async def test_two_who_edit_different_parts_both_save(here: Here, new_browser: NewBrowser) -> None:
    first = await signed_in(here, new_browser, "boss", "admin")
    second = await signed_in(here, new_browser, "boss2", "admin")
    mine = await seen_on(second, "/hall/departments/hrss")
    await send(first, "/hall", FIELDS)
    await send(first, "/hall/departments/mca", {"name": "民政局"})
    seen = await second.post("/hall/departments/hrss", name="人社局", seen=mine)
    assert "部门已保存" in seen.text
    assert [each.name for each in (await stored(here)).departments] == ["人社局", "民政局"]


async def test_a_form_that_is_sent_twice_is_saved_once(here: Here, new_browser: NewBrowser) -> None:
    boss = await signed_in(here, new_browser, "boss", "admin")
    mark = await seen_on(boss, "/hall")
    answers = [await boss.post("/hall", **FIELDS, seen=mark) for _ in range(2)]
    assert [each.status for each in answers] == [200, 200]
    assert len(await here.stores.audit.read(action="hall.change")) == 1


@pytest.mark.parametrize("role", ["editor", "reviewer", "agent", "representative", "reader"])
async def test_only_administrators_see_and_change_it(
    here: Here, new_browser: NewBrowser, role: object
) -> None:
    other = await signed_in(here, new_browser, "li", role)  # type: ignore[arg-type]
    before = await here.stores.knowledge.hall()
    assert "大厅资料" not in (await other.get("")).text
    paths = ("/hall", "/hall/departments", "/hall/words", "/hall/sensitive", "/hall/texts/goodbye")
    for path in paths:
        assert (await other.get(path)).status == 403, path
    for path in (*paths[:1], *paths[2:], "/hall/departments/hrss", "/hall/departments/hrss/delete"):
        assert (await other.post(path, **FIELDS, text="x", words="x")).status == 403, path
    assert await here.stores.knowledge.hall() == before


async def test_departments_are_added_and_changed(here: Here, new_browser: NewBrowser) -> None:
    boss = await signed_in(here, new_browser, "boss", "admin")
    await send(boss, "/hall/departments/new", {"id": "YB", **DEPARTMENT})
    added = (await stored(here)).departments[-1]
    assert (added.id, added.name, added.aliases) == ("yb", "测试县医疗保障局", ("医保中心", "医保办"))
    await send(boss, "/hall/departments/yb", {**DEPARTMENT, "representative": "王芳", "window": "8 号窗口"})
    page = (await boss.get("/hall/departments")).text
    assert page.count("<tr>") == 4
    assert "王芳" in page
    (event, *_) = await here.stores.audit.read(action="hall.department")
    assert (event.target, event.after["representative"]) == ("department:yb", "王芳")
    await swapped(here, "测试县医疗保障局")
    snapshot = here.parts.snapshots.current
    assert snapshot is not None
    assert "医保办" in snapshot.index.analyser.lexicon.words


@pytest.mark.parametrize(
    ("wrong", "field", "why"),
    [
        ({"id": "人社"}, "id", "小写字母、数字和横线"),
        ({"id": "new"}, "id", "小写字母、数字和横线"),
        ({"id": "../x"}, "id", "小写字母、数字和横线"),
        ({"id": "hrss"}, "id", "已经有部门用了"),
        ({"name": ""}, "name", "请填写部门名称"),
        ({"name": "测试县人社局"}, "name", "已经是测试县人社局的叫法"),
        ({"aliases": "测试县 民政局"}, "aliases", "已经是测试县民政局的叫法"),
        ({"aliases": "！！"}, "aliases", "里没有文字"),
        ({"aliases": "、".join(f"叫法{n}" for n in range(21))}, "aliases", "最多 20 个"),
        ({"phone": "内线"}, "phone", "电话里要有号码"),
    ],
)
async def test_a_wrong_department_is_refused(
    here: Here, new_browser: NewBrowser, wrong: dict[str, str], field: str, why: str
) -> None:
    boss = await signed_in(here, new_browser, "boss", "admin")
    fields = {"id": "yb", **DEPARTMENT, **wrong}
    seen = await boss.post(
        "/hall/departments/new", **fields, seen=await seen_on(boss, "/hall/departments/new")
    )
    assert seen.status == 422
    assert re.search(rf'id="{field}-problem">[^<]*{re.escape(why)}', seen.text), seen.text
    assert len((await stored(here)).departments) == 2


async def test_a_department_that_is_used_can_not_be_deleted_and_says_by_what(
    here: Here, new_browser: NewBrowser, clock: Clock
) -> None:
    boss = await signed_in(here, new_browser, "boss", "admin")
    await hire(here, "li", "editor", departments=("hrss",))
    draft = Entry("later", "还没写完的问题", "答案", "hrss", "social")
    await here.stores.editorial.save(create(draft, "id-li", now=clock.now))
    seen = await boss.post(
        "/hall/departments/hrss/delete", seen=await seen_on(boss, "/hall/departments/hrss")
    )
    assert seen.status == 409
    shown = re.search(r'<ul class="uses">(.*?)</ul>', seen.text, re.DOTALL)
    assert shown
    used = re.findall(r"<li>(.*?)</li>", shown[1])
    assert [re.sub(r"<[^>]*>", "", each) for each in used] == [
        "问答：养老金每月几号发放",
        "问答：社保卡丢了怎么补办",
        "问答：还没写完的问题",
        "办事指南：社保卡补办",
        "账号：li 同志",
    ]
    assert "结婚登记" not in seen.text
    assert len((await stored(here)).departments) == 2


async def test_a_department_that_nothing_belongs_to_is_deleted(here: Here, new_browser: NewBrowser) -> None:
    boss = await signed_in(here, new_browser, "boss", "admin")
    await send(boss, "/hall/departments/new", {"id": "yb", **DEPARTMENT})
    seen = await boss.post("/hall/departments/yb/delete", seen=await seen_on(boss, "/hall/departments/yb"))
    assert "部门已删除" in seen.text
    assert (await boss.get("/hall/departments/yb")).status == 404
    (event,) = await here.stores.audit.read(action="hall.department_delete")
    assert event.before["department_name"] == "测试县医疗保障局"


async def test_every_department_of_the_sample_hall_can_be_saved_as_it_is(
    here: Here, new_browser: NewBrowser
) -> None:
    await here.stores.knowledge.replace(read_folder(SAMPLE_FOLDER))
    boss = await signed_in(here, new_browser, "boss", "admin")
    hall = await stored(here)
    assert (await boss.get("/hall/departments")).text.count("<tr>") == len(hall.departments) + 1
    for each in hall.departments:
        path = f"/hall/departments/{each.id}"
        page = (await boss.get(path)).text
        fields = dict(re.findall(r'<input id="(\w+)"[^>]* value="([^"]*)"', page))
        seen = await boss.post(path, **fields, seen=await seen_on(boss, path))
        assert seen.status == 200, (each.id, re.findall(r'class="problem"[^>]*>([^<]*)', seen.text))
    assert await stored(here) == hall
    assert await here.stores.audit.read(action="hall.department") == ()


async def test_what_is_typed_is_shown_as_text(here: Here, new_browser: NewBrowser) -> None:
    boss = await signed_in(here, new_browser, "boss", "admin")
    evil = "<script>alert(1)</script>{{7*7}}"
    await send(boss, "/hall", {**FIELDS, "address": evil})
    await send(boss, "/hall/departments/hrss", {"name": "人社局", "duties": evil})
    for path in ("/hall", "/hall/departments/hrss", "/audit", "/hall/texts/help"):
        page = (await boss.get(path)).text
        assert "<script>alert" not in page
        assert "&lt;script&gt;alert(1)&lt;/script&gt;{{7*7}}" in page
