"""A process dies while people talk: what was stored reaches the other side, once and in order."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator

import pytest
from aiohttp import ClientSession, CookieJar

from bot.app import utc_now
from helpdesk.staff import Staff
from storage.stores import Stores
from tests.console.conftest import HASHED, Browser
from tests.faults.conftest import ACCOUNT, Starter
from tests.faults.waiting import until
from tests.platform.api import FakeApi
from tests.platform.pusher import FakeWeChat
from tests.running import Apart

pytestmark = pytest.mark.slow
CITIZEN = "oTalksWhileItDies"


@pytest.fixture
async def session() -> AsyncIterator[ClientSession]:
    """The agent's browser: its cookie is good for every process."""
    async with ClientSession(cookie_jar=CookieJar(unsafe=True)) as opened:
        yield opened


async def say(browser: Browser, path: str, text: str, key: str = "") -> str:
    """Send a line; returns its key, to send the same again."""
    found = re.search(r'name="key" value="([0-9a-f]+)"', (await browser.get(path)).text)
    assert found is not None
    key = key or found.group(1)
    seen = await browser.post(f"{path}/say", text=text, key=key)
    assert seen.status == 200
    return key


async def test_the_agent_goes_on_at_another_process_and_nothing_is_lost_or_doubled(
    start: Starter, hall: Stores, api: FakeApi, session: ClientSession
) -> None:
    await hall.staff.add(Staff("li", "li", "李娜", ("agent",), password=HASHED, must_change=False))
    async with start.apart("one", public_url="") as one, start.apart("two", public_url="") as two:

        def at(program: Apart) -> Browser:
            return Browser(session, f"http://{program.address.host}:{program.address.port}")

        first = FakeWeChat(ACCOUNT, [one.address], utc_now, seed=1)
        second = FakeWeChat(ACCOUNT, [two.address], utc_now, seed=2)
        await at(one).sign_in("li")
        await first.say(CITIZEN, "人工")
        path = (await at(one).post("/desk/next")).path.removeprefix("/console")
        await first.say(CITIZEN, "第一句")
        key = await say(at(one), path, "第一答")
        one.kill()
        await one.process.wait()

        assert "第一句" in (await at(two).get(path)).text
        await say(at(two), path, "第一答", key)  # the answer of the dead process never came: sent again
        await second.say(CITIZEN, "第二句")
        await say(at(two), path, "第二答")

        async def settled() -> bool:
            return (
                "第二答" in api.texts(CITIZEN)
                or await hall.mongo.collection("outbox").count_documents(
                    {"user": CITIZEN, "status": {"$in": ["waiting", "sending"]}}
                )
                == 0
            )

        async with asyncio.timeout(60):
            await until(settled, seconds=60)
        messages = await hall.desk.messages(path.removeprefix("/desk/"))
        said = [each.text for each in messages if each.sender in {"citizen", "agent"}]
        assert said == ["第一句", "第一答", "第二句", "第二答"]
        assert [each.order for each in messages] == list(range(1, len(messages) + 1))
        heard = [each for each in api.texts(CITIZEN) if each.endswith("答")]
        assert heard in (["第一答", "第二答"], ["第二答"]), "never twice, never out of order"
