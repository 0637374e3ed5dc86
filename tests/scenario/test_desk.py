"""A citizen in WeChat and two agents at their desks, over HTTP: ask, wait, talk, transfer, close, rate."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest
from aiohttp import ClientSession, CookieJar

from helpdesk.routing import PRESENT_FOR
from helpdesk.vanished import Vanished
from storage.embedded import EmbeddedServer
from tests.console.conftest import Browser, hire
from tests.faults.waiting import until
from tests.mongo import empty
from tests.platform.accounts import FakeAccount
from tests.platform.api import FakeApi, fake_api
from tests.platform.pusher import FakeWeChat
from tests.running import KNOWN_ANSWER, KNOWN_QUESTION, Clock, Here, a_clock, account_settings, make_settings
from tests.running import running_here as running

ACCOUNT: Final = FakeAccount()
CITIZEN: Final = "oCitizenWhoNeedsAPerson00000"


@dataclass(frozen=True, slots=True)
class Office:
    """One citizen, and the program."""

    here: Here
    api: FakeApi
    wechat: FakeWeChat
    clock: Clock
    stack: AsyncExitStack

    async def say(self, text: str) -> str:
        """What the citizen hears at once; empty: nothing."""
        self.clock.advance(seconds=2)
        return (await self.wechat.say(CITIZEN, text)).text

    async def heard(self, words: str) -> str:
        """Wait until something with these words has reached the citizen."""
        async with asyncio.timeout(15), self.api.arrived:
            await self.api.arrived.wait_for(lambda: any(words in each for each in self.api.texts(CITIZEN)))
        return next(each for each in self.api.texts(CITIZEN) if words in each)

    async def agent(self, login: str, *roles: Any) -> Browser:
        await hire(self.here, login, *roles or ("agent",))
        session = await self.stack.enter_async_context(ClientSession(cookie_jar=CookieJar(unsafe=True)))
        browser = Browser(session, self.here.url)
        assert (await browser.sign_in(login)).status == 200
        return browser


@pytest.fixture
async def office(mongo_server: EmbeddedServer, database_name: str, tmp_path: Path) -> AsyncIterator[Office]:
    clock = a_clock()
    async with AsyncExitStack() as stack:
        api = await stack.enter_async_context(fake_api(ACCOUNT))
        values = account_settings(ACCOUNT, api_url=api.url)
        settings = make_settings(tmp_path, public_url="", desk_capacity=2, **values)
        here = await stack.enter_async_context(
            running(settings, mongo_server.uri, f"{database_name}_desk", clock=clock)
        )
        stack.push_async_callback(empty, here.stores.mongo)
        yield Office(here, api, FakeWeChat(ACCOUNT, [here.address], clock), clock, stack)


def key_of(page: str) -> str:
    found = re.search(r'name="key" value="([0-9a-f]+)"', page)
    assert found, page
    return found.group(1)


async def reply(browser: Browser, path: str, text: str, **more: str) -> str:
    """What an agent types, sent twice as by an impatient finger."""
    key = key_of((await browser.get(path)).text)
    fields = {"text": text, "key": key, "as": "agent", **more}
    await browser.post(f"{path}/say", **fields)
    seen = await browser.post(f"{path}/say", **fields)
    assert seen.status == 200
    return seen.text


async def test_from_the_first_question_to_the_rating(office: Office) -> None:
    li, wang = await office.agent("li"), await office.agent("wang")
    assert KNOWN_ANSWER in await office.say(KNOWN_QUESTION)
    assert "登记人工服务" in await office.say("人工")
    assert KNOWN_ANSWER in await office.say(KNOWN_QUESTION), "while waiting the assistant answers"

    seen = await li.post("/desk/next")
    path = seen.path.removeprefix("/console")
    assert path.startswith("/desk/")
    assert KNOWN_ANSWER in seen.text, "what was said with the assistant is on the screen"
    assert "为什么这样答" in seen.text
    await office.heard("我是工作人员li 同志")

    async def counted() -> bool:
        return "还能发 4 条，48 小时内" in (await li.get(path)).text

    await until(counted)

    assert not await office.say("我人在外地"), "the assistant is silent"
    assert "我人在外地" in (await li.get(path)).text
    page = await reply(li, path, "可以请家人代办。")
    assert page.count(">可以请家人代办。</p>") == 1
    await office.heard("可以请家人代办。")
    await reply(li, path, "来过两次，情绪急", **{"as": "note"})
    assert not await office.say("要带什么")

    await li.get("/desk")
    await wang.get("/desk")  # is there, so that it can be transferred
    seen = await li.post(f"{path}/transfer", to="agent:id-wang", note="要懂社保的")
    assert "已转出" in seen.text
    assert (await li.get(path)).status == 403, "it is kept for Wang"
    await office.heard("转给wang 同志")
    assert not await office.say("好的，我等着"), "between two people the assistant stays silent"

    seen = await wang.post("/desk/next")
    assert seen.path == f"/console{path}"
    for words in ("我人在外地", "可以请家人代办。", "来过两次，情绪急", "要懂社保的", "好的，我等着"):
        assert words in seen.text
    await reply(wang, path, "带双方身份证和委托书。")
    await office.heard("带双方身份证和委托书。")
    seen = await wang.post(f"{path}/close", outcome="solved")
    assert "会话已结束" in seen.text
    assert "打分" in await office.heard("智能助手回来了")

    assert "哪里没做好" in await office.say("2")
    assert "已记下" in await office.say("等得太久了")
    assert KNOWN_ANSWER in await office.say(KNOWN_QUESTION), "the assistant is back"
    (stored,) = [each async for each in office.here.stores.mongo.collection("handoffs").find()]
    assert (stored["rating"], stored["rating_reason"], stored["outcome"]) == (2, "等得太久了", "solved")
    told = office.api.texts(CITIZEN)
    assert [told.count(each) for each in ("可以请家人代办。", "带双方身份证和委托书。")] == [1, 1]
    assert "来过两次" not in "".join(told), "a note is for staff"
    assert not office.api.broken


async def test_the_citizen_ends_it_and_an_agent_who_types_on_keeps_the_words(office: Office) -> None:
    li = await office.agent("li")
    await office.say("人工")
    path = (await li.post("/desk/next")).path.removeprefix("/console")
    key = key_of((await li.get(path)).text)
    said = await office.say("结束")
    assert "智能助手回来了" in said
    assert "打分" in said
    seen = await li.post(f"{path}/say", text="还有一件事要说", key=key)
    assert seen.status == 409
    assert "还有一件事要说" in seen.text
    assert "谢谢您的评价" in await office.say("5 很满意")


async def test_who_vanishes_loses_the_chat_to_a_colleague_and_no_word_is_lost(
    office: Office,
) -> None:
    li, wang = await office.agent("li"), await office.agent("wang")
    await office.say("人工")
    path = (await li.post("/desk/next")).path.removeprefix("/console")
    await reply(li, path, "请稍等，我查一下。")
    office.clock.advance(seconds=PRESENT_FOR.total_seconds() + 1)  # Li's browser is heard of no more
    await Vanished(office.here.stores.desk).run_once(office.clock())
    await office.heard("正在为您换一位")
    assert not await office.say("还在吗")
    seen = await wang.post("/desk/next")
    assert seen.path == f"/console{path}"
    assert "请稍等，我查一下。" in seen.text
    assert "还在吗" in seen.text


async def test_a_full_agent_gets_no_more_and_a_supervisor_takes_over(office: Office) -> None:
    li, boss = await office.agent("li"), await office.agent("boss", "admin")
    paths = []
    for number in range(3):
        office.clock.advance(seconds=2)
        await office.wechat.say(f"oCitizen{number}", "人工")
        paths.append((await li.post("/desk/next")).path)
    assert paths[2] == "/console/desk?done=desk_full"
    path = paths[0].removeprefix("/console")
    assert (await li.post(f"{path}/over")).status == 403
    assert "接手这个会话" in (await boss.get(path)).text
    assert (await boss.post(f"{path}/over")).path == f"/console{path}"
    assert (await li.get(path)).status == 403
    assert "接手同事的会话" in (await boss.get("/audit")).text


async def read_events(browser: Browser, path: str, wanted: str, **headers: str) -> list[dict[str, str]]:
    """Read a stream until an event with some words has come."""
    events: list[dict[str, str]] = []
    async with (
        asyncio.timeout(15),
        browser.session.get(f"{browser.url}/console{path}", headers=headers) as answer,
    ):
        assert answer.content_type == "text/event-stream"
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
        event: dict[str, str] = {}
        async for raw in answer.content:
            name, _, value = raw.decode().rstrip("\n").partition(": ")
            if name:
                event[name] = value
                continue
            events.append(event)
            if wanted in event.get("data", ""):
                break
            event = {}
    return events


async def test_a_stream_that_broke_goes_on_where_it_was_and_misses_nothing(office: Office) -> None:
    li = await office.agent("li")
    await office.say("人工")
    path = (await li.post("/desk/next")).path.removeprefix("/console")
    chat = path.removeprefix("/desk/")
    await office.say("第一句")
    events = await read_events(li, f"/desk/stream?chat={chat}&after=0", "第一句")
    last = next(each["id"] for each in events if "第一句" in each.get("data", ""))
    for words in ("第二句", "第三句"):  # nobody listens
        await office.say(words)
    events = await read_events(li, f"/desk/stream?chat={chat}&after=0", "第三句", **{"Last-Event-ID": last})
    lines = "".join(each["data"] for each in events if each.get("event") == "lines")
    assert "第一句" not in lines
    assert [lines.count(each) for each in ("第二句", "第三句")] == [1, 1]
    polled = json.loads((await li.get(f"/desk/news?chat={chat}&after={last}")).text)
    assert "第三句" in polled["lines"]
    assert "第一句" not in polled["lines"]
    assert (await li.get("/desk/news?chat=nothing&after=0")).status == 404


async def test_entries_and_canned_replies_are_put_into_the_box(office: Office) -> None:
    li, boss = await office.agent("li"), await office.agent("boss", "admin")
    assert (await li.post("/desk/replies", replies="x")).status == 403
    assert (await boss.post("/desk/replies", replies="字" * 301)).status == 422
    await boss.post("/desk/replies", replies="请稍等，我查一下。\n请带身份证。")
    await office.say("人工")
    path = (await li.post("/desk/next")).path.removeprefix("/console")
    chat = path.removeprefix("/desk/")
    assert "card-lost" in (await li.get(f"/desk/search?chat={chat}&q={KNOWN_QUESTION}")).text
    box = re.compile(r"<textarea[^>]*>\n(.*?)</textarea>", re.DOTALL)
    for query, words in (("put=card-lost", KNOWN_ANSWER), ("reply=1", "请带身份证。")):
        found = box.search((await li.get(f"{path}?{query}")).text)
        assert found is not None
        assert words in found.group(1)
