from __future__ import annotations

import re
from io import BytesIO

import pytest
from openpyxl import load_workbook

from handlers.turns import Trace
from messages import Inbound, Text
from tests.console.conftest import NewBrowser, signed_in
from tests.running import Clock, Here

pytestmark = pytest.mark.slow
MISSED = Trace(rule="question", outcome="not_answered")
ANSWERED = Trace(rule="question", outcome="answered", entry="pension")


async def asked(
    here: Here, clock: Clock, *texts: str, trace: Trace = MISSED, useful: bool | None = None
) -> None:
    for text in texts:
        key = f"k{await here.count('turns')}"
        message = Inbound(key, "official", f"o-{key}", "gh_1", "text", clock.now, text=text)
        await here.stores.turns.claim(message, owner="p", now=clock.now, lease_seconds=60)
        await here.stores.turns.finish(key, owner="p", parts=(Text("好"),), trace=trace, now=clock.now)
        if useful is not None:
            await here.stores.turns.rate(key, useful=useful, now=clock.now)


def gap_id(page: str, text: str) -> str:
    found = re.search(rf"{text}.*?/gaps/([0-9a-f]+)/settle/", page, re.DOTALL)
    assert found, page
    return found[1]


async def test_questions_asked_in_vain_are_grouped_and_counted(
    here: Here, new_browser: NewBrowser, clock: Clock
) -> None:
    editor = await signed_in(here, new_browser, "li", "editor")
    assert "没有答不上来的问题" in (await editor.get("/gaps")).text
    await asked(here, clock, "恐龙化石怎么修补", "恐龙化石怎么修补呢", "<b>养蜂补贴</b>在哪领")
    await asked(here, clock, "退休金为啥还没到", trace=ANSWERED, useful=False)
    page = (await editor.get("/gaps")).text
    assert "共 3 组，问过 4 次" in page
    assert "修改答案" in page
    assert "说没用 1 次" in page
    assert "&lt;b&gt;养蜂补贴" in page


async def test_what_is_ignored_stays_ignored_until_it_is_taken_back(
    here: Here, new_browser: NewBrowser, clock: Clock
) -> None:
    editor = await signed_in(here, new_browser, "li", "editor")
    await asked(here, clock, "恐龙化石怎么修补")
    gap = gap_id((await editor.get("/gaps")).text, "恐龙化石")
    assert "以后不再提示" in (await editor.post(f"/gaps/{gap}/settle/ignore")).text
    await asked(here, clock, "恐龙化石怎么修补？")
    assert "没有答不上来的问题" in (await editor.get("/gaps")).text
    assert "刚被处理过" in (await editor.post(f"/gaps/{gap}/settle/ignore")).text
    assert "恐龙化石" in (await editor.get("/gaps/ignored")).text
    await editor.post(f"/gaps/{gap}/back")
    assert "恐龙化石" in (await editor.get("/gaps")).text


async def test_one_click_makes_alternates(here: Here, new_browser: NewBrowser, clock: Clock) -> None:
    editor = await signed_in(here, new_browser, "li", "editor")
    await asked(here, clock, "社保卡掉河里了咋整", "社保卡掉河里了咋整啊")
    gap = gap_id((await editor.get("/gaps")).text, "社保卡掉河里")
    seen = await editor.post(f"/gaps/{gap}/settle/alternate")
    assert seen.path == "/console/entries/card-lost?done=gap_alternates"
    dossier = await here.stores.editorial.get("card-lost", now=clock.now)
    assert dossier is not None
    assert dossier.state == "draft"
    assert "社保卡掉河里了咋整" in dossier.entry.alternates
    assert dossier.answering is not None
    assert "社保卡掉河里" not in (await editor.get("/gaps")).text


async def test_one_click_begins_an_entry(here: Here, new_browser: NewBrowser, clock: Clock) -> None:
    editor = await signed_in(here, new_browser, "li", "editor")
    await asked(here, clock, "恐龙化石怎么修补", "恐龙化石怎么修补", "恐龙化石怎么补")
    gap = gap_id((await editor.get("/gaps")).text, "恐龙化石")
    seen = await editor.post(f"/gaps/{gap}/settle/new")
    assert re.match(r"/console/entries/e[0-9a-f]+/edit", seen.path)
    assert 'value="恐龙化石怎么修补"' in seen.text
    assert "恐龙化石怎么补</textarea>" in seen.text


async def test_who_only_reads_settles_nothing(here: Here, new_browser: NewBrowser, clock: Clock) -> None:
    reader = await signed_in(here, new_browser, "du", "reader")
    await asked(here, clock, "恐龙化石怎么修补")
    page = (await reader.get("/gaps")).text
    assert "恐龙化石" in page
    assert "settle" not in page
    assert (await reader.post("/gaps/x/settle/ignore")).status == 403


async def test_the_weekly_sheet_has_a_page_for_each_department(
    here: Here, new_browser: NewBrowser, clock: Clock
) -> None:
    reader = await signed_in(here, new_browser, "du", "reader")
    await asked(here, clock, "=1+1恐龙化石怎么修补")
    married = Trace(rule="question", outcome="answered", entry="marriage")
    await asked(here, clock, "结婚证上午能办吗", trace=married, useful=False)
    async with reader.session.get(f"{here.url}/console/gaps.xlsx") as answer:
        assert answer.headers["Content-Disposition"].startswith("attachment")
        book = load_workbook(BytesIO(await answer.read()))
    assert len(book.sheetnames) == 2
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
    assert all(cell.data_type != "f" for cell in cells)
    assert any("恐龙化石" in str(cell.value) for cell in cells)
