from __future__ import annotations

import re

import pytest

from tests.console.conftest import Browser, NewBrowser, signed_in
from tests.running import Here

pytestmark = pytest.mark.slow
SHOWN = re.compile(r'class="secret">(ljt_[\w-]{43})<')


async def made(browser: Browser, name: str = "网站同步", **fields: object) -> str:
    values = {"name": name, "permissions": ["entries.read"], "days": "30", **fields}
    seen = await browser.post("/me/tokens", **values)
    assert seen.status == 200, seen.text
    found = SHOWN.search(seen.text)
    assert found
    return found[1]


async def test_a_token_is_shown_once_listed_and_revoked(here: Here, new_browser: NewBrowser) -> None:
    browser = await signed_in(here, new_browser, "li", "editor")
    assert "还没有令牌" in (await browser.get("/me/tokens")).text
    secret = await made(browser)
    page = (await browser.get("/me/tokens")).text
    assert "网站同步" in page
    assert secret[-4:] in page
    assert secret not in page
    token = (await here.stores.api_tokens.of_staff("id-li"))[0]
    assert token.permissions == ("entries.read",)
    seen = await browser.post(f"/me/tokens/{token.id}/revoke")
    assert "令牌已撤销" in seen.text
    assert await here.stores.api_tokens.of_staff("id-li") == ()
    told = await here.stores.audit.read(login="li")
    log = [each for each in told if each.action.startswith("token.")]
    assert [(each.action, each.login) for each in log] == [("token.revoke", "li"), ("token.add", "li")]
    assert log[1].after == {"token_name": "网站同步", "token_permissions": "查看问答"}


async def test_nobody_gives_away_or_revokes_what_is_not_theirs(here: Here, new_browser: NewBrowser) -> None:
    editor = await signed_in(here, new_browser, "li", "editor")
    page = (await editor.get("/me/tokens")).text
    assert "entries.write" in page
    assert "entries.publish" not in page
    seen = await editor.post("/me/tokens", name="x", permissions="entries.publish", days="30")
    assert seen.status == 422
    assert await here.stores.api_tokens.of_staff("id-li") == ()
    await made(editor)
    token = (await here.stores.api_tokens.of_staff("id-li"))[0]
    other = await signed_in(here, new_browser, "wang", "admin")
    await other.post(f"/me/tokens/{token.id}/revoke")
    assert await here.stores.api_tokens.get(token.id) == token


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"name": ""}, "请填写用途"),
        ({"permissions": []}, "请至少选择一项权限"),
        ({"permissions": "staff.manage"}, "不存在的选项"),
        ({"days": "99999"}, "请选择有效期"),
        ({"name": "问" * 31}, "最多 30 个字"),
    ],
)
async def test_a_mistake_stands_beside_its_field(
    here: Here, new_browser: NewBrowser, changes: dict[str, str], why: str
) -> None:
    browser = await signed_in(here, new_browser, "li", "editor")
    fields = {"name": "<script>x", "permissions": "entries.read", "days": "30", **changes}
    seen = await browser.post("/me/tokens", **fields)
    assert seen.status == 422
    assert why in seen.text
    assert "<script>x" not in seen.text


async def test_twenty_live_tokens_are_enough(here: Here, new_browser: NewBrowser) -> None:
    browser = await signed_in(here, new_browser, "li", "editor")
    for number in range(20):
        await made(browser, f"第{number}个")
    seen = await browser.post("/me/tokens", name="多一个", permissions="entries.read", days="30")
    assert seen.status == 422
    assert "请先撤销不用的" in seen.text
