"""An edit of an entry shows in every process within a second."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from time import perf_counter

import pytest

from bot.app import utc_now
from storage.stores import Stores
from tests.faults.conftest import Starter, wechat_for
from tests.faults.waiting import until
from tests.platform.pusher import FakeWeChat
from tests.running import KNOWN_ANSWER, KNOWN_QUESTION, SMALL_HALL, Apart

pytestmark = pytest.mark.slow
EDITED = "社保卡补办搬到 8 号窗口了。"


async def seconds_until(wechat: FakeWeChat, user: str, words: str, *, since: float) -> float:
    """Ask again and again until the answer has the words; how long that took."""

    async def said() -> bool:
        return words in (await wechat.say(user, KNOWN_QUESTION)).text

    await until(said)
    return perf_counter() - since


@pytest.fixture
async def two(start: Starter) -> AsyncIterator[tuple[Apart, Apart]]:
    async with start.apart("one") as first, start.apart("two") as second:
        yield first, second


async def test_an_edit_shows_in_two_processes_within_a_second(two: tuple[Apart, Apart], hall: Stores) -> None:
    askers = [wechat_for(each, clock=utc_now) for each in two]
    for number, asker in enumerate(askers):
        assert KNOWN_ANSWER in (await asker.say(f"oAsker{number}", KNOWN_QUESTION)).text
    entry = SMALL_HALL.entries[0]
    for words, changed in ((EDITED, replace(entry, answer=EDITED, version=2)), (KNOWN_ANSWER, entry)):
        await hall.knowledge.put_entries([changed])
        since = perf_counter()
        took = await asyncio.gather(
            *(
                seconds_until(asker, f"oAsker{number}", words, since=since)
                for number, asker in enumerate(askers)
            )
        )
        assert max(took) < 1.0


async def test_a_withdrawn_entry_is_not_said_any_more(two: tuple[Apart, Apart], hall: Stores) -> None:
    await hall.knowledge.put_entries([replace(SMALL_HALL.entries[0], state="withdrawn", version=2)])
    for asker in (wechat_for(each, clock=utc_now) for each in two):

        async def silenced(asker: FakeWeChat = asker) -> bool:
            return KNOWN_ANSWER not in (await asker.say("oWithdrawn", KNOWN_QUESTION)).text

        await until(silenced, seconds=1.0)
        for _ in range(5):
            assert await silenced()
