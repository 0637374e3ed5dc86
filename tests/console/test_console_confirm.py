from __future__ import annotations

import re

import pytest

from tests.console.conftest import Browser, NewBrowser, signed_in
from tests.console.test_console_entries import step, written
from tests.running import Clock, Here

pytestmark = pytest.mark.slow


async def link_to(editor: Browser, entry_id: str) -> str:
    page = (await editor.post(f"/entries/{entry_id}/invite", to="王建国")).text
    found = re.search(r"https?://[^<]+/console(/confirm/[^<\s]+)", page)
    assert found, page
    return found[1]


async def test_a_representative_confirms_without_an_account(here: Here, new_browser: NewBrowser) -> None:
    editor = await signed_in(here, new_browser, "li", "editor")
    entry_id = await written(editor)
    await step(editor, entry_id, "submit")
    link = await link_to(editor, entry_id)
    outside = await new_browser()
    page = (await outside.get(link)).text
    assert "王建国，您好" in page
    assert "80 岁以上老人" in page
    assert "问答</a>" not in page, "no way into the console"
    assert "谢谢，已确认" in (await outside.post(link)).text
    assert "谢谢，已确认" in (await outside.post(link)).text
    shown = (await editor.get(f"/entries/{entry_id}")).text
    assert "王建国（首席代表）" in shown
    assert await here.count("revisions", entry_id=entry_id, action="confirm") == 1
    (event,) = await here.stores.audit.read(action="entry.confirmed_by_link")
    assert event.staff_id == ""
    assert event.after == {"name": "王建国"}


async def test_a_link_is_about_one_content_and_ends(
    here: Here, new_browser: NewBrowser, clock: Clock
) -> None:
    editor = await signed_in(here, new_browser, "li", "editor")
    entry_id = await written(editor)
    await step(editor, entry_id, "submit")
    link = await link_to(editor, entry_id)
    outside = await new_browser()
    clock.advance(days=7, minutes=1)
    assert "失效" in (await outside.post(link)).text
    clock.advance(days=-7, minutes=-1)
    await step(editor, entry_id, "recall")
    assert (await outside.post(link)).status == 422
    bent = await outside.post(link[:-3] + "AAA")
    assert "不完整或不正确" in bent.text
    assert await here.count("revisions", entry_id=entry_id, action="confirm") == 0


async def test_a_reader_makes_no_links(here: Here, new_browser: NewBrowser) -> None:
    reader = await signed_in(here, new_browser, "du", "reader")
    assert (await reader.post("/entries/pension/invite", to="王")).status == 403
