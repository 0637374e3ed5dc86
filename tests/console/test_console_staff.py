from __future__ import annotations

import re

import pytest

from tests.console.conftest import NewBrowser, hire, signed_in
from tests.running import Here

pytestmark = pytest.mark.slow


async def test_a_new_colleague_gets_a_password_that_is_shown_once(
    here: Here, new_browser: NewBrowser
) -> None:
    boss = await signed_in(here, new_browser, "boss", "admin")
    seen = await boss.post("/staff/new", login="Xiao.Li", name="李小", roles="editor", departments="hrss")
    found = re.search(r'class="secret">([a-z0-9-]+)<', seen.text)
    assert found
    person = await here.stores.staff.by_login("xiao.li")
    assert person is not None
    assert (person.name, person.roles, person.departments) == ("李小", ("editor",), ("hrss",))
    assert found[1] not in (await boss.get(f"/staff/{person.id}")).text
    colleague = await new_browser()
    assert (await colleague.sign_in("xiao.li", found[1])).path == "/console/password"
    (event, *_) = await here.stores.audit.read(action="staff.add")
    assert event.login == "boss"
    assert event.after["roles"] == "编辑"
    assert found[1] not in str(event)
    assert "argon2" not in str(event)


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"login": "", "name": "李", "roles": "editor"}, "请填写登录名"),
        ({"login": "李", "name": "李", "roles": "editor"}, "登录名用 2 到 32 个小写字母"),
        ({"login": "boss", "name": "李", "roles": "editor"}, "已经有人用了"),
        ({"login": "li", "name": "", "roles": "editor"}, "请填写姓名"),
        ({"login": "li", "name": "李", "roles": "king"}, "不存在的选项"),
        ({"login": "li", "name": "李"}, "请至少选择一项角色"),
        ({"login": "li", "name": "李", "roles": "editor", "departments": "moon"}, "不存在的选项"),
    ],
)
async def test_a_mistake_is_named_and_what_was_typed_stays(
    here: Here, new_browser: NewBrowser, fields: dict[str, str], why: str
) -> None:
    boss = await signed_in(here, new_browser, "boss", "admin")
    seen = await boss.post("/staff/new", **fields)
    assert seen.status == 422
    assert why in seen.text
    if fields["name"]:
        assert f'value="{fields["name"]}"' in seen.text
    assert len(await here.stores.staff.everyone()) == 1


async def test_two_administrators_do_not_overwrite_each_other(here: Here, new_browser: NewBrowser) -> None:
    boss = await signed_in(here, new_browser, "boss", "admin")
    person = await hire(here, "li", "editor")
    before = await here.stores.staff.get(person.id)
    assert before is not None
    seen = await boss.post(f"/staff/{person.id}", name="李一", roles="reviewer")
    assert "账号已保存" in seen.text
    assert not await here.stores.staff.save(before), "the other one has the old revision"


async def test_resetting_a_password_ends_all_sessions(here: Here, new_browser: NewBrowser) -> None:
    boss = await signed_in(here, new_browser, "boss", "admin")
    li = await signed_in(here, new_browser, "li", "editor")
    seen = await boss.post("/staff/id-li/reset")
    found = re.search(r'class="secret">([a-z0-9-]+)<', seen.text)
    assert found
    assert (await li.get("/me")).path.startswith("/console/login")
    assert (await li.sign_in("li", found[1])).path == "/console/password"


async def test_disabling_and_enabling(here: Here, new_browser: NewBrowser) -> None:
    boss = await signed_in(here, new_browser, "boss", "admin")
    li = await signed_in(here, new_browser, "li", "editor")
    assert "账号已停用" in (await boss.post("/staff/id-li/switch")).text
    assert (await li.get("/me")).path.startswith("/console/login")
    assert (await li.sign_in("li")).status == 422
    await boss.post("/staff/id-li/switch")
    assert (await li.sign_in("li")).path == "/console"


async def test_an_administrator_can_not_lock_the_own_account(here: Here, new_browser: NewBrowser) -> None:
    boss = await signed_in(here, new_browser, "boss", "admin")
    assert (await boss.post("/staff/id-boss/switch")).status == 422
    assert (await boss.post("/staff/id-boss", name="王", roles="editor")).status == 422
    assert (await boss.get("/staff")).status == 200


async def test_the_log_shows_before_and_after_and_can_be_searched(
    here: Here, new_browser: NewBrowser
) -> None:
    boss = await signed_in(here, new_browser, "boss", "admin")
    await hire(here, "li", "editor")
    await boss.post("/staff/id-li", name="<b>李</b>", roles=["reader"])
    page = (await boss.get("/audit?action=staff.change")).text
    assert "<del>编辑</del>" in page
    assert "<ins>只读</ins>" in page
    assert "&lt;b&gt;李&lt;/b&gt;" in page
    assert "<b>李</b>" not in page
    assert "没有符合条件的记录" in (await boss.get("/audit?login=nobody")).text
    assert "登录" in (await boss.get("/audit?target=staff:id-boss")).text


async def test_older_records_are_a_page_away(here: Here, new_browser: NewBrowser) -> None:
    boss = await signed_in(here, new_browser, "boss", "admin")
    await hire(here, "li", "editor")
    for _ in range(60):
        await boss.post("/staff/id-li/sessions")
    first = (await boss.get("/audit")).text
    older = re.search(r'href="(/console/audit\?before=[^"]+)"', first)
    assert older
    assert first.count("<tr>") == 51
    second = await boss.get(f"{here.url}{older[1]}".replace("&amp;", "&"))
    assert second.status == 200
