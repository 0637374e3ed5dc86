from __future__ import annotations

import json
import re
from typing import Any

import pytest
from aiohttp import FormData

from tests.console.conftest import Browser, NewBrowser, Seen, signed_in
from tests.running import Clock, Here

pytestmark = pytest.mark.slow


async def check(browser: Browser, name: str, data: bytes, *, mode: str = "merge") -> Seen:
    form = FormData()
    form.add_field("file", data, filename=name)
    form.add_field("mode", mode)
    return await browser.ask("POST", "/sheets/check", data=form, headers={"Sec-Fetch-Site": "same-origin"})


def hidden(page: str) -> dict[str, str]:
    return dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', page))


def lines(*entries: dict[str, Any]) -> bytes:
    return "\n".join(json.dumps(each, ensure_ascii=False) for each in entries).encode()


BEES = {
    "id": "bees",
    "question": "养蜂补贴怎么领",
    "answer": "请到 3 号窗口申请。",
    "department": "hrss",
    "category": "social",
    "state": "published",
}


async def exported(browser: Browser, kind: str) -> bytes:
    async with browser.session.get(f"{browser.url}/console/sheets/entries.{kind}") as answer:
        assert answer.status == 200
        assert answer.headers["Content-Disposition"].startswith("attachment")
        return await answer.read()


@pytest.mark.parametrize("kind", ["xlsx", "csv", "jsonl"])
async def test_what_was_exported_comes_back_unchanged(here: Here, new_browser: NewBrowser, kind: str) -> None:
    boss = await signed_in(here, new_browser, "boss", "admin")
    data = await exported(boss, kind)
    assert "完全一样，不用导入" in (await check(boss, f"a.{kind}", data, mode="replace")).text


async def test_an_editor_imports_drafts_that_go_through_review(
    here: Here, new_browser: NewBrowser, clock: Clock
) -> None:
    editor = await signed_in(here, new_browser, "li", "editor")
    seen = await check(editor, "新.jsonl", lines(BEES))
    assert seen.status == 200
    assert "新增 1" in seen.text
    assert "直接导入" not in seen.text
    assert await here.stores.editorial.get("bees", now=clock.now) is None
    refused = await editor.post("/sheets/apply", **hidden(seen.text), go="direct")
    assert refused.status == 403
    done = await editor.post("/sheets/apply", **hidden(seen.text), go="drafts")
    assert "已存为草稿" in done.text
    dossier = await here.stores.editorial.get("bees", now=clock.now)
    assert dossier is not None
    assert (dossier.state, dossier.live) == ("draft", None)
    again = await editor.post("/sheets/apply", **hidden(seen.text), go="drafts")
    assert "文件已过期" in again.text


async def test_an_administrator_may_replace_what_citizens_get(
    here: Here, new_browser: NewBrowser, clock: Clock
) -> None:
    boss = await signed_in(here, new_browser, "boss", "admin")
    seen = await check(boss, "全部.jsonl", lines(BEES), mode="replace")
    assert "删除 3" in seen.text
    done = await boss.post("/sheets/apply", **hidden(seen.text), go="direct")
    assert "已导入" in done.text
    loaded = await here.stores.knowledge.load()
    assert loaded is not None
    assert [each.id for each in loaded[1].entries] == ["bees"]
    (event,) = await here.stores.audit.read(action="entry.import")
    assert event.after == {"added": "1", "changed": "0", "removed": "3"}
    assert clock.now == event.at


async def test_a_file_is_somebodys_own(here: Here, new_browser: NewBrowser) -> None:
    first = await signed_in(here, new_browser, "li", "editor")
    second = await signed_in(here, new_browser, "zhao", "editor")
    seen = await check(first, "新.jsonl", lines(BEES))
    assert "文件已过期" in (await second.post("/sheets/apply", **hidden(seen.text), go="drafts")).text


async def test_a_change_in_between_is_shown_before_anything_is_done(
    here: Here, new_browser: NewBrowser
) -> None:
    boss = await signed_in(here, new_browser, "boss", "admin")
    seen = await check(boss, "新.jsonl", lines(BEES))
    loaded = await here.stores.knowledge.load()
    assert loaded is not None
    await here.stores.knowledge.put_entries(loaded[1].entries[:1])
    again = await boss.post("/sheets/apply", **hidden(seen.text), go="direct")
    assert again.status == 409
    assert "又有了改动" in again.text
    assert "已导入" in (await boss.post("/sheets/apply", **hidden(again.text), go="direct")).text


@pytest.mark.parametrize(
    ("name", "data", "why"),
    [
        ("a.jsonl", b"", "文件是空的"),
        ("a.doc", b"x", "只认 .xlsx"),
        ("a.xls", b"x", "xlsx"),
        ("a.xlsm", b"x", "宏"),
        ("a.xlsx", b"PK\x03\x04 nonsense", "损坏"),
        ("a.csv", "甲,乙\n1,2\n".encode(), "没有认得的列名"),
        ("a.jsonl", b'{"id": "x"', "第 1 行"),
        ("a.jsonl", lines({**BEES, "category": "moon", "answer": ""}), "2 处错误"),
    ],
)
async def test_a_file_that_is_no_good_is_refused_in_a_sentence(
    here: Here, new_browser: NewBrowser, name: str, data: bytes, why: str
) -> None:
    editor = await signed_in(here, new_browser, "li", "editor")
    seen = await check(editor, name, data)
    assert seen.status == 422
    assert why in seen.text
    assert 'name="upload"' not in seen.text


async def test_fifty_megabytes_are_refused_in_a_sentence(here: Here, new_browser: NewBrowser) -> None:
    editor = await signed_in(here, new_browser, "li", "editor")
    body = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.csv"\r\n\r\n'

    async def pieces() -> Any:
        yield body
        for _ in range(50):
            yield b"a" * (1 << 20)
        yield b"\r\n--x--\r\n"

    headers = {"Sec-Fetch-Site": "same-origin", "Content-Type": "multipart/form-data; boundary=x"}
    seen = await editor.ask("POST", "/sheets/check", data=pieces(), headers=headers)
    assert seen.status == 422
    assert "最多 20 MB" in seen.text


async def test_nobody_imports_for_another_department(here: Here, new_browser: NewBrowser) -> None:
    own = await signed_in(here, new_browser, "li", "editor", departments=("mca",))
    seen = await check(own, "新.jsonl", lines(BEES))
    assert "别的部门的问答（测试县人社局）" in seen.text
    only = read_lines(await exported(own, "jsonl"))
    assert only == ["marriage"]
    assert (await check(own, "a.jsonl", lines(BEES), mode="replace")).status == 403


def read_lines(data: bytes) -> list[str]:
    return [json.loads(line)["id"] for line in data.decode().splitlines()]


async def test_the_template_can_be_opened_and_is_refused_while_empty(
    here: Here, new_browser: NewBrowser
) -> None:
    editor = await signed_in(here, new_browser, "li", "editor")
    async with editor.session.get(f"{here.url}/console/sheets/template.xlsx") as answer:
        template = await answer.read()
    assert "没有内容" in (await check(editor, "模板.xlsx", template)).text
